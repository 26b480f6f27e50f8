"""The layout of lines: one writer lays out its lines alike, so that most differ only in what stands in a few slots.

A line of a known layout is cut by place, which takes a tenth of the time of decoding it. That a slot is where a value
stands is not guessed: the line with other texts in its slots has to be decoded to these.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter
from struct import Struct
from typing import Final, Generic, Literal, TypeVar

import msgspec

Meaning = TypeVar("Meaning")

MOST: Final = 512
"""Layouts that are known at a time, and how many lines are examined for one: what a log gains by more is less than what
it costs to find them."""

_ALIKE: Final = 3
"""Layouts of one length that are tried."""

Span = tuple[int, int]
"""The first place of a slot and that behind it."""


@dataclass(frozen=True, slots=True)
class Layout(Generic[Meaning]):
    """What `unpack` cuts from a line, are in turns its constant parts and its slots, which `pick` puts in the order of
    their names. `meaning` is what the constant parts say."""

    unpack: Callable[[bytes], tuple[bytes, ...]]
    constants: tuple[bytes, ...]
    pick: Callable[[tuple[bytes, ...]], tuple[bytes, ...]]
    meaning: Meaning


class Layouts(Generic[Meaning]):
    """The layouts that were met."""

    def __init__(self) -> None:
        self._of_length: dict[int, list[Layout[Meaning]]] = {}
        self._left = MOST

    def cut(self, line: bytes) -> tuple[Meaning, tuple[bytes, ...]] | None:
        """What the layout of this line means, and what stands in its slots, in the order of their names."""
        for layout in self._of_length.get(len(line), ()):
            parts = layout.unpack(line)
            if parts[::2] == layout.constants:
                return layout.meaning, layout.pick(parts)
        return None

    def may_learn(self, line: bytes) -> bool:
        """Whether it is worth while to look for the layout of a line that has none yet. To be asked once a line."""
        if not self._left or len(self._of_length.get(len(line), ())) >= _ALIKE:
            return False
        self._left -= 1
        return True

    def clear(self) -> None:
        """Forget them."""
        self._of_length.clear()
        self._left = MOST

    def learn(self, line: bytes, spans: Sequence[Span], meaning: Meaning) -> None:
        """Know lines that differ from this one only in these slots, two at least, which do not overlap."""
        order = sorted(range(len(spans)), key=spans.__getitem__)
        edges = [0, *(edge for index in order for edge in spans[index]), len(line)]
        lengths = [end - start for start, end in pairwise(edges)]
        unpack = Struct("".join(f"{length}s" for length in lengths)).unpack
        pick = itemgetter(*(2 * order.index(index) + 1 for index in range(len(spans))))
        layout = Layout(unpack, unpack(line)[::2], pick, meaning)
        self._of_length.setdefault(len(line), []).append(layout)


class _Request(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    method: Literal["GET"]
    url: str
    headers: msgspec.Raw = msgspec.Raw(b"null")
    body: Literal[""] | None = None


class _Response(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    status: int
    body: str | None
    headers: dict[str, str] | None = None


class OrdinaryLine(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A line as most are. What has other members or types is left to the strict parser: a value that nobody decodes is
    not checked either."""

    request: _Request
    response: _Response
    at: str | None = None
    elapsed: int | float | None = None
    provenance: str | None = None
    failure: Literal[""] | None = None
    callback: bool | None = None


decode: Final = msgspec.json.Decoder(OrdinaryLine).decode

_elapsed: Final = re.compile(rb'"elapsed" ?: ?([0-9.]{1,15})').search
_LETTERS: Final = "ab1defghijklmnopqrstuvwxyz"


def slots_of(line: bytes, value: OrdinaryLine, date: str | None, others: Sequence[str]) -> list[Span] | None:
    """The slots of a line: `at`, the id in the URL, `elapsed`, the response's field named `date` and its body, then its
    fields named `others`. One for what is not there is empty. None where they are not found for sure."""
    headers, elapsed = value.response.headers or {}, _elapsed(line)
    if (value.elapsed is None) != (elapsed is None) or len(others) + 5 > len(_LETTERS):
        return None
    spans = [
        _span(line, value.at or ""),
        _span(line, value.request.url[-36:], before=b""),
        elapsed.span(1) if elapsed is not None else (len(line), len(line)),
        _span(line, headers[date] if date is not None else ""),
        _span(line, value.response.body or ""),
    ]
    end = 0
    for name in others:
        spans.append(_span(line, headers[name], start=end))
        end = spans[-1][1] if headers[name] else end
    return spans if min(spans)[0] >= 0 and _is_right(line, spans, value, [date or "", *others]) else None


def _span(line: bytes, text: str, before: bytes = b'"', start: int = 0) -> Span:
    """Where a text stands in a line, as most writers of JSON write it; negative where it does not."""
    written = json.dumps(text)[1:-1].encode()
    place = line.find(before + written + b'"', start) if written else len(line) - len(before)
    return (place + len(before), place + len(before) + len(written)) if place >= 0 else (-1, -1)


def _is_right(line: bytes, spans: Sequence[Span], value: OrdinaryLine, names: Sequence[str]) -> bool:
    """Whether these slots hold what they are named after: the line with other texts in them is decoded to these."""
    texts = [letter * (end - start) for letter, (start, end) in zip(_LETTERS, spans, strict=False)]
    written = bytearray(line)
    for (start, end), text in zip(spans, texts, strict=True):
        written[start:end] = text.encode()
    try:
        read = decode(bytes(written))
    except msgspec.MsgspecError:
        return False
    at, session_id, elapsed, date, body, *rest = texts
    request, response = value.request, value.response
    fields = {name: text for name, text in zip(names, (date, *rest), strict=True) if text}
    headers = response.headers if response.headers is None else response.headers | fields
    return read == msgspec.structs.replace(
        value,
        at=at or value.at,
        elapsed=int(elapsed) if elapsed else None,
        request=msgspec.structs.replace(request, url=request.url[:-36] + session_id),
        response=msgspec.structs.replace(response, body=body or response.body, headers=headers),
    )
