"""Fingerprint of an exchange: exchanges with equal signatures get equal verdicts from every rule about one exchange.

Ids and dates are reduced to their relations, so nearly all exchanges of a log have one of a few signatures. Only
ordinary exchanges have one: all others are judged one by one. Which verdict belongs to a signature is decided by the
judge (`cache`), so no rule is written here a second time. This runs once for every line of a log and is written for
speed, with tuples where there would be classes.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from functools import lru_cache
from json import JSONDecoder
from typing import Any, Final, NamedTuple

from hpp_contract.engine.rule import ALWAYS_READ, JUDGES
from hpp_contract.model import Context, Exchange, Headers
from hpp_contract.model.instant import SECOND, is_unusual, nanoseconds, seconds_of_http_date
from hpp_contract.privacy.describe import describe
from hpp_contract.privacy.redact import encodings, is_placeholder
from hpp_contract.recordings.formats import ndjson
from hpp_contract.rules import CATALOGUE
from hpp_contract.spec.endpoint import API_KEY, METHOD, SESSIONS_PATH
from hpp_contract.spec.fields import INTERNALS, PSEUDONYM
from hpp_contract.spec.session import LIFETIME, SKEW, STATUSES, UUID

_is_sessions = re.compile(r"https?://[A-Za-z0-9.\-]+(?::[0-9]+)?(?:/[A-Za-z0-9._~\-]+)*" + SESSIONS_PATH).fullmatch
_is_uuid = UUID.fullmatch
_is_reference = re.compile(r"[ -~]{1,255}").fullmatch
_is_code = re.compile(r"[A-Z][A-Z0-9_]*").fullmatch
_decode = JSONDecoder().raw_decode

_REDUCED: Final = frozenset({"date", "content-length", "content-encoding", "*"})
"""Header fields that go into the signature in a reduced form, see `fingerprint`."""


def _fields_read(message: str) -> frozenset[str]:
    """The header fields of this message, `request` or `response`, that any rule about a recording reads."""
    rules = (rule for rule in CATALOGUE if "recording" in JUDGES[rule.scope])
    named = (field.split() for field in (*ALWAYS_READ, *(field for rule in rules for field in rule.reads)))
    return frozenset(name for of, name in named if of == message) - _REDUCED


REQUEST_FIELDS: Final = _fields_read("request")
RESPONSE_FIELDS: Final = _fields_read("response")
"""Header fields that rules read. They go into the signature as they are. In all others, only an API key matters."""

_ERROR_MEMBERS: Final = frozenset({"error_code", "error_messages", "error_message", "correlation_id"})
_KEY: Final = "kco_"
_LIFETIME: Final = LIFETIME * SECOND

ReadFacts = tuple[int, str, int, str, tuple[str | None, ...]]
"""What rules about traces read: the HTTP status, and of a session its status, `updated_at` in ns since 1970,
`expires_at` as written, and its outcome ids."""


class Fingerprint(NamedTuple):
    """Two exchanges of one `signature` get the same verdict from every rule about a single exchange. The API itself
    answered all that have one.

    The rest is what rules about traces read: the URL before the id, `at` in ns since 1970, the Authorization values
    `sent`, and the `read`.
    """

    signature: Hashable
    sessions: str
    session_id: str
    at: int | None
    sent: tuple[str, ...]
    read: ReadFacts


def fingerprint(
    method: str,
    url: str,
    sent: Iterable[tuple[str, str]],
    status: int,
    headers: Iterable[tuple[str, str]],
    body: str,
    context: Context,
    at: int | None,
    elapsed: float | None,
) -> Fingerprint | None:
    """The fingerprint of an ordinary exchange without a request body or a failure; None for any other.

    `status` is from 100 to 999, `body` the response's as text, `at` in ns since 1970, `elapsed` in seconds. Raises
    TypeError or AttributeError for values of other types than an Exchange has.
    """
    sessions, session_id = url[:-36], url[-36:]
    if method != METHOD or not _reads(sessions) or not _is_uuid(session_id):
        return None
    if not body.isascii() or _KEY in body or context.retried or context.secrets:
        return None
    if elapsed is not None and not (type(elapsed) in (int, float) and 0 <= elapsed <= context.max_latency):
        return None
    asked, answered = _request_fields(tuple(sent)), _response_fields(headers)
    if asked is None or answered is None or answered[2] not in (None, str(len(body))):
        return None
    authorization = tuple([value for name, value in asked if name == "authorization"])
    if authorization and any(form in body or form in answered[4] for form in _forms(authorization)):
        return None
    inner = _session(body, session_id, answered[1]) if status == 200 else _error(body, status, answered[0])
    if inner is None:
        return None
    signature = (
        method, sessions, asked, status, answered[0], answered[2] is None, answered[3], elapsed is None, at is None,
        context, inner[0],
    )  # fmt: skip
    return Fingerprint(signature, sessions, session_id, at, authorization, inner[1])


def fingerprint_of(exchange: Exchange) -> Fingerprint | None:
    """The fingerprint of an Exchange."""
    request, response = exchange.request, exchange.response
    if response is None or not (response.complete and response.body_kept) or request.body or exchange.failure:
        return None
    try:
        body = response.body.decode("ascii")
    except UnicodeDecodeError:
        return None
    return fingerprint(
        request.method,
        request.url,
        request.headers,
        response.status,
        response.headers,
        body,
        exchange.context,
        exchange.at.ns if exchange.at is not None else None,
        exchange.elapsed,
    )


def fingerprint_of_value(value: Any) -> Fingerprint | None:
    """The fingerprint of the exchange that `ndjson.exchange_of` would make of this value, without making it."""
    try:
        request, response = value["request"], value["response"]
        if request.get("body") not in (None, "") or value.get("failure") or type(response["status"]) is not int:
            return None
        if ndjson.is_of_gateway(value) or value.get("callback"):
            return None
        sent, answered, body = request.get("headers"), response.get("headers"), response["body"]
        return fingerprint(
            request["method"],
            request["url"],
            sent.items() if sent is not None else (),
            response["status"],
            answered.items() if answered is not None else (),
            body if body is not None else "",
            ndjson.context_of(value.get("provenance")),
            nanoseconds(value.get("at")),
            value.get("elapsed"),
        )
    except (KeyError, TypeError, AttributeError):  # a shape that ordinary lines do not have
        return None


@lru_cache(maxsize=256)
def _reads(sessions: str) -> bool:
    """Whether an id after this makes the URL of a session, with nothing odd about it."""
    return _is_sessions(sessions) is not None


class _Places(NamedTuple):
    """Positions of the fields that rules read in a header section: those in `RESPONSE_FIELDS` are `read`, by lower-case
    name."""

    read: tuple[tuple[int, str], ...]
    date: int | None
    length: int | None
    correlated: bool


@lru_cache(maxsize=1024)  # one server sends the same names again and again
def _places(names: tuple[str, ...]) -> _Places | None:
    """None where a content coding was applied, which is not ordinary."""
    lower = [name.lower() for name in names]
    if "content-encoding" in lower:
        return None
    first = {name: place for place, name in reversed([*enumerate(lower)])}
    return _Places(
        tuple((place, name) for place, name in enumerate(lower) if name in RESPONSE_FIELDS),
        first.get("date"),
        first.get("content-length"),
        any("correlation-id" in name for name in lower),
    )


_Fields = tuple[Headers, str | None, str | None, bool, str]
"""Fields that rules read, the date, the length, whether there is a correlation id, and all values in one text."""


def _response_fields(headers: Iterable[tuple[str, str]]) -> _Fields | None:
    """What rules read of a response's header section; None when it holds something that is not ordinary."""
    names, values = zip(*headers, strict=True) if headers else ((), ())
    places, text = _places(names), "\n".join(values)
    if places is None or _KEY in text:
        return None
    read, date, length, correlated = places
    return (
        tuple([(name, values[place]) for place, name in read]),
        values[date] if date is not None else None,
        values[length] if length is not None else None,
        correlated,
        text,
    )


@lru_cache(maxsize=256)  # one client sends the same fields again and again
def _request_fields(sent: Headers) -> Headers | None:
    """What rules read of a request's header section; None when it holds something that is not ordinary."""
    if any(type(value) is not str or _KEY in value for _, value in sent):
        return None
    return tuple([(name.lower(), value) for name, value in sent if name.lower() in REQUEST_FIELDS])


@lru_cache(maxsize=256)
def _forms(authorization: tuple[str, ...]) -> tuple[str, ...]:
    """Every text that would be an echo of these credentials in an answer."""
    tokens = {value.partition(" ")[2] for value in authorization}
    secret = (token for token in tokens if token and (API_KEY.search(token) or not is_placeholder(token)))
    return tuple({form for token in secret for form in encodings(token)})


def _session(body: str, session_id: str, date: str | None) -> tuple[Hashable, ReadFacts] | None:
    session = _session_facts(body)
    if session is None or session.session_id != session_id:
        return None
    now = seconds_of_http_date(date) if date is not None else None
    return ((now is None, session.facts), session.read) if _consistent(session.read[2], session.expires, now) else None


class SessionFacts(NamedTuple):
    """What an ordinary body says of a session: `expires` in ns since 1970, and the `facts` that rules read."""

    session_id: str
    expires: int
    facts: Hashable
    read: ReadFacts


@lru_cache(maxsize=4096)  # a session is polled until something happens: most bodies are repeated
def _session_facts(body: str) -> SessionFacts | None:
    value = _flat_object(body)
    if value is None or value.get("status") not in STATUSES:
        return None
    session_id = value.get("session_id", "")
    updated, expires = nanoseconds(value.get("updated_at")), nanoseconds(value.get("expires_at"))
    outcome = order, token, reference = (
        value.get("order_id"), value.get("authorization_token"), value.get("klarna_reference"),
    )  # fmt: skip
    if updated is None or expires is None or len(value) != 7 - outcome.count(None):
        return None
    if is_unusual(value["updated_at"]) or is_unusual(value["expires_at"]):
        return None
    if not _ordinary(order, token, reference, session_id):
        return None
    facts = (
        value["status"],
        session_id.lower().startswith(PSEUDONYM),
        order and order.lower().startswith(PSEUDONYM),
        token and token.lower().startswith(PSEUDONYM),
        reference is not None and describe(reference),
    )
    return SessionFacts(session_id, expires, facts, (200, value["status"], updated, value["expires_at"], outcome))


def _consistent(updated: int, expires: int, now: float | None) -> bool:
    """Whether the two instants (ns) and the answer's Date (s) are in order, by a second more than rules ask for."""
    if not 0 <= expires - updated <= _LIFETIME:
        return False
    return now is None or (now - expires / 1e9 < SKEW - 1 and updated / 1e9 - now < SKEW - 1)


def _ordinary(order: str | None, token: str | None, reference: str | None, session_id: str) -> bool:
    for text in (order, token):
        if text is not None and (text == session_id or _is_uuid(text) is None):
            return False
    return reference is None or _is_reference(reference) is not None


def _flat_object(body: str) -> dict[str, str] | None:
    """The JSON object whose members are all texts, none twice and none escaped."""
    try:
        value, end = _decode(body)
    except (ValueError, RecursionError):
        return None
    # Four quotation marks a member: two around its name, two around its text. A repeated member would leave more.
    plain = end == len(body) and type(value) is dict and "\\" not in body and body.count('"') == 4 * len(value)
    return value if plain and {*map(type, value.values())} == {str} else None


def _error(body: str, status: int, fields: Headers) -> tuple[Hashable, ReadFacts] | None:
    if not 400 <= status < 500 or status == 429 or any("html" in value.lower() for _, value in fields):
        return None
    if not body:
        return "", (status, "", 0, "", ())
    try:
        value, end = _decode(body)
    except (ValueError, RecursionError):
        return None
    if end != len(body) or type(value) is not dict or not value.keys() <= _ERROR_MEMBERS or "\\" in body:
        return None
    if not _is_error_object(value) or body.count('"') != _quotation_marks(value) or INTERNALS.search(body.encode()):
        return None
    return tuple(sorted(value)), (status, "", 0, "", ())


def _is_error_object(value: dict[str, Any]) -> bool:
    messages = value.get("error_messages", [])
    texts = [text for name, text in value.items() if name != "error_messages"]
    if type(messages) is not list or not all(type(text) is str for text in (*texts, *messages)):
        return False
    if any(INTERNALS.search(text.encode()) for text in (*texts, *messages)):  # some begin a text, and no line
        return False
    return "error_code" in value and "correlation_id" in value and _is_code(value["error_code"]) is not None


def _quotation_marks(value: dict[str, Any]) -> int:
    """How many quotation marks a JSON text of these members has when none is repeated and no text holds any."""
    return sum([2 + (2 * len(inner) if isinstance(inner, list) else 2) for inner in value.values()])
