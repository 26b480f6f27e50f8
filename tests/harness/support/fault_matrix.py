"""Each rule with each of its faults and variations, and what the rules say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from hpp_contract.engine import Outcome, RuleVerdict, Subject, judge
from hpp_contract.engine.fault import Fault, Variation
from hpp_contract.engine.report import heaviest
from hpp_contract.engine.rule import Rule, Severity
from hpp_contract.engine.rule import Subject as Kind
from hpp_contract.model import Exchange
from hpp_contract.rules import CATALOGUE

Noticed = Mapping[str, Severity]
"""The ids of the rules that found anything, each with the most that a finding weighs."""


def faults_from(source: str) -> list[object]:
    pairs = [(rule, fault) for rule in CATALOGUE for fault in rule.faults if fault.source == source]
    return [pytest.param(rule, fault, id=f"{rule.id}-{fault.name}") for rule, fault in pairs]


def variations_from(source: str) -> list[object]:
    pairs = [(rule, each) for rule in CATALOGUE for each in rule.variations if each.source == source]
    return [pytest.param(rule, each, id=f"{rule.id}-{each.name}") for rule, each in pairs]


def noticed(exchanges: Sequence[Exchange], kind: Kind) -> Noticed:
    return weighed(verdicts(exchanges, kind))


def verdicts(exchanges: Sequence[Exchange], kind: Kind) -> tuple[RuleVerdict, ...]:
    """The verdicts on exchanges, none of them an error of our own."""
    verdicts = judge(exchanges, CATALOGUE, Subject(kind, "a server"))
    assert not [verdict for verdict in verdicts if verdict.outcome is Outcome.ERROR]
    return verdicts


def weighed(verdicts: Sequence[RuleVerdict]) -> Noticed:
    found = {verdict.rule.id: heaviest(verdict.rule, verdict.findings) for verdict in verdicts}
    return {rule: weight for rule, weight in found.items() if weight is not None}


def assert_caught(rule: Rule, fault: Fault, found: Noticed) -> None:
    """The fault breaks its rule, as heavily as it says, and besides only those that it names."""
    assert rule.id in found, f"{rule.id} does not notice its own fault {fault.name}"
    assert found[rule.id] == (fault.severity or rule.severity), f"{fault.name} weighs {found[rule.id]} with {rule.id}"
    others = sorted(found.keys() - {rule.id, *fault.also})
    advice = "make its edit smaller, weaken the other rule, or name that in `also` if it cannot help noticing"
    assert others == [], f"{fault.name}, a fault of {rule.id}, breaks {', '.join(others)} too: {advice}"


def assert_honest(rule: Rule, variation: Variation, verdicts: Sequence[RuleVerdict]) -> None:
    """The variation is something that its rule judges, breaks no rule, and makes only those warn that it names."""
    outcomes = {verdict.rule.id: verdict.outcome for verdict in verdicts}
    assert outcomes[rule.id] is not Outcome.NOT_EXERCISED, f"{rule.id} does not even look at {variation.name}"
    assert_quiet(variation, verdicts, rule)


def assert_quiet(variation: Variation, verdicts: Sequence[RuleVerdict], rule: Rule) -> None:
    """The variation breaks no rule, and makes only those warn that it names."""
    found = weighed(verdicts)
    broken = sorted(each for each, weight in found.items() if weight is Severity.MUST)
    assert broken == [], f"{variation.name}, a variation of {rule.id}, is held to break {', '.join(broken)}"
    warned = sorted(each for each, weight in found.items() if weight is Severity.SHOULD and each not in variation.warns)
    assert warned == [], f"{variation.name}, a variation of {rule.id}, makes {', '.join(warned)} warn"
