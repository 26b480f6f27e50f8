"""What makes a rule a must: who loses what, and by whose word."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from hpp_contract.engine.rule import Basis, Rule, Severity
from hpp_contract.rules import CATALOGUE
from tests.harness.support.paths import SNAPSHOTS
from tests.harness.support.pinned import assert_pinned

MUSTS = [rule for rule in CATALOGUE if rule.severity is Severity.MUST]

INFERRED = {
    *("HPP-E09", "HPP-E12", "HPP-H02", "HPP-H04", "HPP-K01", "HPP-K02", "HPP-K03", "HPP-K04", "HPP-L06"),
    *(f"HPP-A{number}" for number in (11, 12, 13, 14, 15, 16, 23, 31, 32, 33, 36, 37)),
}
"""The musts that nobody wrote down: secrets, people, orders, and callers who are told what the server did not say."""

LOSER = re.compile(
    r"\b(merchants?|consumers?|clients?|callers?|pollers?|payers?|shops?|people|person|owners?)\b", re.IGNORECASE
)


def test_the_musts() -> None:
    """Each must, with who loses what when it is broken: a new one is a visible decision."""
    assert_pinned(SNAPSHOTS / "musts", (f"{rule.id} {rule.slug}: {rule.why}" for rule in MUSTS))


def test_every_must_has_a_loss_of_its_own() -> None:
    """No two musts lose the same thing in the same words."""
    assert {why: count for why, count in Counter(rule.why for rule in MUSTS).items() if count > 1} == {}


@pytest.mark.parametrize("rule", MUSTS, ids=lambda rule: rule.id)
def test_a_must_says_who_loses(rule: Rule) -> None:
    """The reason of a must names who loses."""
    assert LOSER.search(rule.why), f"{rule.id}: who loses what? {rule.why}"


def test_only_these_musts_are_inferred() -> None:
    """What nobody wrote down is a must only where money, people or secrets hang on it."""
    assert {rule.id for rule in MUSTS if rule.basis is Basis.INFERRED} - INFERRED == set()
