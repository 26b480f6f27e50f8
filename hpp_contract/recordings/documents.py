"""From the bytes of a document to its value: JSON, YAML, or JSON values a line each."""

from __future__ import annotations

import json
from typing import Any, Final

from hpp_contract.recordings.formats.convert import NoRecording, Unreadable
from hpp_contract.recordings.formats.json_text import LARGE, read_json
from hpp_contract.recordings.formats.keploy import is_keploy
from hpp_contract.recordings.formats.known_tools import not_text
from hpp_contract.recordings.formats.unparsed import Unparsed
from hpp_contract.recordings.formats.yaml_text import read_yaml
from hpp_contract.recordings.sources import InputFile

MAX_JSON: Final = 256 * 1024 * 1024
MAX_YAML: Final = 64 * 1024 * 1024
"""Bytes of one document. Longer logs belong into NDJSON."""

_BOM: Final = b"\xef\xbb\xbf"


def parsed(source: InputFile) -> Any:
    """The file as one JSON value, a list of them where each line is one, or a YAML document."""
    if source.not_read is not None:
        raise NoRecording(source.not_read)
    _refuse_beyond(MAX_JSON, source.size)
    data = source.read(0, source.size).removeprefix(_BOM)
    tool = not_text(data, source.name)
    if tool is not None:
        raise NoRecording(tool)
    if data[:4096].lstrip()[:1] not in (b"{", b"["):
        _refuse_beyond(MAX_YAML, source.size)
        return read_yaml(_text(data), many=is_keploy)
    try:
        return read_json(data)
    except UnicodeDecodeError as error:
        raise _not_utf8(error) from error
    except RecursionError as error:
        raise Unreadable("nested too deeply") from error
    except json.JSONDecodeError as error:
        return _lines(data, error) if error.msg == "Extra data" else _yaml(_text(data), error)
    except ValueError as error:
        raise Unreadable("a number too long to read") from error


def _refuse_beyond(bound: int, size: int) -> None:
    if size > bound:
        mega = 1024 * 1024
        raise Unreadable(f"one document of {size // mega} MB: more than {bound // mega} MB is read only as NDJSON")


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise _not_utf8(error) from error


def _not_utf8(error: UnicodeDecodeError) -> Unreadable:
    return Unreadable(f"not UTF-8 text at byte {error.start + 1}")


def _lines(data: bytes, problem: json.JSONDecodeError) -> list[Any]:
    """JSON values a line each. Those of a big file are parsed when they are needed."""
    lines = [line for line in data.splitlines() if line.strip()]
    try:
        eager = [json.loads(line.decode()) for line in (lines if len(data) < LARGE else lines[:1])]
    except (ValueError, RecursionError) as error:
        raise _damaged(problem) from error
    return [*eager, *map(Unparsed, lines[len(eager) :])]


def _yaml(text: str, problem: json.JSONDecodeError) -> Any:
    """YAML in its flow style, which begins like JSON."""
    try:
        if len(text) < MAX_YAML:
            return read_yaml(text)
    except Unreadable:
        pass
    raise _damaged(problem)


def _damaged(problem: json.JSONDecodeError) -> Unreadable:
    return Unreadable(f"damaged or incomplete: not JSON at line {problem.lineno}, column {problem.colno}")
