"""The matrix of an HTML report: a row a rule, a column for the whole run and one for each slice of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hpp_contract.engine.report import Outcome, RuleVerdict, Slice
from hpp_contract.reporting.view import FAILED, OUTCOMES, Letter, ReportView


@dataclass(frozen=True, slots=True)
class Cell:
    """An outcome: its `kind`, which is also its style, and the `word` for it."""

    kind: str
    word: str


@dataclass(frozen=True, slots=True)
class Row:
    """A rule, whether the page explains it (`has_block`), and its cells from left to right, None where it was not
    exercised."""

    id: str
    slug: str
    has_block: bool
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The rules of one letter, and how many came to what. Where `is_quiet`, nothing failed or warned."""

    letter: str
    about: str
    counts: str
    is_quiet: bool
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """The matrix. The first column is the whole run's."""

    columns: tuple[str, ...]
    groups: tuple[Group, ...]


def matrix(view: ReportView) -> Matrix:
    """The matrix of a report; one without slices has only the column of the whole run. Where nothing was judged, it is
    empty."""
    slices = view.report.slices
    groups = tuple(_group(letter, slices) for letter in view.letters if view.has_judged)
    return Matrix(("the whole run", *map(_column, slices)), groups)


def _group(letter: Letter, slices: Sequence[Slice]) -> Group:
    counts = {word: letter.count(outcome) for outcome, word in OUTCOMES.items()}
    listed = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    rows = tuple(_row(block.verdict, slices) for block in letter.blocks)
    return Group(letter.letter, letter.about, listed, not any(map(letter.count, FAILED)), rows)


def _column(part: Slice) -> str:
    """A session is easier to recognize by its last status than by its id."""
    return f"{part.name} {part.reads[-1].word}" if part.reads else part.name


def _row(verdict: RuleVerdict, slices: Iterable[Slice]) -> Row:
    rule = verdict.rule
    whole = _cell(verdict.outcome, known=verdict.known_failing is not None)
    parts = (_cell(part.outcomes.get(rule.id, Outcome.NOT_EXERCISED)) for part in slices)
    return Row(rule.id, rule.slug, verdict.outcome in FAILED, (whole, *parts))


def _cell(outcome: Outcome, *, known: bool = False) -> Cell | None:
    if outcome is Outcome.NOT_EXERCISED:
        return None
    return Cell("known", f"{OUTCOMES[outcome]}, which is known") if known else Cell(outcome.value, OUTCOMES[outcome])
