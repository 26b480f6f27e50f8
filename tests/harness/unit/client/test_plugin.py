"""The plugin's tests as functions: what they skip, and what they leave alone."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from hpp_contract.engine import Outcome, Report, RuleVerdict, Subject
from hpp_contract.engine.rule import Finding, Severity
from hpp_contract.plugin import ClientContract, ContractWarning, _conclude
from hpp_contract.rules import CATALOGUE


def test_a_suite_without_a_client() -> None:
    """The suite is skipped with the remedy when no client was named."""
    from hpp_contract.suite import test_client

    request: Any = SimpleNamespace(config=SimpleNamespace(stash={}))
    with pytest.raises(pytest.skip.Exception, match="add --hpp-client=MODULE:CALLABLE"):
        test_client.TestClient()._client(request)


def test_tests_beside_the_contract() -> None:
    """A test of an SDK's own in a class of the contract is not parametrized."""
    metafunc: Any = SimpleNamespace(fixturenames=["own"])
    ClientContract().pytest_generate_tests(metafunc)


@pytest.mark.parametrize(
    ("notes", "said"),
    [((), "the client skipped this case"), (("client: x", "not today"), "not today")],
)
def test_a_case_that_says_nothing(notes: tuple[str, ...], said: str) -> None:
    """A case in which no rule was exercised is skipped, with the client's reason."""
    verdicts = tuple(RuleVerdict(rule, Outcome.NOT_EXERCISED) for rule in CATALOGUE)
    report = Report(Subject("client", "x"), verdicts, notes=notes)
    with pytest.raises(pytest.skip.Exception) as skipped:
        _conclude(report, "test")
    assert skipped.value.msg == said


def test_a_case_that_could_not_be_verified() -> None:
    """A case of which nothing could be concluded does not pass."""
    verdicts = tuple(RuleVerdict(rule, Outcome.OK) for rule in CATALOGUE)
    report = Report(Subject("client", "x"), verdicts, "the client never answered anything.")
    with pytest.raises(pytest.fail.Exception, match="Could not verify: the client never answered anything"):
        _conclude(report, "test")


def test_a_lighter_finding_says_so() -> None:
    """A finding that weighs less than what stands beside it says so; all that only warn are a warning."""
    heavy = Finding("/x", "y", "z", "pytest")
    light = replace(heavy, where="/w", severity=Severity.SHOULD)
    rule = next(rule for rule in CATALOGUE if rule.severity is Severity.MUST)
    both = Report(Subject("client", "x"), (RuleVerdict(rule, Outcome.BROKEN, (light, heavy), 2),))
    with pytest.raises(pytest.fail.Exception, match=r"where     /x\n.*\n  found     z\n(?s:.)*z \(only a warning\)"):
        _conclude(both, "test")
    warned = Report(Subject("client", "x"), (RuleVerdict(rule, Outcome.WARNED, (light,), 1),))
    with pytest.warns(ContractWarning, match=rule.id):
        _conclude(warned, "test")
