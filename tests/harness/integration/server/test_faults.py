"""The rule × fault matrix over sockets: a fault of a server breaks its own rule, and no unrelated one."""

from __future__ import annotations

import pytest

from hpp_contract.cases.scenarios import SCENARIOS, session_id
from hpp_contract.engine.fault import Fault
from hpp_contract.engine.rule import Rule
from hpp_contract.probe import ProbePlan, probe, target_from
from hpp_contract.server import Server
from tests.harness.support.fault_matrix import assert_caught, faults_from, noticed


@pytest.mark.socket
@pytest.mark.parametrize(("rule", "fault"), faults_from("server"))
def test_server_with_a_fault(rule: Rule, fault: Fault) -> None:
    """A server with this fault breaks the rule over a real socket, and no unrelated one."""
    scenario = fault.scenario if fault.scenario in SCENARIOS else "waiting"
    with Server([fault]) as server:
        environ = {"HPP_API_KEY": server.credentials.api_key, "HPP_USERNAME": server.credentials.username or ""}
        ids = (session_id(scenario), session_id("lifecycle-paid"))
        result = probe(target_from(server.url, environ, ids, False), ProbePlan(polls=4))
    assert result.unverified is None
    assert_caught(rule, fault, noticed(list(result.exchanges), "endpoint"))


@pytest.mark.socket
def test_honest_server_breaks_nothing() -> None:
    """The honest server gives no finding, not even an informative one."""
    result = probe(target_from(None, {}, (), False), ProbePlan())
    assert result.unverified is None
    assert noticed(list(result.exchanges), "endpoint") == {}
