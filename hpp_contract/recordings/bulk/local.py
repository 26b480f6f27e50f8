"""Judging recordings of any size on one machine: cut into pieces, judged by every core, merged.

Memory does not grow with the evidence: exchanges are judged as they are read, and of each only a record is kept, on
disk, until its session is judged.
"""

from __future__ import annotations

import gc
import os
import signal
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cache, partial
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from secrets import token_bytes
from tempfile import TemporaryDirectory
from typing import Any, Final, Self, TypeVar, cast

from hpp_contract.engine import Judge, RuleVerdict, Subject
from hpp_contract.engine.errors import Unverifiable, system_refusal
from hpp_contract.engine.judge import Tally
from hpp_contract.model.trace import AnswerTimes
from hpp_contract.recordings.bulk.pieces import SENTENCES, Bodies, PieceResult, Worker, judge_partition
from hpp_contract.recordings.bulk.sessions import ReadRecord, unpacked
from hpp_contract.recordings.formats.convert import Skipped
from hpp_contract.recordings.reading import callbacks_note, lost_bodies_note, skipped_notes
from hpp_contract.recordings.sources import Damage, InputFile, Piece, examine, files, pieces
from hpp_contract.rules import CATALOGUE

SMALL: Final = 8 * 1024 * 1024
"""Bytes of evidence for which further processes would cost more than they save."""

PARTITION: Final = 16 * 1024 * 1024
"""Bytes of evidence whose records are one partition: about 25,000 exchanges, ten megabytes of memory."""

MAX_PARTITIONS: Final = 1024

Progress = Callable[[int, int], None]
"""Called with the bytes judged and the bytes in all."""

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Judged:
    """The verdict on recordings: `notes` for information, how many files or exchanges are `damaged`, the first
    sentences about these (`unreadable`), how many exchanges were `judged`, and how many bodies they have (`bodies`)."""

    verdicts: tuple[RuleVerdict, ...]
    notes: tuple[str, ...]
    unreadable: tuple[str, ...]
    damaged: int
    judged: int
    bodies: Bodies = field(default_factory=Bodies)


def judge_recordings(
    paths: Sequence[str],
    *,
    processes: int | None = None,
    callback_url: str | None = None,
    on_progress: Progress | None = None,
) -> Judged:
    """Judge files and folders (`-` is stdin) with that many processes, by default one a core. A POST to an address that
    begins with `callback_url` is a status callback.

    Raises UsageProblem for a path that does not exist, Unverifiable when a process is ended from outside, and what the
    system raises that refuses one. The result is the same for any number of processes.
    """
    with TemporaryDirectory(prefix="hpp-contract-") as folder:
        named = enumerate(files(paths))
        examined = (examine(number, name, Path(folder), found) for number, (name, found) in named)
        evidence = Evidence.of(examined, callback_url)
        wanted = (processes or available_cores()) if evidence.size > SMALL or processes else 1
        with Processes(wanted) if wanted > 1 else _rare_collections() as pool:
            return _judged(evidence, Spill(_made(Path(folder) / "records")), pool, on_progress)


@dataclass(frozen=True)
class Evidence:
    """The files that can be read, sentences about those that cannot, and how the addresses of status callbacks
    begin."""

    sources: tuple[InputFile, ...]
    unreadable: tuple[str, ...]
    callbacks: str | None = None

    @classmethod
    def of(cls, examined: Iterable[InputFile | Damage], callbacks: str | None = None) -> Evidence:
        """Sort what `examine` gave."""
        results = list(examined)
        return cls(
            tuple(replace(each, callbacks=callbacks) for each in results if isinstance(each, InputFile)),
            tuple(each.sentence for each in results if isinstance(each, Damage)),
            callbacks,
        )

    @property
    def size(self) -> int:
        """Bytes in all."""
        return sum(source.size for source in self.sources)

    @property
    def partitions(self) -> int:
        """How many partitions the sessions are divided into, so that each fits into memory."""
        return min(MAX_PARTITIONS, 1 + self.size // PARTITION)


class Merger:
    """Puts the verdict together from its parts, in any order. `answers` are the times of those in all pieces so far."""

    def __init__(self) -> None:
        self._judge = Judge(CATALOGUE, Subject("recording", ""))
        self._counts: dict[int, tuple[int, Counter[Skipped]]] = {}
        self._unreadable: list[tuple[int, int, str]] = []
        self._damaged = 0
        self.answers = AnswerTimes()
        self._bodies = Bodies()
        self._left_out: dict[int, str] = {}
        self._callbacks = 0

    def piece(self, index: int, result: PieceResult) -> None:
        """Add the result of piece number `index`."""
        self._judge.merge(result.tallies)
        self.answers.add(result.answers)
        judged, skipped = self._counts.get(result.file, (0, Counter()))
        self._counts[result.file] = (judged + result.judged, skipped + result.skipped)
        self._damaged += result.damaged
        self._callbacks += result.callbacks
        self._bodies.add(result.bodies)
        if result.left_out is not None:
            self._left_out[result.file] = result.left_out
        sentences = [(index, place, sentence) for place, sentence in enumerate(result.unreadable)]
        self._unreadable = sorted((*self._unreadable, *sentences))[:SENTENCES]

    def partition(self, tallies: dict[str, Tally]) -> None:
        """Add the tallies of one partition of sessions."""
        self._judge.merge(tallies)

    def judged(self, evidence: Evidence) -> Judged:
        """The whole verdict."""
        names = {source.number: source.name for source in evidence.sources}
        notes = [
            note
            for file, (judged, skipped) in sorted(self._counts.items())
            for note in (
                [self._left_out[file]] if file in self._left_out else skipped_notes(names[file], skipped, judged)
            )
        ]
        notes += [lost_bodies_note(self._bodies.lost)] if self._bodies.lost else []
        notes += filter(None, [callbacks_note(self._callbacks, evidence.callbacks)])
        unreadable = (*evidence.unreadable, *(sentence for *_, sentence in self._unreadable))
        total = sum(judged for judged, _ in self._counts.values())
        damaged = len(evidence.unreadable) + self._damaged
        return Judged(self._judge.verdicts, tuple(notes), unreadable, damaged, total, self._bodies)


def available_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _judged(evidence: Evidence, spill: Spill, processes: Processes | None, on_progress: Progress | None) -> Judged:
    merger, done, salt = Merger(), 0, token_bytes(16)
    cut = (piece for source in evidence.sources for piece in pieces(source))
    for index, result in _each(processes, partial(_judge_piece, spill, evidence.partitions, salt), cut):
        merger.piece(index, result)
        done += result.size
        if on_progress is not None:
            on_progress(done, evidence.size)
    sessions = partial(_judge_partition, spill, evidence.sources, merger.answers)
    for _, tallies in _each(processes, sessions, range(evidence.partitions)):
        merger.partition(tallies)
    return merger.judged(evidence)


@contextmanager
def _rare_collections() -> Iterator[None]:
    """With a collector of cyclic garbage that comes rarely, and looks only at what is made meanwhile: records of reads
    have no cycles, and to visit them and all modules over and over takes a third of the time."""
    often = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(100_000, *often[1:])
    try:
        yield
    finally:
        gc.set_threshold(*often)
        gc.unfreeze()


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


@cache
def _worker() -> Worker:
    """The worker of this process: the verdicts that it keeps speed up the next piece."""
    return Worker()


def _judge_piece(spill: Spill, partitions: int, salt: bytes, piece: Piece) -> PieceResult:
    result = _worker().piece(piece, partitions, salt)
    spill.add(result.records)
    result.records = {}
    return result


def _judge_partition(
    spill: Spill, sources: tuple[InputFile, ...], answers: AnswerTimes, partition: int
) -> dict[str, Tally]:
    return judge_partition(spill.take(partition), sources, answers)


def _each(
    processes: Processes | None, work: Callable[[Item], Result], items: Iterable[Item]
) -> Iterator[tuple[int, Result]]:
    """The result of every item with its index, as they are done; None is to do it in this process."""
    return (
        ((index, work(item)) for index, item in enumerate(items)) if processes is None else processes.each(work, items)
    )


class Spill:
    """Records in a folder, by partition: any number of processes may add, then any may take a whole partition."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, parts: Mapping[int, bytes]) -> None:
        """Append packed records to their partitions."""
        for partition, data in parts.items():
            with (self._folder / f"{partition}.{os.getpid()}").open("ab") as file:
                file.write(len(data).to_bytes(8) + data)

    def take(self, partition: int) -> list[ReadRecord]:
        """Every record of a partition."""
        records: list[ReadRecord] = []
        for path in sorted(self._folder.glob(f"{partition}.*")):
            with path.open("rb") as file:
                while size := int.from_bytes(file.read(8)):
                    records.extend(unpacked(file.read(size)))
        return records


# Not fork: threads of the caller (a progress bar) would be left behind, and the locks that they hold. And not
# forkserver: where the system refuses it a process, it prints a traceback of its own.
_SPAWN: Final = get_context("spawn")


class Processes:
    """At most `most` processes until `close`, each started when there is work for it and given one item at a time.

    No threads serve them: a thread that the system refuses would never give its result.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._members: dict[Connection, SpawnProcess] = {}

    def each(self, work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[tuple[int, Result]]:
        """The result of every item with its index, as they are done.

        Raises what `work` raises, Unverifiable when a process is ended from outside, and SystemRefused when one cannot
        be started.
        """
        queue = enumerate(items)
        busy: dict[Connection, int] = {}
        for number, (index, item) in zip(range(self._most), queue, strict=False):
            member = [*self._members][number] if number < len(self._members) else self._start()
            _send(member, (work, item))
            busy[member] = index
        while busy:
            for member in cast("list[Connection]", wait(list(busy))):
                done, (result, error) = busy.pop(member), _received(member)
                if error is not None:
                    raise error
                for index, item in queue:  # before the result is used: the process need not wait for that
                    _send(member, (work, item))
                    busy[member] = index
                    break
                yield done, result

    def _start(self) -> Connection:
        try:
            here, there = _SPAWN.Pipe()
            with there:
                process = _SPAWN.Process(target=serve_items, args=(there,), daemon=True)
                process.start()
        except OSError as error:
            raise system_refusal(error, starting_process=True) or error from error
        self._members[here] = process
        return here

    def close(self) -> None:
        """Kill every process."""
        for connection, process in self._members.items():
            process.kill()
            process.join()
            connection.close()
        self._members.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def serve_items(connection: Connection) -> None:
    """What a process does: work on each item that comes, until the connection ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal interrupts all; the parent ends this one
    with suppress(EOFError, ConnectionError), _rare_collections():
        while True:
            work, item = connection.recv()
            outcome: tuple[Any, Exception | None]
            try:
                outcome = (work(item), None)
            except Exception as error:
                error.add_note(traceback.format_exc())  # a traceback does not travel
                outcome = (None, error)
            connection.send(outcome)


def _send(member: Connection, task: Any) -> None:
    with _alive():
        member.send(task)


def _received(member: Connection) -> Any:
    with _alive():
        return member.recv()


@contextmanager
def _alive() -> Iterator[None]:
    try:
        yield
    except (EOFError, ConnectionError) as error:
        raise Unverifiable(
            "a judging process was ended from outside, perhaps because memory ran out: try again."
        ) from error
