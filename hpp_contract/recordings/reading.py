"""From paths to exchanges: which files, which format each is in (by content, never by name), what could not be read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hpp_contract.exchange import Exchange
from hpp_contract.recordings import ndjson
from hpp_contract.recordings.form import Format, Unreadable
from hpp_contract.recordings.vcrpy import VCRPY
from hpp_contract.verdict.problems import UsageProblem

FORMATS: tuple[Format, ...] = (VCRPY,)
"""Formats whose files are one document. NDJSON is read line by line, beside them."""


@dataclass
class Reading:
    """What was read: `exchanges` of the read-session operation, sentences worth knowing (`notes`), and sentences about
    files that could not be read (`unreadable`)."""

    exchanges: list[Exchange] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def read_recordings(paths: Sequence[str]) -> Reading:
    """Read files and folders, the latter with all they hold. A path that does not exist is a UsageProblem; a file that
    cannot be read is a sentence in `unreadable`, and the others are still read."""
    reading = Reading()
    for path in paths:
        for file in _files(Path(path)):
            _read_file(file, reading)
    if not reading.exchanges and not reading.unreadable:
        reading.unreadable.append(
            f"no read-session exchange in {', '.join(paths)}: give cassettes or NDJSON that hold one"
        )
    return reading


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise UsageProblem(f"{path} does not exist: give a recording or a folder of recordings")
    return sorted(file for file in path.rglob("*") if file.is_file() and not file.name.startswith("."))


def _read_file(file: Path, reading: Reading) -> None:
    skipped = found = 0
    try:
        for exchange in _exchanges(file):
            if isinstance(exchange, Unreadable):
                reading.unreadable.append(f"{file}: {exchange}")
            elif _is_ours(exchange):
                reading.exchanges.append(exchange)
                found += 1
            else:
                skipped += 1
    except Unreadable as problem:
        reading.unreadable.append(f"{file}: {problem}")
    except OSError as error:
        reading.unreadable.append(f"{file}: {error.strerror or 'cannot be read'}")
    if skipped:
        reading.notes.append(f"{file}: {skipped} exchanges of other operations skipped, {found} judged")


def _is_ours(exchange: Exchange) -> bool:
    """A read of a session, well done or not: DELETE on the same path is another documented operation."""
    return exchange.request.session_id is not None and exchange.request.method != "DELETE"


def _exchanges(file: Path) -> Iterator[Exchange | Unreadable]:
    with file.open("rb") as stream:
        first = next((line for line in stream if line.strip()), b"")
        if not first:
            raise Unreadable("empty")
        if ndjson.recognises(first):
            stream.seek(0)
            yield from ndjson.read(stream, str(file))
            return
        stream.seek(0)
        document = _document(stream.read())
    for format_ in FORMATS:
        if format_.recognises(document):
            for exchange in format_.read(document):
                yield replace(exchange, evidence=f"{file}{exchange.evidence}")
            return
    raise Unreadable("no recording format that is known here")


def _document(data: bytes) -> Any:
    """The file as one JSON or YAML document."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"not UTF-8 text at byte {error.start}") from error
    if text.lstrip()[:1] in "{[":
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            pass  # YAML flow style begins like JSON
    return _yaml(text)


def _yaml(text: str) -> Any:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the safe loader builds no objects and runs no code
    try:
        return yaml.load(text, Loader=loader)  # noqa: S506
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise Unreadable(f"neither JSON nor YAML{where}") from error
    except (RecursionError, ValueError) as error:
        raise Unreadable("nested or formed in a way that cannot be read") from error
