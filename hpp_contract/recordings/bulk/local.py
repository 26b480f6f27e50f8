"""Judging recordings of any size on one machine: cut into pieces, judged by every core, merged.

Memory does not grow with the evidence: exchanges are judged as they are read, and of each only a sighting waits on disk
until its session is judged.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeVar

from hpp_contract.engine import Judge, RuleVerdict, Subject
from hpp_contract.engine.judge import Tally
from hpp_contract.engine.refusal import raise_refusal
from hpp_contract.recordings.bulk.pieces import SENTENCES, Piece, PieceResult, Worker, judge_partition, pieces
from hpp_contract.recordings.bulk.processes import Processes
from hpp_contract.recordings.bulk.spill import Spill
from hpp_contract.recordings.formats.convert import Unreadable
from hpp_contract.recordings.reading import foreign_note, skipped_note
from hpp_contract.recordings.sources import InputFile, files, input_file
from hpp_contract.rules import CATALOGUE

SMALL: Final = 8 * 1024 * 1024
"""Bytes of evidence for which further processes would cost more than they save."""

PARTITION: Final = 16 * 1024 * 1024
"""Bytes of evidence whose sightings are one partition: about 25,000 exchanges, ten megabytes of memory."""

MAX_PARTITIONS: Final = 1024

Progress = Callable[[int, int], None]
"""Called with the bytes judged and the bytes in all."""

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Judged:
    """The verdict on recordings: `notes` worth knowing, `damaged` files or exchanges that could not be read and the
    first sentences about them (`unreadable`), and how many exchanges were `judged`."""

    verdicts: tuple[RuleVerdict, ...]
    notes: tuple[str, ...]
    unreadable: tuple[str, ...]
    damaged: int
    judged: int


def judge_recordings(
    paths: Sequence[str], *, processes: int | None = None, on_progress: Progress | None = None
) -> Judged:
    """Judge files and folders (`-` is stdin) with that many processes, by default one a core.

    Raises UsageProblem for a path that does not exist, Unverifiable when a process is ended from outside, and what the
    system raises that refuses one. The result is the same for any number of processes.
    """
    with TemporaryDirectory(prefix="hpp-contract-") as folder:
        named = enumerate(files(paths))
        evidence = Evidence.of(look(number, name, found, Path(folder)) for number, (name, found) in named)
        wanted = (processes or available_cores()) if evidence.size > SMALL or processes else 1
        with Processes(wanted) if wanted > 1 else nullcontext() as further:
            return _judged(evidence, Spill(_made(Path(folder) / "sightings")), further, on_progress)


@dataclass(frozen=True)
class Evidence:
    """The sources that can be opened, and sentences about those that cannot."""

    sources: tuple[InputFile, ...]
    unreadable: tuple[str, ...]

    @classmethod
    def of(cls, looked_at: Iterable[InputFile | str]) -> Evidence:
        """Sort what `look` gave."""
        results = list(looked_at)
        return cls(
            tuple(each for each in results if isinstance(each, InputFile)),
            tuple(each for each in results if isinstance(each, str)),
        )

    @property
    def size(self) -> int:
        """Bytes in all."""
        return sum(source.size for source in self.sources)

    @property
    def partitions(self) -> int:
        """Into how many partitions the sessions are divided, so that each fits into memory."""
        return min(MAX_PARTITIONS, 1 + self.size // PARTITION)


def look(number: int, name: str, found: bool, spool: Path) -> InputFile | str:
    """Open a file that was named, or `found` in a folder; a sentence where it cannot be read. What must be unpacked
    goes into the folder `spool`."""
    try:
        return input_file(number, name, spool, found)
    except Unreadable as problem:
        return f"{name}: {problem}"
    except OSError as error:
        raise_refusal(error)
        return f"{name}: {error.strerror or 'cannot be read'}"


class Merger:
    """Puts the verdict together from its parts, in whatever order they come."""

    def __init__(self) -> None:
        self._judge = Judge(CATALOGUE, Subject("recording", ""))
        self._counts: dict[int, list[int]] = {}
        self._unreadable: list[tuple[int, int, str]] = []
        self._damaged = 0
        self._foreign: set[int] = set()

    def piece(self, index: int, part: PieceResult) -> None:
        """Add what piece number `index` came to."""
        self._judge.merge(part.tallies)
        counts = self._counts.setdefault(part.file, [0, 0])
        counts[0] += part.judged
        counts[1] += part.skipped
        self._damaged += part.damaged
        self._foreign |= {part.file} if part.is_other_file else set()
        sentences = [(index, place, sentence) for place, sentence in enumerate(part.unreadable)]
        self._unreadable = sorted((*self._unreadable, *sentences))[:SENTENCES]

    def partition(self, tallies: dict[str, Tally]) -> None:
        """Add what the sessions of one partition came to."""
        self._judge.merge(tallies)

    def judged(self, evidence: Evidence) -> Judged:
        """The whole verdict."""
        names = {source.number: source.name for source in evidence.sources}
        notes = [
            foreign_note(names[file]) if file in self._foreign else skipped_note(names[file], skipped, judged)
            for file, (judged, skipped) in sorted(self._counts.items())
            if skipped or file in self._foreign
        ]
        unreadable = (*evidence.unreadable, *(sentence for *_, sentence in self._unreadable))
        total = sum(judged for judged, _ in self._counts.values())
        damaged = len(evidence.unreadable) + self._damaged
        return Judged(self._judge.verdicts, tuple(notes), unreadable, damaged, total)


def available_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _judged(evidence: Evidence, spill: Spill, processes: Processes | None, on_progress: Progress | None) -> Judged:
    merger, done = Merger(), 0
    cut = (piece for source in evidence.sources for piece in pieces(source))
    for index, part in _each(processes, partial(_judge_piece, spill, evidence.partitions), cut):
        merger.piece(index, part)
        done += part.size
        if on_progress is not None:
            on_progress(done, evidence.size)
    sessions = partial(_judge_partition, spill, evidence.sources)
    for _, tallies in _each(processes, sessions, range(evidence.partitions)):
        merger.partition(tallies)
    return merger.judged(evidence)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


@cache
def _worker() -> Worker:
    """The worker of this process: what it learned in one piece speeds up the next."""
    return Worker()


def _judge_piece(spill: Spill, partitions: int, piece: Piece) -> PieceResult:
    part = _worker().piece(piece, partitions)
    spill.add(part.records)
    part.records = {}
    return part


def _judge_partition(spill: Spill, sources: tuple[InputFile, ...], partition: int) -> dict[str, Tally]:
    return judge_partition(spill.take(partition), sources)


def _each(
    processes: Processes | None, work: Callable[[Item], Result], items: Iterable[Item]
) -> Iterator[tuple[int, Result]]:
    """The result of every item with its index, as they are done; None is to do it in this process."""
    return (
        ((index, work(item)) for index, item in enumerate(items)) if processes is None else processes.each(work, items)
    )
