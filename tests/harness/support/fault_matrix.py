"""Each rule with each of its faults, and what the rules say of it."""

from __future__ import annotations

import pytest

from hpp_contract.engine import Outcome, Subject, judge
from hpp_contract.engine.fault import Fault
from hpp_contract.engine.rule import Rule
from hpp_contract.engine.rule import Subject as Kind
from hpp_contract.model import Exchange
from hpp_contract.rules import CATALOGUE


def faults_from(source: str) -> list[object]:
    pairs = [(rule, fault) for rule in CATALOGUE for fault in rule.faults if fault.source == source]
    return [pytest.param(rule, fault, id=f"{rule.id}-{fault.name}") for rule, fault in pairs]


def noticed(exchanges: list[Exchange], kind: Kind) -> set[str]:
    """Ids of the rules that found anything."""
    verdicts = judge(exchanges, CATALOGUE, Subject(kind, "a faulty server"))
    assert not [verdict for verdict in verdicts if verdict.outcome is Outcome.ERROR]
    return {verdict.rule.id for verdict in verdicts if verdict.findings}


def assert_caught(rule: Rule, fault: Fault, found: set[str]) -> None:
    """The fault breaks its rule, and besides only those that it names."""
    assert rule.id in found, f"{rule.id} does not notice its own fault {fault.name}"
    others = sorted(found - {rule.id, *fault.also})
    advice = "make its edit smaller, weaken the other rule, or name that in `also` if it cannot help noticing"
    assert others == [], f"{fault.name}, a fault of {rule.id}, breaks {', '.join(others)} too: {advice}"
