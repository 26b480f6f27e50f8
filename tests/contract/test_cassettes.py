"""Every rule about recordings on the committed cassettes."""

from __future__ import annotations

import os
from collections import Counter

import pytest

from hpp_contract.engine import Report, Subject, judge
from hpp_contract.engine.rule import Rule
from hpp_contract.recordings import read_recordings
from hpp_contract.rules import CATALOGUE
from hpp_contract.spec.schema_files import folder
from tests.contract.rules import about, assert_kept, verified


@pytest.fixture(scope="module")
def of_cassettes(reports: list[Report], counts: Counter[str]) -> Report:
    """The verdict on every committed cassette."""
    reading = read_recordings([os.path.relpath(folder("cassettes"))])
    subject = Subject("recording", "cassettes")
    unverified = "; ".join(reading.unreadable) or None
    report = Report(subject, judge(reading.exchanges, CATALOGUE, subject), unverified)
    reports.append(report)
    counts["exchanges"] += len(reading.exchanges)
    return report


@pytest.fixture
def verification(of_cassettes: Report) -> Report:
    return verified(of_cassettes)


def test_verified(verification: Report) -> None:
    """Every cassette can be read."""
    assert verification.rules


@pytest.mark.parametrize("rule", about("recording"))
def test_kept(of_cassettes: Report, rule: Rule, counts: Counter[str]) -> None:
    """The committed cassettes do not break the rule."""
    assert_kept(of_cassettes, rule)
    counts["rules kept"] += 1
