"""Recordings as a list in memory: for folders of cassettes. Logs go through `engine`, which keeps none of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from hpp_contract.engine.refusal import raise_refusal
from hpp_contract.model import Exchange
from hpp_contract.recordings.bulk.pieces import is_read, numbered_lines, pieces
from hpp_contract.recordings.formats import ndjson
from hpp_contract.recordings.formats.convert import NoRecording, Unreadable
from hpp_contract.recordings.formats.documents import read_document
from hpp_contract.recordings.sources import InputFile, files, input_file


@dataclass
class Reading:
    """What was read: `exchanges` of the read-session operation, sentences worth knowing (`notes`), and sentences about
    what could not be read (`unreadable`)."""

    exchanges: list[Exchange] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def read_recordings(paths: Sequence[str]) -> Reading:
    """Read files and folders, the latter with all they hold. A path that does not exist is a UsageProblem; a file that
    cannot be read is a sentence in `unreadable`, and the others are still read."""
    reading = Reading()
    with TemporaryDirectory(prefix="hpp-contract-") as spool:
        for number, (name, found) in enumerate(files(paths)):
            try:
                _read(input_file(number, name, Path(spool), found), reading)
            except NoRecording as problem:
                told = reading.notes if found else reading.unreadable
                told.append(foreign_note(name) if found else f"{name}: {problem}")
            except Unreadable as problem:
                reading.unreadable.append(f"{name}: {problem}")
            except OSError as error:
                raise_refusal(error)
                reading.unreadable.append(f"{name}: {error.strerror or 'cannot be read'}")
    if not reading.exchanges and not reading.unreadable:
        reading.unreadable.append(nothing_in(paths))
    return reading


def nothing_in(paths: Sequence[str]) -> str:
    """The sentence about recordings in which nothing is to be judged."""
    return f"no read-session exchange in {', '.join(paths)}: give recordings of GET …/hpp/v1/sessions/{{session_id}}."


def _read(source: InputFile, reading: Reading) -> None:
    skipped = found = 0
    for item in _lines(source) if source.is_lines else read_document(source):
        if isinstance(item, Unreadable):
            reading.unreadable.append(f"{source.name}{item}")
        elif is_read(item):
            reading.exchanges.append(item)
            found += 1
        else:
            skipped += 1
    if skipped:
        reading.notes.append(skipped_note(source.name, skipped, found))


def foreign_note(name: str) -> str:
    """The sentence about a file in a folder that is something else."""
    return f"{name}: no recording, left out"


def skipped_note(name: str, skipped: int, judged: int) -> str:
    """The sentence about a file that holds other operations too."""
    return f"{name}: {skipped} exchanges of other operations skipped, {judged} judged"


def _lines(source: InputFile) -> Iterator[Exchange | Unreadable]:
    for piece in pieces(source):
        for number, _, line in numbered_lines(piece):
            try:
                yield ndjson.exchange_on(line, f"{source.name}#{number}")
            except Unreadable as problem:
                yield Unreadable(f"#{number}: {problem}")
