"""The rule × variation matrix: no rule is broken by anything honest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hpp_contract.engine.fault import Variation
from hpp_contract.engine.rule import Rule, Severity
from hpp_contract.model import Exchange, Instant
from hpp_contract.rules import CATALOGUE
from hpp_contract.server import simulate_server
from tests.harness.support.fault_matrix import assert_honest, assert_quiet, variations_from, verdicts, weighed
from tests.harness.unit.engine.test_faults import SECOND, kept

POLLS = 3


def honest(scenario: str, *variations: Variation) -> list[Exchange]:
    """The reads of a scenario, a second apart."""
    exchanges = simulate_server(scenario, POLLS, variations)
    return [
        replace(each, at=Instant(each.at.ns + index * SECOND, 9)) for index, each in enumerate(exchanges) if each.at
    ]


@pytest.mark.parametrize(("rule", "variation"), variations_from("server"))
def test_honest_server(rule: Rule, variation: Variation) -> None:
    """A server that does this is held by no rule to break the contract, seen live or in a recording."""
    exchanges = honest(variation.scenario, variation)
    assert_honest(rule, variation, verdicts(exchanges, "endpoint"))
    assert_honest(rule, variation, verdicts([kept(each) for each in exchanges], "recording"))


SERVED = [variation for rule in CATALOGUE for variation in rule.variations if variation.source == "server"]


@pytest.mark.parametrize("first", SERVED, ids=lambda variation: variation.name)
def test_two_variations_at_once(first: Variation) -> None:
    """What is honest stays so when something else that is honest happens too."""
    answers = all(exchange.response is not None for exchange in honest(first.scenario, first))
    for second in SERVED:
        if second.scenario == first.scenario and second is not first and answers:
            found = weighed(verdicts(honest(first.scenario, first, second), "endpoint"))
            broken = sorted(rule for rule, weight in found.items() if weight is Severity.MUST)
            assert broken == [], f"{first.name} and then {second.name} are held to break {', '.join(broken)}"


@pytest.mark.parametrize(("rule", "variation"), variations_from("recorder"))
def test_honest_recording(rule: Rule, variation: Variation) -> None:
    """A recording of this is held by no rule to break the contract."""
    reads = enumerate(map(kept, honest(variation.scenario)))
    edited = tuple(variation(each) if variation.applies(variation.scenario, poll) else each for poll, each in reads)
    assert_honest(rule, variation, verdicts((variation.recorded or tuple)(edited), "recording"))


@pytest.mark.parametrize(("rule", "variation"), variations_from("client"))
def test_honest_client(rule: Rule, variation: Variation) -> None:
    """A client that sends this is held by no rule to break the contract, seen live or in a recording."""
    exchanges = (variation.recorded or tuple)(tuple(variation(each) for each in honest(variation.scenario)))
    assert_honest(rule, variation, verdicts(exchanges, "client"))
    assert_quiet(variation, verdicts([kept(each) for each in exchanges], "recording"), rule)


@pytest.mark.parametrize("rule", CATALOGUE, ids=lambda rule: rule.id)
def test_every_rule_has_something_close(rule: Rule) -> None:
    """Every rule has a variation: what comes close to breaking it, and is honest."""
    assert rule.variations, f"{rule.id} has no variation: nothing proves that it does not cry wolf"


def test_variation_names_are_unique() -> None:
    """A variation's name is like a fault's, and none has two."""
    names = [each.name for rule in CATALOGUE for each in (*rule.faults, *rule.variations)]
    assert len(names) == len(set(names))


def test_every_kind_of_variation_is_tried() -> None:
    """Only rules about what a client gives its caller have variations of an adapter."""
    for rule in CATALOGUE:
        assert all((each.source == "adapter") == (rule.scope == "answer") for each in rule.variations)
