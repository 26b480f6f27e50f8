"""The rule × fault matrix of answers: every A rule is broken by its own faults, and by no unrelated one."""

from __future__ import annotations

import pytest

from hpp_contract.client import CASES, rehearse_answer
from hpp_contract.client.rehearse import rehearse_case
from hpp_contract.exchange.answer import Answer
from hpp_contract.rules.catalogue import CATALOGUE
from hpp_contract.rules.fault import Fault
from hpp_contract.rules.rule import Rule
from hpp_contract.verdict import Judge, Outcome, Subject

ANSWER_RULES = [rule for rule in CATALOGUE if rule.scope == "answer"]
LIES = [pytest.param(rule, fault, id=f"{rule.id}-{fault.name}") for rule in ANSWER_RULES for fault in rule.faults]


def noticed(*answers: Answer) -> set[str]:
    """Ids of the rules that found anything."""
    court = Judge(ANSWER_RULES, Subject("client", "a client"))
    for answer in answers:
        court.answer(answer)
    assert not [verdict for verdict in court.verdicts if verdict.outcome is Outcome.ERROR]
    return {verdict.rule.id for verdict in court.verdicts if verdict.findings}


@pytest.mark.parametrize(("rule", "fault"), LIES)
def test_every_lie_is_caught(rule: Rule, fault: Fault) -> None:
    """An answer with this fault breaks its rule and no unrelated one; the honest answer breaks none."""
    honest = rehearse_answer(fault.on)
    assert noticed(honest) == set()
    found = noticed(fault(honest))
    assert rule.id in found, f"{fault.name} goes unnoticed by {rule.id}"
    assert found <= {rule.id, *fault.also}, f"{fault.name} is no business of {sorted(found - {rule.id, *fault.also})}"


@pytest.mark.parametrize("name", CASES)
def test_ideal_client_breaks_nothing(name: str) -> None:
    """The ideal client gives no finding in any case, not even an informative one."""
    assert noticed(*rehearse_case(CASES[name])) == set()


@pytest.mark.parametrize("rule", ANSWER_RULES, ids=lambda rule: rule.id)
def test_every_rule_can_fail(rule: Rule) -> None:
    """Every rule has a fault, and it is an adapter's."""
    assert rule.faults
    assert all(fault.teller == "adapter" and fault.on in CASES for fault in rule.faults)
