"""Rate limiting: a probe and its retries keep the rate."""

from __future__ import annotations

import pytest

from hpp_contract.cases.scenarios import session_id
from hpp_contract.engine.edits import header, status
from hpp_contract.engine.fault import fault
from hpp_contract.probe import ProbePlan, Target, probe
from hpp_contract.probe.sender import RATE
from hpp_contract.server import Server
from tests.harness.support.fake_time import FakeTime
from tests.harness.support.probe_targets import FIVE, target


@pytest.mark.socket
@pytest.mark.parametrize("loopback", [True, False])
def test_probe_keeps_the_rate(monkeypatch: pytest.MonkeyPatch, fake_time: FakeTime, loopback: bool) -> None:
    """A probe of another machine waits for its turn before every request, and one of this machine never."""
    monkeypatch.setattr(Target, "is_loopback", loopback)
    with Server() as server:
        probe(target(server.url, *FIVE))
        count = len(server.log)
    assert sum(fake_time.slept) == pytest.approx(0 if loopback else (count - 1) / RATE)


@pytest.mark.socket
def test_retries_keep_the_rate(monkeypatch: pytest.MonkeyPatch, fake_time: FakeTime) -> None:
    """A request that is sent again waits as long as the answer asked, and for its turn."""
    monkeypatch.setattr(Target, "is_loopback", False)
    limited = fault("limits", "waiting", status(429), header("Retry-After", "4"), until=2)
    with Server([limited]) as server:
        probe(target(server.url, session_id("waiting")), ProbePlan(polls=1))
    assert fake_time.slept.count(4) == 2
    assert fake_time.now >= 8
