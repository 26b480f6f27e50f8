"""An exchange as text that may be shown to anybody: every line of it, with values described where they could identify.

Statuses, instants, error codes and the headers of HTTP itself are shown. Ids, tokens, references, messages and whatever
is about a person are described. This reads bytes that may be no JSON at all, so it goes by tokens, not by a parser.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Final

from hpp_contract.model.exchange import Exchange, Headers, Response
from hpp_contract.privacy.redact import Redactor, describe, show
from hpp_contract.spec.endpoint import API_KEY
from hpp_contract.spec.session import UUID

LONGEST: Final = 4000
"""Characters of a body that are looked at."""

DEEPEST: Final = 12
"""Levels of indentation: what is nested deeper stays there."""

PUBLIC_MEMBERS: Final = frozenset({"status", "updated_at", "expires_at", "error_code"})
"""Members whose value says nothing about anybody, when it looks as it should."""

PUBLIC_HEADERS: Final = frozenset(
    {"accept", "accept-encoding", "age", "allow", "cache-control", "connection", "content-encoding", "content-length"}
    | {"content-type", "date", "expires", "pragma", "retry-after", "server", "transfer-encoding", "user-agent", "vary"}
    | {"www-authenticate", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"}
)

_TOKEN: Final = re.compile(
    r'(?P<text>"(?:[^"\\]|\\.)*"?)(?P<colon>\s*:)?|(?P<number>-?\d[\d.eE+-]*)'
    r"|(?P<word>true|false|null|NaN|-?Infinity)|(?P<mark>[\[\]{},:])|(?P<space>\s+)|(?P<other>.)",
    re.DOTALL,
)
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,40}")


def render_redacted(exchange: Exchange) -> str:
    """The exchange as lines of text, `>` sent and `<` received, without a value that identifies anything or anybody."""
    hide = Redactor(exchange.context.secrets)
    request, response = exchange.request, exchange.response
    lines = [f"> {request.method} {_url(exchange, hide)}", *_headers(">", request.headers, hide)]
    lines += [f"> {line}" for line in _body(request.body)]
    if response is None:
        return "\n".join([*lines, f"< no response: {exchange.failure or 'unknown failure'}"])
    lines += [f"< {response.status} {_phrase(response.status)}".rstrip(), *_headers("<", response.headers, hide)]
    lines += [f"< {line}" for line in _received(response)]
    return "\n".join(lines)


def _url(exchange: Exchange, hide: Callable[[str], str]) -> str:
    parts = exchange.request.parts
    path = "/".join(map(_segment, hide(parts.path).split("/")))
    host = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if parts.netloc else ""
    return f"{hide(host)}{path}{'?‹a query›' if parts.query else ''}"


def _segment(text: str) -> str:
    """A segment of a path, too short to be used by anybody: `39a1c773…1267`."""
    return text if len(text) <= 12 else f"{text[:8]}…{text[-4:]}"


def _headers(mark: str, headers: Headers, hide: Callable[[str], str]) -> list[str]:
    return [f"{mark} {name}: {_header(name.lower(), value, hide)}" for name, value in headers]


def _header(name: str, value: str, hide: Callable[[str], str]) -> str:
    if name == "authorization":
        return f"{'Basic ' if value[:6].lower() == 'basic ' else ''}‹credentials›"
    if name in PUBLIC_HEADERS:
        return UUID.sub("‹a UUID›", hide(value))[:200]
    return f"‹{describe(value)}›"


def _received(response: Response) -> Iterator[str]:
    content = response.content
    if response.is_html:
        yield f"‹a page of HTML, {len(content or b'')} bytes›"
    elif content is None:
        yield f"‹{len(response.body)} bytes whose content coding does not decode›"
    else:
        yield from _body(content)
    if not response.complete:
        yield "‹the connection closed before the promised end›"


def _body(content: bytes) -> Iterator[str]:
    """The lines of a body."""
    if not content:
        return
    text = content.decode("utf-8", "replace")
    if text.lstrip("\ufeff \t\r\n")[:1] not in ("{", "["):
        yield f"‹{len(content)} bytes that are no JSON object or array›"
        return
    yield from "".join(_masked(text[:LONGEST])).split("\n")
    if len(text) > LONGEST:
        yield f"‹… {len(content)} bytes in all›"


def _masked(text: str) -> Iterator[str]:
    """The tokens of what may be JSON, one member a line, every value described that is not public."""
    depth, member, before = 0, "", ""
    for match in _TOKEN.finditer(text):
        kind, token = match.lastgroup or "", match[0]
        if kind == "space" or kind == before == "other":
            continue
        before = kind
        if kind == "colon":
            member, named = _member(match["text"])
            yield f"{named}: "
        elif kind == "mark":
            depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(token, 0)
            member = ""
            yield _mark(token, "\n" + "  " * max(0, min(depth, DEEPEST)))
        else:
            yield _value(kind, token, member)


def _mark(mark: str, line_end: str) -> str:
    if mark in "}]":
        return line_end + mark
    return mark + line_end if mark in "{[," else mark


def _member(text: str) -> tuple[str, str]:
    """A member's name, and how it is shown: names are public only when they look like names."""
    name = text.strip('"')
    public = _NAME.fullmatch(name) and not UUID.search(name) and not API_KEY.search(name)
    return name, f'"{name}"' if public else "‹a name›"


def _value(kind: str, text: str, member: str) -> str:
    if kind == "number":
        return "‹a number›"
    if kind == "word":
        return text
    if kind == "other":
        return "‹a byte order mark›" if text == "\ufeff" else "‹…›"
    try:
        value = json.loads(text, strict=False)
    except ValueError:
        return "‹a string that does not end›"
    shown = show(value) if member in PUBLIC_MEMBERS else describe(value)
    return shown if shown.startswith('"') else f"‹{shown}›"


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus.__members__.values() else ""
