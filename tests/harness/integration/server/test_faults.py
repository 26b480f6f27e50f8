"""The rule × fault matrix over sockets: a fault of a server breaks its own rule, and no unrelated one."""

from __future__ import annotations

import pytest

from hpp_contract.cases.scenarios import SCENARIOS, session_id
from hpp_contract.engine.fault import Fault, Variant, Variation
from hpp_contract.engine.rule import Rule
from hpp_contract.probe import ProbePlan, ProbeResult, probe, target_from
from hpp_contract.server import Sandbox, Server
from tests.harness.support.fault_matrix import (
    assert_caught,
    assert_honest,
    faults_from,
    noticed,
    variations_from,
    verdicts,
)  # fmt: skip

MADE = ("HPP-H17", "HPP-H18", "HPP-H19", "HPP-H20")
"""Rules about a session that the probe makes."""


@pytest.mark.socket
@pytest.mark.parametrize(("rule", "fault"), faults_from("server"))
def test_server_with_a_fault(rule: Rule, fault: Fault) -> None:
    """A server with this fault breaks the rule over a real socket, and no unrelated one."""
    result = found_by_probe(rule, fault)
    assert result.unverified is None
    assert_caught(rule, fault, noticed(list(result.exchanges), "endpoint"))


@pytest.mark.socket
@pytest.mark.parametrize(("rule", "variation"), variations_from("server"))
def test_server_with_a_variation(rule: Rule, variation: Variation) -> None:
    """A server that is honest in this way is held to break nothing over a real socket."""
    result = found_by_probe(rule, variation)
    assert result.unverified is None
    assert_honest(rule, variation, verdicts(list(result.exchanges), "endpoint"))


def found_by_probe(rule: Rule, variant: Variant) -> ProbeResult:
    """What a probe finds. Rules about a session that the probe makes need one, and no other in its scenario."""
    makes = rule.id in MADE
    usual = variant.scenario if variant.scenario in SCENARIOS else "waiting"
    scenario = "failed" if makes else usual
    with Server([variant], sandbox=Sandbox() if makes else None) as server:
        environ = {"HPP_API_KEY": server.credentials.api_key, "HPP_USERNAME": server.credentials.username or ""}
        ids = (session_id(scenario), session_id("lifecycle-paid"))
        return probe(target_from(server.url, environ, ids, False), ProbePlan(polls=4, provision=makes))


@pytest.mark.socket
def test_honest_server_breaks_nothing() -> None:
    """The honest server gives no finding, not even an informative one."""
    result = probe(target_from(None, {}, (), False), ProbePlan())
    assert result.unverified is None
    assert noticed(list(result.exchanges), "endpoint") == {}
