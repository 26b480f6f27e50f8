"""The reference endpoint as a function: credentials, ids, faults, and the log."""

from __future__ import annotations

import base64
import json
import threading
import uuid
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.cases import CASES
from hpp_contract.cases.scenarios import CREDENTIALS, SCENARIOS, session_id
from hpp_contract.engine.edits import body, knowing, member, method, status
from hpp_contract.engine.fault import Fault, fault
from hpp_contract.model import Exchange, Request
from hpp_contract.model.credentials import Credentials
from hpp_contract.rules import FAULTS
from hpp_contract.server import Application, simulate_server
from hpp_contract.server import application as application_module
from hpp_contract.server.application import is_authorized
from tests.harness.support.not_none import not_none

BASE = "http://127.0.0.1:1"
UNKNOWN = "00000000-0000-4000-8000-000000000000"
NON_ASCII = Credentials("nøgle-✓", "Bjørn")


def ask(
    application: Application,
    wanted: str = session_id("waiting"),
    *,
    authorization: str | None = CREDENTIALS.authorization,
    method: str = "GET",
    path: str = "/hpp/v1/sessions/",
) -> Exchange:
    headers = () if authorization is None else (("Authorization", authorization),)
    return application(Request(method, f"{BASE}{path}{wanted}", headers))


def shown(exchange: Exchange) -> str:
    reported: str = json.loads(not_none(exchange.response).body)["status"]
    return reported


def on_the_wire(text: str) -> str:
    """A header value as a server reads it: bytes taken for Latin-1."""
    return text.encode().decode("latin-1")


# --- credentials


@pytest.mark.parametrize("credentials", [CREDENTIALS, NON_ASCII], ids=["ASCII", "UTF-8"])
@pytest.mark.parametrize("username", [True, False], ids=["with a username", "raw key"])
@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
def test_both_forms_are_let_in(credentials: Credentials, username: bool, scheme: str) -> None:
    """The raw key and base64 of username and key are both right, in any case of the scheme, beyond ASCII too."""
    form = credentials if username else Credentials(credentials.api_key)
    sent = on_the_wire(form.authorization).replace("Basic", scheme)
    assert ask(Application(credentials), authorization=sent).status == 200


@given(st.text(st.characters(max_codepoint=255)))
def test_nothing_else_is_let_in(text: str) -> None:
    """Whatever else an Authorization header holds is wrong, and never an error of the server."""
    assert not is_authorized(text, CREDENTIALS)
    assert not is_authorized(f"Basic {text}", CREDENTIALS)


def test_an_empty_username_is_let_in() -> None:
    """A key after a colon, without a username, was seen to be accepted: it is the key as it was given."""
    sent = "Basic " + base64.b64encode(f":{CREDENTIALS.api_key}".encode()).decode()
    exchange = ask(Application(), authorization=sent)
    assert (exchange.status, exchange.context.credentials) == (200, "right")


@pytest.mark.parametrize("pair", [CREDENTIALS.api_key, f"{CREDENTIALS.username}:", f"x:{CREDENTIALS.api_key}"])
def test_half_a_pair_is_wrong(pair: str) -> None:
    """A key without its username, and a username without its key, are refused."""
    sent = "Basic " + base64.b64encode(pair.encode()).decode()
    assert ask(Application(), authorization=sent).context.credentials == "wrong"


def test_two_credentials_are_wrong() -> None:
    """Two Authorization headers are refused: which of them counts is anybody's guess."""
    headers = (("Authorization", CREDENTIALS.authorization),) * 2
    exchange = Application()(Request("GET", f"{BASE}/hpp/v1/sessions/{session_id('waiting')}", headers))
    assert exchange.status == 401


@pytest.mark.parametrize("authorization", [None, "Basic wrong"])
def test_wrong_credentials_are_challenged(authorization: str | None) -> None:
    """Without right credentials the answer is 401 with the Basic challenge, whatever is asked for."""
    for wanted in (session_id("waiting"), UNKNOWN, "nonsense"):
        response = not_none(ask(Application(), wanted, authorization=authorization).response)
        assert response.status == 401
        assert response.header("www-authenticate") == 'Basic realm="hpp"'


def test_refused_requests_move_nothing() -> None:
    """A refused read is no step of a walk."""
    application = Application()
    ask(application, session_id("lifecycle-paid"), authorization=None)
    assert shown(ask(application, session_id("lifecycle-paid"))) == "WAITING"


# --- what is found


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (UNKNOWN, 404),
        ("nonsense", 404),
        ("", 404),
        ("a/b", 404),
        (session_id("waiting") + "%0A", 404),
        (session_id("expired"), 404),
        (session_id("forbidden"), 403),
        (session_id("waiting"), 200),
    ],
)
def test_status_codes(wanted: str, code: int) -> None:
    """Known sessions answer 200, another merchant's 403, everything else 404; errors are error objects."""
    response = not_none(ask(Application(), wanted).response)
    assert response.status == code
    content = json.loads(response.body)
    if code != 200:
        assert content["error_code"].isupper()
        assert content["correlation_id"] == response.header("klarna-correlation-id")


@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT", "HEAD", "OPTIONS", "TRACE", "get"])
def test_only_get(method: str) -> None:
    """Any method but GET is refused with 405, which says what is allowed."""
    response = not_none(ask(Application(), method=method).response)
    assert (response.status, response.header("allow")) == (405, "GET")


@pytest.mark.parametrize("prefix", ["", "/eu", "/a/b/c", "/%2e%2e", "//"])
def test_any_prefix(prefix: str) -> None:
    """Without a base path of its own the server answers under any."""
    assert ask(Application(), path=f"{prefix}/hpp/v1/sessions/").status == 200


@pytest.mark.parametrize(("prefix", "code"), {"/eu": 200, "": 404, "/eur": 404, "/x/eu": 404}.items())
def test_own_prefix(prefix: str, code: int) -> None:
    """With a base path the server answers only below it: a client that drops it shall notice."""
    assert ask(Application(base_path="/eu"), path=f"{prefix}/hpp/v1/sessions/").status == code


@given(
    method=st.text(max_size=5),
    path=st.text(max_size=60),
    headers=st.lists(st.tuples(st.sampled_from(["Authorization", "Host", "X"]), st.text(max_size=30)), max_size=3),
)
def test_no_request_is_too_odd(method: str, path: str, headers: list[tuple[str, str]]) -> None:
    """Whatever anybody sends is answered with an error, and never raises."""
    exchange = Application()(Request(method, BASE + path, tuple(headers)))
    assert 400 <= not_none(exchange.status) < 500


def test_every_id_walks_for_itself() -> None:
    """Served under every unknown id, a walk starts anew for each."""
    application = Application(otherwise=SCENARIOS["lifecycle-missed"])
    assert [shown(ask(application, UNKNOWN)) for _ in range(3)] == ["WAITING", "COMPLETED", "COMPLETED"]
    assert shown(ask(application, UNKNOWN.replace("4", "7"))) == "WAITING"
    assert ask(application, "nonsense").status == 404


# --- faults


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_fault_has_its_own_id(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under a fault's well-known id the fault applies at its polls, in its scenario, and no other answer differs."""
    monkeypatch.setattr(uuid, "uuid4", lambda: UNKNOWN)
    faulty = polled(fault)
    monkeypatch.setattr(application_module, "FAULTS", [replace(fault, edits=())])
    differs = [one != other for one, other in zip(faulty, polled(fault), strict=True)]
    assert differs == [fault.since <= poll < fault.until for poll in range(3)]


def test_what_is_served_comes_first() -> None:
    """The client case called `forbidden` has the id of the scenario `forbidden`, and gets its own answer."""
    forbidden = CASES["forbidden"]
    (asked,) = forbidden.sessions
    assert asked == session_id("forbidden")
    refused = ask(Application(served=forbidden.faults()), asked)
    assert (refused.status, b"No session for you" in not_none(refused.response).body) == (403, True)


FORMS = {
    "demands-username": Credentials(CREDENTIALS.api_key).authorization,
    "trusts-any-username": Credentials(CREDENTIALS.api_key, "M0-other").authorization,
}
"""What a request has to be sent with where the usual credentials do not show the fault."""


def polled(fault: Fault) -> list[object]:
    """What three requests in the fault's scenario, under its own id, are answered."""
    authorization = {"no-credentials": None, "wrong-credentials": "Basic x"}.get(
        fault.scenario, CREDENTIALS.authorization
    )
    authorization = FORMS.get(fault.name, authorization)
    application = Application(clock=lambda: 1_790_000_000 * 10**9)
    exchanges = [ask(application, session_id(fault.name), authorization=authorization) for _ in range(3)]
    return [(exchange.response, exchange.failure, exchange.elapsed) for exchange in exchanges]


def test_faults_of_the_whole_server() -> None:
    """A fault given to the server applies to its scenario under every id, and other scenarios stay honest."""
    application = Application(faults=[fault("teapot", "waiting", status(418), since=1)])
    assert [ask(application).status for _ in range(3)] == [200, 418, 418]
    assert ask(application, session_id("failed")).status == 200


def test_fault_that_does_not_fit_is_our_error() -> None:
    """A fault whose edit fails is answered with 500, not with a dead connection."""
    application = Application(faults=[fault("odd", "waiting", body(b"no JSON"), member("x", 1))])
    assert ask(application).status == 500


def test_faults_leave_the_log_true() -> None:
    """The log keeps what the client sent and what is known of it, whatever a fault made of the exchange."""
    application = Application(faults=[fault("meddles", "waiting", method("POST"), knowing(retried=True))])
    ask(application)
    logged = application.log.exchanges[0]
    assert logged.request.method == "GET"
    assert not logged.context.retried


# --- the log


def test_log_says_nothing_secret() -> None:
    """What the log prints of a request holds neither credentials nor a whole session id."""
    application = Application()
    ask(application)
    ask(application, CREDENTIALS.api_key)
    ask(application, method="GET\x1b[2J")
    for exchange in application.log.exchanges:
        assert CREDENTIALS.api_key not in exchange.evidence
        assert session_id("waiting") not in exchange.evidence
        assert exchange.evidence.isprintable()
    assert application.log.exchanges[0].evidence == "request 1: GET …/hpp/v1/sessions/53d19cb7…36a6"


def test_log_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The log forgets the oldest and still counts them."""
    monkeypatch.setattr("hpp_contract.server.application.LOG_SIZE", 3)
    application = Application()
    for _ in range(5):
        ask(application)
    assert application.log.count == 5
    assert [exchange.evidence.split(":")[0] for exchange in application.log.exchanges] == [
        f"request {number}" for number in (3, 4, 5)
    ]


def test_threads_share_an_application() -> None:
    """Eight threads lose no request and no poll."""
    application = Application(faults=[fault("last", "waiting", status(418), since=399)])
    threads = [threading.Thread(target=lambda: [ask(application) for _ in range(50)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    codes = [not_none(exchange.status) for exchange in application.log.exchanges]
    assert sorted(codes) == [200] * 399 + [418]


def test_simulation_has_every_scenario() -> None:
    """A scenario that does not exist is a KeyError, not a silent 404."""
    with pytest.raises(KeyError):
        simulate_server("no-such-scenario")
    assert [
        simulate_server(scenario)[0].status for scenario in ("unknown-id", "malformed-id", "no-credentials", "waiting")
    ] == [
        404,
        404,
        401,
        200,
    ]


def test_sessions_begin_anew_before_they_expire() -> None:
    """A server that runs for days serves no session past its end: a walk starts over, with new dates."""
    times = iter((0, 1, 2, 60 * 3600 * 10**9))
    application = Application(CREDENTIALS, clock=lambda: next(times))
    wanted = session_id("lifecycle-paid")
    first, second = ask(application, wanted), ask(application, wanted)
    repeated = ask(application, wanted)
    assert (first.session or {})["status"] == (repeated.session or {})["status"] != (second.session or {})["status"]
    assert repeated.at is not None
    assert repeated.expires_at is not None
    assert repeated.at < repeated.expires_at
