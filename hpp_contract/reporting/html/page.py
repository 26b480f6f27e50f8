"""The report as one HTML file that needs nothing else: no network, no script. Every text from outside is escaped.

What is on the page and in which order is in `templates/`; what is computed for it, in the modules beside this one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from hpp_contract import __version__
from hpp_contract.engine.report import NOT_ANSWERED, Outcome, Report, RuleVerdict
from hpp_contract.engine.rule import Finding
from hpp_contract.reporting.changes import groups
from hpp_contract.reporting.html.history import history_chart
from hpp_contract.reporting.html.lifecycle import lifecycle
from hpp_contract.reporting.html.matrix import matrix
from hpp_contract.reporting.html.timeline import MEANINGS, timeline
from hpp_contract.reporting.reproduce import reproduce_command
from hpp_contract.reporting.view import OUTCOMES, failing, grouped, headline, informational, plural, total

if TYPE_CHECKING:
    from jinja2 import Environment

    from hpp_contract.drift.history import Run

LISTED = 12
"""Findings told per rule; the JSON report has more."""

OPEN = 3
"""Those of them that a reader sees without asking."""

VERDICTS = {0: "kept", 1: "broken", 3: "unverified"}
"""How the verdict is drawn, by exit code."""


@dataclass(frozen=True, slots=True)
class FindingView:
    """A finding as the page tells it: where its evidence is, that exchange if it is at hand, and the command to see it
    again."""

    finding: Finding
    place: str
    exchange: str
    again: str


@dataclass(frozen=True, slots=True)
class Block:
    """A rule that was broken, warned about or crashed: its first findings, `further` ones to be opened, and how many
    `more` there are."""

    verdict: RuleVerdict
    told: tuple[FindingView, ...]
    further: tuple[FindingView, ...]
    more: int


def html(report: Report, history: Sequence[Run] = (), written: str = "") -> str:
    """The page. `history` are the runs of a drift watch, oldest first; `written` is when, as the page shall say it.

    The report must have been through the gate.
    """
    sessions = [part for part in report.slices if part.reads]
    return (
        _environment()
        .get_template("page.html")
        .render(
            report=report,
            version=__version__,
            written=written,
            headline=headline(report),
            verdict=VERDICTS[report.exit_code],
            outcomes=[(outcome.value, word, report.summary[outcome]) for outcome, word in OUTCOMES.items()],
            blocks=list(_blocks(report)),
            changes=groups(report.changes),
            matrix=matrix(report),
            timeline=timeline(sessions) if sessions else None,
            meanings=MEANINGS,
            lifecycle=lifecycle(sessions) if sessions else None,
            history=history_chart(history),
            remarks=informational(report),
            silent=failing(report, Outcome.NOT_EXERCISED),
            total=total,
            plural=plural,
            not_answered=NOT_ANSWERED,
        )
    )


def _blocks(report: Report) -> Iterator[Block]:
    for verdict in failing(report, Outcome.BROKEN, Outcome.ERROR, Outcome.WARNED):
        shown = grouped(verdict.findings)[:LISTED]
        told = tuple(_told(report, finding, further) for finding, further in shown)
        yield Block(verdict, told[:OPEN], told[OPEN:], total(verdict) - sum(1 + further for _, further in shown))


def _told(report: Report, finding: Finding, further: int) -> FindingView:
    command = reproduce_command(report, finding)
    texts = (
        finding.evidence.removesuffix(command).removesuffix(": ") if command else finding.evidence,
        f"case {finding.case}" if finding.case else "",
        f"and {plural(further, 'more place')}" if further else "",
    )
    return FindingView(finding, " · ".join(filter(None, texts)), report.exchanges.get(finding.evidence, ""), command)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
