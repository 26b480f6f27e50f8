"""Judging the traces of a recording, session by session.

While exchanges are read, only a record of each is kept; here the records of a session are put together. A session with
an ordinary lifecycle keeps every rule about traces. The exchanges of any other are read again and judged.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from hashlib import blake2b
from itertools import pairwise
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
    """An exchange as it is kept until its session is judged: no id, token or credential, only digests of them.

    `session` digest; `file` and `number` in it; `at` in ns since 1970; `offset` and `length` of its line (both 0 in a
    document). The rest is None where the exchange was not ordinary: HTTP `status`; of a session its `state`, `updated`
    in ns, `expires` as written, digest of the `outcome`; digest of the `reader`: where and with which credentials.
    """

    session: bytes
    file: int
    number: int
    offset: int
    length: int
    at: int | None
    status: int | None
    state: str | None
    updated: int
    expires: str
    outcome: bytes
    reader: bytes


_record = partial(tuple.__new__, ReadRecord)  # what `ReadRecord` does, without its own function

RecordTuple = tuple[Any, ...]
"""A ReadRecord as a plain tuple, which is quicker to make and to store."""

Place = tuple[int, int, int, int]
"""File, number, offset and length."""


def read_record(fingerprint: Fingerprint, at: int | None, place: Place, salt: bytes) -> RecordTuple:
    """The record of an ordinary exchange, sent `at`."""
    session, rest = kept_of(fingerprint, place[0], salt)
    return (session, *place, at, *rest)


def kept_of(fingerprint: Fingerprint, file: int, salt: bytes) -> tuple[bytes, tuple[Any, ...]]:
    """The record of such an exchange in this file but for its place and its time: the digest of the session, and what
    follows."""
    kept = fingerprint.kept
    if kept is not None and kept[0] == file and kept[1] == salt:
        return kept[2]
    status, state, updated, expires, outcome = fingerprint.read
    ids = digest(repr(outcome), salt) if any(outcome) else b""
    reader = _reader(fingerprint.sessions, fingerprint.sent, file, salt)
    record = digest(fingerprint.session_id.lower(), salt), (status, state, updated, expires, ids, reader)
    fingerprint.kept = file, salt, record
    return record


@lru_cache(maxsize=256)  # one client reads at one place
def _reader(sessions: str, sent: tuple[str, ...], file: int, salt: bytes) -> bytes:
    """The digest of a text that two exchanges have in common only where one reader sent both, see `traces`."""
    return digest("\n".join((sessions, *sent, *([] if identity(sent) else [str(file)]))), salt)


def opaque_record(exchange: Exchange, place: Place, salt: bytes) -> RecordTuple:
    """The record of any other exchange."""
    at = exchange.at.ns if exchange.at is not None else None
    return (digest(same_id(exchange.session_id or ""), salt), *place, at, None, None, 0, "", b"", b"")


@lru_cache(maxsize=4096)  # a session is polled more than once
def digest(text: str, salt: bytes) -> bytes:
    """16 bytes that identify the text and do not give it away: `salt` is in the memory of one run only."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16, key=salt).digest()


def partition_of(session: bytes, partitions: int) -> int:
    """The partition of a session, on any machine."""
    return int.from_bytes(session[:4]) % partitions


def packed(records: Sequence[RecordTuple]) -> bytes:
    """Records as bytes."""
    return marshal.dumps(tuple(records))


def unpacked(data: bytes) -> list[ReadRecord]:
    """The records that `packed` made bytes of. Only for bytes from this process or its workers."""
    return list(map(_record, marshal.loads(data)))  # noqa: S302


class Sessions:
    """Judges sessions from their records. `reopen` reads the exchange of a record again; `answers` are the times of all
    answers in the recording."""

    def __init__(self, reopen: Callable[[ReadRecord], Exchange], answers: AnswerTimes) -> None:
        self._reopen, self._answers = reopen, answers
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
        own = Judge(CATALOGUE, Subject("recording", ""))
        order = {self._reopen(record): (record.file, record.number) for record in records}
        for trace in traces(order, answers=self._answers):
            own.trace(trace, min(order[exchange] for exchange in trace.everything))
        for trace in traces(order, unauthorized=True):
            own.requests(trace, min(order[exchange] for exchange in trace.exchanges))
        judge.merge(own.tallies)
        exercised = tuple(rule for rule, tally in own.tallies.items() if tally.exercised)
        if fingerprint is not None and not any(tally.total or tally.crash for tally in own.tallies.values()):
            self._clean[fingerprint] = exercised
        return exercised


def _by_session(records: Iterable[ReadRecord]) -> Iterator[list[ReadRecord]]:
    """The records of each session in the order of the files."""
    groups: dict[bytes, list[ReadRecord]] = {}
    for record in sorted(records, key=itemgetter(1, 2)):  # file and number
        groups.setdefault(record.session, []).append(record)
    return iter(groups.values())


def _trace_fingerprint(records: list[ReadRecord]) -> Hashable:
    """What decides the verdict on an ordinary session; None for any other."""
    times = [record.at for record in records if record.at is not None]
    first = records[0]
    if times and len(times) == len(records):
        records = sorted(records, key=lambda record: record.at or 0)
    elif times or any(record.file != first.file for record in records):
        return None
    if any(record.status is None or record.reader != first.reader for record in records):
        return None
    reads = [record for record in records if record.status == 200]
    if not _ordinary_statuses(records, reads) or not all(_ordinary_step(one, two) for one, two in pairwise(reads)):
        return None
    if len(times) > BURST and not _within_burst(sorted(times)):
        return None
    refused = all(record.status == 401 for record in records)
    return first.reader, min(len(reads), 2), min(len(records), 2), bool(times), refused


def _ordinary_statuses(records: list[ReadRecord], reads: list[ReadRecord]) -> bool:
    """Whether 404 and 200 do not meet, and nothing failed."""
    statuses = {record.status for record in records}
    return statuses <= {200, 401, 403} or (not reads and statuses <= {401, 403, 404})


def _ordinary_step(one: ReadRecord, two: ReadRecord) -> bool:
    """Whether the second read may follow the first in every respect."""
    if one.expires != two.expires or (one.outcome and one.outcome != two.outcome):
        return False
    if one.state == two.state:
        return two.updated > one.updated or (two.updated == one.updated and two.outcome == one.outcome)
    return one.state not in FINAL and two.state != "WAITING" and two.updated > one.updated


def _within_burst(times: list[int]) -> bool:
    return all(end - start >= SECOND for start, end in zip(times, times[BURST:], strict=False))
