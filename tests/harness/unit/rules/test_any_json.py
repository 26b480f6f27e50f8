"""Whatever JSON text is a body, no rule crashes on it, and all that is said of it can be written."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.client import ideal_read
from hpp_contract.drift.collect import collect_facts
from hpp_contract.engine import Judge, Outcome, Report, RuleVerdict, Subject, edits, judge
from hpp_contract.engine.evidence import with_evidence
from hpp_contract.engine.rule import Subject as Kind
from hpp_contract.engine.sanitize import sanitize_report
from hpp_contract.model import Exchange
from hpp_contract.model.client_read import ClientResult, Failure
from hpp_contract.privacy.redact import Redactor
from hpp_contract.privacy.scrub import Scrubber
from hpp_contract.recordings.bulk.fingerprint import fingerprint_of
from hpp_contract.reporting.formats import WRITERS
from hpp_contract.reporting.terminal import terminal
from hpp_contract.reporting.view import ReportView
from hpp_contract.rules import CATALOGUE
from hpp_contract.server import simulate_server
from hpp_contract.spec.session import MEMBERS, STATUSES
from tests.harness.support.recording_tools import kept

SURROGATE = "\ud800"
TEXTS = st.sampled_from(
    (SURROGATE, f"a\udfff{SURROGATE}", "", "\u0000", "2026-11-22T01:02:03Z", "2016-12-31t23:59:60z", "\u0000-01-01",
     "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "39a1c773-bafd-754d-af1f-b30c592f1267", *STATUSES)
) | st.text(st.characters(codec=None), max_size=20)  # fmt: skip
NAMES = st.sampled_from((*MEMBERS, "error_code", "error_messages", "error_message", "correlation_id", "title",
                         "date_of_birth", "expires_at", "challenge", SURROGATE)) | TEXTS  # fmt: skip
NUMBERS = st.sampled_from((0, -0.0, 1e300, 10**400, -1, 2**63, 0.1)) | st.integers() | st.floats(allow_nan=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=8,
)
BODIES = st.dictionaries(NAMES, VALUES, max_size=4) | VALUES
KINDS: tuple[Kind, ...] = ("endpoint", "recording", "client")
SCENARIOS = ("completed-with-order", "manual-id-check", "waiting", "unknown-id", "wrong-credentials")
QUESTIONS = st.sampled_from([simulate_server(scenario, 2) for scenario in SCENARIOS])


def served(polls: tuple[Exchange, ...], value: Any, status: int | None = None) -> list[Exchange]:
    """The honest answers with other members, or other answers where the value is no object."""
    text = json.dumps(value).encode()
    if isinstance(value, dict):
        text = json.dumps(json.loads(polls[0].response.body if polls[0].response else b"{}") | value).encode()
    answered = [edits.body(text)(poll) for poll in polls]
    return [edits.status(status)(each) for each in answered] if status is not None else answered


def crashed(verdicts: tuple[RuleVerdict, ...]) -> list[str]:
    return [verdict.rule.id for verdict in verdicts if verdict.outcome is Outcome.ERROR]


def written(report: Report) -> None:
    """Write the report in every format, as bytes."""
    view = ReportView(sanitize_report(report, Redactor()))
    for text in (terminal(view), *(writer.render(view) for writer in WRITERS)):
        assert SURROGATE not in text
        text.encode()


@given(QUESTIONS, BODIES, st.sampled_from([None, None, 200, 404, 500]))
def test_no_rule_crashes(polls: tuple[Exchange, ...], value: Any, status: int | None) -> None:
    """Live or recorded, every rule has a verdict on every JSON text, and no judge but a rule is stopped by it."""
    exchanges = served(polls, value, status)
    for kind in KINDS:
        judged = [kept(each) for each in exchanges] if kind == "recording" else exchanges
        verdicts = judge(judged, CATALOGUE, Subject(kind, "x"))
        assert crashed(verdicts) == []
    fingerprint_of(exchanges[0])
    collect_facts(exchanges)
    scrubbed = [Scrubber()(each) for each in exchanges]
    assert crashed(judge(scrubbed, CATALOGUE, Subject("recording", "x"))) == []


@given(st.sampled_from(["waiting", "not-found", "lifecycle-paid"]), BODIES, BODIES, TEXTS)
def test_no_rule_about_clients_crashes(case: str, value: Any, returned: Any, text: str) -> None:
    """Every rule has a verdict on every answer of a client, whatever it was served."""
    read = ideal_read(case)
    read = replace(read, served=tuple(served(read.served, value)))
    session = returned if isinstance(returned, dict) else {"status": returned}
    failure = Failure("http", text, text, 404, text, (text,), text)
    for result in (ClientResult(session=session), ClientResult(failure=failure), read.result):
        judging = Judge(CATALOGUE, Subject("client", "x"))
        judging.answer(replace(read, result=result))
        assert crashed(judging.verdicts) == []


@pytest.mark.parametrize("place", [*MEMBERS, "error_code", "correlation_id", "risk", SURROGATE], ids=ascii)
@pytest.mark.parametrize("scenario", ["completed-with-order", "unknown-id"])
def test_what_is_said_of_a_lone_surrogate_can_be_written(scenario: str, place: str) -> None:
    """A lone surrogate as a member, in one, in the URL or in a header field reaches no report."""
    polls = served(simulate_server(scenario, 2), {place: SURROGATE, "customer": {SURROGATE: SURROGATE}})
    odd = [edits.url(lambda url: url + SURROGATE)(edits.header("X-Odd", SURROGATE)(polls[0]))]
    odd += [edits.sent("Authorization", f"Basic {SURROGATE}kco_test_api_12345678")(odd[0])]
    for kind in KINDS:
        exchanges = [replace(each, evidence=f"{number}") for number, each in enumerate((*polls, *odd))]
        verdicts = judge(exchanges, CATALOGUE, Subject(kind, "x"))
        assert crashed(verdicts) == []
        assert crashed(judge([Scrubber()(each) for each in exchanges], CATALOGUE, Subject(kind, "x"))) == []
        written(with_evidence(Report(Subject(kind, "x"), verdicts), exchanges))
