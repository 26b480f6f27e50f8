"""Polled sessions as strips on one axis of time. Positions are percent of its width, so that marks keep their size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from hpp_contract.engine.report import Poll, Slice
from hpp_contract.reporting.view import plural
from hpp_contract.spec.session import FINAL, PENDING, RETRIED

MARGIN: Final = 1.5
"""Percent of the width that marks need at either end."""

KINDS: Final = {
    **dict.fromkeys(PENDING, "pending"),
    **dict.fromkeys(RETRIED, "retry"),
    **dict.fromkeys(FINAL, "final"),
}
"""How a status is drawn; anything else is drawn as `other`."""

MEANINGS: Final = {
    "pending": "under way",
    "retry": "may be tried again",
    "final": "final",
    "other": "no known status",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """One read: where, how it is drawn, and what it showed."""

    x: float
    kind: str
    description: str


@dataclass(frozen=True, slots=True)
class Bar:
    """Reads in a row that showed the same: from where, how wide, how it is drawn."""

    x: float
    width: float
    kind: str


@dataclass(frozen=True, slots=True)
class Strip:
    """One session: its `name`, its `description` (all its statuses), and what is drawn."""

    name: str
    description: str
    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """All polled sessions; `ticks` are the labels of the axis from its left to its right end."""

    strips: tuple[Strip, ...]
    ticks: tuple[str, ...]


def timeline(slices: Sequence[Slice]) -> Timeline:
    """A strip for each slice that is a session. Without times, reads are placed in their order."""
    sessions = [part for part in slices if part.reads]
    timed = all(read.at is not None for part in sessions for read in part.reads)
    places = [[read.at or 0.0 for read in part.reads] if timed else _order(part.reads) for part in sessions]
    end = max((place for own in places for place in own), default=0.0)
    strips = tuple(_strip(part, own, end, timed) for part, own in zip(sessions, places, strict=True))
    return Timeline(strips, _ticks(end, timed))


def _order(reads: Sequence[Poll]) -> list[float]:
    return [float(number) for number in range(len(reads))]


def _ticks(end: float, timed: bool) -> tuple[str, ...]:
    if not timed:
        return ("first read", "last read")
    return ("0 s", _seconds(end / 2), _seconds(end)) if end else ("0 s",)


def _strip(part: Slice, places: Sequence[float], end: float, timed: bool) -> Strip:
    xs = [MARGIN + (100 - 2 * MARGIN) * place / end if end else 50.0 for place in places]
    marks = tuple(
        Mark(round(x, 2), _kind(read.word), f"{read.word}{f' at {_seconds(read.at or 0.0)}' if timed else ''}")
        for x, read in zip(xs, part.reads, strict=True)
    )
    return Strip(part.name, _description(part.reads, timed), tuple(_bars(part.reads, xs)), marks)


def _bars(reads: Sequence[Poll], xs: Sequence[float]) -> Iterator[Bar]:
    """A bar reaches to the read that showed something else, or to the last."""
    ends = [*xs[1:], xs[-1]]
    for word, run in groupby(range(len(reads)), key=lambda number: reads[number].word):
        numbers = list(run)
        yield Bar(round(xs[numbers[0]], 2), round(ends[numbers[-1]] - xs[numbers[0]], 2), _kind(word))


def _description(reads: Sequence[Poll], timed: bool) -> str:
    """`WAITING, IN_PROGRESS after 0.07 s, COMPLETED after 0.13 s: 6 reads`."""
    runs = [next(run) for _, run in groupby(reads, key=lambda read: read.word)]
    start = reads[0].at or 0.0
    later = (f"{read.word} after {_seconds((read.at or 0.0) - start)}" if timed else read.word for read in runs[1:])
    return f"{', '.join((runs[0].word, *later))}: {plural(len(reads), 'read')}"


def _kind(word: str) -> str:
    return KINDS.get(word, "other")


def _seconds(value: float) -> str:
    if value >= 7200:
        return f"{value / 3600:.1f} h"
    if value >= 120:
        return f"{value / 60:.1f} min"
    if value >= 10:
        return f"{value:.0f} s"
    return f"{value:.2f} s" if value >= 0.1 else f"{value * 1000:.0f} ms"
