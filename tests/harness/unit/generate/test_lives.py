"""Generated lives: legal ones break no rule, broken ones the one rule they name."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given

from hpp_contract.exchange import Trace
from hpp_contract.rules.catalogue import CATALOGUE
from hpp_contract.rules.lifecycle import FINAL
from hpp_contract.strategies import BrokenTrace, broken_traces, seeded, traces
from hpp_contract.strategies.lifecycle import legal_trace, reachable, shapes
from hpp_contract.strategies.misliving import MISLIVING
from tests.harness.unit.generate.test_bodies import findings


@given(trace=traces())
def test_legal_lives_break_nothing(trace: Trace) -> None:
    """A legal life gives no finding of any rule."""
    assert findings(list(trace.exchanges)) == set()


@given(case=broken_traces())
def test_broken_lives_break_their_rule(case: BrokenTrace) -> None:
    """A broken life breaks the rule it names, no other rule about lives, and besides only availability."""
    found = {rule for rule, _ in findings(list(case.trace.exchanges))}
    assert {rule for rule in found if rule.startswith("HPP-L")} == {case.rule}
    assert found <= {case.rule, "HPP-H02"}


def test_every_rule_about_lives_is_broken() -> None:
    """There is a way to break every rule about lives."""
    assert set(MISLIVING) == {rule.id for rule in CATALOGUE if rule.letter == "L"}


def sample(count: int = 1500) -> list[Trace]:
    source = seeded("lives")
    return [legal_trace(source) for _ in range(count)]


def seen(trace: Trace) -> list[str]:
    return [(exchange.session or {}).get("status", str(exchange.status)) for exchange in trace.exchanges]


def test_lives_cover_the_lifecycle() -> None:
    """Every legal step from one poll to the next occurs, missed states and the end included, and no other."""
    steps = {step for trace in sample() for step in pairwise(seen(trace))}
    legal = {(before, after) for before in shapes() for after in reachable(before)}
    ends = {(status, "404") for status in shapes()} | {("404", "404")}
    assert legal <= steps <= legal | ends
    assert ("WAITING", "COMPLETED") in steps
    assert ("FAILED", "IN_PROGRESS") in steps
    assert ("BACK", "WAITING") not in steps


def test_final_is_where_lives_stay() -> None:
    """Who may see what after which status is as the lifecycle page says."""
    assert {status for status in shapes() if len(reachable(status)) == 1} == set(FINAL)
    assert set(reachable("WAITING")) == set(shapes())
    assert len(shapes()) == 9
