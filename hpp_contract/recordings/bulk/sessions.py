"""Judging the traces of a recording, session by session.

While exchanges are read, only a record of each is kept; here the records of a session are put together. A session with
an ordinary lifecycle keeps every rule about traces. The exchanges of any other are read again and judged.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Hashable, Iterable, Iterator
from functools import lru_cache, partial
from hashlib import blake2b
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any, Final, NamedTuple

from hpp_contract.engine import Judge, Subject
from hpp_contract.engine.judge import Tally
from hpp_contract.model import Exchange
from hpp_contract.model.credentials import identity
from hpp_contract.model.exchange import same_id
from hpp_contract.model.instant import SECOND
from hpp_contract.model.trace import AnswerTimes, traces
from hpp_contract.recordings.bulk.fingerprint import Fingerprint
from hpp_contract.rules import CATALOGUE
from hpp_contract.spec.session import FINAL

BURST: Final = 50
"""Requests of one session in one second at most, in an ordinary session."""


class ReadRecord(NamedTuple):
    """Exchanges that differ only in their place and time, as they are kept until their session is judged: no id, token
    or credential, only digests of them.

    `session` digest; `file`, and the `places` in it. The rest is None where the exchange was not ordinary: HTTP
    `status`; of a session its `state`, `updated` in ns, `expires` as written, digest of the `outcome`; digest of the
    `reader`: where and with which credentials.
    """

    session: bytes
    file: int
    places: Places
    status: int | None
    state: str | None
    updated: int
    expires: str
    outcome: bytes
    reader: bytes


_record = partial(tuple.__new__, ReadRecord)  # what `ReadRecord` does, without its own function

RecordTuple = tuple[Any, ...]
"""A ReadRecord as a plain tuple, which is quicker to make and to store."""

Places = list[Any]
"""In turns the number in the file, offset and length of the line (both 0 in a document), and the time in ns since 1970,
or None."""


def numbers_in(places: Places) -> list[int]:
    """The numbers of these places."""
    return places[0::4]


def times_in(places: Places) -> list[Any]:
    """The times of these places."""
    return places[3::4]


def read_record(fingerprint: Fingerprint, file: int, places: Places, salt: bytes) -> RecordTuple:
    """The record of ordinary exchanges of one fingerprint."""
    status, state, updated, expires, outcome = fingerprint.read
    session = digest(fingerprint.session_id.lower(), salt)
    ids = digest("\n".join([each or "" for each in outcome]), salt) if any(outcome) else b""
    reader = _reader(fingerprint.sessions, fingerprint.sent, file, salt)
    return session, file, places, status, state, updated, expires, ids, reader


@lru_cache(maxsize=256)  # one client reads at one place
def _reader(sessions: str, sent: tuple[str, ...], file: int, salt: bytes) -> bytes:
    """The digest of a text that two exchanges have in common only where one reader sent both, see `traces`."""
    return digest("\n".join((sessions, *sent, *([] if identity(sent) else [str(file)]))), salt)


def opaque_record(exchange: Exchange, file: int, places: Places, salt: bytes) -> RecordTuple:
    """The record of any other exchange."""
    return digest(same_id(exchange.session_id or ""), salt), file, places, None, None, 0, "", b"", b""


@lru_cache(maxsize=4096)  # a session is polled more than once
def digest(text: str, salt: bytes) -> bytes:
    """16 bytes that identify the text and do not give it away: `salt` is in the memory of one run only."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16, key=salt).digest()


def partition_of(session: bytes, partitions: int) -> int:
    """The partition of a session, on any machine."""
    return int.from_bytes(session[:4]) % partitions


def packed(records: list[RecordTuple]) -> bytes:
    """Records as bytes."""
    return marshal.dumps(records)


def unpacked(data: bytes) -> list[ReadRecord]:
    """The records that `packed` made bytes of. Only for bytes from this process or its workers."""
    return list(map(_record, marshal.loads(data)))  # noqa: S302


class Sessions:
    """Judges sessions from their records. `reopen` reads the exchange in a file at a place again; `answers` are the
    times of all answers in the recording."""

    def __init__(self, reopen: Callable[[int, int, int, int], Exchange], answers: AnswerTimes) -> None:
        self._reopen, self._answers = reopen, answers
        self._own = Judge(CATALOGUE, Subject("recording", ""))
        self._clean: dict[Hashable, tuple[str, ...]] = {}

    def judge(self, records: Iterable[ReadRecord]) -> dict[str, Tally]:
        """What the rules about traces found in the sessions of these records."""
        judge = Judge(CATALOGUE, Subject("recording", ""))
        for session in _by_session(records):
            fingerprint = _trace_fingerprint(session)
            exercised = self._clean.get(fingerprint) if fingerprint is not None else None
            if exercised is None:
                exercised = self._judge_exchanges(session, judge, fingerprint)
            for rule in exercised:
                judge.tallies[rule].exercised = True
        return judge.tallies

    def _judge_exchanges(self, records: list[ReadRecord], judge: Judge, fingerprint: Hashable) -> tuple[str, ...]:
        """Judge a session from its exchanges; returns the rules exercised."""
        places = sorted(
            (record.file, *place)
            for record in records
            for place in zip(record.places[0::4], record.places[1::4], record.places[2::4], strict=True)
        )
        order = {self._reopen(*place): place[:2] for place in places}
        for trace in traces(order, answers=self._answers):
            self._own.trace(trace, min(order[exchange] for exchange in trace.everything))
        for trace in traces(order, unauthorized=True):
            self._own.requests(trace, min(order[exchange] for exchange in trace.exchanges))
        tallies = {rule: tally for rule, tally in self._own.take().items() if tally.exercised}
        judge.merge(tallies)
        exercised = tuple(tallies)
        if fingerprint is not None and not any(tally.total or tally.crash for tally in tallies.values()):
            self._clean[fingerprint] = exercised
        return exercised


def _by_session(records: Iterable[ReadRecord]) -> Iterator[list[ReadRecord]]:
    """The records of each session."""
    groups: dict[bytes, list[ReadRecord]] = {}
    for record in records:
        groups.setdefault(record.session, []).append(record)
    return iter(groups.values())


def _trace_fingerprint(records: list[ReadRecord]) -> Hashable:
    """What decides the verdict on an ordinary session; None for any other."""
    file, reader = records[0].file, records[0].reader
    times: list[int | None] = []
    for record in records:
        if record.status is None or record.reader != reader:
            return None
        times += times_in(record.places)
    timed = None not in times
    if not timed and (any(time is not None for time in times) or any(record.file != file for record in records)):
        return None
    reads = [record for record in records if record.status == 200]
    if not _ordinary_statuses(records) or not all(_ordinary_step(*step) for step in pairwise(_in_order(reads, timed))):
        return None
    if timed and len(times) > BURST and not _within_burst(sorted(time or 0 for time in times)):
        return None
    refused = all(record.status == 401 for record in records)
    count = sum(len(record.places) for record in reads) // 4
    return reader, min(count, 2), min(len(times), 2), timed, refused


def _in_order(reads: list[ReadRecord], timed: bool) -> list[ReadRecord]:
    """The records of what carried a session in the order of their times, or without these of the file: each once where
    it ended before the next began, else as often as others came between. A step from one to itself is ordinary."""
    if len(reads) < 2:
        return reads
    spans = []
    for read in reads:
        order = times_in(read.places) if timed else numbers_in(read.places)
        spans.append((min(order), max(order), read))
    spans.sort(key=itemgetter(0))
    if all(one[1] < two[0] for one, two in pairwise(spans)):
        return [read for *_, read in spans]
    places = sorted(
        (time or 0, read.file, number, index)
        for index, read in enumerate(reads)
        for number, time in zip(numbers_in(read.places), times_in(read.places), strict=True)
    )
    return [reads[index] for index, _ in groupby(index for *_, index in places)]


def _ordinary_statuses(records: list[ReadRecord]) -> bool:
    """Whether 404 and 200 do not meet, and nothing failed."""
    statuses = {record.status for record in records}
    return statuses <= {200, 401, 403} or statuses <= {401, 403, 404}


def _ordinary_step(one: ReadRecord, two: ReadRecord) -> bool:
    """Whether the second read may follow the first in every respect."""
    if one.expires != two.expires or (one.outcome and one.outcome != two.outcome):
        return False
    if one.state == two.state:
        return two.updated > one.updated or (two.updated == one.updated and two.outcome == one.outcome)
    return one.state not in FINAL and two.state != "WAITING" and two.updated > one.updated


def _within_burst(times: list[int]) -> bool:
    return all(end - start >= SECOND for start, end in zip(times, times[BURST:], strict=False))
