"""Holding one rule against one body of evidence."""

from __future__ import annotations

import pytest

from hpp_contract.engine import Outcome, Report
from hpp_contract.engine.errors import Unverifiable
from hpp_contract.engine.rule import JUDGES, Rule
from hpp_contract.rules import CATALOGUE


def about(kind: str) -> list[object]:
    """The rules that judge subjects of this kind, as parameters."""
    rules = [rule for rule in CATALOGUE if kind in JUDGES[rule.scope]]
    return [pytest.param(rule, id=f"{rule.id}-{rule.slug}") for rule in rules]


def assert_kept(report: Report, rule: Rule) -> None:
    """Fail if the rule is broken, skip if nothing says that it is kept."""
    verdict = next(verdict for verdict in report.rules if verdict.rule is rule)
    lines = [
        f"{each.where}: expected {each.expected}, found {each.found} ({each.evidence})" for each in verdict.findings
    ]
    said = "\n".join([rule.summary, *lines, f"see more: hpp-contract explain {rule.id}"])
    if verdict.outcome is Outcome.BROKEN:
        pytest.fail(said, pytrace=False)
    if verdict.outcome is Outcome.ERROR:
        raise Unverifiable(said)
    if verdict.outcome is Outcome.NOT_EXERCISED:
        pytest.skip("not exercised: the evidence has nothing that it applies to")
    if report.unverified is not None:
        pytest.skip("what was seen keeps it, but not all of it could be verified")


def verified(report: Report) -> Report:
    """The report; raises if something kept the evidence from being judged."""
    if report.unverified is not None:
        raise Unverifiable(report.unverified)
    return report
