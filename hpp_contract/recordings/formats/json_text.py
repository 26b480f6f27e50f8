"""JSON documents. A big one is opened only as far as its list of exchanges: most of these are of other operations."""

from __future__ import annotations

import json
from typing import Any, Final

import msgspec

from hpp_contract.recordings.formats.convert import Unreadable
from hpp_contract.recordings.formats.unparsed import Unparsed

LARGE: Final = 1024 * 1024
"""Bytes of a document from which on its exchanges are parsed one by one, and only those that may be of interest."""

MAX_VALUES: Final = 4_000_000
"""Values that are parsed in one go, and exchanges in one document, counted by their commas and brackets."""

MAX_COMMAS: Final = 10_000_000
"""Commas in a document that is opened as far as its list of exchanges: a bound on how many there can be."""

_LISTS: Final = frozenset(
    ("entries", "interactions", "http_interactions", "messages", "mappings", "requests", "pairs", "imposters", "item",
     "responses", "stubs")
)  # fmt: skip
"""Names under which formats keep their exchanges."""

_DEPTH: Final = 4
_SPACE: Final = b" \t\r\n"


def read_json(data: bytes) -> Any:
    """The JSON value in `data`, which is UTF-8. Of a big document the items of its lists of exchanges, but for the
    first, are `Unparsed`. Raises ValueError and RecursionError as `json.loads`, Unreadable for too many values."""
    if len(data) < LARGE:
        return json.loads(data.decode())
    if data.count(b",") > MAX_COMMAS:
        raise _too_many()
    try:
        return _opened(memoryview(data), "", _DEPTH)
    except (msgspec.DecodeError, UnicodeDecodeError):  # what only Python's parser takes, such as NaN, or nothing does
        return _whole(data)


def _too_many() -> Unreadable:
    return Unreadable(f"more than {MAX_VALUES} values in one document: such a log is read only as NDJSON")


def _whole(data: bytes) -> Any:
    if len(data) >= LARGE and data.count(b",") + data.count(b"{") + data.count(b"[") > MAX_VALUES:
        raise _too_many()
    return json.loads(data.decode())


def _opened(data: memoryview, name: str, depth: int) -> Any:
    start = bytes(data[:64]).lstrip(_SPACE)[:1]
    if start == b"[" and (name in _LISTS or depth == _DEPTH):
        return _listed(msgspec.json.decode(data, type=list[msgspec.Raw]))
    if start == b"{" and depth and len(data) >= LARGE:
        members = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
        return {key: _opened(memoryview(raw), key, depth - 1) for key, raw in members.items()}
    return _whole(bytes(data))


def _listed(items: list[msgspec.Raw]) -> list[Any]:
    first = [_whole(bytes(items[0]))] if items else []
    return [*first, *map(Unparsed, items[1:])]
