"""When nothing can be concluded: gateways, outages and refused keys are no broken contract."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.cases.scenarios import CREDENTIALS, session_id
from hpp_contract.engine import Outcome
from hpp_contract.engine.edits import body, header, status
from hpp_contract.engine.errors import BROKEN, KEPT, UNVERIFIED
from hpp_contract.engine.fault import fault
from hpp_contract.model import Context, Exchange, Request, Response
from hpp_contract.model.credentials import Credentials
from hpp_contract.model.exchange import AnsweredBy
from hpp_contract.privacy.redact import encodings
from hpp_contract.probe import ProbePlan, ProbeResult, Target, probe
from hpp_contract.probe.probe import nothing_verified
from hpp_contract.probe.wire import TransportError
from hpp_contract.server import Server
from hpp_contract.server.tls import throwaway
from tests.harness.support.fake_time import FakeTime
from tests.harness.support.probe_targets import FIVE, broken, exit_code, report_of, target
from tests.harness.support.sockets import answering

HTML = (("Content-Type", "text/html"),)
QUICK = ProbePlan(timeout=0.2)


def assert_unverified(result: ProbeResult, *words: str) -> None:
    assert result.unverified is not None
    assert not result.answered
    assert exit_code(result) == UNVERIFIED
    assert all(word in result.unverified for word in words), result.unverified
    assert result.unverified.endswith(".")
    for secret in CREDENTIALS.secrets:
        assert not any(form in result.unverified for form in encodings(secret))


@pytest.mark.socket
@pytest.mark.parametrize(
    ("response", "words"),
    {
        "firewall": (Response(403, HTML, b"<html>Not from here</html>"), ("page", "HTML", "403")),
        "limit": (Response(429), ("429", "wait")),
        "outage": (Response(503), ("server error", "503")),
        "error": (Response(500, (("Content-Type", "application/json"),), b"{}"), ("server error", "500")),
    }.values(),
    ids=["firewall", "limit", "outage", "error"],
)
def test_same_answer_to_everything(response: Response, words: tuple[str, ...]) -> None:
    """A gateway in the endpoint's place is no broken contract, and is not asked forty times."""
    with answering(response) as (url, got):
        assert_unverified(probe(target(url, *FIVE)), *words)
    assert len(got) <= 12


@pytest.mark.socket
@pytest.mark.parametrize("failure", [None, "reset"], ids=["page", "closed"])
def test_nothing_is_ok_where_the_api_was_not_there(failure: str | None) -> None:
    """What the API had no chance to break was not kept; bytes that came are judged, whoever sent them."""
    with answering(None if failure else Response(404, HTML, b"<html>Not here</html>"), failure) as (url, _):
        result = probe(target(url, *FIVE), QUICK)
    kept = {verdict.rule.slug for verdict in report_of(result).rules if verdict.outcome is Outcome.OK}
    assert kept == (set() if failure else {"credentials-never-echoed", "no-internals"})


@pytest.mark.socket
def test_another_web_server_on_this_machine() -> None:
    """No firewall is blamed on loopback."""
    with answering(Response(404, HTML, b"<html>Not here</html>")) as (url, _):
        assert_unverified(probe(target(url, *FIVE)), "another web server listens there", "port")


@pytest.mark.socket
def test_https_where_only_http_is_spoken() -> None:
    """The certificate is not blamed."""
    with answering(Response(200)) as (url, _):
        assert_unverified(probe(target(url.replace("http:", "https:"), *FIVE)), "speaks no TLS", "http://")


@pytest.mark.socket
def test_page_under_200_is_no_gateway_to_a_client() -> None:
    """A page under 200 is what clients take for a success: it is judged, whoever wrote it, and verifies nothing."""
    with answering(Response(200, HTML, b"<!DOCTYPE html>")) as (url, _):
        result = probe(target(url, *FIVE))
    assert "HTML page" in (result.unverified or "")
    assert exit_code(result) == BROKEN


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
    assert not result.answered
    assert exit_code(result) == UNVERIFIED


@pytest.mark.socket
def test_wrong_username() -> None:
    """A user name that is not the key's is no broken contract, though the key is accepted alone."""
    with Server() as server:
        result = probe(target(server.url, *FIVE, credentials=Credentials(CREDENTIALS.api_key, "M1-other")))
    assert "HPP_USERNAME unset" in (result.unverified or "")
    assert exit_code(result) == UNVERIFIED


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
    assert {"HPP-E05", "HPP-H02"} <= broken(result)


# --- no session was read

GONE = (session_id("expired"), session_id("forbidden"))


@pytest.mark.socket
@pytest.mark.parametrize(
    ("ids", "said"),
    [
        (GONE[:1], "no session was read (1 id, all 404)"),
        ((*GONE[:1], "39a1c773-bafd-754d-af1f-b30c592f1267"), "no session was read (2 ids, all 404)"),
        (GONE, "no session was read (2 ids, HTTP 403 or HTTP 404)"),
        ((), "only refusals were tried: no session ids were given"),
    ],
)
def test_no_session_was_read(ids: tuple[str, ...], said: str) -> None:
    """A run that read no session could not verify, and says why; what was refused was judged."""
    with Server() as server:
        result = probe(target(server.url, *ids))
    assert (result.unverified or "").startswith(said)
    assert result.answered
    assert exit_code(result) == UNVERIFIED
    assert any(exchange.status == 401 for exchange in result.exchanges)


@pytest.mark.socket
def test_embedded_sessions_that_are_gone() -> None:
    """The embedded server is no exception."""
    assert exit_code(probe(Target(None, CREDENTIALS, GONE, embedded=True))) == UNVERIFIED


@pytest.mark.socket
def test_session_that_is_gone_is_noted_by_its_number() -> None:
    """An id that is never read, beside others that are, is no broken contract; a note says which it is."""
    with Server() as server:
        result = probe(target(server.url, FIVE[0], *GONE))
    assert exit_code(result) == KEPT
    assert [note.partition(" (")[0] for note in result.notes] == ["Session 2 of 3", "Session 3 of 3"]
    assert "404 at every read" in result.notes[0]
    assert "403 at every read" in result.notes[1]
    assert not any(gone in note for note in result.notes for gone in GONE)


# --- what is made of all that came


ANSWERS = st.sampled_from(
    [
        (None, "reset", False),
        (Response(403, HTML, b"<html>"), None, False),
        (Response(429), None, False),
        (Response(502), None, False),
        (Response(500), None, False),
        (Response(404, (), b"{}"), None, True),
        (Response(401), None, True),
    ]
)

Asked = Literal["right", "wrong", "none"]
ASKED: list[Asked] = ["right", "wrong", "none"]


@given(st.lists(st.tuples(ANSWERS, st.sampled_from(ASKED)), min_size=1, max_size=6))
def test_verdict_on_mixtures(answers: list[tuple[tuple[Response | None, str | None, bool], Asked]]) -> None:
    """Something is concluded exactly when the API answered something, and not only 401 to right credentials."""
    exchanges = [
        Exchange(Request("GET", "x"), response, failure, context=Context(credentials=credentials))
        for (response, failure, _), credentials in answers
    ]
    right = [
        exchange.status
        for exchange in exchanges
        if exchange.context.credentials == "right" and exchange.answered_by is AnsweredBy.API
    ]
    refused = bool(right) and set(right) == {401}
    sentence = nothing_verified(exchanges, TransportError("reset"), target("http://host.example"))
    assert (sentence is None) == (not refused and any(answered for (_, _, answered), _ in answers))
