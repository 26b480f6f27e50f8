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
    Places,
    ReadRecord,
    RecordTuple,
    Sessions,
    numbers_in,
    opaque_record,
    packed,
    partition_of,
    read_record,
    times_in,
)
from hpp_contract.recordings.formats import ndjson
from hpp_contract.recordings.formats.convert import Skipped
from hpp_contract.recordings.reading import LAST_READ, items, judged_as
from hpp_contract.recordings.sources import Damage, InputFile, LeftOut, Line, Piece
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
    (`unreadable`). `left_out` is the note about a file that is no recording."""

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
    left_out: str | None = None
    unreadable: list[str] = field(default_factory=list)

    def count_lines(self, status: int, places: Places) -> None:
        """Count ordinary lines with this HTTP status."""
        times = times_in(places)
        self.judged += len(times)
        self.bodies.kept_200 += len(times) if status == 200 else 0
        try:
            self.answers.fromlist(times)  # all or none
        except (TypeError, OverflowError):  # one is not known, or is no possible time
            self.answers.extend(at for at in times if at is not None and is_possible(at))

    def count(self, item: Skipped | LeftOut | Damage) -> None:
        """Count what is not judged."""
        if isinstance(item, LeftOut):
            self.left_out = item.note
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
        self._met: list[Fingerprint] = []
        self._cache = VerdictCache(CATALOGUE, Subject("recording", ""), lambda order: f"{self._name}#{order[1]}")

    def piece(self, piece: Piece, partitions: int, salt: bytes) -> PieceResult:
        """Judge the exchanges of a piece one by one. `salt` is random, and the same in all of a run."""
        self._name, self._salt, self._callbacks = piece.source.name, salt, piece.source.callbacks
        self._result = result = PieceResult(piece.source.number, piece.length)
        records = defaultdict[int, list[RecordTuple]](list)
        try:
            for item in items(piece, self._line, self._exchange):
                if isinstance(item, tuple):
                    records[partition_of(item[0], partitions)].append(item)
                else:
                    result.count(item)
        finally:
            met = self._taken()
        for fingerprint, places in met:
            self._cache.count(fingerprint, result.file, numbers_in(places))
            result.count_lines(fingerprint.read[0], places)
            record = read_record(fingerprint, result.file, places, salt)
            records[partition_of(record[0], partitions)].append(record)
        result.tallies = {rule: tally for rule, tally in self._cache.collect().items() if tally.exercised}
        result.records = {partition: packed(group) for partition, group in records.items()}
        return result

    def _taken(self) -> list[tuple[Fingerprint, Places]]:
        """The fingerprints that were met since the last call, and where."""
        met = [(fingerprint, fingerprint.places) for fingerprint in self._met]
        for fingerprint in self._met:
            fingerprint.places = []
        self._met = []
        return met

    def _line(self, line: Line) -> RecordTuple | Skipped | None:
        number, offset, data = line
        found = fingerprint_of_line(data) if data is not None else None
        length = len(data or b"")
        if found is not None and (found[0].places or self._is_known(found[0])):
            found[0].places += (number, offset, length, found[1])
            return None
        value = ndjson.parse(data)
        fingerprint = found[0] if found is not None else fingerprint_of_value(value)
        exchange = judged_as(ndjson.exchange_of(value, f"{self._name}#{number}"), self._callbacks)
        if isinstance(exchange, Skipped):
            return exchange
        return self._judged(exchange, fingerprint, number, offset, length)

    def _is_known(self, fingerprint: Fingerprint) -> bool:
        """Whether the verdict on this is known; its places are then looked at in the end."""
        if not self._cache.is_known(fingerprint):
            return False
        self._met.append(fingerprint)
        return True

    def _exchange(self, exchange: Exchange) -> RecordTuple:
        return self._judged(exchange, fingerprint_of(exchange), _index(exchange), 0, 0)

    def _judged(
        self, exchange: Exchange, fingerprint: Fingerprint | None, number: int, offset: int, length: int
    ) -> RecordTuple:
        file = self._result.file
        places: Places = [number, offset, length, exchange.at.ns if exchange.at is not None else None]
        self._result.callbacks += exchange.context.callback
        self._result.answers.extend(answer_times([exchange]))
        if exchange.request.method == DELETE:
            self._result.skipped[Skipped.OPERATION] += 1
            return opaque_record(exchange, file, places, self._salt)
        self._result.judged += 1
        self._result.bodies.count(exchange)
        if fingerprint is not None and self._cache.is_known(fingerprint):
            self._cache.count(fingerprint, file, [number])
        else:
            self._cache.judge(exchange, (file, number), fingerprint)
        context = exchange.context
        ordinary = context.credentials not in ("wrong", "none") and not context.standalone
        if fingerprint and ordinary:
            return read_record(fingerprint, file, places, self._salt)
        return opaque_record(exchange, file, places, self._salt)


class Reopener:
    """Reads an exchange again, from its place in its file."""

    def __init__(self, sources: tuple[InputFile, ...]) -> None:
        self._sources = {source.number: source for source in sources}
        self._document = lru_cache(maxsize=4)(self._read_document)

    def __call__(self, file: int, number: int, offset: int, length: int) -> Exchange:
        source = self._sources[file]
        if not source.is_lines:
            return self._document(file)[number]
        exchange = judged_as(
            ndjson.exchange_on(source.read(offset, length), f"{source.name}#{number}"), source.callbacks
        )
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
