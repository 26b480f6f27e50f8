"""The report as one HTML file that needs nothing else: no network, no script. Every text from outside is escaped.

What is on the page and in which order is in `templates/`; what is computed for it, in the view and the modules here.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from hpp_contract import __version__
from hpp_contract.cases import CASES, case_faults
from hpp_contract.engine.report import NOT_ANSWERED
from hpp_contract.reporting.html.history import history_chart
from hpp_contract.reporting.html.lifecycle import lifecycle
from hpp_contract.reporting.html.matrix import matrix
from hpp_contract.reporting.html.timeline import MEANINGS, timeline
from hpp_contract.reporting.view import INFORMATION, OUTCOMES, FindingView, ReportView, plural
from hpp_contract.spec.endpoint import SESSIONS_PATH
from hpp_contract.spec.page import address

if TYPE_CHECKING:  # jinja2 is only needed for this one format
    from jinja2 import Environment

LISTED = 12
"""Findings shown per rule; the JSON report has more."""

OPEN = 3
"""Those of them that are shown without a click."""

VERDICTS = {0: "kept", 1: "broken", 3: "unverified"}
"""How the verdict is drawn, by exit code."""


def html(view: ReportView) -> str:
    """The page, with the chart of the view's history and its time of writing."""
    sessions = [part for part in view.report.slices if part.reads]
    word, reason = view.verdict
    return (
        _environment()
        .get_template("page.html")
        .render(
            view=view,
            report=view.report,
            version=__version__,
            verdict=VERDICTS[view.report.exit_code],
            word=word,
            reason=reason,
            outcomes=[(outcome.value, word, view.report.summary[outcome]) for outcome, word in OUTCOMES.items()],
            matrix=matrix(view),
            timeline=timeline(sessions) if sessions else None,
            meanings=MEANINGS,
            lifecycle=lifecycle(sessions) if sessions else None,
            history=history_chart(view.history),
            information=INFORMATION,
            listed=LISTED,
            open=OPEN,
            evidence=_evidence,
            curl=_curl,
            plural=plural,
            not_answered=NOT_ANSWERED,
            explained={block.rule.id for block in view.blocks},
            address=address,
        )
    )


def _evidence(view: FindingView) -> str:
    """Where the evidence is, without the command, which the page shows on a line of its own."""
    finding, command = view.finding, view.command
    if view.cases:
        return view.case_names
    texts = (
        finding.evidence.removesuffix(command).removesuffix(": ") if command else finding.evidence,
        f"case {finding.case}" if finding.case else "",
        view.further_places,
    )
    return " · ".join(filter(None, texts))


def _curl(view: FindingView) -> str:
    """The command that shows what the server of a client's case answers; empty where `hpp-contract serve` cannot tell.
    Address and key are the ones that it prints."""
    case = CASES.get(view.finding.case) if view.cases else None
    if case is None or case.unproven is not None or case.sessions[0] not in case_faults():
        return ""
    path = f"{case.base_path.rstrip('/')}{SESSIONS_PATH}{quote(case.sessions[0], safe='')}"
    return f'curl -i -H "Authorization: Basic $KEY" "$URL{path}"'


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
