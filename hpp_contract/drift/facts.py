"""Facts: what answers show, reduced to values that a later run can be compared with.

A situation is the kind of answer that an exchange shows: only answers to the same question are comparable. A probe
knows what it asked; of a recording only what the exchange shows is known. So a situation is recognized by the shape of
a session, else by what was known when asking, else by the status code.

Values that vary by nature (ids, times, counters, texts) are reduced to what kind of value they are. Names of members
and headers from outside are only repeated when they look like names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

from hpp_contract.engine.rule import Finding
from hpp_contract.model import Exchange, Instant, Response
from hpp_contract.model.asked import Asked
from hpp_contract.model.exchange import response_of
from hpp_contract.privacy.names import is_word, shown_header, shown_member, shown_value
from hpp_contract.spec.fields import ENUMERATIONS, FRAMING_HEADERS, LIST_HEADERS
from hpp_contract.spec.session import COMPLETED_SHAPES, SHAPES, UUID

BROKEN: Final = "broken"
WARNED: Final = "warned"
KEPT: Final = "kept"
"""What a rule comes to in a sample: `warned` where its heaviest finding weighs less than the rule can."""


# --- Situations


NO_CREDENTIALS: Final = Asked.NO_CREDENTIALS.value
WRONG_CREDENTIALS: Final = Asked.WRONG_CREDENTIALS.value
UNKNOWN_ID: Final = Asked.UNKNOWN_ID.value
MALFORMED_ID: Final = Asked.MALFORMED_ID.value
GONE: Final = "gone-session"
FORBIDDEN: Final = "forbidden-session"
OTHER: Final = "other-answer"
"""A known session, answered with something that is neither a session nor a documented refusal."""

KNOWN: Final = "known session"
"""Every session that was asked for: whether it could be read, and its lifecycle over all polls."""

SESSION: Final = "any session"
"""All sessions, whatever their state: the values of `/status`."""

ERROR: Final = "any error"
"""The pool of the refusals, as SESSION is the pool of the shapes. No situation has this name."""

REFUSALS: Final = (NO_CREDENTIALS, WRONG_CREDENTIALS, UNKNOWN_ID, MALFORMED_ID, GONE, FORBIDDEN)


def situation_of(exchange: Exchange) -> str:
    """The name of the situation of an exchange that has a response."""
    context = exchange.context
    credentials = context.credentials or _credentials_of(exchange)
    if credentials != "right":
        return NO_CREDENTIALS if credentials == "none" else WRONG_CREDENTIALS
    if context.session == "malformed" or (context.session is None and not _is_well_formed(exchange)):
        return MALFORMED_ID
    if context.session == "unknown":
        return UNKNOWN_ID
    return _of_session(exchange)


def pool_of(situation: str) -> str:
    """The pool that a situation is counted in: SESSION or ERROR."""
    return ERROR if situation in (ERROR, *REFUSALS) else SESSION


def _of_session(exchange: Exchange) -> str:
    status, shape = exchange.status or 0, shape_of(exchange)
    if shape is not None:
        return shape
    if status == 403:
        return FORBIDDEN
    if status == 404:
        return GONE if exchange.context.session == "known" else UNKNOWN_ID
    return OTHER


def shape_of(exchange: Exchange) -> str | None:
    """The shape of the session in a success, named as the schemas are; an unknown status is a shape of its own."""
    response = exchange.response
    if response is None or not 200 <= response.status < 300 or not isinstance(response.json.value, dict):
        return None
    status = response.json.value.get("status")
    if not isinstance(status, str):
        return None
    if status == "COMPLETED":
        return _completed(response.json.value)
    named = f"status {status}" if is_word(status) else "status of another spelling"
    return SHAPES.get(status, named)


def _completed(session: Mapping[str, Any]) -> str:
    shapes = (shape for shape, members in COMPLETED_SHAPES.items() if members & session.keys())
    return next(shapes, "completed-without-outcome")


def _credentials_of(exchange: Exchange) -> str:
    """A recording does not say which credentials were right, but a 401 does."""
    if exchange.status != 401:
        return "right"
    return "wrong" if exchange.request.header("authorization") else "none"


def _is_well_formed(exchange: Exchange) -> bool:
    return UUID.fullmatch(exchange.request.session_id or "") is not None


# --- Keys and counts


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
    """One property of an answer: its `kind`, and the header, member path or rule that it is about."""

    kind: Kind
    name: str = ""

    @classmethod
    def shown(cls, kind: Kind, name: str) -> FactKey:
        """The key of a fact that a file holds, whose names an earlier version may have shown."""
        if kind == "header":
            return cls(kind, shown_header(name))
        parts = name.split("/")[1:] if name.startswith("/") else []
        return cls(kind, "".join(f"/{part if part == '*' else shown_member(part)}" for part in parts) or name)

    @property
    def text(self) -> str:
        """As reports write it: `status code`, `header cache-control`, `/order_id`, `/order_id class`, `HPP-H11`."""
        if self.kind == "header":
            return f"header {self.name}"
        return self.name if self.kind in ("member", "rule") else f"{self.name} {self.kind}".strip()


STATUS: Final = FactKey("value", "/status")
"""The status of a session."""


@dataclass(frozen=True, slots=True)
class FactCounts:
    """How often a property was seen: in how many `samples`, `of` how many that could have it, in how many with each of
    `values`. `examples` has the first request with each value, and `findings` what a rule found in it (both only in
    facts that come from exchanges)."""

    samples: int
    of: int
    values: Mapping[str, int]
    examples: Mapping[str, str] = field(default_factory=dict)
    findings: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)

    @property
    def listed(self) -> str:
        """The values, the most frequent first."""
        return ", ".join(sorted(self.values, key=lambda value: (-self.values[value], value)))


NOTHING: Final = FactCounts(0, 0, {})
"""The counts of a fact that was never seen."""


@dataclass(frozen=True, slots=True)
class Situation:
    """One kind of answer: its `samples`, those `confirmed` by a real endpoint, and every property (`aspects`)."""

    samples: int
    aspects: Mapping[FactKey, FactCounts]
    confirmed: int = 0
    example: str = ""


Facts = Mapping[str, Situation]
"""Situations by name, also KNOWN and SESSION, which gather others. Immutable."""


def possible(aspect: FactKey, situation: Situation) -> int:
    """The number of samples that could have it: those with the object or array that holds it."""
    parent = aspect.name.rpartition("/")[0] if aspect.name.startswith("/") else ""
    if not parent:
        return situation.samples
    holder = situation.aspects.get(FactKey("member", parent))
    return holder.values.get("object", 0) + holder.values.get("array", 0) if holder else 0


# --- Extraction


ExtractedFacts = Iterator[tuple[FactKey, str]]

_LIST_ITEM: Final = re.compile(r"[a-z0-9*_-]+(=[a-z0-9…]+)?")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_PUBLIC: Final = frozenset(f"/{name}" for name in ENUMERATIONS)

_DEPTH: Final = 4
_WIDTH: Final = 200


def extract_facts(exchange: Exchange, situation: str) -> ExtractedFacts:
    """Every property of an answer but the outcomes of rules. A documented example has no headers and no charset."""
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
    return shown_value("content-type", response.media_type)[:60] if named else "undeclared"


def _charset(response: Response) -> str:
    named = re.search(r";\s*charset\s*=\s*\"?([\w-]{1,20})", response.header("content-type") or "", re.IGNORECASE)
    return shown_value("content-type", named[1].lower()) if named else "undeclared"


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
        if field not in FRAMING_HEADERS:
            yield FactKey("header", shown_header(field)), _header_class(field, value.lower())


def _header_class(field: str, value: str) -> str:
    if field in LIST_HEADERS:
        items = sorted({re.sub(r"[\s\"]", "", item) for item in shown_value(field, value).split(",")})
        return ", ".join(item for item in items if _LIST_ITEM.fullmatch(item))[:120] or "another value"
    if field == "www-authenticate":
        scheme = re.match(r"[a-z0-9-]{1,20}(?=\s|$)", value)
        return shown_value(field, scheme[0]) if scheme else "another value"
    return "present"


def _members(value: dict[str, Any], path: str, is_error: bool) -> ExtractedFacts:
    for name, member in list(value.items())[:_WIDTH]:
        below = f"{path}/{shown_member(name)}"
        yield FactKey("member", below), json_type(member)
        yield from _value(member, below, is_error)


def _value(value: Any, path: str, is_error: bool) -> ExtractedFacts:
    if isinstance(value, dict) and path.count("/") < _DEPTH:
        yield from _members(value, path, is_error)
    elif isinstance(value, list):
        yield from ((FactKey("member", f"{path}/*"), json_type(item)) for item in value[:_WIDTH])
    elif isinstance(value, str) and path in _PUBLIC:
        yield FactKey("value", path), value if is_word(value) else "a word of another spelling"
    elif isinstance(value, str) and not is_error:
        yield from _text(value, path)


def _text(value: str, path: str) -> ExtractedFacts:
    yield FactKey("class", path), text_class(value)
    instant = Instant.parse(value)
    if instant is not None:
        yield FactKey("precision", path), str(instant.digits)
        yield FactKey("zone", path), value[-1] if value[-1] in "Zz" else "an offset"


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
    """The kind of a string; `text` if it has no other."""
    if UUID.fullmatch(text):
        return "UUID" if text == text.lower() else "UUID in capitals"
    if Instant.parse(text):
        return "instant"
    return "date" if _DATE.fullmatch(text) else "text"
