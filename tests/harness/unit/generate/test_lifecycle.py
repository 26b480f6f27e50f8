"""Generated traces: legal ones break no rule, broken ones the one rule they name."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given

from hpp_contract.engine import Subject, judge
from hpp_contract.generate import BrokenTrace, broken_traces, seeded, traces
from hpp_contract.generate.choices import Choices
from hpp_contract.generate.lifecycle import SessionSimulator, legal_trace, reachable, shapes
from hpp_contract.generate.lifecycle_violations import VIOLATIONS, broken_trace
from hpp_contract.model import Trace
from hpp_contract.rules import CATALOGUE
from hpp_contract.spec.session import FINAL
from tests.harness.support.generated import findings


@given(trace=traces())
def test_legal_traces_break_nothing(trace: Trace) -> None:
    """A legal trace gives no finding of any rule."""
    assert findings(list(trace.exchanges)) == set()


@given(case=broken_traces())
def test_broken_traces_break_their_rule(case: BrokenTrace) -> None:
    """A broken trace breaks the rule it names, no other rule about traces, and besides only availability."""
    found = {rule for rule, _ in findings(list(case.trace.everything))}
    others = {rule for rule in found if rule.startswith("HPP-L")} - {case.rule}
    assert others == set(), f"what VIOLATIONS does to break {case.rule} breaks {sorted(others)} too"
    assert case.rule in found
    assert found <= {case.rule, "HPP-H02"}


def test_every_rule_about_traces_is_broken() -> None:
    """There is a way to break every rule about traces."""
    rules = {rule.id for rule in CATALOGUE if rule.letter == "L"}
    where = "VIOLATIONS in hpp_contract/generate/lifecycle_violations.py"
    assert sorted(rules - set(VIOLATIONS)) == [], f"say in {where} how these are broken"
    assert sorted(set(VIOLATIONS) - rules) == [], f"take from {where} what is no rule"


def sample(count: int = 1500) -> list[Trace]:
    source = seeded("lives")
    return [legal_trace(source) for _ in range(count)]


def statuses(trace: Trace) -> list[str]:
    return [(exchange.session or {}).get("status", str(exchange.status)) for exchange in trace.exchanges]


def test_traces_cover_the_lifecycle() -> None:
    """Every legal step from one poll to the next occurs, missed states and the end included, and no other."""
    steps = {step for trace in sample() for step in pairwise(statuses(trace))}
    legal = {(before, after) for before in shapes() for after in reachable(before)}
    ends = {(status, "404") for status in shapes()} | {("404", "404")}
    assert legal <= steps <= legal | ends
    assert ("WAITING", "COMPLETED") in steps
    assert ("FAILED", "IN_PROGRESS") in steps
    assert ("BACK", "WAITING") not in steps


def test_a_final_status_is_not_left() -> None:
    """The statuses that may follow each status are those of the lifecycle page."""
    assert {status for status in shapes() if len(reachable(status)) == 1} == set(FINAL)
    assert set(reachable("WAITING")) == set(shapes())
    assert len(shapes()) == 9


def source(*choices: int) -> Choices:
    """A source that makes these choices, and after them the first there is."""
    made = Choices(lambda: bytes(64))
    rest = iter(choices)
    setattr(made, "integer", lambda low, high: min(high, low + next(rest, 0)))  # noqa: B010  chosen, not drawn
    return made


@pytest.mark.parametrize("number", range(len(VIOLATIONS)))
def test_every_violation(number: int) -> None:
    """Each broken trace breaks its own rule, also when every choice is the first."""
    trace = broken_trace(source(number))
    found = [
        verdict.rule.id
        for verdict in judge(trace.trace.everything, CATALOGUE, Subject("endpoint", "x"))
        if verdict.total
    ]
    assert trace.rule == tuple(VIOLATIONS)[number]
    assert trace.rule in found


@pytest.mark.parametrize("final", FINAL)
def test_every_final_status_is_left(final: str) -> None:
    """A trace that breaks HPP-L01 may leave any of the final statuses, and the rule finds it."""
    violations = [trace for number in range(200) if (trace := broken_trace(seeded(f"{number}"))).rule == "HPP-L01"]
    [left, *_] = [each.trace for each in violations if (each.trace.exchanges[-2].session or {})["status"] == final]
    broken = [v.rule.id for v in judge(left.exchanges, CATALOGUE, Subject("endpoint", "x")) if v.findings]
    assert "HPP-L01" in broken


@pytest.mark.parametrize("reference", ["R", "S"])
def test_a_reference_that_changes(reference: str) -> None:
    """A completed session may change its Klarna reference too, which breaks the rule about outcomes."""
    session = SessionSimulator(seeded("x"))
    session.outcome = {"klarna_reference": reference}
    VIOLATIONS["HPP-L06"](session)
    before, after = ((each.session or {})["klarna_reference"] for each in session.exchanges)
    assert before == reference != after
    broken = judge(session.exchanges, CATALOGUE, Subject("endpoint", "x"))
    assert "HPP-L06" in [verdict.rule.id for verdict in broken if verdict.total]
