"""Judging the traces of a recording, session by session.

While exchanges are read, only a sighting of each is kept; here they are put together again. A session whose sightings
show an ordinary life is known to keep every rule about traces; any other is read again and judged in full.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise
from typing import Any, Final, NamedTuple

from hpp_contract.engine import Judge, Subject
from hpp_contract.engine.judge import Tally
from hpp_contract.model import Exchange
from hpp_contract.model.exchange import traces
from hpp_contract.recordings.bulk.fingerprint import Fingerprint
from hpp_contract.rules import CATALOGUE
from hpp_contract.spec.session import FINAL

SECOND: Final = 1_000_000_000
BURST: Final = 50
"""Requests of one session that no second holds more of."""


class ReadRecord(NamedTuple):
    """An exchange as it is kept until its session is judged: no id, token or credential, only digests of them.

    `session` digest; `file` and `number` in it; `at` in ns since 1970; `offset` and `length` of its line (both 0 in a
    document). The rest is None where the exchange was not ordinary: HTTP `status`; of a session its `state`, `updated`
    in ns, `expires` as written, digest of the `outcome`; digest of the credentials `sent`.
    """

    session: bytes
    file: int
    number: int
    offset: int
    length: int
    at: int | None = None
    status: int | None = None
    state: str | None = None
    updated: int = 0
    expires: str = ""
    outcome: bytes = b""
    sent: bytes = b""


ReadRecords = tuple[Any, ...]
"""A Sighting as a plain tuple, which is quicker to make and to store."""

Place = tuple[int, int, int, int]
"""File, number, offset and length."""


def read_record(glance: Fingerprint, place: Place) -> ReadRecords:
    """The sighting of an ordinary exchange."""
    _, session, at, sent, (status, state, updated, expires, outcome) = glance
    ids = digest(repr(outcome)) if any(outcome) else b""
    return (digest(session), *place, at, status, state, updated, expires, ids, digest("\n".join(sent)) if sent else b"")


def opaque_record(exchange: Exchange, place: Place) -> ReadRecords:
    """The sighting of any other exchange."""
    at = exchange.at.ns if exchange.at is not None else None
    return (digest(exchange.request.session_id or ""), *place, at)


@lru_cache(maxsize=4096)  # a session is polled more than once
def digest(text: str) -> bytes:
    """16 bytes that stand for the text and do not give it away."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class Sessions:
    """Judges sessions from their sightings. `reopen` gives the exchange of a sighting."""

    def __init__(self, reopen: Callable[[ReadRecord], Exchange]) -> None:
        self._reopen = reopen
        self._clean: dict[Hashable, tuple[str, ...]] = {}

    def judge(self, sightings: Iterable[ReadRecord]) -> dict[str, Tally]:
        """What the rules about traces found in all the sightings of some sessions."""
        court = Judge(CATALOGUE, Subject("recording", ""))
        for seen in _by_session(sightings):
            outline = _trace_fingerprint(seen)
            exercised = self._clean.get(outline) if outline is not None else None
            if exercised is None:
                exercised = self._in_full(seen, court, outline)
            for rule in exercised:
                court.tallies[rule].exercised = True
        return court.tallies

    def _in_full(self, seen: list[ReadRecord], court: Judge, outline: Hashable) -> tuple[str, ...]:
        """Judge a session from its exchanges; returns the rules exercised."""
        alone = Judge(CATALOGUE, Subject("recording", ""))
        order = {self._reopen(sighting): (sighting.file, sighting.number) for sighting in seen}
        for trace in traces(order):
            alone.trace(trace, min(order[exchange] for exchange in trace.exchanges))
        for trace in traces(order, unauthorized=True):
            alone.requests(trace, min(order[exchange] for exchange in trace.exchanges))
        court.merge(alone.tallies)
        exercised = tuple(rule for rule, tally in alone.tallies.items() if tally.exercised)
        if outline is not None and not any(tally.total or tally.crash for tally in alone.tallies.values()):
            self._clean[outline] = exercised
        return exercised


def _by_session(records: Iterable[ReadRecord]) -> Iterator[list[ReadRecord]]:
    """The sightings of each session in the order of the files."""
    groups: dict[bytes, list[ReadRecord]] = {}
    for sighting in sorted(records, key=lambda seen: (seen.file, seen.number)):
        groups.setdefault(sighting.session, []).append(sighting)
    return iter(groups.values())


def _trace_fingerprint(seen: list[ReadRecord]) -> Hashable:
    """What decides the verdict on an ordinary session; None for any other."""
    times = [sighting.at for sighting in seen if sighting.at is not None]
    first = seen[0]
    if times and len(times) == len(seen):
        seen = sorted(seen, key=lambda sighting: sighting.at or 0)
    elif times or any(sighting.file != first.file for sighting in seen):
        return None
    if any(sighting.status is None or sighting.sent != first.sent for sighting in seen):
        return None
    reads = [sighting for sighting in seen if sighting.status == 200]
    if not _ordinary_statuses(seen, reads) or not all(_ordinary_step(one, two) for one, two in pairwise(reads)):
        return None
    if len(times) > BURST and not _unhurried(sorted(times)):
        return None
    return first.sent, min(len(reads), 2), min(len(seen), 2), bool(times)


def _ordinary_statuses(seen: list[ReadRecord], reads: list[ReadRecord]) -> bool:
    """Whether 404 and 200 do not meet, and nothing failed."""
    statuses = {sighting.status for sighting in seen}
    return statuses <= {200, 401, 403} or (not reads and statuses <= {401, 403, 404})


def _ordinary_step(one: ReadRecord, two: ReadRecord) -> bool:
    """Whether the second read may follow the first in every respect."""
    if one.expires != two.expires or (one.outcome and one.outcome != two.outcome):
        return False
    if one.state == two.state:
        return two.updated > one.updated or (two.updated == one.updated and two.outcome == one.outcome)
    return one.state not in FINAL and two.state != "WAITING" and two.updated > one.updated


def _unhurried(times: list[int]) -> bool:
    return all(end - start >= SECOND for start, end in zip(times, times[BURST:], strict=False))
