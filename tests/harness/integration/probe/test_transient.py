"""A failure that does not repeat is a warning, never a broken contract."""

from __future__ import annotations

import pytest

from hpp_contract.cases.scenarios import session_id
from hpp_contract.engine import Report, judge
from hpp_contract.engine.edits import body, cut, fail, status
from hpp_contract.engine.fault import fault
from hpp_contract.probe import ProbePlan, probe, target_from
from hpp_contract.rules import CATALOGUE
from hpp_contract.server import Server

pytestmark = pytest.mark.socket

PASSING = {
    "503": (status(503), body(b"")),
    "500": (status(500), body(b"")),
    "429": (status(429), body(b"")),
    "reset": (fail("reset"),),
    "truncated": (cut(20),),
}


@pytest.mark.parametrize("name", PASSING)
def test_retried_failure_warns(name: str) -> None:
    """One failed poll that succeeds on retry warns, and the run exits 0."""
    with Server([fault("passing", "waiting", *PASSING[name], until=1)]) as server:
        ids = (session_id("waiting"), session_id("failed"))
        environ = {"HPP_API_KEY": server.credentials.api_key}
        result = probe(target_from(server.url, environ, ids, False), ProbePlan())
    verdicts = judge(result.exchanges, CATALOGUE, result.subject)
    assert "HPP-H03" in {verdict.rule.id for verdict in verdicts if verdict.findings}
    assert Report(result.subject, verdicts, result.unverified).exit_code == 0
