"""Reading a file that is one document, JSON or YAML, and finding out which recording format it is in.

Nothing here trusts the file: its size, depth and the growth of YAML aliases are bounded, and YAML builds plain values.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from hpp_contract.model import Exchange
from hpp_contract.recordings.formats.convert import NoRecording, Unreadable
from hpp_contract.recordings.formats.registry import FORMATS
from hpp_contract.recordings.formats.yaml_text import read_yaml
from hpp_contract.recordings.sources import InputFile

MAX_JSON: Final = 256 * 1024 * 1024
MAX_YAML: Final = 64 * 1024 * 1024
"""Bytes of one document. Documents are parsed whole; logs of more belong into NDJSON."""


def read_document(source: InputFile) -> Iterator[Exchange | Unreadable]:
    """Every exchange of the file, with evidence `name#index`, and in the place of one that cannot be read why. Raises
    Unreadable when none can, OSError when the file cannot be opened."""
    document = parsed(source)
    for format_ in FORMATS:
        if format_.recognises(document):
            for item in format_.read(document, source.folder):
                yield replace(item, evidence=source.name + item.evidence) if isinstance(item, Exchange) else item
            return
    raise NoRecording("no recording format that is known here (hpp-contract recording --help lists them)")


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
            pass  # then the first problem is the one to tell
    elif len(text) < MAX_YAML:
        try:
            return read_yaml(text)
        except Unreadable:
            pass
    raise Unreadable(f"damaged or broken off: not JSON at line {problem.lineno}, column {problem.colno}")
