"""The judging of a recording in parts: pieces of files first, then partitions of sessions.

All of it is pure functions of the files, so any process may do any part, and the parts give one verdict in any order.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from hpp_contract.engine import Subject
from hpp_contract.engine.errors import Unverifiable
from hpp_contract.engine.judge import Tally
from hpp_contract.model import Exchange
from hpp_contract.model.trace import DELETE, AnswerTimes, answer_times, is_possible
from hpp_contract.recordings.bulk.cache import VerdictCache
from hpp_contract.recordings.bulk.fingerprint import (
    Fingerprint,
    fingerprint_of,
    fingerprint_of_line,
    fingerprint_of_value,
)
from hpp_contract.recordings.bulk.sessions import (
    Place,
    ReadRecord,
    RecordTuple,
    Sessions,
    kept_of,
    opaque_record,
    packed,
    partition_of,
    read_record,
)
from hpp_contract.recordings.formats import ndjson
from hpp_contract.recordings.formats.convert import Skipped
from hpp_contract.recordings.reading import LAST_READ, items, judged_as
from hpp_contract.recordings.sources import Damage, InputFile, Line, Piece
from hpp_contract.rules import CATALOGUE

SENTENCES: Final = 20
"""Sentences kept about what could not be read in one piece."""


@dataclass
class Bodies:
    """How many bodies of answers to reads are `lost`, not kept or not to be unpacked, how many of these of a 200
    (`lost_200`), and how many of a 200 can be read (`kept_200`)."""

    lost: int = 0
    lost_200: int = 0
    kept_200: int = 0

    def add(self, other: Bodies) -> None:
        """Add what was counted elsewhere."""
        self.lost += other.lost
        self.lost_200 += other.lost_200
        self.kept_200 += other.kept_200

    def count(self, exchange: Exchange) -> None:
        """Count the body of one exchange."""
        if exchange.response is None or not exchange.is_read:
            return
        lost, is_200 = exchange.response.content is None, exchange.status == 200
        self.lost += lost
        self.lost_200 += lost and is_200
        self.kept_200 += is_200 and not lost


@dataclass
class PieceResult:
    """The result of one piece of file number `file`, of `size` bytes: tallies by rule, packed records by partition, the
    times of `answers` in ns since 1970, exchanges `judged`, how many of these are `callbacks`, and how many were
    `skipped` by the reason, `bodies` of answers, how many are `damaged`, and the first sentences about these
    (`unreadable`). `is_other_file` says that the file is no recording."""

    file: int
    size: int
    tallies: dict[str, Tally] = field(default_factory=dict)
    records: dict[int, bytes] = field(default_factory=dict)
    answers: array[int] = field(default_factory=lambda: array("q"))
    judged: int = 0
    callbacks: int = 0
    skipped: Counter[Skipped] = field(default_factory=Counter)
    bodies: Bodies = field(default_factory=Bodies)
    damaged: int = 0
    is_other_file: bool = False
    unreadable: list[str] = field(default_factory=list)

    def count(self, item: Skipped | Damage) -> None:
        """Count what is not judged."""
        if item is Skipped.FILE:
            self.is_other_file = True
        elif isinstance(item, Skipped):
            self.skipped[item] += 1
        else:
            self.damaged += 1
            self.unreadable += [item.sentence] if len(self.unreadable) < SENTENCES else []


class Worker:
    """Judges pieces. It keeps the verdicts on ordinary exchanges from one piece to the next."""

    def __init__(self) -> None:
        self._name, self._result, self._salt = "", PieceResult(0, 0), b""
        self._callbacks: str | None = None
        self._records: dict[int, list[RecordTuple]] = {}
        self._partitions = 1
        self._cache = VerdictCache(CATALOGUE, Subject("recording", ""), lambda order: f"{self._name}#{order[1]}")

    def piece(self, piece: Piece, partitions: int, salt: bytes) -> PieceResult:
        """Judge the exchanges of a piece one by one. `salt` is random, and the same in all of a run."""
        self._name, self._salt, self._callbacks = piece.source.name, salt, piece.source.callbacks
        self._result = result = PieceResult(piece.source.number, piece.length)
        self._records = records = defaultdict[int, list[RecordTuple]](list)
        self._partitions = partitions
        for item in items(piece, self._line, self._exchange):
            if isinstance(item, tuple):
                records[partition_of(item[0], partitions)].append(item)
            else:
                result.count(item)
        result.tallies = {rule: tally for rule, tally in self._cache.collect().items() if tally.exercised}
        result.records = {partition: packed(group) for partition, group in records.items()}
        return result

    def _line(self, line: Line) -> RecordTuple | Skipped | None:
        number, offset, data = line
        if data is not None:
            found = fingerprint_of_line(data)
            if found is not None and self._cache.count_if_known(found[0], (self._result.file, number)):
                self._keep(*found, number, offset, len(data))
                return None
        place = (self._result.file, number, offset, len(data or b""))
        value = ndjson.parse(data)
        fingerprint = fingerprint_of_value(value)
        exchange = judged_as(ndjson.exchange_of(value, f"{self._name}#{number}"), self._callbacks)
        return self._judged(exchange, fingerprint, place) if isinstance(exchange, Exchange) else exchange

    def _keep(self, fingerprint: Fingerprint, at: int | None, number: int, offset: int, length: int) -> None:
        """Count a line whose verdict is known, and keep its record."""
        result = self._result
        session, rest = kept_of(fingerprint, result.file, self._salt)
        record = (session, result.file, number, offset, length, at, *rest)
        self._records[partition_of(session, self._partitions)].append(record)
        result.judged += 1
        result.bodies.kept_200 += fingerprint.read[0] == 200
        if at is not None and is_possible(at):
            result.answers.append(at)

    def _exchange(self, exchange: Exchange) -> RecordTuple:
        return self._judged(exchange, fingerprint_of(exchange), (self._result.file, _index(exchange), 0, 0))

    def _judged(self, exchange: Exchange, fingerprint: Fingerprint | None, place: Place) -> RecordTuple:
        self._result.callbacks += exchange.context.callback
        self._result.answers.extend(answer_times([exchange]))
        if exchange.request.method == DELETE:
            self._result.skipped[Skipped.OPERATION] += 1
            return opaque_record(exchange, place, self._salt)
        self._result.judged += 1
        self._result.bodies.count(exchange)
        if fingerprint is None or not self._cache.count_if_known(fingerprint, place[:2]):
            self._cache.judge(exchange, place[:2], fingerprint)
        context = exchange.context
        ordinary = context.credentials not in ("wrong", "none") and not context.standalone
        if fingerprint and ordinary:
            at = exchange.at.ns if exchange.at is not None else None
            return read_record(fingerprint, at, place, self._salt)
        return opaque_record(exchange, place, self._salt)


class Reopener:
    """Reads the exchange of a record again, from its place in its file."""

    def __init__(self, sources: tuple[InputFile, ...]) -> None:
        self._sources = {source.number: source for source in sources}
        self._document = lru_cache(maxsize=4)(self._read_document)

    def __call__(self, record: ReadRecord) -> Exchange:
        source = self._sources[record.file]
        if not source.is_lines:
            return self._document(record.file)[record.number]
        line = source.read(record.offset, record.length)
        exchange = judged_as(ndjson.exchange_on(line, f"{source.name}#{record.number}"), source.callbacks)
        if isinstance(exchange, Skipped):
            raise Unverifiable(f"{source.name} has changed while it was judged: try again.")
        return exchange

    def _read_document(self, file: int) -> dict[int, Exchange]:
        return {_index(item): item for item in LAST_READ.items(self._sources[file]) if isinstance(item, Exchange)}


def _index(exchange: Exchange) -> int:
    """The number of the exchange in its document."""
    return int(exchange.evidence.rpartition("#")[2])


def judge_partition(
    records: list[ReadRecord], sources: tuple[InputFile, ...], answers: AnswerTimes
) -> dict[str, Tally]:
    """Judge the sessions of a partition; `answers` are those of all partitions."""
    tallies = Sessions(Reopener(sources), answers).judge(records)
    return {rule: tally for rule, tally in tallies.items() if tally.exercised}
