"""The report, down to each of its decisions: what counts, and what a run exits with."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hpp_contract.engine import Outcome, Report, RuleVerdict, Subject
from hpp_contract.engine.report import Change, heaviest, outcome_of
from hpp_contract.engine.rule import ChangeClass, Finding, Rule, Severity
from hpp_contract.rules import CATALOGUE

MUST, SHOULD, INFO = (next(each for each in CATALOGUE if each.severity is severity) for severity in Severity)
CLIENT, DRIFT = Subject("client", "x"), Subject("drift", "x")
FOUND = Finding("here", "a", "b", "somewhere", "smoke")


def broken(*findings: Finding, total: int = 0, rule_: Rule = MUST) -> RuleVerdict:
    outcome = Outcome.BROKEN if rule_ is MUST else Outcome.WARNED
    return RuleVerdict(rule_, outcome, findings, total or len(findings))


def change(weight: ChangeClass) -> Change:
    return Change(weight, "waiting · /status value · of old", "A", "B")


@pytest.mark.parametrize(
    ("rule_", "exercised", "weights", "outcome"),
    [
        (MUST, True, [None], "broken"),
        (MUST, True, [], "ok"),
        (MUST, False, [], "not-exercised"),
        (MUST, True, [Severity.SHOULD, None], "broken"),
        (MUST, True, [Severity.INFO, Severity.SHOULD], "warned"),
        (MUST, True, [Severity.INFO], "ok"),
        (SHOULD, True, [None, None], "warned"),
        (SHOULD, True, [Severity.INFO], "ok"),
        (INFO, True, [None], "ok"),
        (INFO, False, [], "not-exercised"),
    ],
)
def test_outcomes(rule_: Rule, exercised: bool, weights: list[Severity | None], outcome: str) -> None:
    """The heaviest finding decides the outcome, and a rule that judged nothing is not ok."""
    findings = [replace(FOUND, severity=weight) for weight in weights]
    assert outcome_of(exercised, heaviest(rule_, findings)) == outcome


ERROR = RuleVerdict(MUST, Outcome.ERROR)
EXCUSED = replace(broken(FOUND, rule_=SHOULD), known_failing="known")


@pytest.mark.parametrize(
    ("report", "code"),
    [
        (Report(CLIENT, ()), 0),
        (Report(CLIENT, (broken(FOUND),)), 1),
        (Report(CLIENT, (replace(broken(FOUND), known_failing="known"),)), 0),
        (Report(CLIENT, (broken(FOUND, rule_=SHOULD),)), 0),
        (Report(CLIENT, (broken(FOUND, rule_=SHOULD),), strict=True), 1),
        (Report(CLIENT, (EXCUSED,), strict=True), 0),
        (Report(CLIENT, (), problems=("stale",)), 1),
        (Report(CLIENT, (), unverified="down"), 3),
        (Report(CLIENT, (), unverified=""), 3),
        (Report(CLIENT, (ERROR,)), 3),
        (Report(CLIENT, (ERROR, broken(FOUND)), unverified="down"), 1),
        (Report(CLIENT, (), changes=(change(ChangeClass.BREAKING),)), 0),
        (Report(DRIFT, (broken(FOUND),)), 0),
        (Report(DRIFT, (), changes=(change(ChangeClass.BREAKING),)), 1),
        (Report(DRIFT, (), changes=(change(ChangeClass.RISKY),)), 1),
        (Report(DRIFT, (), changes=(change(ChangeClass.ADDITIVE),)), 0),
        (Report(DRIFT, (), changes=(change(ChangeClass.COSMETIC),), strict=True), 1),
        (Report(DRIFT, (), strict=True), 0),
        (Report(DRIFT, (), changes=(change(ChangeClass.RISKY),), fail_on=frozenset({ChangeClass.BREAKING})), 0),
    ],
    ids=map(str, range(19)),
)
def test_exit_codes(report: Report, code: int) -> None:
    """What is proven broken stays broken; what could not be verified is neither kept nor broken."""
    assert report.exit_code == code


def test_summary() -> None:
    """Every outcome is counted, those that nobody had too."""
    summary = Report(CLIENT, (ERROR, broken(FOUND), broken(FOUND), EXCUSED)).summary
    assert summary == {"ok": 0, "broken": 2, "warned": 1, "not-exercised": 0, "error": 1}
    assert list(summary) == list(Outcome)


def test_what_a_change_is_about() -> None:
    """Situation and aspect are what stands before and after the first separator."""
    changed = change(ChangeClass.RISKY)
    assert (changed.situation, changed.aspect) == ("waiting", "/status value · of old")
