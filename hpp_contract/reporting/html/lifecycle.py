"""The lifecycle as a state diagram: the documented statuses and transitions, and the transitions that were seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import hypot
from typing import Final

from hpp_contract.engine.report import Slice
from hpp_contract.reporting.html.timeline import KINDS
from hpp_contract.spec.session import FINAL, RETRIED

HALF_HEIGHT: Final = 17.0
WIDTH: Final = 360

_PLACES: Final = {
    "WAITING": (172.0, 22.0, 42.0),
    "IN_PROGRESS": (172.0, 118.0, 53.0),
    "MANUAL_ID_CHECK": (172.0, 214.0, 66.0),
    "FAILED": (41.0, 40.0, 36.0),
    "ERROR": (41.0, 118.0, 36.0),
    "BACK": (41.0, 196.0, 36.0),
    "COMPLETED": (317.0, 40.0, 42.0),
    "CANCELLED": (317.0, 118.0, 42.0),
    "DISABLED": (317.0, 196.0, 42.0),
}
"""Centre and half width of each status: under way in the middle, retryable on the left, final on the right."""

_DOCUMENTED: Final = frozenset(
    {("WAITING", "IN_PROGRESS")}
    | {("IN_PROGRESS", status) for status in (*RETRIED, *FINAL)}
    | {(status, "IN_PROGRESS") for status in RETRIED}
)
"""The transitions that are drawn in any case. Transitions from all other statuses to DISABLED would hide these."""


_BEFORE_HALF: Final = 0.35
"""How far along an arrow its count is written that crosses those that are drawn in any case, whose counts are in their
middle."""


@dataclass(frozen=True, slots=True)
class Node:
    """A status: its box, how it is drawn, and how many reads showed it."""

    word: str
    x: float
    y: float
    half_width: float
    kind: str
    reads: int


@dataclass(frozen=True, slots=True)
class Transition:
    """A transition: its path, where its count is written, `how` it is (documented, seen, wrong), how often it was seen
    and its description."""

    before: str
    after: str
    path: str
    x: float
    y: float
    how: str
    count: int
    description: str


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The diagram. `seen` are the transitions that were seen: the page lists them as text too."""

    nodes: tuple[Node, ...]
    transitions: tuple[Transition, ...]
    height: float
    width: int = WIDTH

    @property
    def seen(self) -> tuple[Transition, ...]:
        return tuple(transition for transition in self.transitions if transition.count)


def lifecycle(slices: Iterable[Slice]) -> Lifecycle:
    """The state diagram of all sessions among the slices. Reads that showed no status are left out."""
    courses = [[read.word for read in part.reads if _is_status(read.word)] for part in slices]
    reads = Counter(word for course in courses for word in course)
    steps = Counter(step for course in courses for step in pairwise(course) if step[0] != step[1])
    unknown = sorted(reads.keys() - _PLACES.keys())
    places = _PLACES | {word: _unknown_place(number) for number, word in enumerate(unknown)}
    nodes = tuple(Node(word, *place, KINDS.get(word, "other"), reads[word]) for word, place in places.items())
    transitions = tuple(_transition(places, step, steps[step]) for step in sorted(_DOCUMENTED | steps.keys()))
    height = max(y for _, y, _ in places.values()) + HALF_HEIGHT + 8
    return Lifecycle(nodes, tuple(sorted(transitions, key=lambda transition: transition.count > 0)), height)


def _is_status(word: str) -> bool:
    return word[:1].isupper()


def _unknown_place(number: int) -> tuple[float, float, float]:
    """A place below the others, for a status that is not documented."""
    return (90.0 + 180.0 * (number % 2), 264.0 + 46.0 * (number // 2), 80.0)


def _transition(places: dict[str, tuple[float, float, float]], step: tuple[str, str], count: int) -> Transition:
    how, description = _judged(step) if count else ("documented", "documented, not seen")
    start, end = places[step[0]], places[step[1]]
    bend = _control(start, end)
    (x1, y1), (x2, y2) = _border(start, bend, 2), _border(end, bend, 5)
    share = 0.5 if step in _DOCUMENTED else _BEFORE_HALF
    x, y = (
        (1 - share) ** 2 * a + 2 * share * (1 - share) * b + share**2 * c
        for a, b, c in ((x1, bend[0], x2), (y1, bend[1], y2))
    )
    path = f"M{x1:.1f} {y1:.1f}Q{bend[0]:.1f} {bend[1]:.1f} {x2:.1f} {y2:.1f}"
    return Transition(*step, path, round(x, 1), round(y, 1), how, count, description)


def _judged(step: tuple[str, str]) -> tuple[str, str]:
    before, after = step
    if KINDS.get(before) == "final":
        return "wrong", f"breaks the contract: {before} is final"
    if after == "WAITING":
        return "wrong", "breaks the contract: a session never returns to WAITING"
    if step in _DOCUMENTED or after == "DISABLED":
        return "seen", "documented"
    return "seen", "allowed: a poller can miss what was in between"


def _control(start: tuple[float, float, float], end: tuple[float, float, float]) -> tuple[float, float]:
    """The control point of an arrow: aside, so that there and back are two lines; far aside around the middle."""
    (x1, y1, _), (x2, y2, _) = start, end
    length = hypot(x2 - x1, y2 - y1)
    aside = ((y2 - y1) / length, -(x2 - x1) / length)
    crosses = abs(x2 - x1) > 200 and abs((y1 + y2) / 2 - 118) < 40
    by = 95.0 if crosses else 18.0
    return ((x1 + x2) / 2 + aside[0] * by, (y1 + y2) / 2 + aside[1] * by)


def _border(box: tuple[float, float, float], toward: tuple[float, float], gap: float) -> tuple[float, float]:
    """The point on the edge of a box, `gap` outside of it, on the line from its centre to a point."""
    x, y, half_width = box
    dx, dy = toward[0] - x, toward[1] - y
    scale = min((half_width + gap) / abs(dx) if dx else 9e9, (HALF_HEIGHT + gap) / abs(dy) if dy else 9e9)
    return (x + dx * min(scale, 1), y + dy * min(scale, 1))
