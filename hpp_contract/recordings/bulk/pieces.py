"""The judging of a recording in parts: pieces of files first, then partitions of sessions. Pure functions of the files,
so any process may do any part, and merged in any order the parts give one verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import BinaryIO, Final

from hpp_contract.engine import Subject
from hpp_contract.engine.judge import Tally
from hpp_contract.engine.refusal import raise_refusal
from hpp_contract.model import Exchange
from hpp_contract.recordings.bulk.cache import VerdictCache
from hpp_contract.recordings.bulk.fingerprint import Fingerprint, fingerprint_of
from hpp_contract.recordings.bulk.sessions import Place, ReadRecord, ReadRecords, Sessions, opaque_record, read_record
from hpp_contract.recordings.bulk.spill import packed, partition_of
from hpp_contract.recordings.formats import ndjson
from hpp_contract.recordings.formats.convert import NoRecording, Unreadable
from hpp_contract.recordings.formats.documents import read_document
from hpp_contract.recordings.sources import InputFile
from hpp_contract.rules import CATALOGUE

PIECE: Final = 4 * 1024 * 1024
"""Bytes of NDJSON that are judged in one go."""

SENTENCES: Final = 20
"""Sentences kept about what could not be read in one piece."""


@dataclass(frozen=True)
class Piece:
    """A document, or the lines of an NDJSON file from `offset` (bytes) on, of which the first has number `line`."""

    source: InputFile
    offset: int
    length: int
    line: int


@dataclass
class PieceResult:
    """What a piece came to: tallies by rule, packed sightings by partition, exchanges `judged` and `skipped` (of other
    operations), and sentences about those that are `unreadable`, of `damaged` in all. `foreign` is a file that was
    found in a folder and is no recording."""

    file: int
    size: int
    tallies: dict[str, Tally] = field(default_factory=dict)
    records: dict[int, bytes] = field(default_factory=dict)
    judged: int = 0
    skipped: int = 0
    damaged: int = 0
    is_other_file: bool = False
    unreadable: list[str] = field(default_factory=list)


def is_read(exchange: Exchange) -> bool:
    """A read of a session, well done or not: DELETE on the same path is another documented operation."""
    return exchange.request.session_id is not None and exchange.request.method != "DELETE"


Block = tuple[int, int, int]
"""A stretch of bytes: its length, the line ends in it, and what of it the last of them ends."""


def pieces(source: InputFile, size: int = PIECE) -> Iterator[Piece]:
    """Cut a source between lines; a document stays whole."""
    if source.is_lines and source.size > size:
        return cut(source, blocks(source, 0, source.size, size))
    return iter([Piece(source, 0, source.size, 1)])


def blocks(source: InputFile, start: int, end: int, size: int) -> Iterator[Block]:
    """What the bytes from `start` to `end` are, block by block of `size`."""
    with source.open() as stream:
        stream.seek(start)
        while block := stream.read(min(size, end - start)):
            yield len(block), block.count(b"\n"), block.rfind(b"\n") + 1
            start += len(block)


def cut(source: InputFile, found: Iterable[Block]) -> Iterator[Piece]:
    """Pieces of a source between the lines of all its blocks."""
    start, line, end = 0, 1, 0
    for length, lines, whole in found:
        if whole:
            yield Piece(source, start, end + whole - start, line)
            start, line = end + whole, line + lines
        end += length
    if end > start:
        yield Piece(source, start, end - start, line)


class Worker:
    """Judges pieces, remembering from one to the next what ordinary exchanges come to."""

    def __init__(self) -> None:
        self._name = ""
        self._screen = VerdictCache(CATALOGUE, Subject("recording", ""), lambda order: f"{self._name}#{order[1]}")

    def piece(self, piece: Piece, partitions: int) -> PieceResult:
        """Judge the exchanges of a piece one by one."""
        self._name = piece.source.name
        part = PieceResult(piece.source.number, piece.length)
        seen: dict[int, list[ReadRecords]] = {}
        try:
            for sighting in self._lines(piece, part) if piece.source.is_lines else self._document(piece, part):
                seen.setdefault(partition_of(sighting[0], partitions), []).append(sighting)
        except NoRecording as problem:
            part.is_other_file = piece.source.found
            if not part.is_other_file:
                _note_damage(part, f"{self._name}: {problem}")
        except Unreadable as problem:
            _note_damage(part, f"{self._name}: {problem}")
        except OSError as error:
            raise_refusal(error)
            _note_damage(part, f"{self._name}: {error.strerror or 'cannot be read'}")
        part.tallies = {rule: tally for rule, tally in self._screen.collect().items() if tally.exercised}
        part.records = {partition: packed(sightings) for partition, sightings in seen.items()}
        return part

    def _lines(self, piece: Piece, part: PieceResult) -> Iterator[ReadRecords]:
        for number, offset, line in numbered_lines(piece):
            try:
                sighting = self._line(line, (part.file, number, offset, len(line or b"")))
            except Unreadable as problem:
                _note_damage(part, f"{self._name}#{number}: {problem}")
                continue
            if sighting is None:
                part.skipped += 1
            else:
                part.judged += 1
                yield sighting

    def _line(self, line: bytes | None, place: Place) -> ReadRecords | None:
        value = ndjson.parse(line)
        glance = ndjson.fingerprint_of_value(value)
        if glance is not None and self._screen.count_if_known(glance, place[:2]):
            return read_record(glance, place)
        exchange = ndjson.exchange_of(value, f"{self._name}#{place[1]}")
        return self._judged(exchange, glance, place) if is_read(exchange) else None

    def _document(self, piece: Piece, part: PieceResult) -> Iterator[ReadRecords]:
        for item in read_document(piece.source):
            if isinstance(item, Unreadable):
                _note_damage(part, f"{self._name}{item}")
            elif not is_read(item):
                part.skipped += 1
            else:
                part.judged += 1
                yield self._judged(item, fingerprint_of(item), (part.file, _index(item), 0, 0))

    def _judged(self, exchange: Exchange, glance: Fingerprint | None, place: Place) -> ReadRecords:
        if glance is None or not self._screen.count_if_known(glance, place[:2]):
            self._screen.judge(exchange, place[:2], glance)
        known = exchange.context
        ordinary = known.credentials not in ("wrong", "none") and not known.standalone
        return read_record(glance, place) if glance is not None and ordinary else opaque_record(exchange, place)


def _note_damage(part: PieceResult, sentence: str) -> None:
    part.damaged += 1
    if len(part.unreadable) < SENTENCES:
        part.unreadable.append(sentence)


def numbered_lines(piece: Piece) -> Iterator[tuple[int, int, bytes | None]]:
    """Number, offset and bytes of each line that is not blank; None for a line that is too long to read."""
    with piece.source.open() as stream:
        stream.seek(piece.offset)
        offset, number, end = piece.offset, piece.line, piece.offset + piece.length
        while offset < end and (line := stream.readline(ndjson.MAX_LINE)):
            size = len(line) if len(line) < ndjson.MAX_LINE or line[-1:] == b"\n" else len(line) + _rest_of_line(stream)
            if size > len(line):
                yield number, offset, None
            elif not line.isspace():
                yield number, offset, line
            offset, number = offset + size, number + 1


def _rest_of_line(stream: BinaryIO) -> int:
    size = 0
    while chunk := stream.readline(ndjson.MAX_LINE):
        size += len(chunk)
        if chunk.endswith(b"\n"):
            break
    return size


class Reopener:
    """Gives the exchange of a sighting by reading its place in its file again."""

    def __init__(self, sources: tuple[InputFile, ...]) -> None:
        self._sources = {source.number: source for source in sources}
        self._document = lru_cache(maxsize=4)(self._read_document)

    def __call__(self, sighting: ReadRecord) -> Exchange:
        source = self._sources[sighting.file]
        if not source.is_lines:
            return self._document(sighting.file)[sighting.number]
        line = source.read(sighting.offset, sighting.length)
        return ndjson.exchange_on(line, f"{source.name}#{sighting.number}")

    def _read_document(self, file: int) -> dict[int, Exchange]:
        return {_index(item): item for item in read_document(self._sources[file]) if isinstance(item, Exchange)}


def _index(exchange: Exchange) -> int:
    """Its number in its document."""
    return int(exchange.evidence.rpartition("#")[2])


def judge_partition(sightings: list[ReadRecord], sources: tuple[InputFile, ...]) -> dict[str, Tally]:
    """Judge the sessions of a partition."""
    tallies = Sessions(Reopener(sources)).judge(sightings)
    return {rule: tally for rule, tally in tallies.items() if tally.exercised}
