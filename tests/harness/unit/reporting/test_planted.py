"""People and secrets are in no report and no facts, wherever they stand in an exchange and however they are encoded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from hpp_contract.drift.baseline import Baseline, as_json
from hpp_contract.drift.collect import collect_facts
from hpp_contract.engine import Report, Subject, judge
from hpp_contract.engine.evidence import with_evidence
from hpp_contract.engine.sanitize import sanitize_report
from hpp_contract.model import Context, Exchange
from hpp_contract.privacy.redact import Redactor
from hpp_contract.probe.open_questions import learned
from hpp_contract.reporting.formats import WRITERS
from hpp_contract.reporting.github import github
from hpp_contract.reporting.terminal import terminal
from hpp_contract.reporting.view import ReportView
from hpp_contract.rules import CATALOGUE
from tests.harness.support.planted import Planted, planted, words_of

RECORDED, LIVE = Context(recorded=True), Context(credentials="right", session="known")


def outputs(exchange: Exchange) -> Iterator[tuple[str, str]]:
    """Everything that is printed or written about an exchange, with the name of its format."""
    subject = Subject("recording" if exchange.context.recorded else "endpoint", "x")
    verdicts = judge([exchange], CATALOGUE, subject)
    report = with_evidence(Report(subject, verdicts, learned=learned([exchange])), [exchange])
    view = ReportView(sanitize_report(report, Redactor()))
    yield "terminal", terminal(view, width=2000, verbose=True)
    yield "annotations", github(view)
    yield from ((writer.name, writer.render(view)) for writer in WRITERS)
    yield "facts", as_json(Baseline(collect_facts([exchange]).facts))


def leaks(seed: int, found: Planted, context: Context) -> Iterator[str]:
    exchange = replace(found.exchange, context=context, evidence="x.yaml#1")
    for name, text in outputs(exchange):
        folded = text.casefold()
        if any(word in folded for word in words_of(found)):
            yield f"planted({seed}): {found.kind}, {found.encoding}, {found.place}, in {name}"


@pytest.mark.parametrize("first", range(0, 160, 40))
def test_no_report_shows_what_was_planted(first: int) -> None:
    """Neither a report in any format nor the facts of a baseline hold a text that was planted in a recording, or in
    what an endpoint answers. The id that a probe was given is its own."""
    found = [(seed, planted(seed)) for seed in range(first, first + 40)]
    assert [leak for seed, one in found for leak in leaks(seed, one, RECORDED)] == []
    assert [leak for seed, one in found if one.place != "session id" for leak in leaks(seed, one, LIVE)] == []
