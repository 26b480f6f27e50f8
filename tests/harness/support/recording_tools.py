"""Exchanges to record: honest, faulty and odd ones, and the same written as NDJSON."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from functools import reduce
from itertools import product
from pathlib import Path
from typing import Any

from hypothesis import note
from hypothesis import strategies as st

from hpp_contract.cases.scenarios import CREDENTIALS, SCENARIOS
from hpp_contract.engine import edits as editing
from hpp_contract.engine.edits import Edited
from hpp_contract.engine.fault import Fault
from hpp_contract.model import Exchange, Instant
from hpp_contract.model.exchange import response_of
from hpp_contract.rules import CATALOGUE
from hpp_contract.server import simulate_server
from tests.harness.support.fake_time import NOON, SECOND, noon
from tests.harness.support.not_none import not_none
from tests.harness.support.paths import RECORDINGS

FAULTS = tuple(fault for rule in CATALOGUE if rule.scope != "answer" for fault in rule.faults)
SITUATIONS = (*SCENARIOS, "no-credentials", "wrong-credentials", "unknown-id", "malformed-id")


def recording_files() -> Iterator[Path]:
    """Every recording that a library wrote, without the scripts that had it do so and bodies in files of their own."""
    for path in RECORDINGS.rglob("*"):
        parts = path.relative_to(RECORDINGS).parts
        is_body = "__files" in parts or (parts[0] == "playwright" and path.suffix != ".har")
        if path.is_file() and "make" not in parts and not is_body:
            yield path


def as_line(exchange: Exchange) -> str:
    """The exchange in our NDJSON, all that the format can hold of it."""
    request, response = exchange.request, exchange.response
    value: dict[str, Any] = {
        "request": {"method": request.method, "url": request.url, "headers": list(map(list, request.headers))},
        "response": None,
    }
    if len({name for name, _ in request.headers}) == len(request.headers):
        value["request"]["headers"] = dict(request.headers)
    if request.body:
        value["request"]["body"] = _body(request.body)
    if response is not None:
        value["response"] = {"status": response.status, "headers": list(map(list, response.headers))}
        if len({name for name, _ in response.headers}) == len(response.headers):
            value["response"]["headers"] = dict(response.headers)
        if response.body_kept:
            value["response"]["body"] = _body(response.body)
    if exchange.at is not None:
        value["at"] = written(exchange.at)
    optional = {"failure": exchange.failure, "elapsed": exchange.elapsed, "provenance": exchange.context.provenance,
                "callback": exchange.context.callback or None}  # fmt: skip
    return json.dumps(value | {name: held for name, held in optional.items() if held is not None})


def _body(body: bytes) -> Any:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode()}


def written(at: Instant) -> str:
    day = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=at.ns // SECOND)
    return f"{day:%Y-%m-%dT%H:%M:%S}.{at.ns % SECOND:09d}Z"


def write_lines(path: Path, exchanges: Iterable[Exchange]) -> Path:
    path.write_text("".join(f"{as_line(exchange)}\n" for exchange in exchanges), encoding="utf-8")
    return path


def simulated(scenario: str, polls: int, applied: Fault | None = None, apart: float = 5.0) -> list[Exchange]:
    """What polling a scenario gives from noon on, one poll every `apart` seconds, with the fault applied."""
    honest = simulate_server(scenario, polls, clock=noon)
    timed = [replace(each, at=Instant(NOON + round(poll * apart * SECOND), 9)) for poll, each in enumerate(honest)]
    return [applied(each) if applied and applied.applies(scenario, poll) else each for poll, each in enumerate(timed)]


IDS = ("39a1c773-bafd-754d-af1f-b30c592f1267", "5c2bbed0-1111-4111-8111-111111111111")
_VALUES: tuple[Any, ...] = (
    None, "", "x", 5, [], {}, "WAITING", "COMPLETED", "NEVER", "X438HG0Q", "2026-11-22T01:02:03.456Z", *IDS,
    "2026-02-30T00:00:00Z", "2026-11-22T01:02:03", "kco_live_api_qrstuvwx", "nul\u0000", "caf\u00e9", "x\x7f",
    "5C2BBED0-1111-4111-8111-111111111111", {"given_name": "Jane"}, "x" * 255, "x" * 256,
)  # fmt: skip
_MEMBERS = ("session_id", "status", "updated_at", "expires_at", "order_id", "authorization_token", "klarna_reference",
            "customer", "error_code", "error_messages", "correlation_id")  # fmt: skip
_OTHER_MEMBERS = ("risk", "error_message")
_FIELDS = ("Content-Type", "Cache-Control", "Date", "WWW-Authenticate", "Klarna-Correlation-Id")
_OTHER_FIELDS = ("Content-Length", "Content-Encoding", "Retry-After", "Set-Cookie", "X-Ratelimit-Reset", "X-Trace")
_FIELD_VALUES = ("application/json", "text/html", "gzip", "17", "max-age=60", "Sun, 06 Nov 1994 08:49:37 GMT", "x",
                 "Sun, 22 Nov 2099 08:49:37 GMT", "kco_test_api_xyzxyzxy", "sid=1", "",
                 "M000001:kco_test", "a2NvX3Rlc3Q=",
                 "aGVsbG86a2V5c2VjcmV0")  # fmt: skip
_SENT = ("Authorization", "Content-Type", "Cache-Control")
_NOT_SENT = ("Accept", "Cookie", "Accept-Encoding", "X-Id")
_SENT_VALUES = ("Basic <scrubbed>", "Basic aGVsbG86a2V5c2VjcmV0", "Bearer abc", "application/json", "text/xml", "*/*",
                "identity", "kco_live_api_12345678", "")  # fmt: skip
_BODIES = (
    b"",
    b"{}",
    b"[]",
    b"null",
    b"{",
    b"<html></html>",
    b"\xff\xfe",
    b'{"status": NaN}',
    b"Traceback (most recent",
    b'{"status": "WAITING", "status": "WAITING"}',
    b'{"error_code": "X", "correlation_id": "a", "correlation_id": "b"}',
    b'\xef\xbb\xbf{"a": "b"}',
    b'{"error_code": "X", "a": "\\u0062"}',
)
_URLS = ("https://api.kustom.co/hpp/v1/sessions/" + IDS[0], "http://127.0.0.1:80/eu/hpp/v1/sessions/" + IDS[1],
         "https://h/hpp/v1/sessions/" + IDS[0] + "?x=1", "https://h/hpp/v1/sessions/x%2Fy",
         "/hpp/v1/sessions/" + IDS[0], "https://u:p@h/hpp/v1/sessions/" + IDS[0],
         "https://kco_live_api_x-y-z-a-b/hpp/v1/sessions/" + IDS[0])  # fmt: skip

_PROVENANCES = ("embedded", "documented", "recorded from h at t")
_LATER = (-200_000, -3601, -301, -1, 1, 299, 301, 3600, 200_000)
"""Seconds by which a time is moved."""

Named = tuple[str, Callable[[Any], Any]]


@dataclass(frozen=True)
class NamedEdit:
    """An edit with a name; what has nothing of the kind to edit stays as it is."""

    name: str
    edit: Callable[[Any], Any]

    def __call__(self, honest: Edited) -> Edited:
        try:
            edited: Edited = self.edit(honest)
        except (ValueError, TypeError, AttributeError, LookupError):
            return honest
        return edited

    def __repr__(self) -> str:
        return self.name


def by_name(pairs: Iterable[Named]) -> dict[str, NamedEdit]:
    """The edits by their names, of which no two are the same."""
    named: dict[str, NamedEdit] = {}
    for name, edit in pairs:
        if name in named:
            raise ValueError(f"two edits are called {name!a}")
        if not (name.isascii() and name.isprintable()):
            raise ValueError(f"the name {name!a} of an edit is not printable ASCII")
        named[name] = NamedEdit(name, edit)
    return named


def with_members(names: Iterable[str], values: Iterable[Any]) -> Iterator[Named]:
    """Members of the body with other values. Long values are cut in the name, which gives their length."""
    for name, value in product(names, values):
        text = json.dumps(value)
        shown = text if len(text) <= 30 else f'{text[:9]}..." ({len(value)})'
        yield f"{name}={shown}", editing.member(name, value)


def without_members(names: Iterable[str]) -> Iterator[Named]:
    return ((f"without {name}", editing.drop(name)) for name in names)


def with_headers(
    names: Iterable[str],
    values: Iterable[str | None],
    kind: str = "header",
    edit: Callable[[str, str | None], editing.Edit] = editing.header,
) -> Iterator[Named]:
    """Headers with other values, or without where the value is None."""
    for name, value in product(names, values):
        yield f"without {kind} {name}" if value is None else f"{kind} {name}={value}", edit(name, value)


def with_statuses(codes: Iterable[int]) -> Iterator[Named]:
    return ((f"status {code}", editing.status(code)) for code in codes)


def _moved(member: str, seconds: int) -> editing.Edit:
    """Move one of the session's instants."""

    def move(session: dict[str, Any]) -> None:
        was = Instant.parse(session.get(member))
        if was is not None:  # another edit may have taken it away
            session[member] = written(Instant(was.ns + seconds * SECOND))

    return editing.edit_json(move)


def _dated(seconds: int) -> editing.Edit:
    """Move the answer's Date."""

    def move(each: Exchange) -> Exchange:
        now = each.at.ns // SECOND if each.at else 0
        return editing.header("Date", formatdate(now + seconds, usegmt=True))(each)

    return move


def _postponed(seconds: int) -> editing.Edit:
    return lambda each: replace(each, at=Instant(not_none(each.at).ns + seconds * SECOND))


def _measured(exchange: Exchange) -> Exchange:
    return editing.header("Content-Length", str(len(response_of(exchange).body)))(exchange)


def _echoed(exchange: Exchange) -> Exchange:
    return editing.header("X-Trace", (exchange.request.header("authorization") or "").partition(" ")[2])(exchange)


def _wordless(exchange: Exchange) -> Exchange:
    return editing.body(b"")(editing.header("Klarna-Correlation-Id", None)(exchange))


EDITS = by_name(
    (
        *with_members((*_MEMBERS, *_OTHER_MEMBERS), _VALUES),
        *without_members(_MEMBERS),
        *with_headers(_FIELDS, (None,)),
        *with_headers((*_FIELDS, *_OTHER_FIELDS), _FIELD_VALUES),
        *with_headers(_SENT, (None,), "request header", editing.sent),
        *with_headers((*_SENT, *_NOT_SENT), _SENT_VALUES, "request header", editing.sent),
        *with_headers(("Authorization", "Content-Type", *_NOT_SENT), ("no-cache",), "request header", editing.sent),
        *((f"body {body.decode('ascii', 'backslashreplace') or 'empty'}", editing.body(body)) for body in _BODIES),
        *((f"method {name}", editing.method(name)) for name in ("get", "POST", "DELETE", "HEAD", "OPTIONS")),
        *with_statuses((200, 201, 204, 302, 304, 400, 401, 403, 404, 429, 500, 503)),
        *((f"url {url}", editing.url(lambda _, url=url: url)) for url in _URLS),  # type: ignore[misc]  # a default binds it
        ("request body {}", editing.sent_body(b"{}")),
        *((f"after {seconds} s", editing.slow(seconds)) for seconds in (0.0, 3.0, 3.5)),
        *((f"failure {word}", editing.fail(word)) for word in ("timeout", "reset")),
        *((f"{name} {by:+} s", _moved(name, by)) for name in ("updated_at", "expires_at") for by in _LATER),
        *((f"Date {by:+} s", _dated(by)) for by in _LATER),
        *((f"asked {by:+} s", _postponed(by)) for by in _LATER),
        ("asked at no time", lambda each: replace(each, at=None)),
        *((f"provenance {word}", editing.knowing(provenance=word)) for word in _PROVENANCES),
        ("Content-Length of the body", _measured),
        ("X-Trace of the credentials", _echoed),
        ("body empty, without header Klarna-Correlation-Id", _wordless),
    )
)
"""Every way to change an exchange a little."""

edits = st.sampled_from(tuple(EDITS.values()))


def _capitals(url: str) -> str:
    return url[:-36] + url[-36:].upper()


def _revalidated(exchange: Exchange) -> Exchange:
    """A poll that asks only whether the answer from before still holds."""
    return editing.sent("If-None-Match", '"1"')(editing.status(304)(editing.body(b"")(exchange)))


def _unkept(exchange: Exchange) -> Exchange:
    """The answer as a recorder keeps it that leaves bodies out."""
    response = exchange.response
    return replace(exchange, response=replace(response, body=b"", body_kept=False) if response else None)


READERS: tuple[editing.Edit, ...] = (
    editing.url(lambda url: url.replace("https://hpp.example/", "https://HPP.example:443/")),
    editing.url(lambda url: url.replace("https://hpp.example/", "https://other.example/eu/")),
    editing.url(_capitals),
    editing.sent("Authorization", f"Basic {CREDENTIALS.api_key}"),
    editing.sent("Authorization", f"Basic {base64.b64encode(f':{CREDENTIALS.api_key}'.encode()).decode()}"),
    editing.sent("Authorization", "Basic kco_test_api_another-merchants"),
    editing.sent("Authorization", "Basic <scrubbed>"),
    editing.sent("Authorization", None),
    editing.method("HEAD"),
    editing.edits(editing.method("DELETE"), editing.status(204), editing.body(b"")),
    editing.edits(editing.status(404), editing.body(b"<html></html>")),
    _revalidated,
    _unkept,
)
"""Ways to ask for the same session that make another reader of it, or none; a page in the answer's place, and an
answer without its body."""


def _of(*choices: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(choices)


def kept(exchange: Exchange) -> Exchange:
    """The exchange as a log keeps it: without what only its observer knew."""
    known = replace(exchange.context, recorded=True, credentials=None, session=None, base_path=None, secrets=())
    response = exchange.response
    return replace(exchange, context=known, response=replace(response, complete=True) if response else None)


@st.composite
def renamings(draw: st.DrawFn, exchanges: list[Exchange]) -> list[editing.Edit]:
    """Edits that give the session and its outcome other ids, some of them pseudonyms, perhaps one for both."""
    session = exchanges[-1].session or {}
    held = [exchanges[0].request.session_id, session.get("order_id"), session.get("authorization_token")]
    return [renaming(old, draw(_of(old, *IDS, *IDS))) for old in held if isinstance(old, str) and len(old) == 36]


def renaming(old: str, new: str) -> editing.Edit:
    """Write `new` where `old` stands, in URL and body."""

    def edit(exchange: Exchange) -> Exchange:
        named = editing.url(lambda url: url.replace(old, new))(exchange)
        return (
            editing.rewrite(lambda body: body.replace(old.encode(), new.encode()))(named) if named.response else named
        )

    return edit


@st.composite
def recorded_traces(draw: st.DrawFn) -> list[Exchange]:
    """One session as somebody recorded it: polled, perhaps with one fault, perhaps with odd exchanges among it."""
    applied = draw(st.none() | st.sampled_from(FAULTS))
    scenario = applied.scenario if applied else draw(st.sampled_from(SITUATIONS))
    polls = simulated(scenario, draw(st.integers(1, 4)), applied, draw(_of(0.0, 0.001, 5.0)))
    renamed, everywhere = draw(renamings(polls)), draw(st.lists(edits, max_size=2))
    exchanges = []
    for poll, each in enumerate(polls):
        here = draw(st.lists(edits, max_size=draw(_of(0, 0, 0, 2))))
        here += draw(st.lists(st.sampled_from(READERS), max_size=draw(_of(0, 0, 1))))
        note(
            f"{scenario}, {applied.name if applied else 'no fault'}, poll {poll}: "
            f"{everywhere} on every poll, {here} on this"
        )
        changes: list[editing.Edit] = [*renamed, *everywhere, *here]
        exchanges.append(kept(reduce(lambda exchange, change: change(exchange), changes, each)))
    return exchanges


recordings = st.lists(recorded_traces(), min_size=1, max_size=4).flatmap(
    lambda traces: st.permutations([each for trace in traces for each in trace])
)
