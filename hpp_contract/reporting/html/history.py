"""The history of drift runs as a chart: a column for each run, its changes by class, the worst at the bottom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from hpp_contract.drift.history import Run, moments
from hpp_contract.engine.rule import ChangeClass
from hpp_contract.privacy.sanitize import printable
from hpp_contract.reporting.view import by_class, grouped_changes, plural

LATEST: Final = 400
"""Runs that are drawn at most: the columns of more would be too narrow to see."""

HEIGHT: Final = 120.0
"""Pixels from the ground line to the top."""


@dataclass(frozen=True, slots=True)
class Box:
    """Changes of one class in one run; the unit of `y` and `height` is a pixel, `y` grows downwards."""

    kind: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Column:
    """One run, `x` and `width` in percent: its verdict, its description and its boxes."""

    x: float
    width: float
    verdict: str
    description: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class History:
    """The chart: columns from left to right, the most changes in one run, the day of the first and of the last run."""

    columns: tuple[Column, ...]
    most: int
    first: str
    last: str

    @property
    def height(self) -> float:
        """Pixels above the ground line."""
        return HEIGHT if self.most else 0.0

    @property
    def summary(self) -> str:
        """The chart in a sentence."""
        verdicts = Counter(column.verdict for column in self.columns)
        most = f" At most {plural(self.most, 'change')} in one, the worst at the bottom." if self.most else ""
        return (
            f"{plural(len(self.columns), 'run')} from {self.first} to {self.last}: {verdicts['quiet']} quiet, "
            f"{verdicts['drift']} with changes, {verdicts['unverified']} that could not be verified.{most}"
        )

    @property
    def eventful(self) -> tuple[Column, ...]:
        """The runs that were not quiet."""
        return tuple(column for column in self.columns if column.verdict != "quiet")


def history_chart(runs: Sequence[Run]) -> History | None:
    """The chart of the latest runs, oldest first; None when there are none."""
    latest = runs[-LATEST:]
    if not latest:
        return None
    counts = [Counter(group.change_class for group in grouped_changes(run.changes)) for run in latest]
    most = max(count.total() for count in counts)
    width = 100 / len(latest)
    when = moments(latest)
    columns = (
        Column(
            round(number * width, 3), round(width, 3), run.verdict, _description(run, when), tuple(_boxes(count, most))
        )
        for number, (run, count) in enumerate(zip(latest, counts, strict=True))
    )
    return History(tuple(columns), most, _day(latest[0]), _day(latest[-1]))


def _boxes(counts: Counter[ChangeClass], most: int) -> Iterator[Box]:
    ground = HEIGHT
    for each in ChangeClass:
        if counts[each]:
            height = counts[each] * HEIGHT / most
            ground -= height
            yield Box(each.value, round(ground, 2), round(height, 2))


def _description(run: Run, when: Callable[[str], str]) -> str:
    outcome = {
        "quiet": "no change",
        "drift": by_class(run.changes),
        "unverified": "could not be verified",
    }[run.verdict]
    return f"{printable(when(run.at))}: {outcome}{', accepted' if run.accepted is not None else ''}"


def _day(run: Run) -> str:
    return printable(run.at[:10])
