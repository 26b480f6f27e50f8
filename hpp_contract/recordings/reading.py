"""Reading recordings: from files to exchanges.

A file is NDJSON, read line by line, or one document, JSON or YAML, whose format is recognized from what is in it.
No file is trusted: size, depth and the growth of YAML aliases are bounded, and YAML builds plain values.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, TypeVar
from urllib.parse import urljoin

from hpp_contract.model import Exchange
from hpp_contract.model.trace import DELETE
from hpp_contract.recordings.formats import FORMATS, ndjson
from hpp_contract.recordings.formats.convert import NoRecording, Unreadable
from hpp_contract.recordings.formats.yaml_text import read_yaml
from hpp_contract.recordings.sources import Damage, InputFile, Line, Piece, examine, files, numbered_lines
from hpp_contract.spec.endpoint import METHOD, SESSION_PATH

MAX_JSON: Final = 256 * 1024 * 1024
MAX_YAML: Final = 64 * 1024 * 1024
"""Bytes of one document. Documents are parsed whole; longer logs belong into NDJSON."""

Item = TypeVar("Item")


class Skipped(Enum):
    """What is not judged: an exchange of another operation, or a file in a folder that is no recording."""

    OPERATION = auto()
    FILE = auto()


@dataclass
class Reading:
    """What was read: `exchanges` of the read-session operation, with those that disabled a session, `notes` for
    information, and sentences about what could not be read (`unreadable`)."""

    exchanges: list[Exchange] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def read_recordings(paths: Sequence[str]) -> Reading:
    """Every exchange in files and folders, kept in memory: for cassettes. Logs are judged by `bulk`.

    A file that cannot be read is a sentence in `unreadable`, and the others are still read. Raises UsageProblem for a
    path that does not exist.
    """
    reading = Reading()
    with TemporaryDirectory(prefix="hpp-contract-") as spool:
        for number, (name, found) in enumerate(files(paths)):
            source = examine(number, name, Path(spool), found)
            if isinstance(source, Damage):
                reading.unreadable.append(source.sentence)
            else:
                _read(source, reading)
    if all(each.request.method == DELETE for each in reading.exchanges) and not reading.unreadable:
        reading.unreadable.append(nothing_in(paths))
    return reading


def _read(source: InputFile, reading: Reading) -> None:
    def on_line(line: Line) -> Exchange | None:
        exchange = ndjson.exchange_on(line[2], f"{source.name}#{line[0]}")
        return exchange if about_session(exchange) else None

    skipped = judged = 0
    for item in items(Piece(source, 0, source.size, 1), on_line, lambda exchange: exchange):
        if isinstance(item, Exchange):
            reading.exchanges.append(item)
            deletes = item.request.method == DELETE
            skipped, judged = skipped + deletes, judged + (not deletes)
        elif isinstance(item, Damage):
            reading.unreadable.append(item.sentence)
        elif item is Skipped.FILE:
            reading.notes.append(other_file_note(source.name))
        else:
            skipped += 1
    if skipped:
        reading.notes.append(skipped_note(source.name, skipped, judged))


def items(
    piece: Piece, on_line: Callable[[Line], Item | None], on_exchange: Callable[[Exchange], Item]
) -> Iterator[Item | Skipped | Damage]:
    """What each exchange of a piece becomes, and in the place of one that cannot be judged why.

    `on_line` makes an item of a line of NDJSON, None of another operation, and raises Unreadable. `on_exchange` makes
    one of an exchange in a document.
    """
    source = piece.source
    try:
        if source.is_lines:
            for line in numbered_lines(piece):
                try:
                    item = on_line(line)
                except Unreadable as problem:
                    yield Damage(f"{source.name}#{line[0]}: {problem}")
                else:
                    yield Skipped.OPERATION if item is None else item
            return
        for exchange in read_document(source):
            if isinstance(exchange, Unreadable):
                yield Damage(f"{source.name}{exchange}")
            else:
                yield on_exchange(exchange) if about_session(exchange) else Skipped.OPERATION
    except (Unreadable, OSError) as error:
        other_file = isinstance(error, NoRecording) and source.found
        yield Skipped.FILE if other_file else Damage.of(source.name, error)


def about_session(exchange: Exchange) -> bool:
    """Whether this asks something about one session. A DELETE on its path is another documented operation, which is
    counted as such; what follows it is judged by it."""
    return exchange.request.session_id is not None


def nothing_in(paths: Sequence[str]) -> str:
    """The sentence about recordings in which there is nothing to judge."""
    return f"no read-session exchange in {', '.join(paths)}: give recordings of {METHOD} …{SESSION_PATH}."


def other_file_note(name: str) -> str:
    """The sentence about a file in a folder that is no recording."""
    return f"{name}: not a recording, left out"


def skipped_note(name: str, skipped: int, judged: int) -> str:
    """The sentence about a file that also holds other operations."""
    return f"{name}: {skipped} exchanges of other operations skipped, {judged} judged"


def lost_bodies_note(lost: int) -> str:
    """The sentence about bodies that nobody can read."""
    bodies, were = ("body", "was") if lost == 1 else ("bodies", "were")
    return f"{lost} {bodies} {were} not kept, or cannot be unpacked: no rule judged what is in there"


def read_document(source: InputFile) -> Iterator[Exchange | Unreadable]:
    """Every exchange of the file, with evidence `name#index`, and in the place of one that cannot be read why.

    Raises NoRecording for a file in no known format, Unreadable when nothing in it can be read, and OSError when it
    cannot be opened.
    """
    document = parsed(source)
    for format_ in FORMATS:
        if format_.recognizes(document):
            before: Exchange | None = None
            for item in format_.read(document, source.folder):
                if isinstance(item, Exchange):
                    named = replace(item, evidence=source.name + item.evidence)
                    yield redirected(named, before)
                    before = item
                else:
                    yield item
            return
    raise NoRecording("not in a known recording format (hpp-contract recording --help lists them)")


def redirected(exchange: Exchange, before: Exchange | None) -> Exchange:
    """The exchange, knowing whether the one before it in its file is a redirect from https to it."""
    answered = before.response if before is not None else None
    location = answered.header("location") if answered is not None and 300 <= answered.status < 400 else None
    if before is None or location is None or before.request.parts.scheme != "https":
        return exchange
    if urljoin(before.request.url, location) != exchange.request.url:
        return exchange
    return replace(exchange, context=replace(exchange.context, redirected=True))


def parsed(source: InputFile) -> Any:
    """The file as one JSON value, a list of them where each line is one, or a YAML document."""
    _refuse_beyond(MAX_JSON, source.size)
    try:
        text = source.read(0, source.size).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"not UTF-8 text at byte {error.start + 1}") from error
    if text.lstrip()[:1] not in ("{", "["):
        _refuse_beyond(MAX_YAML, source.size)
        return read_yaml(text)
    try:
        return json.loads(text)
    except RecursionError as error:
        raise Unreadable("nested too deeply") from error
    except json.JSONDecodeError as error:
        return _otherwise(text, error)
    except ValueError as error:
        raise Unreadable("a number too long to read") from error


def _refuse_beyond(bound: int, size: int) -> None:
    if size > bound:
        mega = 1024 * 1024
        raise Unreadable(f"one document of {size // mega} MB: more than {bound // mega} MB is read only as NDJSON")


def _otherwise(text: str, problem: json.JSONDecodeError) -> Any:
    """What begins like JSON and is not one value: JSON values a line each, or YAML in its flow style."""
    if problem.msg == "Extra data":
        try:
            return [json.loads(line) for line in text.splitlines() if line.strip()]
        except (ValueError, RecursionError):
            pass  # then the first problem is reported
    elif len(text) < MAX_YAML:
        try:
            return read_yaml(text)
        except Unreadable:
            pass
    raise Unreadable(f"damaged or incomplete: not JSON at line {problem.lineno}, column {problem.colno}")
