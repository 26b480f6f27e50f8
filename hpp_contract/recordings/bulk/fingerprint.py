"""Fingerprint of an exchange: exchanges with equal signatures get equal verdicts from every rule about one exchange.

Ids and dates are reduced to their relations, so nearly all exchanges of a log have one of a few signatures. Only
ordinary exchanges have one: all others are judged one by one. Which verdict belongs to a signature is decided by the
judge (`cache`), so no rule is written here a second time.

`of_line` runs once for every line of a log and is written for speed, with tuples where there would be classes. It
decodes a line into the few types that an ordinary one has, and leaves any other to our own parser and to `of_value`,
which gives the same for every line: tests compare the two.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from json import JSONDecoder
from operator import itemgetter
from typing import Any, Final, Literal, NamedTuple

import msgspec

from hpp_contract.engine.rule import ALWAYS_READ, JUDGES
from hpp_contract.model import Context, Exchange, Headers
from hpp_contract.model.instant import SECOND, is_unusual, nanoseconds, seconds_of_http_date
from hpp_contract.privacy.describe import describe
from hpp_contract.privacy.people import names_person, people_in
from hpp_contract.privacy.redact import encodings, is_placeholder
from hpp_contract.recordings.formats import ndjson
from hpp_contract.recordings.formats.convert import Unreadable
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


@dataclass(slots=True)
class Fingerprint:
    """Two exchanges of one `signature`, a number of this process, get the same verdict from every rule about a single
    exchange. The API itself answered all that have one.

    The rest is what rules about traces read, but for the time: the URL before the id, the Authorization values `sent`,
    and the `read`. `kept` is for the record of it (`sessions.kept_of`), which is the same for many exchanges.
    """

    signature: int
    sessions: str
    session_id: str
    sent: tuple[str, ...]
    read: ReadFacts
    kept: tuple[int, bytes, tuple[bytes, tuple[Any, ...]]] | None = field(default=None, compare=False)


def fingerprint(
    method: str,
    url: str,
    sent: Iterable[tuple[str, str]],
    status: int,
    headers: Iterable[tuple[str, str]],
    body: str,
    context: Context,
    has_time: bool,
    elapsed: float | None,
) -> Fingerprint | None:
    """The fingerprint of an ordinary exchange without a request body or a failure; None for any other.

    `status` is from 100 to 999, `body` the response's as text, `elapsed` in seconds; `has_time` says whether it is
    known when it was sent. Raises TypeError or AttributeError for values of other types than an Exchange has.
    """
    if method != METHOD or not _reads(url[:-36]) or context.retried or context.secrets:
        return None
    if elapsed is not None and not (type(elapsed) in (int, float) and 0 <= elapsed <= context.max_latency):
        return None
    pairs = tuple(headers)
    values = tuple([value for _, value in pairs])
    asked, answered = _request_fields(tuple(sent)), _answered(tuple([name for name, _ in pairs]), values)
    if asked is None or answered is None:
        return None
    if any(form in text for form in asked.forms for text in (body, *values)):
        return None
    plain = context is ndjson.context_of(context.provenance)  # its provenance is quicker to compare
    known = (context.provenance if plain else context), elapsed is None, has_time
    date = answered[1]
    now = seconds_of_http_date(date) if date is not None else None
    if now is None and date is not None and people_in(date):
        return None
    found = _fingerprint(url, asked, status, answered, body, known, now is None)
    return found[0] if found is not None and _consistent(*found[1:], now) else None


_Known = tuple[Hashable, bool, bool]
"""The provenance, or all that is known, whether the duration is not known, and whether the time is."""


def _fingerprint(
    url: str, asked: _Asked, status: int, answered: _Answered, body: str, known: _Known, undated: bool
) -> tuple[Fingerprint, int, int] | None:
    """The fingerprint of an exchange if the answer's Date is right, and the instants of a session that it has to agree
    with; `undated` when there is none."""
    read, _, length, signed = answered
    sessions, session_id = url[:-36], url[-36:]
    if length is not None and length != str(len(body)):
        return None
    updated = expires = 0
    if status == 200:
        facts = _session_facts(body)
        if facts is None or facts.session_id != session_id:
            return None
        _, expires, said, seen = facts
        updated = seen[2]
    else:
        found = _error(body, status, read) if _is_uuid(session_id) else None
        if found is None:
            return None
        said, seen = found
        undated = False  # no rule compares the dates of an error
    signature = sessions, asked.read, status, read, signed, known, said, length is None, undated
    return Fingerprint(_number(signature), sessions, session_id, asked.authorization, seen), updated, expires


_NUMBERS: Final[dict[Hashable, int]] = {}
_further: Final = count()

MOST: Final = 10_000
"""Signatures that are known at a time: a log with more gains little from it."""


def _number(signature: Hashable) -> int:
    """A number for what rules can see, which is quicker to compare: a new one where it was not met, or long ago."""
    number = _NUMBERS.get(signature)
    if number is None:
        if len(_NUMBERS) >= MOST:
            _NUMBERS.clear()
        number = _NUMBERS[signature] = next(_further)
    return number


def fingerprint_of(exchange: Exchange) -> Fingerprint | None:
    """The fingerprint of an Exchange."""
    request, response = exchange.request, exchange.response
    if response is None or not (response.complete and response.body_kept) or request.body or exchange.failure:
        return None
    if people_in(response.reason):
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
        exchange.at is not None,
        exchange.elapsed,
    )


class _Request(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    method: Literal["GET"]
    url: str
    headers: msgspec.Raw = msgspec.Raw(b"null")
    body: Literal[""] | None = None


class _Response(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    status: int
    body: str | None
    headers: dict[str, str] | None = None


class _Line(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """An ordinary line. What has other members or types is left to the strict parser: a value that nobody decodes is
    not checked either."""

    request: _Request
    response: _Response
    at: str | None = None
    elapsed: int | float | None = None
    provenance: str | None = None
    failure: Literal[""] | None = None
    callback: Literal[False] | None = None


_decode_line = msgspec.json.Decoder(_Line).decode
_MAX_LATENCY: Final = Context().max_latency


def fingerprint_of_line(line: bytes) -> tuple[Fingerprint, int | None] | None:
    """The fingerprint of the exchange on a line, where it is as most are, and when it was sent. None says nothing: it
    may have one."""
    try:
        value = _decode_line(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    request, response, elapsed, at = value.request, value.response, value.elapsed, nanoseconds(value.at)
    headers = response.headers
    answered = _answered(tuple(headers), tuple(headers.values())) if headers else _answered((), ())
    if answered is None or (elapsed is not None and not 0 <= elapsed <= _MAX_LATENCY):
        return None
    read, date, length, signed = answered
    now = seconds_of_http_date(date) if date is not None else None
    if now is None and date is not None and people_in(date):
        return None
    sent, body = bytes(request.headers), response.body or ""
    known = value.provenance, elapsed is None, at is not None
    around = request.url, sent, response.status, read, length, signed, known, now is None
    met = _MET.get(body)
    if met is None or met[0] != around:
        asked = _asked_in(sent)
        if asked is None or asked.forms or not _reads(request.url[:-36]):
            return None
        found = _fingerprint(request.url, asked, response.status, answered, body, known, now is None)
        if found is None:
            return None
        if len(_MET) >= _MOST_MET:
            _MET.clear()
        met = _MET[body] = around, *found
    _, fingerprint, updated, expires = met
    return (fingerprint, at) if _consistent(updated, expires, now) else None


_MET: Final[dict[str, tuple[Hashable, Fingerprint, int, int]]] = {}
"""The last line with a body, and what was found of it: a session is polled until something happens, so most lines
differ from one before only in when they were sent. Of this process."""

_MOST_MET: Final = 4096


@lru_cache(maxsize=256)  # one client sends the same fields again and again
def _asked_in(headers: bytes) -> _Asked | None:
    """As `_request_fields`, of a JSON text."""
    try:
        fields = ndjson.parse(headers)
        return _request_fields(tuple(fields.items()) if fields is not None else ())
    except (Unreadable, TypeError, AttributeError):
        return None


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
            nanoseconds(value.get("at")) is not None,
            value.get("elapsed"),
        )
    except (KeyError, TypeError, AttributeError):  # a shape that ordinary lines do not have
        return None


@lru_cache(maxsize=256)
def _reads(sessions: str) -> bool:
    """Whether an id after this makes the URL of a session, with nothing odd about it."""
    return _is_sessions(sessions) is not None


class _Places(NamedTuple):
    """Of the fields of a header section: the values of those in `RESPONSE_FIELDS` are `picked`, `date` and `length` are
    the places of these, and the values of all `others` must name nobody. `signed` is what the names say to rules: those
    that are read, in lower case and in order, and whether there is a correlation id."""

    picked: Callable[[tuple[str, ...]], tuple[str, ...]]
    date: int | None
    length: int | None
    others: Callable[[tuple[str, ...]], tuple[str, ...]]
    signed: tuple[tuple[str, ...], bool]


@lru_cache(maxsize=1024)  # one server sends the same names again and again
def _places(names: tuple[str, ...]) -> _Places | None:
    """None where a content coding was applied, or a name says that a person is named, which is not ordinary."""
    lower = [name.lower() for name in names]
    if "content-encoding" in lower or any(map(names_person, names)):
        return None
    first = {name: place for place, name in reversed([*enumerate(lower)])}
    read = [(place, name) for place, name in enumerate(lower) if name in RESPONSE_FIELDS]
    known = {first.get("date"), first.get("content-length"), *(place for place, _ in read)}
    return _Places(
        _picker([place for place, _ in read]),
        first.get("date"),
        first.get("content-length"),
        _picker([place for place in range(len(names)) if place not in known]),
        (tuple([name for _, name in read]), any("correlation-id" in name for name in lower)),
    )


def _picker(places: list[int]) -> Callable[[tuple[str, ...]], tuple[str, ...]]:
    """A function that gives the values at these places."""
    return itemgetter(*places) if len(places) > 1 else lambda values: tuple([values[place] for place in places])


_Answered = tuple[tuple[str, ...], str | None, str | None, Hashable]
"""Of a response's header section the values that rules read, the date, the length, and what its names say."""


def _answered(names: tuple[str, ...], values: tuple[str, ...]) -> _Answered | None:
    """What rules read of a response's header section; None when it holds something that is not ordinary."""
    places = _places(names)
    if places is None or _KEY in "\n".join(values):
        return None
    picked, date, length, others, signed = places
    if any(not _is_uuid(value) and people_in(value) for value in others(values)):
        return None
    return (
        picked(values),
        values[date] if date is not None else None,
        values[length] if length is not None else None,
        signed,
    )


class _Asked(NamedTuple):
    """Of a request's header section the fields that rules `read`, the `authorization` values, and every text that would
    be an echo of them (`forms`)."""

    read: Headers
    authorization: tuple[str, ...]
    forms: tuple[str, ...]


@lru_cache(maxsize=256)  # one client sends the same fields again and again
def _request_fields(sent: Headers) -> _Asked | None:
    """What rules read of a request's header section; None when it holds something that is not ordinary."""
    if any(type(value) is not str or _KEY in value for _, value in sent):
        return None
    others = ((name, value) for name, value in sent if name.lower() not in REQUEST_FIELDS)
    if any(names_person(name) or people_in(value) for name, value in others):
        return None
    read = tuple([(name.lower(), value) for name, value in sent if name.lower() in REQUEST_FIELDS])
    authorization = tuple([value for name, value in read if name == "authorization"])
    return _Asked(read, authorization, _forms(authorization))


def _forms(authorization: tuple[str, ...]) -> tuple[str, ...]:
    """Every text that would be an echo of these credentials in an answer."""
    tokens = {value.partition(" ")[2] for value in authorization}
    secret = (token for token in tokens if token and (API_KEY.search(token) or not is_placeholder(token)))
    return tuple({form for token in secret for form in encodings(token)})


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
    if _is_uuid(session_id) is None:
        return None
    updated, expires = nanoseconds(value.get("updated_at")), nanoseconds(value.get("expires_at"))
    outcome = order, token, reference = (
        value.get("order_id"), value.get("authorization_token"), value.get("klarna_reference"),
    )  # fmt: skip
    if updated is None or expires is None or len(value) != 7 - outcome.count(None):
        return None
    if is_unusual(value["updated_at"]) or is_unusual(value["expires_at"]) or not 0 <= expires - updated <= _LIFETIME:
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
    """Whether the answer's Date (s) is in order with two instants (ns), by a second more than rules ask for; 0 and 0
    are those of an error."""
    return now is None or not expires or (now - expires / 1e9 < SKEW - 1 and updated / 1e9 - now < SKEW - 1)


def _ordinary(order: str | None, token: str | None, reference: str | None, session_id: str) -> bool:
    for text in (order, token):
        if text is not None and (text == session_id or _is_uuid(text) is None):
            return False
    return reference is None or (_is_reference(reference) is not None and not people_in(reference))


def _flat_object(body: str) -> dict[str, str] | None:
    """The JSON object whose members are all texts of ASCII without a key, none twice and none escaped."""
    if not body.isascii() or _KEY in body:
        return None
    try:
        value, end = _decode(body)
    except (ValueError, RecursionError):
        return None
    # Four quotation marks a member: two around its name, two around its text. A repeated member would leave more.
    plain = end == len(body) and type(value) is dict and "\\" not in body and body.count('"') == 4 * len(value)
    return value if plain and {*map(type, value.values())} == {str} else None


def _error(body: str, status: int, fields: tuple[str, ...]) -> tuple[Hashable, ReadFacts] | None:
    if not 400 <= status < 500 or status == 429 or any("html" in value.lower() for value in fields):
        return None
    if not body.isascii() or _KEY in body or people_in(body):
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
