"""Fuzzing: what it never does, whatever the endpoint does."""

from __future__ import annotations

import shlex

import pytest

from hpp_contract.cases.scenarios import CREDENTIALS, SCENARIOS
from hpp_contract.engine.edits import body, fail, header, status
from hpp_contract.engine.fault import fault
from hpp_contract.model import Response
from hpp_contract.probe import ProbePlan, Target
from hpp_contract.probe.fuzz.requests import MAX_WRONG_KEYS_REMOTE, GeneratedRead, generated_reads
from hpp_contract.probe.fuzz.run import fuzz, probe_and_fuzz
from hpp_contract.probe.sender import RateLimiter
from hpp_contract.server import Server
from tests.harness.support.fake_time import FakeTime
from tests.harness.support.fuzzing import ABROAD, KNOWN, PLAN, SERVER_ERROR, broken, target
from tests.harness.support.sockets import answering


@pytest.mark.socket
def test_redirects_are_not_followed() -> None:
    """No request reaches the host that a redirect names."""
    with Server() as other_host:
        away = (status(302), header("Location", f"{other_host.url}/hpp/v1/sessions/{KNOWN[0]}"), body(b""))
        with Server([fault("away", "malformed-id", *away)]) as server:
            exchanges, _ = fuzz(target(server.url), PLAN, 40)
        assert other_host.log == ()
    assert set(broken(exchanges)) == {"HPP-E15"}


@pytest.mark.socket
def test_nothing_said_is_secret() -> None:
    """Neither credentials nor a whole known session id appear in evidence or notes, whatever fails."""
    with Server(
        [fault(scenario, scenario, *SERVER_ERROR) for scenario in ("waiting", "unknown-id", "malformed-id")]
    ) as server:
        exchanges, notes = fuzz(target(server.url), PLAN, 60)
    said = " ".join([*notes, *(exchange.evidence for exchange in exchanges)])
    assert broken(exchanges)
    for secret in (*CREDENTIALS.secrets, *KNOWN):
        assert secret not in said


def test_raw_keys_are_named_not_shown() -> None:
    """The command for a raw key names its variable, and quotes whatever an id holds for a shell."""
    read = GeneratedRead("a'%3B%20rm", "malformed", headers=(("X-Odd", "$(x)"), ("Empty", "")))
    command = read.curl("https://host.example", None)
    words = ["curl", "-i", "--path-as-is", "-H", "Authorization: Basic $HPP_API_KEY"]
    assert shlex.split(command) == [
        *words, "-H", "X-Odd: $(x)", "-H", "Empty;", "https://host.example/hpp/v1/sessions/a'%3B%20rm",
    ]  # fmt: skip


@pytest.mark.slow
def test_wrong_credentials_are_few_on_other_hosts() -> None:
    """A host other than this machine gets made-up credentials a few times at most."""
    others = [read for read in generated_reads(ABROAD, 200, 0) if read.credentials != "right"]
    assert 0 < len(others) <= MAX_WRONG_KEYS_REMOTE
    assert CREDENTIALS.authorization not in {read.authorization for read in others}


@pytest.mark.socket
def test_rate_is_kept_on_other_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host other than this machine gets ten requests a second at most."""
    clock = FakeTime()
    monkeypatch.setattr(RateLimiter, "for_host", lambda loopback: clock.limiter())  # noqa: ARG005  called by name
    with Server() as server:
        fuzz(target(server.url), PLAN, 30)
        sent = len(server.log)
    assert clock.now >= (sent - 1) / 10 - 1e-6


@pytest.mark.socket
def test_time_is_bounded() -> None:
    """A server that leaves odd ids unanswered ends the run early, and the notes say so."""
    with Server([fault("stall", "malformed-id", fail("timeout"))]) as server:
        exchanges, notes = fuzz(target(server.url), ProbePlan(timeout=0.1, max_latency=60), 40, limit_s=0.5)
    assert "Only" in notes[0]
    assert len(exchanges) < 40
    assert "HPP-H04" in broken(exchanges)


@pytest.mark.socket
def test_limits_end_it() -> None:
    """A server that only limits is left alone after a few requests."""
    limited = Response(429, (("Retry-After", "60"), ("Content-Length", "0")))
    with answering(limited) as (url, got):
        exchanges, notes = fuzz(target(url), PLAN, 40)
    assert len(got) == len(exchanges) == 3
    assert "Only 3 of 40" in notes[0]


@pytest.mark.socket
def test_unverifiable_endpoints_are_not_fuzzed() -> None:
    """Where the probe verifies nothing, nothing more is sent."""
    with answering(Response(401, (("Content-Length", "0"),))) as (url, got):
        result = probe_and_fuzz(target(url), PLAN, 40)
        few = len(got)
    assert result.unverified is not None
    assert few < 20


@pytest.mark.socket
def test_embedded_server_answers_both() -> None:
    """Without an endpoint one embedded server is probed and fuzzed, with no finding over both."""
    result = probe_and_fuzz(Target(None, CREDENTIALS, (), embedded=True), PLAN, 20)
    assert broken(result.exchanges) == {}
    assert len({exchange.request.url.partition("/hpp")[0] for exchange in result.exchanges}) == 1
    assert len(result.exchanges) > 20 + len(SCENARIOS)
