"""Names and words from outside, and which of them may be shown: those that protocols use, and that can be nobody's.

Whatever shows, keeps or compares the name of a member, the name of a header field or a word in the place of a status
asks here, so that none of them shows what another masks.
"""

from __future__ import annotations

import re
from email.utils import formatdate
from typing import Final

from hpp_contract.model.instant import seconds_of_http_date
from hpp_contract.spec.fields import HEADERS, MEMBERS, PERSON_MEMBERS
from hpp_contract.spec.vocabulary import HEADER_NAMES_IN, HEADER_VALUES, HEADER_WORDS, KNOWN_WORDS, METHODS

SOME_NAME: Final = "(some name)"
"""Stands for the name of a member that is not shown."""

HIDDEN: Final = "…"
"""Stands for a part of the name of a header field that is not shown."""

DOCUMENTED: Final = frozenset({*MEMBERS, *PERSON_MEMBERS, "customer_obfuscated"})
"""The names of members that the documentation has."""

is_word = re.compile(r"[A-Z][A-Z_]{0,59}(?:[0-9]{1,3})?").fullmatch
"""Whether a text looks like a status or an error code."""

is_member_name = re.compile(r"(?![a-z_]*_(?:com|net|org|example)\Z)[a-z_]{1,32}").fullmatch
"""Whether a text is the name of a member as protocols write it, and no mail address with other punctuation."""

_PIECES: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+|[^A-Za-z0-9]+")
_is_joint = re.compile(r"[_\-.]|[0-9]{1,3}").fullmatch
_FIELD_PARTS: Final = re.compile(r"[^\-_]+")
_MOST: Final = 60


def shown_member(name: str) -> str:
    """The name of a member where it may be shown: small letters and underscores, or known words (`orderId2`)."""
    if name in DOCUMENTED or is_member_name(name):
        return name
    words = [piece for piece in _PIECES.findall(name) if not _is_joint(piece)]
    is_known = bool(words) and len(name) <= _MOST and KNOWN_WORDS.issuperset(map(str.lower, words))
    return name if is_known else SOME_NAME


def shown_part(part: str | int) -> str:
    """A part of a JSON Pointer: the name of a member, or a place in a list."""
    return str(part) if isinstance(part, int) else shown_member(part)


def shown_header(name: str) -> str:
    """The name of a header field, each part between hyphens that is not a known word hidden."""
    if name.lower() in HEADERS:
        return name
    known = HEADER_WORDS | KNOWN_WORDS
    shown = _FIELD_PARTS.sub(lambda part: part[0] if part[0].lower() in known else HIDDEN, name[:_MOST])
    return shown if re.fullmatch(rf"[A-Za-z0-9_\-{HIDDEN}]+", shown) else HIDDEN


def shown_method(method: str) -> str:
    """The method of a request, where it is one."""
    return method if method.lower() in METHODS else "(some method)"


def shown_value(field: str, value: str) -> str:
    """The value of a header field of HTTP: dates, known words, small numbers alone or of a word, and no more."""
    name = field.lower()
    if name in HEADER_NAMES_IN:
        return _bounded(_FIELD_NAMES.sub(lambda found: shown_header(found[0]), value))
    seconds = seconds_of_http_date(value)
    if seconds is not None:
        return formatdate(seconds, usegmt=True)
    if _is_number(value.strip()):
        return value.strip()
    words = HEADER_VALUES.get(name, frozenset[str]())

    def shown(found: re.Match[str]) -> str:
        text, before = found[0], value[: found.start()].rstrip('"')[-1:]
        is_setting = bool(words) and before in ("=", "/") and _is_number(text)
        return text if text.lower() in words or is_setting or text in ("*", "-") else HIDDEN

    return _bounded(_TOKEN.sub(shown, value))


def _bounded(text: str) -> str:
    return re.sub(r"[^\x20-\x7e…]", HIDDEN, text)[:_MOST_OF_VALUE]


_FIELD_NAMES: Final = re.compile(r"[^\s,]+")
_TOKEN: Final = re.compile(r"[^\s,;=()\"'/:<>@\[\]{}?&+]+")
_is_number = re.compile(r"-?[0-9]{1,6}|[0-9]{1,3}(?:\.[0-9]{1,3}){1,2}").fullmatch
_MOST_OF_VALUE: Final = 120
