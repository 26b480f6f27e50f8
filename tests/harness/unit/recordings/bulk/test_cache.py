"""Cached verdicts: an exchange with the fingerprint of an earlier one gets its verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from hpp_contract.engine import Subject
from hpp_contract.engine.judge import SAMPLE, Judge
from hpp_contract.engine.rule import Finding, rule
from hpp_contract.recordings.bulk.cache import VerdictCache
from hpp_contract.recordings.bulk.fingerprint import fingerprint_of
from tests.harness.support.recording_tools import kept, simulated


def crashes(_: Any) -> list[Finding]:
    """It crashes."""
    raise KeyError("x")


def finds_much(_: Any) -> list[Finding]:
    """It finds more than is kept."""
    return [Finding(f"/{number}", "x", "y") for number in range(SAMPLE + 1)]


@pytest.mark.parametrize("check", [crashes, finds_much])
def test_a_verdict_that_cannot_be_repeated(check: Callable[[Any], list[Finding]]) -> None:
    """Where a rule crashes or finds more than is kept, each exchange is judged in full, to the same verdict."""
    rules = [rule("HPP-S01", "a-rule", "must", "stated", "Read Session", when=lambda _: True)(check)]
    subject, honest = Subject("recording", ""), Judge(rules, Subject("recording", ""))
    cache = VerdictCache(rules, subject, lambda order: f"log#{order[1]}")
    for number, each in enumerate(map(kept, simulated("waiting", 1) * 3), 1):
        exchange = replace(each, evidence=f"log#{number}")
        fingerprint = fingerprint_of(exchange)
        assert fingerprint is not None
        assert not cache.is_known(fingerprint)
        cache.judge(exchange, (0, number), fingerprint)
        honest.exchange(exchange, (0, number))
    assert cache.collect() == honest.tallies
