"""The rule × fault matrix: every rule is broken by its own faults, and by no unrelated one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hpp_contract.engine.fault import Fault
from hpp_contract.engine.rule import JUDGES, Rule
from hpp_contract.model import Exchange, Instant
from hpp_contract.rules import CATALOGUE
from hpp_contract.server import simulate_server
from tests.harness.support.fault_matrix import assert_caught, faults_from, noticed

SECOND = 1_000_000_000


@pytest.mark.parametrize(("rule", "fault"), faults_from("client"))
def test_wrong_client(rule: Rule, fault: Fault) -> None:
    """A client that does this, sixty polls long, breaks the rule and no unrelated one."""
    honest = [replace(x, at=Instant(index * SECOND)) for index, x in enumerate(simulate_server(fault.scenario, 60))]
    assert noticed(honest, "client") == {}
    assert_caught(rule, fault, noticed([fault(exchange) for exchange in honest], "client"))


@pytest.mark.parametrize(("rule", "fault"), faults_from("recorder"))
def test_careless_recorder(rule: Rule, fault: Fault) -> None:
    """A recording that is careless like this breaks the rule and no unrelated one."""
    honest = [kept(exchange) for exchange in simulate_server(fault.scenario, 2)]
    assert noticed(honest, "recording") == {}
    careless = [fault(each) if fault.applies(fault.scenario, poll) else each for poll, each in enumerate(honest)]
    assert_caught(rule, fault, noticed(careless, "recording"))


def kept(exchange: Exchange) -> Exchange:
    """The exchange as a careful recorder keeps it."""
    headers = tuple(
        (name, "Basic <scrubbed>" if name == "Authorization" else value) for name, value in exchange.request.headers
    )
    context = replace(exchange.context, recorded=True, provenance="embedded")
    return replace(exchange, request=replace(exchange.request, headers=headers), context=context)


@pytest.mark.parametrize("rule", CATALOGUE, ids=lambda rule: rule.id)
def test_every_rule_can_fail(rule: Rule) -> None:
    """Every rule has a fault that breaks it."""
    assert rule.faults, f"{rule.id} has no fault: nothing proves that it can fail"


def test_fault_names_are_unique() -> None:
    """A fault's name is its address on the command line."""
    names = [fault.name for rule in CATALOGUE for fault in rule.faults]
    assert len(names) == len(set(names))


def test_every_endpoint_rule_is_exercised_by_some_fault() -> None:
    """No rule about an endpoint is beyond what the server can tell, except where it needs a public host, the answer to
    the creation of a session, or a callback."""
    untold = [
        rule.id
        for rule in CATALOGUE
        if "endpoint" in JUDGES[rule.scope] and not any(f.source == "server" for f in rule.faults)
    ]
    assert untold == ["HPP-C06", "HPP-H21", "HPP-L10"]
