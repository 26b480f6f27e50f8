"""Probing: what is asked, what is made of failures, and that nothing printed is secret."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.cases.scenarios import CREDENTIALS, SCENARIOS, session_id
from hpp_contract.engine.deadline import Deadline
from hpp_contract.engine.edits import body, fail, header, status
from hpp_contract.engine.fault import Fault, fault
from hpp_contract.model import Exchange, Headers, Request
from hpp_contract.model.credentials import Credentials
from hpp_contract.privacy.redact import encodings
from hpp_contract.probe import ProbePlan, ProbeResult, probe, target_from
from hpp_contract.probe.plan import MALFORMED, reads
from hpp_contract.probe.wire import Sent, TransportError, Wire
from hpp_contract.server import Server
from tests.harness.support.probe_targets import FIVE, target

# --- what is asked


@pytest.mark.socket
def test_embedded_probe_sees_everything() -> None:
    """Without an endpoint every scenario of the embedded server is read to its end, and the errors too."""
    result = probe(target_from(None, {}, (), False))
    assert result.unverified is None
    assert result.subject.embedded
    codes = Counter((x.context.credentials, x.context.session, x.status) for x in result.exchanges)
    polls = sum(scenario.refused is None for scenario in SCENARIOS.values())
    assert codes == {
        ("none", "known", 401): 1, ("wrong", "known", 401): 2, ("right", "unknown", 404): 1,
        ("right", "malformed", 404): len(MALFORMED),
        ("right", "known", 200): 6 * polls + 1, ("right", "known", 404): 6, ("right", "known", 403): 6,
    }  # fmt: skip


@pytest.mark.socket
def test_embedded_probe_of_chosen_sessions() -> None:
    """The embedded server can be asked for some sessions only."""
    result = probe(target_from(None, {}, FIVE[:1], False))
    assert {x.request.session_id for x in result.exchanges if x.context.session == "known"} == set(FIVE[:1])


@pytest.mark.socket
def test_standard_probe_is_modest() -> None:
    """Five sessions and six polls need forty requests or fewer, all of them GET without a body."""
    with Server() as server:
        result = probe(target(server.url, *FIVE), ProbePlan(polls=6))
        requests = [exchange.request for exchange in server.log]
    assert len(requests) == len(result.exchanges) <= 40
    assert {(request.method, request.body) for request in requests} == {("GET", b"")}
    assert Counter(request.session_id for request in requests)[FIVE[1]] == 6


@pytest.mark.socket
def test_requests_are_what_was_planned() -> None:
    """What the server sees is what the exchanges say was sent, byte for byte in the path."""
    with Server() as server:
        result = probe(target(server.url + "/a/prefix", "id/with?odd#characters é"))
        seen = [exchange.request.url for exchange in server.log]
    assert seen == [exchange.request.url for exchange in result.exchanges]
    assert server.url + "/a/prefix/hpp/v1/sessions/id%2Fwith%3Fodd%23characters%20%C3%A9" in seen
    assert all(f"/hpp/v1/sessions/{segment}" in " ".join(seen) for _, segment in MALFORMED)


@given(ids=st.lists(st.uuids().map(str), max_size=6, unique=True), polls=st.integers(1, 5), seed=st.integers())
def test_plan(ids: list[str], polls: int, seed: int) -> None:
    """Sessions are read in turns, every kind of read is planned once, and the same seed plans the same."""
    plan = ProbePlan(polls=polls, seed=seed)
    planned = reads(plan, ids)
    assert planned == reads(plan, ids)
    assert [read.segment for read in planned if read.note.startswith("poll")] == ids * polls
    assert Counter(read.credentials for read in planned if read.credentials != "right") == {"none": 1, "wrong": 1}
    assert planned[-1].credentials == "wrong"
    assert len({read.evidence for read in planned}) == len(planned)


@pytest.mark.socket
def test_poll_of_one_session_is_no_other_request() -> None:
    """Exchanges carry what is known of them and where to find them."""
    with Server() as server:
        result = probe(target(server.url, FIVE[0]), ProbePlan(max_latency=3))
    poll = next(exchange for exchange in result.exchanges if "poll 2" in exchange.evidence)
    assert poll.evidence == "GET …/hpp/v1/sessions/53d19cb7…36a6 (poll 2)"
    assert (poll.context.max_latency, poll.context.session, poll.context.credentials) == (3, "known", "right")


@pytest.mark.socket
def test_progress_is_reported() -> None:
    """Progress counts up to what was planned."""
    reported: list[tuple[int, int]] = []
    with Server() as server:
        probe(target(server.url, FIVE[0]), ProbePlan(polls=1), lambda done, planned: reported.append((done, planned)))
    assert reported == [(number, len(reported)) for number in range(1, len(reported) + 1)]


# --- what is made of failures


PASSING = {
    "reset": (fail("reset"),),
    "garbage": (fail("garbage"),),
    "500": (status(500), body(b"")),
    "502 page": (status(502), body(b"<html>"), header("Content-Type", "text/html")),
    "503": (status(503), body(b"")),
    "429": (status(429), body(b"")),
}


@pytest.mark.socket
@pytest.mark.parametrize("name", PASSING)
@pytest.mark.parametrize("times", [1, 2, 3])
def test_passing_failures_heal(name: str, times: int) -> None:
    """Up to two failures before an answer are kept as healed; after a third the question is asked again at the end."""
    passing = fault("passing", "waiting", *PASSING[name], until=times)
    with Server([passing]) as server:
        result = probe(target(server.url, session_id("waiting")), ProbePlan(polls=1))
    polled = [exchange for exchange in result.exchanges if "poll 1" in exchange.evidence]
    retried = [exchange.context.retried for exchange in polled]
    assert retried == ([True] * times + [False] if times < 3 else [True, False])
    assert polled[-1].status == 200
    assert polled[-1].evidence.endswith(f", attempt {times + 1}" if times < 3 else "(poll 1, again)")


@pytest.mark.socket
def test_failure_for_good_counts_once() -> None:
    """An id that always fails is one exchange a read, and one more to be sure; the others are still judged."""
    with Server([fault("dead", "waiting", fail("reset"))]) as server:
        result = probe(target(server.url, *FIVE), ProbePlan(polls=2))
    assert result.unverified is None
    assert Counter(exchange.failure for exchange in result.exchanges)["reset"] == 3
    assert not any(exchange.context.retried for exchange in result.exchanges)


@pytest.mark.socket
def test_client_errors_are_answers() -> None:
    """A 4xx is not sent again."""
    with Server([fault("refuses", "waiting", status(400))]) as server:
        probe(target(server.url, session_id("waiting")), ProbePlan(polls=1))
        assert len(server.log) == len(reads(ProbePlan(polls=1), ["x"], with_username=True))


@pytest.mark.socket
def test_stalling_session_is_not_polled_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """A session that does not answer in time is asked once more at the end; the others are read as planned."""
    really = Wire.get

    def get(wire: Wire, url: str, headers: Headers, deadline: Deadline) -> Sent:
        if not url.endswith(FIVE[1]):
            return really(wire, url, headers, deadline)
        return Sent(Exchange(Request("GET", url, headers), None, "timeout"), TransportError("timeout"))

    monkeypatch.setattr(Wire, "get", get)
    with Server() as server:
        result = probe(target(server.url, *FIVE), ProbePlan(polls=3))
    reads_of = Counter(exchange.request.session_id for exchange in result.exchanges if "poll" in exchange.evidence)
    assert reads_of == {FIVE[0]: 3, FIVE[1]: 2, FIVE[2]: 3, FIVE[3]: 3, FIVE[4]: 3}
    assert result.unverified is None


# --- secrets


def leaked(result: ProbeResult, credentials: Credentials) -> list[str]:
    """Every printed text of the probe that holds a form of the credentials."""
    texts = [result.subject.name, result.unverified or "", *result.notes, repr(result.unverified)]
    texts += [exchange.evidence for exchange in result.exchanges]
    forms = {form for secret in credentials.secrets for form in encodings(secret)}
    return [text for text in texts if any(form in text for form in forms)]


FAULTS: dict[str, list[Fault]] = {
    "honest": [],
    "echoing": [fault("echo", "wrong-credentials", header("X-Echo", CREDENTIALS.authorization))],
    "failing": [fault("fails", scenario, status(500)) for scenario in ("unknown-id", "no-credentials", "waiting")],
}


@pytest.mark.socket
@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("username", [CREDENTIALS.username, None])
def test_nothing_printed_is_secret(name: str, username: str | None) -> None:
    """No sentence, note or evidence holds credentials in any spelling, or a whole session id."""
    credentials = Credentials(CREDENTIALS.api_key, username)
    with Server(FAULTS[name]) as server:
        result = probe(target(server.url, *FIVE, credentials=credentials))
    assert leaked(result, credentials) == []
    assert not any(wanted in exchange.evidence for exchange in result.exchanges for wanted in FIVE)
    assert set(credentials.secrets) <= set(result.secrets)
    assert not any(credentials.api_key in repr(exchange.context) for exchange in result.exchanges)


@pytest.mark.socket
def test_wrong_credentials_are_secrets_too() -> None:
    """The made-up key is looked for in the answer to it."""
    with Server() as server:
        result = probe(target(server.url, FIVE[0]))
    wrong = next(exchange for exchange in result.exchanges if exchange.context.credentials == "wrong")
    sent: Headers = wrong.request.headers
    assert dict(sent)["Authorization"].removeprefix("Basic ") in wrong.context.secrets
    assert CREDENTIALS.api_key not in wrong.context.secrets
