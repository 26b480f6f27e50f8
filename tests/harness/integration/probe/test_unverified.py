"""When nothing can be concluded: gateways, outages and refused keys are no broken contract."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.cases.scenarios import CREDENTIALS, session_id
from hpp_contract.engine.edits import body, header, status
from hpp_contract.engine.fault import fault
from hpp_contract.model import Context, Exchange, Request, Response
from hpp_contract.model.credentials import Credentials
from hpp_contract.privacy.redact import encodings
from hpp_contract.probe import ProbePlan, ProbeResult, probe
from hpp_contract.probe.probe import unverified
from hpp_contract.probe.wire import TransportError
from hpp_contract.server import Server
from hpp_contract.server.tls import throwaway
from tests.harness.support.fake_time import FakeTime
from tests.harness.support.probe_targets import FIVE, target
from tests.harness.support.sockets import answering

HTML = (("Content-Type", "text/html"),)
QUICK = ProbePlan(timeout=0.2)


def assert_unverified(result: ProbeResult, *words: str) -> None:
    assert result.unverified is not None
    assert result.exchanges == ()
    assert all(word in result.unverified for word in words), result.unverified
    assert result.unverified.endswith(".")
    for secret in CREDENTIALS.secrets:
        assert not any(form in result.unverified for form in encodings(secret))


@pytest.mark.socket
@pytest.mark.parametrize(
    ("response", "words"),
    {
        "firewall": (Response(403, HTML, b"<html>Not from here</html>"), ("page", "HTML", "403", "Europe")),
        "sign-in": (Response(200, HTML, b"<!DOCTYPE html>"), ("page", "HTML")),
        "limit": (Response(429), ("429", "wait")),
        "outage": (Response(503), ("server error", "503")),
        "error": (Response(500, (("Content-Type", "application/json"),), b"{}"), ("server error", "500")),
    }.values(),
    ids=["firewall", "sign-in", "limit", "outage", "error"],
)
def test_same_answer_to_everything(response: Response, words: tuple[str, ...]) -> None:
    """A gateway in the endpoint's place is no broken contract, and is not asked forty times."""
    with answering(response) as (url, got):
        assert_unverified(probe(target(url, *FIVE)), *words)
    assert len(got) <= 9


@pytest.mark.socket
@pytest.mark.parametrize("failure", ["reset", "garbage", "timeout"])
def test_no_answer_to_anything(failure: str) -> None:
    """A server that never answers properly is no broken contract."""
    words = {"reset": "without an answer", "garbage": "not HTTP", "timeout": "in time"}
    with answering(None, failure) as (url, got):
        assert_unverified(probe(target(url, *FIVE), QUICK), url.split("//")[1], words[failure])
    assert len(got) <= 9


@pytest.mark.socket
def test_closed_port() -> None:
    """A refused connection ends the probe at its first read."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    done: list[int] = []
    result = probe(target(f"http://127.0.0.1:{port}", *FIVE), on_progress=lambda reads, _: done.append(reads))
    assert_unverified(result, f"127.0.0.1:{port}", "refuses connections")
    assert done == [1]


@pytest.mark.socket
def test_untrusted_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate that is not trusted ends the probe at its first try: it gets no better by trying again."""
    with Server(tls=throwaway(tmp_path)) as server:
        handshakes = server._listener.secured
        counted: list[object] = []

        def count(connection: socket.socket) -> None:
            counted.append(connection)
            handshakes(connection)

        monkeypatch.setattr(server._listener, "secured", count)
        assert_unverified(probe(target(server.url, *FIVE)), "TLS", "certificate", "REQUESTS_CA_BUNDLE")
    assert len(counted) == 1


@pytest.mark.socket
def test_name_that_does_not_resolve(fake_time: FakeTime) -> None:
    """An unknown host name is named, with the remedy."""
    assert_unverified(probe(target("https://no-such-host.invalid", *FIVE)), "no-such-host.invalid", "DNS")


@pytest.mark.socket
@pytest.mark.parametrize(("username", "hint"), [(None, "HPP_USERNAME"), ("M1-x", "HPP_USERNAME unset")])
def test_refused_credentials(username: str | None, hint: str) -> None:
    """Credentials that are always refused are no broken contract; the sentence says how they were sent."""
    with Server() as server:
        result = probe(target(server.url, *FIVE, credentials=Credentials("not-the-right-key", username)))
    assert result.unverified is not None
    assert hint in result.unverified
    assert "401" in result.unverified
    assert "not-the-right-key" not in result.unverified
    assert result.exchanges == ()


@pytest.mark.socket
def test_one_refused_session_is_judged() -> None:
    """A 401 for one session, a page for one and a 5xx for one say something when others answer."""
    faults = [
        fault("forgets", "waiting", status(401)),
        fault("gateway", "failed", status(403), body(b"<html>"), header("Content-Type", "text/html")),
        fault("breaks", "in-progress", status(500)),
    ]
    with Server(faults) as server:
        result = probe(target(server.url, *FIVE))
    assert result.unverified is None
    assert {401, 403, 500, 200} <= {exchange.status for exchange in result.exchanges}


@pytest.mark.socket
def test_no_session_readable_is_noted() -> None:
    """Ids that are all unknown leave errors to judge, and a note."""
    with Server() as server:
        result = probe(target(server.url, session_id("expired"), session_id("forbidden")))
    assert result.unverified is None
    assert "403 or 404" in result.notes[0]


ANSWERS = st.sampled_from(
    [
        (None, "reset", "transport"),
        (Response(200, HTML, b"<html>"), None, "page"),
        (Response(429), None, "limited"),
        (Response(502), None, "server"),
        (Response(404, (), b"{}"), None, None),
        (Response(401), None, None),
    ]
)

Asked = Literal["right", "wrong", "none"]
ASKED: list[Asked] = ["right", "wrong", "none"]


@given(st.lists(st.tuples(ANSWERS, st.sampled_from(ASKED)), max_size=6))
def test_verdict_on_mixtures(answers: list[tuple[tuple[Response | None, str | None, str | None], Asked]]) -> None:
    """Something is concluded exactly when the API answered something, and not only 401 to right credentials."""
    exchanges = [
        Exchange(Request("GET", "x"), response, failure, context=Context(credentials=credentials))
        for (response, failure, _), credentials in answers
    ]
    right = [exchange.status for exchange in exchanges if exchange.context.credentials == "right"]
    refused = bool(right) and set(right) == {401}
    answered = any(kind is None for (_, _, kind), _ in answers)
    sentence = unverified(exchanges, TransportError("reset"), target("http://host.example"))
    assert (sentence is None) == (not refused and (answered or not exchanges))
