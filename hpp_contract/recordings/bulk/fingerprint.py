"""Fingerprint of an exchange: exchanges with equal signatures get equal verdicts from every rule about one exchange.

Ids and dates are reduced to their relations, so nearly all exchanges of a log have one of a few signatures. Only
ordinary exchanges have one: all others are judged one by one. Which verdict belongs to a signature is decided by the
judge (`cache`), so no rule is written here a second time.

`fingerprint_of_line` runs once for every line of a log and is written for speed, with tuples where there would be
classes. It cuts a line whose layout is known, decodes any other into the few types that an ordinary one has, and leaves
what is no such line to our own parser and to `fingerprint_of_value`, which gives the same for every line: tests compare
them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from json import JSONDecoder
from math import inf
from operator import itemgetter
from typing import Any, Final, NamedTuple

import msgspec

from hpp_contract.engine.rule import ALWAYS_READ, JUDGES
from hpp_contract.model import Context, Exchange, Headers
from hpp_contract.model.instant import SECOND, is_unusual, nanoseconds, seconds_of_http_date
from hpp_contract.privacy.describe import describe
from hpp_contract.privacy.people import names_person, people_in
from hpp_contract.privacy.redact import encodings, is_placeholder
from hpp_contract.recordings.bulk.layout import Layouts, OrdinaryLine, decode, slots_of
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
_scan = JSONDecoder().scan_once  # type: ignore[attr-defined]  # what `raw_decode` calls, without its own function

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
    and the `read`. `places` are for whoever collects the places of exchanges that have it.
    """

    signature: int
    sessions: str
    session_id: str
    sent: tuple[str, ...]
    read: ReadFacts
    places: list[Any] = field(default_factory=list, compare=False)


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
    around = _around(url[:-36], asked, status, answered, known)
    found = _fingerprint(around, url[-36:], body) if around is not None else None
    if found is None:
        return None
    now = _seconds_of(answered)
    return found[0] if now is None or found[1] < now < found[2] else None


_Known = tuple[Hashable, bool, bool]
"""The provenance, or all that is known, whether the duration is not known, and whether the time is."""


class _Around(NamedTuple):
    """What an exchange says beside the id of its session, its times and its body, and the values of its response's
    header section that no rule reads. Those with one `number` of this process say the same to every rule."""

    number: int
    sessions: str
    authorization: tuple[str, ...]
    status: int
    read: tuple[str, ...]
    length: str | None
    dated: bool


def _around(sessions: str, asked: _Asked, status: int, answered: _Answered, known: _Known) -> _Around | None:
    """None for what is not ordinary."""
    read, date, length, signed = answered
    dated = _seconds_of(answered) is not None
    if date is not None and not dated and people_in(date):
        return None
    number = _number((sessions, asked.read, status, read, signed, known, length is None))
    return _Around(number, sessions, asked.authorization, status, read, length, dated)


def _seconds_of(answered: _Answered) -> float | None:
    """The response's Date, in seconds since 1970."""
    return seconds_of_http_date(answered[1]) if answered[1] is not None else None


def _fingerprint(around: _Around, session_id: str, body: str) -> tuple[Fingerprint, float, float] | None:
    """The fingerprint of an exchange if the answer's Date, where there is one, is between two times, in seconds since
    1970: then it is in order with the instants of a session, by a second more than rules ask for."""
    if around.length is not None and around.length != str(len(body)):
        return None
    earliest, latest, dated = -inf, inf, around.dated
    if around.status == 200:
        facts = _session_facts(body)
        if facts is None or facts.session_id != session_id:
            return None
        _, expires, said, seen = facts
        earliest, latest = seen[2] / 1e9 - SKEW + 1, expires / 1e9 + SKEW - 1
    else:
        found = _error(body, around.status, around.read) if _is_uuid(session_id) else None
        if found is None:
            return None
        said, seen = found
        dated = True  # no rule compares the dates of an error
    number = _number((around.number, said, dated))
    return Fingerprint(number, around.sessions, session_id, around.authorization, seen), earliest, latest


_NUMBERS: Final[dict[Hashable, int]] = {}
_further: Final = count()

MOST: Final = 10_000
"""Signatures that are known at a time: a log with more gains little from it."""


def _number(signature: Hashable) -> int:
    """A number for what rules can see, which is quicker to compare: a new one where it was not met, or long ago. Then
    what has the old one is forgotten too."""
    number = _NUMBERS.get(signature)
    if number is None:
        if len(_NUMBERS) >= MOST:
            for each in (_NUMBERS, _MET, _LAYOUTS):
                each.clear()
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


_MAX_LATENCY: Final = Context().max_latency


def fingerprint_of_line(line: bytes) -> tuple[Fingerprint, int | None] | None:
    """The fingerprint of the exchange on a line, where it is as most are, and when it was sent. None says nothing: it
    may have one."""
    known = _LAYOUTS.cut(line)
    if known is not None and (found := _of_slots(*known)) is not None:
        return found
    try:
        value = decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    request, response, elapsed, at = value.request, value.response, value.elapsed, nanoseconds(value.at)
    headers, asked, sessions = response.headers or {}, _asked_in(bytes(request.headers)), request.url[:-36]
    answered = _answered(tuple(headers), tuple(headers.values()))
    if asked is None or asked.forms or answered is None or value.callback or not _reads(sessions):
        return None
    if elapsed is not None and not 0 <= elapsed <= _MAX_LATENCY:
        return None
    around = _around(sessions, asked, response.status, answered, (value.provenance, elapsed is None, at is not None))
    if around is None:
        return None
    if known is None and _LAYOUTS.may_learn(line):
        _learn(line, value, around)
    return _met(around, request.url[-36:], response.body or "", _seconds_of(answered), at)


def _met(
    around: _Around, session_id: str, raw: str | bytes, now: float | None, at: int | None
) -> tuple[Fingerprint, int | None] | None:
    """The fingerprint of a line with this body, as a text or as it is written in JSON."""
    met = _MET.get(raw)
    if met is None or (met[0] is not around and met[0] != around) or met[1].session_id != session_id:
        body = _plain(raw) if isinstance(raw, bytes) else raw
        found = _fingerprint(around, session_id, body) if body is not None else None
        if found is None:
            return None
        if len(_MET) >= _MOST_MET:
            _MET.clear()
        met = _MET[raw] = around, *found
    _, fingerprint, earliest, latest = met
    return (fingerprint, at) if now is None or earliest < now < latest else None


_MET: Final[dict[str | bytes, tuple[_Around, Fingerprint, float, float]]] = {}
"""The last line with a body, and what was found of it: a session is polled until something happens, so most lines
differ from one before only in when they were sent. Of this process."""

_MOST_MET: Final = 8192

_LAYOUTS: Final = Layouts[_Around]()
"""Their slots are `at`, the id in the URL, `elapsed`, the response's Date and body, and those fields of its header
section that no rule reads. One for what is not there is empty. Of this process."""

_is_elapsed = re.compile(rb"(?:0|[1-9][0-9]{0,5})(?:\.[0-9]{1,14})?").fullmatch
_is_date = re.compile(rb"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT").fullmatch
_is_uuid_text = re.compile(UUID.pattern.encode()).fullmatch


def _of_slots(around: _Around, slots: tuple[bytes, ...]) -> tuple[Fingerprint, int | None] | None:
    """The fingerprint of a line, from what stands in its slots. None says nothing, as there: only what is sure to be
    plain text of JSON is taken for what it looks like."""
    time, session_id, elapsed, date, raw, *others = slots
    at, now = nanoseconds(time.decode("latin-1")) if time else None, _seconds(date) if date else None
    if (at is None and time) or (now is None and date) or (elapsed and not _is_short(elapsed)):
        return None
    for value in others:
        if _is_uuid_text(value) is None and not _is_harmless(value):
            return None
    return _met(around, session_id.decode("latin-1"), raw, now, at)


@lru_cache(maxsize=4096)  # a log's dates come in order
def _seconds(date: bytes) -> float | None:
    return seconds_of_http_date(date.decode()) if _is_date(date) else None


def _learn(line: bytes, value: OrdinaryLine, around: _Around) -> None:
    """Know lines that are laid out like this one."""
    names = tuple(value.response.headers or {})
    places = _places(names)
    if places is None or around.dated != (places.date is not None) or (value.at and nanoseconds(value.at) is None):
        return
    spans = slots_of(line, value, names[places.date] if places.date is not None else None, places.others(names))
    if spans is not None:
        _LAYOUTS.learn(line, spans, around)


def _is_short(elapsed: bytes) -> bool:
    return _is_elapsed(elapsed) is not None and float(elapsed) <= _MAX_LATENCY


@lru_cache(maxsize=1024)  # one server sends the same fields again and again
def _is_harmless(value: bytes) -> bool:
    """Whether this is the text of a header field, as it is, that names nobody and holds no key."""
    text = value.decode("latin-1")
    return not value.translate(None, _PLAIN) and '"' not in text and _KEY not in text and not people_in(text)


def _plain(raw: bytes) -> str | None:
    """The text that is written so in JSON, where it is ASCII and nothing is escaped in it but quotation marks."""
    text = raw.replace(b'\\"', b'"')
    escaped = len(raw) - len(text)
    return text.decode() if text.count(b'"') == escaped and not text.translate(None, _PLAIN) else None


_PLAIN: Final = bytes({*range(32, 127)} - {*b"\\"})
"""What stands for itself in a JSON text, and quotation marks."""


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
        value, end = _scan(body, 0)
    except (StopIteration, ValueError, RecursionError):
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
        value, end = _scan(body, 0)
    except (StopIteration, ValueError, RecursionError):
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
