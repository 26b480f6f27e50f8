"""The matrix of an HTML report: a row a rule, a column for the whole run and one for each slice of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hpp_contract.engine.report import Outcome, Report, RuleVerdict, Slice
from hpp_contract.reporting.view import OUTCOMES, by_letter
from hpp_contract.rules import LETTERS


@dataclass(frozen=True, slots=True)
class Cell:
    """An outcome: its `kind`, which is also its style, and the `word` for it."""

    kind: str
    word: str


@dataclass(frozen=True, slots=True)
class Row:
    """A rule, whether the page says more about it (`told`), and its cells from left to right, None where it was not
    exercised."""

    id: str
    slug: str
    told: bool
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The rules of one letter."""

    letter: str
    about: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """All of it. The first column is the whole run's."""

    columns: tuple[str, ...]
    groups: tuple[Group, ...]


def matrix(report: Report) -> Matrix:
    """The matrix of a report; one without slices has the column of the whole run alone."""
    groups = tuple(
        Group(letter, LETTERS.get(letter, "further rules"), tuple(_row(verdict, report.slices) for verdict in group))
        for letter, group in by_letter(report.rules).items()
    )
    return Matrix(("the whole run", *map(_column, report.slices)), groups)


def _column(part: Slice) -> str:
    """A session is recognised by its end sooner than by its id."""
    return f"{part.name} {part.reads[-1].word}" if part.reads else part.name


def _row(verdict: RuleVerdict, slices: Iterable[Slice]) -> Row:
    rule = verdict.rule
    whole = _cell(verdict.outcome, known=verdict.known_failing is not None)
    parts = (_cell(part.outcomes.get(rule.id, Outcome.NOT_EXERCISED)) for part in slices)
    told = verdict.outcome in (Outcome.BROKEN, Outcome.WARNED, Outcome.ERROR)
    return Row(rule.id, rule.slug, told, (whole, *parts))


def _cell(outcome: Outcome, *, known: bool = False) -> Cell | None:
    if outcome is Outcome.NOT_EXERCISED:
        return None
    return Cell("known", f"{OUTCOMES[outcome]}, which is known") if known else Cell(outcome.value, OUTCOMES[outcome])
