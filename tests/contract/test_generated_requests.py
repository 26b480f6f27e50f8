"""Requests that Schemathesis makes of `schemas/openapi.json`, to the same endpoint, with our rules as its checks."""

from __future__ import annotations

from collections import Counter

import pytest

from hpp_contract.engine import Outcome, Report, judge
from hpp_contract.engine.errors import Unverifiable
from hpp_contract.model.exchange import AnsweredBy
from hpp_contract.rules import CATALOGUE
from tests.contract.conftest import Endpoint
from tests.contract.rules import assert_kept

CASES = 25


@pytest.mark.socket
def test_kept(endpoint: Endpoint, of_endpoint: Report, reports: list[Report], counts: Counter[str]) -> None:
    """No answer to a generated GET breaks a rule. What could not be probed is asked for nothing more."""
    from hpp_contract.probe.fuzz.run import fuzz  # schemathesis is slow to load

    if of_endpoint.unverified is not None:
        pytest.skip("the endpoint could not be verified")
    exchanges, notes = fuzz(endpoint.target, endpoint.plan, CASES)
    if not any(exchange.answered_by is AnsweredBy.API for exchange in exchanges):
        raise Unverifiable(f"no generated request was answered by the API. {notes[0]}")
    verdicts = judge(exchanges, CATALOGUE, of_endpoint.subject)
    exercised = [verdict for verdict in verdicts if verdict.outcome is not Outcome.NOT_EXERCISED]
    counts["GETs that Schemathesis made"] += len(exchanges)
    counts["rules as its checks"] += len(exercised)
    report = Report(of_endpoint.subject, tuple(exercised), notes=notes)
    if report.exit_code:
        reports.append(report)
    for verdict in exercised:
        assert_kept(report, verdict.rule)
