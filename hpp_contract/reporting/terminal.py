"""The report for a person at a terminal, or reading a job's log: verdict first, then why, then what nobody looked at.

Text from outside is only ever put in `rich.text.Text`: markup in it is not interpreted.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from hpp_contract.engine.errors import KEPT
from hpp_contract.engine.report import Outcome, Report, RuleVerdict
from hpp_contract.engine.rule import Finding
from hpp_contract.reporting.view import (
    OUTCOMES,
    by_letter,
    counts,
    failing,
    grouped,
    headline,
    informational,
    learned_lines,
    location,
    more_command,
    plural,
    total,
)
from hpp_contract.rules import LETTERS

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

LISTED = 5
"""Findings shown per rule; the JSON report has more."""

_STYLES = {
    Outcome.OK: "green",
    Outcome.BROKEN: "bold red",
    Outcome.WARNED: "yellow",
    Outcome.NOT_EXERCISED: "dim",
    Outcome.ERROR: "bold magenta",
}


def terminal(report: Report, *, width: int = 80, colour: bool = False, verbose: bool = False) -> str:
    """The whole report as text `width` columns wide; `verbose` adds every rule with its outcome."""
    console = _console(width, colour)
    if report.subject.kind == "drift":
        return _drift(console, report, verbose)
    _top(console, report)
    if verbose:
        _every_rule(console, report)
    for verdict in failing(report, Outcome.BROKEN, Outcome.ERROR, Outcome.WARNED):
        _block(console, verdict)
    _remarks(console, informational(report))
    _silence(console, report)
    _sentences(console, "Problems with the run", report.problems)
    _sentences(console, "Learned from this endpoint", learned_lines(report))
    _sentences(console, "Notes", report.notes)
    console.print(f"See more: {more_command(report)}")
    return _text(console)


def _drift(console: Console, report: Report, verbose: bool) -> str:
    from hpp_contract.reporting.drift_text import change_blocks

    _verdict(console, report)
    console.print()
    if verbose:
        _every_rule(console, report)
    for block in change_blocks(report):
        console.print(block)
    _sentences(console, "Problems with the run", report.problems)
    _sentences(console, "Notes", report.notes)
    console.print(f"See more: {more_command(report)}")
    return _text(console)


def _console(width: int, colour: bool) -> Console:
    from rich.console import Console

    return Console(
        file=io.StringIO(),
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
        _environ={},  # the caller has already read NO_COLOR, TERM and COLUMNS
    )


def _text(console: Console) -> str:
    lines = console.file.getvalue().split("\n")  # type: ignore[attr-defined]  # the StringIO of _console
    return "\n".join(line.rstrip() for line in lines)


def _verdict(console: Console, report: Report) -> None:
    from rich.text import Text

    console.print(Text(f"{report.subject.kind}: {report.subject.name}"))
    console.print(Text(headline(report), style="bold green" if report.exit_code == KEPT else "bold red"))


def _top(console: Console, report: Report) -> None:
    from rich.text import Text

    _verdict(console, report)
    console.print(Text(counts(report)))
    console.print()
    if any(verdict.outcome is not Outcome.NOT_EXERCISED for verdict in report.rules):
        console.print(_letters(report))
        console.print()


def _letters(report: Report) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.ASCII2, show_edge=False, pad_edge=False, header_style="bold")
    table.add_column("rules about", overflow="fold")
    for word in OUTCOMES.values():
        table.add_column(word, justify="right", no_wrap=word != "not exercised")
    for letter, group in by_letter(report.rules).items():
        cells = []
        for outcome in OUTCOMES:
            number = sum(verdict.outcome is outcome for verdict in group)
            cells.append(Text(str(number) if number else "-", style=_STYLES[outcome] if number else "dim"))
        table.add_row(Text(f"{letter}  {LETTERS.get(letter, '')}"), *cells)
    return table


def _every_rule(console: Console, report: Report) -> None:
    from rich.text import Text

    for verdict in report.rules:
        word = Text(f"{OUTCOMES[verdict.outcome]:<14}", style=_STYLES[verdict.outcome])
        console.print(word + Text(f"{verdict.rule.id} {verdict.rule.slug}", style="default"))
    console.print()


def _block(console: Console, verdict: RuleVerdict) -> None:
    from rich.text import Text

    rule = verdict.rule
    word = (OUTCOMES[verdict.outcome], _STYLES[verdict.outcome])
    console.print(Text.assemble((f"{rule.id} {rule.slug}", "bold"), "  ", word, f" · {rule.severity} · {rule.basis}"))
    _indented(console, rule.summary)
    if verdict.known_failing is not None:
        _indented(console, f"known failing: {verdict.known_failing}")
    shown = grouped(verdict.findings)[:LISTED]
    for finding, further in shown:
        console.print()
        console.print(_finding(finding, further))
    more = total(verdict) - sum(1 + further for _, further in shown)
    if more > 0:
        console.print(f"\n    … and {more} more")
    console.print()


def _indented(console: Console, text: str) -> None:
    from rich.padding import Padding
    from rich.text import Text

    console.print(Padding(Text(text), (0, 0, 0, 2)))


def _finding(finding: Finding, further: int) -> RenderableType:
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    texts = {"where": finding.where, "expected": finding.expected, "found": finding.found}
    for label, text in {**texts, "evidence": location(finding, further)}.items():
        if text:
            grid.add_row(label, Text(text))
    return Padding(grid, (0, 0, 0, 4))


def _remarks(console: Console, verdicts: list[RuleVerdict]) -> None:
    sentences = tuple(
        f"{verdict.rule.id} {verdict.rule.slug}: {verdict.rule.summary} {plural(total(verdict), 'time')} not so, "
        f"first: {verdict.findings[0].where}: {verdict.findings[0].found}, {location(verdict.findings[0], 0)}"
        for verdict in verdicts
    )
    _sentences(console, "Worth knowing, never counted", sentences)


def _sentences(console: Console, title: str, sentences: tuple[str, ...]) -> None:
    from rich.text import Text

    if not sentences:
        return
    console.print(Text(title, style="bold"))
    for sentence in sentences:
        _indented(console, sentence)
    console.print()


def _silence(console: Console, report: Report) -> None:
    from rich.columns import Columns
    from rich.padding import Padding
    from rich.text import Text

    silent = failing(report, Outcome.NOT_EXERCISED)
    if not silent:
        return
    everything = len(silent) == len(report.rules)
    number = f"all {len(silent)} rules" if everything else str(len(silent))
    console.print(Text(f"Not exercised: nothing in this run could have broken these ({number})", style="bold"))
    if not everything:
        names = [Text(f"{verdict.rule.id} {verdict.rule.slug}", no_wrap=True) for verdict in silent]
        console.print(Padding(Columns(names, padding=(0, 3), column_first=True), (0, 0, 0, 2)))
    console.print()
