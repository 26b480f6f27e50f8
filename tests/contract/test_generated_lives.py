"""Lives of sessions that the lifecycle generates: the honest ones are kept, the broken ones noticed."""

from __future__ import annotations

from collections import Counter

from hypothesis import given

from hpp_contract.engine import Outcome, RuleVerdict, Subject, judge
from hpp_contract.generate import BrokenTrace, broken_trace, broken_traces, seeded, traces
from hpp_contract.model import Trace
from hpp_contract.rules import CATALOGUE

ENDPOINT = Subject("endpoint", "a generated life")
RULES = [rule for rule in CATALOGUE if rule.letter == "L"]

SOURCES = 300
"""Lives that are tried for every rule to be met: many times as many as there are ways to break one."""


def found(trace: Trace) -> list[RuleVerdict]:
    """The verdicts of the rules about lives that find something."""
    return [verdict for verdict in judge(trace.everything, RULES, ENDPOINT) if verdict.findings]


@given(trace=traces())
def test_honest_lives_are_kept(trace: Trace, counts: Counter[str]) -> None:
    """A life that the lifecycle allows, as a poller sees it, breaks no rule and is not warned of."""
    assert [verdict for verdict in found(trace) if verdict.outcome is not Outcome.OK] == []
    counts["honest lives kept"] += 1


@given(case=broken_traces())
def test_broken_lives_are_noticed(case: BrokenTrace, counts: Counter[str]) -> None:
    """A life with one thing wrong is noticed by the rule about that."""
    assert case.rule in {verdict.rule.id for verdict in found(case.trace)}
    counts["broken lives noticed"] += 1


def test_every_rule_notices_a_broken_life(counts: Counter[str]) -> None:
    """Each rule about lives notices one that is broken."""
    lives = [broken_trace(seeded(f"life {number}")) for number in range(SOURCES)]
    noticed = {case.rule for case in lives if case.rule in {verdict.rule.id for verdict in found(case.trace)}}
    assert noticed == {rule.id for rule in RULES}
    counts["rules about lives"] += len(noticed)
