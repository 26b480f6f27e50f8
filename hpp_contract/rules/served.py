"""What the server gave a client in one read, and how what the client returned differs from it.

It holds no rules, only what the rules about client reads share.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any, Final

from hpp_contract.model import Exchange, Instant, Response
from hpp_contract.model.client_read import ClientRead
from hpp_contract.model.instant import SECOND, is_unusual
from hpp_contract.spec.session import COMPLETED_SHAPES, INSTANTS, MEMBERS, OBJECTS, OUTCOME, REQUIRED, STATUSES, UUID

_LARGE: Final = 100_000
"""Bytes of a body beyond which a client may refuse it, as RFC 8259 §9 lets it."""


class ServedKind(StrEnum):
    """What a read got on the wire.

    A client has to read a `session`; it may refuse or read an `odd` one, but not misread it; for the others the only
    correct result is an error.
    """

    NOTHING = "nothing"
    FAILURE = "failure"
    REFUSAL = "refusal"
    NO_SESSION = "no-session"
    ODD = "odd"
    SESSION = "session"


@lru_cache(maxsize=1024)
def served_kind(read: ClientRead) -> ServedKind:
    """What the last exchange of this read gave the client."""
    last = read.last
    if last is None:
        return ServedKind.NOTHING
    response = last.response
    if response is None or not response.complete or stalled(read):
        return ServedKind.FAILURE
    if response.status != 200:
        return ServedKind.REFUSAL
    if session_of(last) is None:
        return ServedKind.NO_SESSION
    session = served_session(read)
    sound = _is_plain(response) and _well_formed(session) and _is_consistent(session, read.asked)
    return ServedKind.SESSION if sound and sum(response.pauses) <= read.timeout else ServedKind.ODD


def _is_plain(response: Response) -> bool:
    """One JSON text of ordinary size, declared as such."""
    body = response.json
    blemished = body.bom or body.duplicates or body.constants or len(response.content or b"") > _LARGE
    return body.is_json and not blemished and response.media_type == "application/json"


def stalled(read: ClientRead) -> bool:
    """The server sent nothing for longer than the client was given to wait."""
    last = read.last
    if last is None or last.failure == "timeout":
        return last is not None
    pauses = read.response.pauses if read.response is not None else ()
    return max((last.elapsed or 0.0, *pauses)) > read.timeout


def _well_formed(session: dict[str, Any]) -> bool:
    present = all(isinstance(session.get(name), str) and session[name] for name in REQUIRED)
    return present and all(is_sound(name, session[name]) for name in MEMBERS if name in session)


def _is_consistent(session: dict[str, Any], asked: str) -> bool:
    """Whether a well-formed session is the one asked for, by a documented kind of id, with one outcome if completed.

    A client may look more closely than it must, and refuse what contradicts itself.
    """
    outcome = session.keys() & set(OUTCOME)
    finished = session["status"] != "COMPLETED" or outcome in COMPLETED_SHAPES.values()
    return finished and session["session_id"] == asked and UUID.fullmatch(asked) is not None


def is_sound(name: str, value: Any) -> bool:
    """Whether a documented member has a value of its documented type, in a notation that every client reads."""
    if name in OBJECTS:
        return isinstance(value, dict)
    if name in INSTANTS:
        return Instant.parse(value) is not None and not is_unusual(value)
    return isinstance(value, str)


def sessions(exchanges: Iterable[Exchange]) -> list[dict[str, Any]]:
    """The sessions that these exchanges carried."""
    return [session for exchange in exchanges if (session := session_of(exchange)) is not None]


def session_of(exchange: Exchange) -> dict[str, Any] | None:
    """The session that a 200 carries, read as leniently as libraries read bytes that are not UTF-8, or that go on."""
    response = exchange.response
    if exchange.session is not None or response is None or response.status != 200 or response.json.is_json:
        return exchange.session
    value = _read_leniently(response.content or b"")
    return value if isinstance(value, dict) else None


def _read_leniently(content: bytes) -> Any:
    """The JSON value that begins a body; None when there is none. Streaming parsers look no further."""
    coding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return json.JSONDecoder().raw_decode(content.decode(coding, "replace").lstrip(" \t\r\n"))[0]
    except (ValueError, RecursionError):
        return None


def served_session(read: ClientRead) -> dict[str, Any]:
    """The session object of this read; empty when it gave none."""
    return (session_of(read.last) if read.last is not None else None) or {}


def absent(value: Any) -> bool:
    """Treated as absent: languages without null use an empty string or object, and PHP writes that as a list. So is an
    object of nothing else."""
    return value is None or value in ("", []) or (isinstance(value, dict) and all(map(absent, value.values())))


@lru_cache(maxsize=4096)
def mismatch(read: ClientRead, name: str) -> str | None:
    """How the surfaced member `name` differs from the served one, in one word; None when it does not.

    `dropped`, `altered`, `invented`, or where the value comes from instead: `stale` (an earlier read), `mixed` (another
    session), `requested` (the id asked for), `swapped` (another member).
    """
    surfaced = (read.result.session or {}).get(name)
    served = served_session(read).get(name)
    if absent(surfaced):
        return None if absent(served) else "dropped"
    if not absent(served) and (same(name, surfaced, served) or not is_sound(name, served)):
        return None
    return _origin(read, name, surfaced) or ("invented" if absent(served) else "altered")


def changed_members(read: ClientRead) -> list[str]:
    """The members that a lenient reader would get and the caller does not."""
    sent = (name for name in MEMBERS if name in read.can.fields and not absent(served_session(read).get(name)))
    return [name for name in sent if mismatch(read, name) in ("dropped", "altered")]


def _origin(read: ClientRead, name: str, surfaced: Any) -> str | None:
    if name == "session_id" and surfaced == read.asked:
        return "requested"
    if any(same(name, surfaced, session.get(name)) for session in sessions(read.earlier)):
        return "stale"
    if any(same(name, surfaced, session.get(name)) for session in sessions(read.others)):
        return "mixed"
    others = (value for other, value in served_session(read).items() if other != name and isinstance(value, str))
    return "swapped" if any(same(name, surfaced, value) for value in others) else None


def same(name: str, surfaced: Any, served: Any) -> bool:
    """Whether both have the same value of member `name`: instants as points in time, statuses in any notation."""
    if name in INSTANTS and isinstance(served, str):
        return is_same_instant(surfaced, served)
    if name == "status":
        return letters_of(surfaced) == letters_of(served)
    if name == "session_id" and isinstance(served, str) and UUID.fullmatch(served):
        return str(surfaced).lower() == served.lower()  # who holds it as a UUID writes it in small letters
    if isinstance(surfaced, dict) and isinstance(served, dict):
        return all(_same_within(key, surfaced.get(key), served.get(key)) for key in surfaced.keys() | served.keys())
    return bool(surfaced == served)


def _same_within(name: str, surfaced: Any, served: Any) -> bool:
    return (absent(surfaced) and absent(served)) or same(name, surfaced, served)


def letters_of(status: Any) -> str:
    """A status reduced to its letters: `IN_PROGRESS`, `InProgress` and `in-progress` are one."""
    return "".join(filter(str.isalnum, str(status))).lower()


STATUS_LETTERS: Final = frozenset(map(letters_of, STATUSES))
"""The documented statuses, as letters."""


def is_same_instant(surfaced: Any, served: str) -> bool:
    """Whether both are one point in time, as far as the surfaced one is precise."""
    one, two = instant(surfaced), Instant.parse(served)
    if one is None or two is None:
        return False
    resolution: int = 10 ** (9 - one.digits)
    if one.digits and not isinstance(surfaced, str):  # floating point, on its way to a number, may cut a unit off
        return abs(one.ns - two.ns) <= resolution
    return one.ns == two.ns or (one.digits < two.digits and abs(one.ns - two.ns) < resolution)


def instant(surfaced: Any) -> Instant | None:
    """The point in time that a client surfaced: RFC 3339, ISO 8601 with a zone, or a number since 1970."""
    if isinstance(surfaced, int | float) and not isinstance(surfaced, bool):
        return _number(surfaced)
    parsed = Instant.parse(surfaced)
    if parsed is not None or not isinstance(surfaced, str):
        return parsed
    try:
        moment = datetime.fromisoformat(surfaced)
    except ValueError:
        return None
    return Instant.parse(moment.isoformat()) if moment.tzinfo is not None else None


def _number(value: float) -> Instant | None:
    """Seconds, or milliseconds where seconds would lie beyond the year 5000."""
    milliseconds = abs(value) >= 1e11
    if isinstance(value, int):
        return Instant(value * (SECOND // 1000 if milliseconds else SECOND), 3 if milliseconds else 0)
    try:  # a double is exact to a microsecond at today's dates
        return Instant(round(value * (1_000 if milliseconds else 1_000_000)) * 1_000, 6)
    except (OverflowError, ValueError):  # infinite, or not a number
        return None


def status_served(read: ClientRead) -> str | None:
    """The status on the wire, when it is a word."""
    status = served_session(read).get("status")
    return status if isinstance(status, str) and status else None


def has_unknown_member(read: ClientRead) -> bool:
    """A member was sent that no documentation has."""
    return not set(MEMBERS).issuperset(served_session(read))


def has_unknown_status(read: ClientRead) -> bool:
    """A status was sent that is none of the nine."""
    status = status_served(read)
    return status is not None and status not in STATUSES


def after_silent_close(read: ClientRead) -> bool:
    """The server closed the connection, unannounced, after the read before."""
    return bool(read.earlier) and read.earlier[-1].failure == "close"


def judged(read: ClientRead) -> bool:
    """The client answered, one way or the other; but a verdict alone is judged by a rule of its own."""
    result = read.result
    return result.session is not None or result.failure is not None or result.empty or result.other is not None


def surfaced(read: ClientRead) -> bool:
    """The client gave its caller a session with anything in it."""
    return any(not absent(value) for value in (read.result.session or {}).values())


def is_plain_text(read: ClientRead) -> bool:
    """The body is one JSON text in UTF-8, as far as we can read it, with nothing before or behind it."""
    body = read.response.json if read.response is not None else None
    return body is None or ((body.is_json or body.is_beyond_us) and not body.bom)


@cache
def when_served(*what: ServedKind) -> Callable[[ClientRead], bool]:
    """The read got one of these, and the client answered."""
    return lambda read: judged(read) and served_kind(read) in what


def outcome(read: ClientRead) -> str:
    """What the client returned, in words without any value."""
    result = read.result
    if result.failure is not None:
        return f"an error ({result.failure.kind}{f': {result.failure.type[:60]}' if result.failure.type else ''})"
    if result.other is not None:
        return f"success with {result.other}"
    return "a session" if surfaced(read) else "success with nothing in it"
