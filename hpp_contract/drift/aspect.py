"""Aspects: what one exchange shows, as pairs of an aspect and a value class. Values that vary by nature have one class.

Ids, times, counters and texts are reduced to what kind of value they are; member and header names from outside are only
repeated when they look like names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, Literal, NamedTuple

from hpp_contract.drift.situation import ERROR, pool_of
from hpp_contract.model import Exchange, Instant, Response
from hpp_contract.model.exchange import response_of
from hpp_contract.spec.session import UUID

Kind = Literal[
    "answer",
    "status code",
    "media type",
    "charset",
    "body",
    "header",
    "member",
    "class",
    "precision",
    "zone",
    "value",
    "rule",
]


class FactKey(NamedTuple):
    """One thing that can be seen of an answer: its `kind`, and the header, member path or rule it is about."""

    kind: Kind
    name: str = ""

    @property
    def text(self) -> str:
        """As reports write it: `status code`, `header cache-control`, `/order_id`, `/order_id class`, `HPP-H11`."""
        if self.kind == "header":
            return f"header {self.name}"
        return self.name if self.kind in ("member", "rule") else f"{self.name} {self.kind}".strip()


STATUS: Final = FactKey("value", "/status")
"""The enumeration that says where a session is."""

ExtractedFacts = Iterator[tuple[FactKey, str]]

_FRAMING: Final = frozenset(
    {
        *("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"),
        *("age", "alt-svc", "content-length", "content-type", "date", "via"),
    }
)
"""Header fields that belong to the connection, the clock or a node, or that have an aspect of their own."""

_LISTS: Final = frozenset({"allow", "cache-control", "content-encoding", "vary"})
"""Header fields whose value clients act on: a list, whose order and case mean nothing."""

_HEADER_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,49}")
_LIST_ITEM: Final = re.compile(r"[a-z0-9*_-]+(=[a-z0-9]+)?")
_MEMBER_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,39}")
_WORD: Final = re.compile(r"[A-Z][A-Z0-9_]{0,39}")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_PUBLIC: Final = frozenset({"/status", "/error_code"})
"""Members that are enumerations: their values identify nobody, and programs branch on them."""

_DEPTH: Final = 4
_WIDTH: Final = 200


def extract_facts(exchange: Exchange, situation: str) -> ExtractedFacts:
    """Everything but rule outcomes that this answer shows. Of what the documentation shows, only what it does show."""
    response = response_of(exchange)
    yield FactKey("status code"), str(response.status)
    yield FactKey("media type"), _media_type(response)
    yield FactKey("body"), _body(response)
    if exchange.context.provenance != "documented":
        yield FactKey("charset"), _charset(response)
        yield from _headers(response)
    if isinstance(response.json.value, dict):
        yield from _members(response.json.value, "", pool_of(situation) == ERROR)


def _media_type(response: Response) -> str:
    named = re.fullmatch(r"[a-z0-9.+-]+/[a-z0-9.+-]+", response.media_type)
    return response.media_type[:60] if named else "undeclared"


def _charset(response: Response) -> str:
    named = re.search(r";\s*charset\s*=\s*\"?([\w-]{1,20})", response.header("content-type") or "", re.IGNORECASE)
    return named[1].lower() if named else "undeclared"


def _body(response: Response) -> str:
    value = response.json.value
    if isinstance(value, dict):
        return "a JSON object"
    if response.json.is_json:
        return "JSON, but no object"
    return "text that is no JSON" if response.body else "empty"


def _headers(response: Response) -> ExtractedFacts:
    for name, value in response.headers:
        field = name.lower()
        if field not in _FRAMING and _HEADER_NAME.fullmatch(field):
            yield FactKey("header", field), _header_class(field, value.lower())


def _header_class(field: str, value: str) -> str:
    if field in _LISTS:
        items = sorted({re.sub(r"[\s\"]", "", item) for item in value.split(",")})
        return ", ".join(item for item in items if _LIST_ITEM.fullmatch(item))[:120] or "another value"
    if field == "www-authenticate":
        scheme = re.match(r"[a-z0-9-]{1,20}(?=\s|$)", value)
        return scheme[0] if scheme else "another value"
    return "present"


def _members(value: dict[str, Any], path: str, is_error: bool) -> ExtractedFacts:
    for name, member in list(value.items())[:_WIDTH]:
        below = f"{path}/{name if _MEMBER_NAME.fullmatch(name) and not UUID.fullmatch(name) else '(some name)'}"
        yield FactKey("member", below), json_type(member)
        yield from _value(member, below, is_error)


def _value(value: Any, path: str, is_error: bool) -> ExtractedFacts:
    if isinstance(value, dict) and path.count("/") < _DEPTH:
        yield from _members(value, path, is_error)
    elif isinstance(value, list):
        yield from ((FactKey("member", f"{path}/*"), json_type(item)) for item in value[:_WIDTH])
    elif isinstance(value, str) and path in _PUBLIC:
        yield FactKey("value", path), value if _WORD.fullmatch(value) else "a word of another spelling"
    elif isinstance(value, str) and not is_error:
        yield from _text(value, path)


def _text(value: str, path: str) -> ExtractedFacts:
    yield FactKey("class", path), text_class(value)
    instant = Instant.parse(value)
    if instant is not None:
        yield FactKey("precision", path), str(instant.digits)
        yield FactKey("zone", path), "Z" if value.endswith("Z") else "an offset"


def json_type(value: Any) -> str:
    """The JSON type of a value, by its name in JSON Schema."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
    return "object"


def text_class(text: str) -> str:
    """What kind of string this is; whatever has no form of its own is `text`."""
    if UUID.fullmatch(text):
        return "UUID" if text == text.lower() else "UUID in capitals"
    if Instant.parse(text):
        return "instant"
    return "date" if _DATE.fullmatch(text) else "text"
