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

FEW = 3
"""The same of a client, whose findings are alike in many cases."""

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
    if verbose and view.is_drift:
        _every_rule(console, view)
    if view.is_drift:
        for group in view.changes:
            _change(console, group, view.command_of(group) if verbose else "")
    else:
        for block in view.blocks:
            few = view.report.subject.kind == "client" and not verbose
            _block(console, block, FEW if few else LISTED, verbose)
    _sentences(console, "Problems with the run", view.report.problems)
    if not view.is_drift:
        _sentences(console, INFORMATION, _informational(view, verbose))
        _sentences(console, "Learned from this endpoint", view.learned)
    _sentences(console, "Notes", (*view.report.notes, *(view.report.asides if verbose else ())))
    if not (view.is_drift or view.narrowed) or verbose:
        _tested(console, view, verbose)
    _commands(console, view)
    lines = console.file.getvalue().split("\n")  # type: ignore[attr-defined]  # the StringIO of _console
    return "\n".join(line.rstrip() for line in lines).rstrip("\n") + "\n"


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
    for matter in view.matters:
        console.print(_grid({"-": matter}, indent=2, gap=1))
    # The whole command of a client stands below: a class path would push the findings out of sight.
    cut = report.subject.kind == "client" and bool(view.blocks)
    name = Text(f"{report.subject.kind}: {report.subject.name}")
    console.print(name, no_wrap=cut, overflow="ellipsis" if cut else "fold")
    if reason:
        console.print(Text(f"\n{reason}"))
    console.print()


def _tested(console: Console, view: ReportView, verbose: bool) -> None:
    """How many rules came to which outcome, and which were not tested."""
    from rich.text import Text

    if verbose and not view.is_drift:
        _every_rule(console, view)
        if view.has_judged:
            console.print(_letters(view))
            console.print()
    if not view.is_drift and (view.has_judged or verbose):
        console.print(Text(view.counts))
        if view.not_exercised:
            console.print(Text(f"{view.not_tested}{'' if verbose else '; -v has more'}"))
        console.print()


def _commands(console: Console, view: ReportView) -> None:
    """The commands to go on with, each in one line whatever the width: they are to be copied."""
    if view.reproduce:
        console.print(f"See it again: {view.reproduce}", soft_wrap=True)
    if view.more_command:
        console.print(f"{view.more_label}: {view.more_command}", soft_wrap=True)


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


def _block(console: Console, block: Block, listed: int, verbose: bool) -> None:
    from rich.text import Text

    rule, verdict = block.rule, block.verdict
    word = (block.outcome, _STYLES[verdict.outcome])
    further = f" · {block.in_cases}" if block.in_cases else ""
    console.print(Text.assemble((block.name, "bold"), "  ", word, f" · {block.weight} · {rule.basis}{further}"))
    _indented(console, rule.summary)
    if verdict.known_failing is not None:
        _indented(console, f"known failing: {verdict.known_failing}")
    for finding in block.findings[:listed]:
        console.print()
        again = {"again": finding.command} if verbose and finding.command.startswith("curl ") else {}
        console.print(_grid({**finding.fields, **again}))
    more = block.more(listed)
    if more > 0:
        console.print(f"\n    … and {more} more")
    console.print()


def _change(console: Console, group: ChangeGroup, command: str) -> None:
    from rich.text import Text

    word = (group.label, _CHANGE_STYLES[group.change_class])
    console.print(Text.assemble(word, "  ", (group.title, "bold")))
    console.print(_grid({**group.fields, "again": command}))
    console.print()


def _grid(fields: Mapping[str, str], *, indent: int = 4, gap: int = 2) -> RenderableType:
    """A line for each field that has a text: its name, then the text."""
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, gap, 0, 0))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    for label, text in fields.items():
        if text:
            grid.add_row(label, Text(text))
    return Padding(grid, (0, 0, 0, indent))


def _informational(view: ReportView, verbose: bool) -> tuple[str, ...]:
    """A sentence for each rule; of a client, which nearly always has some, only their names."""
    if view.report.subject.kind == "client" and not verbose and view.informational:
        return (f"{', '.join(block.name for block in view.informational)} (-v has more)",)
    return tuple(map(_information, view.informational))


def _information(block: Block) -> str:
    if block.judged:
        return f"{block.name}: {block.matter}."
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
