"""A report about drift for a person at a terminal: only what changed, how bad it is, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpp_contract.engine.rule import ChangeClass
from hpp_contract.reporting.changes import Group, groups

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from hpp_contract.engine.report import Report

_STYLES = {
    ChangeClass.BREAKING: "bold red",
    ChangeClass.RISKY: "yellow",
    ChangeClass.ADDITIVE: "cyan",
    ChangeClass.COSMETIC: "dim",
}


def change_blocks(report: Report) -> Iterator[RenderableType]:
    """One block a change, the worst first."""
    for group in groups(report.changes):
        yield from _block(group)


def _block(group: Group) -> Iterator[RenderableType]:
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    change = group.first
    yield Text.assemble((change.change_class.value, _STYLES[change.change_class]), "  ", (group.fact, "bold"))
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(overflow="fold")
    texts = {"before": change.before, "after": change.after, "example": change.example, "advice": change.advice}
    for label, text in texts.items():
        if text:
            grid.add_row(label, Text(text))
    yield Padding(grid, (0, 0, 1, 4))
