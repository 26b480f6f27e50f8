"""The report for a terminal or a job's log: the verdict first, then why, then what was not tested.

Text from outside is only ever put in `rich.text.Text`: markup in it is not interpreted.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING

from hpp_contract.engine.errors import KEPT
from hpp_contract.engine.report import Outcome
from hpp_contract.engine.rule import ChangeClass
from hpp_contract.reporting.view import INFORMATION, OUTCOMES, Block, ChangeGroup, ReportView

if TYPE_CHECKING:  # rich takes longer to load than most reports take to print
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
_CHANGE_STYLES = {
    ChangeClass.BREAKING: "bold red",
    ChangeClass.RISKY: "yellow",
    ChangeClass.ADDITIVE: "cyan",
    ChangeClass.COSMETIC: "dim",
}


def terminal(view: ReportView, *, width: int = 80, colour: bool = False, verbose: bool = False) -> str:
    """The whole report as text `width` columns wide; `verbose` adds every rule with its outcome."""
    console = _console(width, colour)
    _top(console, view)
    if verbose:
        _every_rule(console, view)
    if view.is_drift:
        for group in view.changes:
            _change(console, group)
    else:
        for block in view.blocks:
            _block(console, block)
        _sentences(console, INFORMATION, tuple(map(_information, view.informational)))
        _not_exercised(console, view)
    _sentences(console, "Problems with the run", view.report.problems)
    if not view.is_drift:
        _sentences(console, "Learned from this endpoint", view.learned)
    _sentences(console, "Notes", view.report.notes)
    console.print(f"See more: {view.more_command}")
    lines = console.file.getvalue().split("\n")  # type: ignore[attr-defined]  # the StringIO of _console
    return "\n".join(line.rstrip() for line in lines)


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


def _top(console: Console, view: ReportView) -> None:
    from rich.text import Text

    report = view.report
    headline, reason = view.verdict if view.is_drift else (view.headline, "")
    console.print(Text(headline, style="bold green" if report.exit_code == KEPT else "bold red"))
    console.print(Text(f"{report.subject.kind}: {report.subject.name}"))
    if reason:
        console.print(Text(f"\n{reason}"))
    if not view.is_drift:
        console.print(Text(view.counts))
    console.print()
    if not view.is_drift and len(view.not_exercised) < len(report.rules):
        console.print(_letters(view))
        console.print()


def _letters(view: ReportView) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.ASCII2, show_edge=False, pad_edge=False, header_style="bold")
    table.add_column("rules about", overflow="fold")
    for word in OUTCOMES.values():
        table.add_column(word, justify="right", no_wrap=word != "not exercised")
    for letter in view.letters:
        counts = {outcome: letter.count(outcome) for outcome in OUTCOMES}
        cells = [Text(str(n or "-"), style=_STYLES[outcome] if n else "dim") for outcome, n in counts.items()]
        table.add_row(Text(f"{letter.letter}  {letter.about}"), *cells)
    return table


def _every_rule(console: Console, view: ReportView) -> None:
    from rich.text import Text

    for verdict in view.report.rules:
        word = Text(f"{OUTCOMES[verdict.outcome]:<14}", style=_STYLES[verdict.outcome])
        console.print(word + Text(f"{verdict.rule.id} {verdict.rule.slug}", style="default"))
    console.print()


def _block(console: Console, block: Block) -> None:
    from rich.text import Text

    rule, verdict = block.rule, block.verdict
    word = (block.outcome, _STYLES[verdict.outcome])
    console.print(Text.assemble((block.name, "bold"), "  ", word, f" · {block.weight} · {rule.basis}"))
    _indented(console, rule.summary)
    if verdict.known_failing is not None:
        _indented(console, f"known failing: {verdict.known_failing}")
    for finding in block.findings[:LISTED]:
        console.print()
        console.print(_grid(finding.fields))
    more = block.more(LISTED)
    if more > 0:
        console.print(f"\n    … and {more} more")
    console.print()


def _change(console: Console, group: ChangeGroup) -> None:
    from rich.text import Text

    word = (group.label, _CHANGE_STYLES[group.change_class])
    console.print(Text.assemble(word, "  ", (group.title, "bold")))
    console.print(_grid(group.fields))
    console.print()


def _grid(fields: Mapping[str, str]) -> RenderableType:
    """A line for each field that has a text: its name, then the text."""
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    for label, text in fields.items():
        if text:
            grid.add_row(label, Text(text))
    return Padding(grid, (0, 0, 0, 4))


def _information(block: Block) -> str:
    view = block.findings[0]
    first = view.finding
    place = ", ".join(filter(None, (first.evidence, f"case {first.case}" if first.case else "")))
    return (
        f"{block.name}: {block.rule.summary} Different in {block.places}. First: {first.where}: {view.found} ({place})"
    )


def _indented(console: Console, text: str) -> None:
    from rich.padding import Padding
    from rich.text import Text

    console.print(Padding(Text(text), (0, 0, 0, 2)))


def _sentences(console: Console, title: str, sentences: tuple[str, ...]) -> None:
    from rich.text import Text

    if not sentences:
        return
    console.print(Text(title, style="bold"))
    for sentence in sentences:
        _indented(console, sentence)
    console.print()


def _not_exercised(console: Console, view: ReportView) -> None:
    from rich.columns import Columns
    from rich.padding import Padding
    from rich.text import Text

    blocks = view.not_exercised
    if not blocks:
        return
    every = len(blocks) == len(view.report.rules)
    number = f"all {len(blocks)} rules" if every else str(len(blocks))
    console.print(Text(f"Not tested: this run had nothing these rules apply to ({number})", style="bold"))
    if not every:
        names = [Text(block.name, no_wrap=True) for block in blocks]
        console.print(Padding(Columns(names, padding=(0, 3), column_first=True), (0, 0, 0, 2)))
    console.print()
