"""Every rule on every body of evidence. Red: somebody broke the contract."""

from __future__ import annotations

import pytest

from hpp_contract.engine import Outcome, Report
from hpp_contract.engine.rule import JUDGES, Rule
from hpp_contract.rules import CATALOGUE


def about(kind: str) -> list[object]:
    rules = [rule for rule in CATALOGUE if kind in JUDGES[rule.scope]]
    return [pytest.param(rule, id=f"{rule.id}-{rule.slug}") for rule in rules]


def assert_kept(report: Report, rule: Rule) -> None:
    verdict = next(verdict for verdict in report.rules if verdict.rule is rule)
    lines = [
        f"{each.where}: expected {each.expected}, found {each.found} ({each.evidence})" for each in verdict.findings
    ]
    lines.append(f"see more: hpp-contract explain {rule.id}")
    assert verdict.outcome not in (Outcome.BROKEN, Outcome.ERROR), "\n".join([rule.summary, *lines])


@pytest.mark.parametrize("rule", about("recording"))
def test_cassettes_keep(of_cassettes: Report, rule: Rule) -> None:
    """The committed cassettes do not break the rule."""
    assert_kept(of_cassettes, rule)


@pytest.mark.socket
@pytest.mark.parametrize("rule", about("endpoint"))
def test_endpoint_keeps(of_endpoint: Report, rule: Rule) -> None:
    """The endpoint does not break the rule."""
    assert_kept(of_endpoint, rule)
