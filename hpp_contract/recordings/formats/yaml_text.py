"""YAML as recordings use it: plain values only.

Built from the parser's events and not by a loader: tags build no classes, depth is bounded (the C composer overflows
its stack), aliases cannot grow without limit or contain themselves, and what looks like a date stays a text.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from hpp_contract.recordings.formats.convert import Unreadable

MAX_DEPTH: Final = 100
MAX_VALUES: Final = 4_000_000
"""Values that a document may hold once its aliases are followed."""

_BINARY: Final = ("tag:yaml.org,2002:binary", "!binary")
_NAMED: Final = {"": None, "~": None, "null": None, "Null": None, "NULL": None, "true": True, "True": True,
                 "TRUE": True, "false": False, "False": False, "FALSE": False}  # fmt: skip
_is_integer = re.compile(r"-?(?:0|[1-9][0-9]{0,17})").fullmatch
_is_float = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,17}(?:[eE][+-]?[0-9]{1,3})?").fullmatch


@dataclass
class _Open:
    """A list or an object under construction; `size` counts the values in it, aliases followed."""

    value: list[Any] | dict[str, Any]
    anchor: str | None
    key: str | None = None
    size: int = 1


@dataclass
class _Builder:
    stack: list[_Open] = field(default_factory=list)
    anchors: dict[str, tuple[Any, int]] = field(default_factory=dict)
    root: Any = None

    def open(self, value: list[Any] | dict[str, Any], anchor: str | None) -> None:
        if len(self.stack) >= MAX_DEPTH:
            raise Unreadable("nested too deeply")
        self.stack.append(_Open(value, anchor))

    def close(self) -> None:
        done = self.stack.pop()
        self.add(done.value, done.size, done.anchor)

    def alias(self, name: str) -> None:
        if name not in self.anchors:
            raise Unreadable("an alias that contains itself or is not defined")
        self.add(*self.anchors[name], None)

    def add(self, value: Any, size: int, anchor: str | None) -> None:
        if anchor is not None:
            self.anchors[anchor] = (value, size)
        if not self.stack:
            self.root = value
            return
        parent = self.stack[-1]
        parent.size += size
        if parent.size > MAX_VALUES:
            raise Unreadable(f"more than {MAX_VALUES} values, its aliases followed")
        if isinstance(parent.value, list):
            parent.value.append(value)
        elif parent.key is None:
            parent.key = _key(value)
        else:
            parent.value[parent.key], parent.key = value, None


def read_yaml(text: str, many: Callable[[Any], bool] = lambda _: False) -> Any:
    """The one document of a YAML text, as dicts, lists, texts, bytes, numbers, booleans and None; a list of all where
    `many` says of each that a file may hold more like it. Raises Unreadable."""
    import yaml

    try:
        roots = _roots(text, yaml)
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # the last two where PyYAML has no libyaml
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise Unreadable(f"neither JSON nor YAML{where}") from error
    if len(roots) > 1:
        if all(many(root) for root, _ in roots):
            return [root for root, _ in roots]
        raise Unreadable(f"a second YAML document at line {roots[1][1]}")
    return roots[0][0] if roots else None


def _roots(text: str, yaml: Any) -> list[tuple[Any, int]]:
    """Every document, and the line on which it begins."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    roots: list[tuple[Any, int]] = []
    builder, line = _Builder(), 1
    try:
        while loader.check_event():
            event = loader.get_event()
            if isinstance(event, yaml.DocumentStartEvent):
                builder, line = _Builder(), event.start_mark.line + 1
            elif isinstance(event, yaml.DocumentEndEvent):
                roots.append((builder.root, line))
            _build(builder, event, yaml)
    finally:
        loader.dispose()
    return roots


def _build(builder: _Builder, event: Any, yaml: Any) -> None:
    match event:
        case yaml.ScalarEvent():
            builder.add(_scalar(event), 1, event.anchor)
        case yaml.MappingStartEvent():
            builder.open({}, event.anchor)
        case yaml.SequenceStartEvent():
            builder.open([], event.anchor)
        case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
            builder.close()
        case yaml.AliasEvent():
            builder.alias(event.anchor)


def _scalar(event: Any) -> Any:
    value: str = event.value
    if event.tag in _BINARY:
        return _binary(value)
    if not event.implicit[0] or event.tag is not None:
        return value
    if value in _NAMED:
        return _NAMED[value]
    if _is_integer(value):
        return int(value)
    return float(value) if _is_float(value) else value


def _binary(value: str) -> bytes:
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except ValueError as error:
        raise Unreadable("a binary value that is not base64") from error


def _key(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, dict | list):
        raise Unreadable("a list or an object stands where a name belongs")
    return value if isinstance(value, str) else str(value)
