"""Every rule about endpoints on the one in HPP_ENDPOINT, or on the embedded one."""

from __future__ import annotations

from collections import Counter

import pytest

from hpp_contract.engine import Report
from hpp_contract.engine.rule import Rule
from tests.contract.rules import about, assert_kept, verified

pytestmark = pytest.mark.socket


@pytest.fixture
def verification(of_endpoint: Report) -> Report:
    return verified(of_endpoint)


def test_verified(verification: Report) -> None:
    """The endpoint answers what it is asked."""
    assert verification.rules


@pytest.mark.parametrize("rule", about("endpoint"))
def test_kept(of_endpoint: Report, rule: Rule, counts: Counter[str]) -> None:
    """The endpoint does not break the rule."""
    assert_kept(of_endpoint, rule)
    counts[f"rules kept by {of_endpoint.subject.name}"] += 1
