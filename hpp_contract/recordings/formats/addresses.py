"""Which URL a client asked for: what a recorder took out of it, and whether it is about a session of this endpoint."""

from __future__ import annotations

import re
from typing import Final

from hpp_contract.model import Request
from hpp_contract.model.placeholder import is_placeholder
from hpp_contract.spec.endpoint import SESSIONS_PATH

UNKNOWN_ORIGIN: Final = "https://unnamed.invalid"
"""The origin of requests in formats that hold only the path, and where the recorder took it out."""

_PREFLIGHT: Final = "OPTIONS"
"""What a browser asks before a request to another site: no client wrote it."""

_ERB: Final = re.compile(r"<%.*?%>")
_VARIABLE: Final = r"<[^<>]*>|\{\{[^{}]*\}\}|\$\{[^{}]*\}|\$[A-Za-z_]\w*|%[A-Za-z_]\w*%|\[[A-Za-z_ ]+\]|__\w+__"
_NAME: Final = r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+"
_TAKEN_OUT: Final = re.compile(
    rf"(?:[a-z]+://)?[^/<>{{}}$%\[]*(?:{_VARIABLE})[^/]*|(?:[a-z]+://)?{_NAME}(?::\d+)?", re.DOTALL
)
"""The scheme and authority of a URL with a name in the place of what a recorder took out."""

_USERINFO: Final = re.compile(r"([a-z]+://)([^/@]*)@")


def _is_word(part: str) -> bool:
    """Whether a user or a password is no real one. Ours stays: what was sent is to be judged as it was."""
    ours = "scrub" in part or (bool(part) and "scrubbed".startswith(part))
    return not ours and (is_placeholder(part) or part in ("user", "username", "pass", "password"))


def is_about_session(method: str, url: str) -> bool:
    """Whether the request is about one session of this endpoint, rightly or not."""
    return SESSIONS_PATH in url and method != _PREFLIGHT and Request(method, url).session_id is not None


def is_callback_to(beginning: str, method: str, url: str) -> bool:
    """Whether the request is a POST to an address that begins so, a URL or, with a slash, a path."""
    if method != "POST":
        return False
    return url.startswith(beginning) or (beginning[:1] == "/" and Request(method, url).path.startswith(beginning))


def located(url: str) -> str:
    """The URL as it was sent, with `UNKNOWN_ORIGIN` where the format keeps only its path."""
    url = as_sent(url)
    return url if "://" in url else f"{UNKNOWN_ORIGIN}/{url.removeprefix('/')}"


def as_sent(url: str) -> str:
    """The URL, with `UNKNOWN_ORIGIN` in the place of an origin that was taken out, and without a user and a password
    that were taken out."""
    url = _ERB.sub("<erb>", url)
    userinfo = _USERINFO.match(url)
    if userinfo and (is_placeholder(userinfo[2]) and all(map(_is_word, userinfo[2].split(":")))):
        url = userinfo[1] + url[userinfo.end() :]
    taken = _TAKEN_OUT.match(url)
    if taken and url[taken.end() : taken.end() + 1] in ("/", ""):
        return UNKNOWN_ORIGIN + url[taken.end() :]
    return url


_IN_PATTERNS: Final = re.compile(r"[*+()\[\]{}|^$\\!]")


def is_pattern(path: str) -> bool:
    """Whether the path of a stub stands for more than one: a regular expression, a template, a negation."""
    return _IN_PATTERNS.search(path) is not None


def may_be_session(pattern: str) -> bool:
    """Whether a pattern, as far as its text shows, matches paths of this endpoint."""
    return "sessions" in pattern
