"""Provisioning: what it makes is all it touches, and every failure on the way still ends in disabling."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from hpp_contract.cases.scenarios import CREDENTIALS, session_id
from hpp_contract.engine import Outcome, Subject, judge
from hpp_contract.engine.errors import UsageProblem
from hpp_contract.model import Request, Response
from hpp_contract.probe import ProbePlan, ProbeResult, Target, probe, provision, target_from
from hpp_contract.probe.provision import order_from
from hpp_contract.rules import CATALOGUE
from tests.harness.support.merchant import ORDER, Merchant, content
from tests.harness.support.not_none import not_none
from tests.harness.support.recording_server import Change, recording

pytestmark = pytest.mark.socket

PROVISION = ProbePlan(provision=True, timeout=2)
QUESTION = "Does a plain GET of redirect_url move WAITING to IN_PROGRESS?"


def provisioned(url: str, *session_ids: str, plan: ProbePlan = PROVISION) -> ProbeResult:
    return probe(Target(url, CREDENTIALS, session_ids), plan)


def beyond_reads(lines: list[str]) -> list[str]:
    """The requests that a probe without provisioning would not send."""
    first = next((at for at, line in enumerate(lines) if not line.startswith("GET ")), len(lines))
    return lines[first:]


# --- what it does


def test_what_is_sent() -> None:
    """An order and a session are made, changed, read, visited, disabled and read again, and nothing else is done."""
    with recording() as (recorder, url):
        result = provisioned(url)
    assert beyond_reads(recorder.lines) == [
        "POST /checkout/v3/orders",
        "POST /hpp/v1/sessions",
        "GET /hpp/v1/sessions/OURS",
        "GET /hpp/v1/sessions/OURS",
        "POST /checkout/v3/orders/ORDER",
        "GET /hpp/v1/sessions/OURS",
        "GET /hpp/payments/PAGE",
        "GET /hpp/v1/sessions/OURS",
        "DELETE /hpp/v1/sessions/OURS",
        "GET /hpp/v1/sessions/OURS",
        "GET /hpp/v1/sessions/OURS",
    ]
    assert recorder.statuses() == ["DISABLED"]
    assert result.notes == ()


def test_reads_are_judged() -> None:
    """Its reads join those judged, from WAITING to DISABLED, and the honest sandbox breaks no rule."""
    with recording() as (recorder, url):
        result = provisioned(url)
    reads = [exchange for exchange in result.exchanges if exchange.request.session_id in recorder.made]
    assert [not_none(exchange.session)["status"] for exchange in reads] == [
        "WAITING",
        "WAITING",
        "WAITING",
        "IN_PROGRESS",
        "DISABLED",
        "DISABLED",
    ]
    assert all(exchange.request.method == "GET" for exchange in result.exchanges)
    assert {exchange.context.session for exchange in reads} == {"known"}
    verdicts = judge(result.exchanges, CATALOGUE, Subject("endpoint", url))
    assert [v.rule.id for v in verdicts if v.outcome not in (Outcome.OK, Outcome.NOT_EXERCISED)] == []


def test_nothing_else_is_touched() -> None:
    """Sessions that were there before, the given one among them, are as they were."""
    with recording() as (recorder, url):
        shop = Merchant(recorder.application, root=url)
        others = [shop.session(), shop.session()]
        provisioned(url, others[0]["session_id"], session_id("waiting"))
        assert [shop.status(session) for session in others] == ["WAITING", "WAITING"]
    changing = [request for request in recorder.got if request.method != "GET"]
    assert not any(session["session_id"] in request.url for session in others for request in changing)


def test_page_gets_no_credentials() -> None:
    """The consumer's page is visited as a consumer would: without credentials, and a redirect is not followed."""

    def redirect(request: Request, response: Response) -> Response:
        other_host = Response(302, (("Location", "/elsewhere"),))
        return other_host if request.path.startswith("/hpp/payments/") else response

    with recording(redirect) as (recorder, url):
        result = provisioned(url)
    visits = [request for request in recorder.got if request.path.startswith("/hpp/payments/")]
    assert [request.header("authorization") for request in visits] == [None]
    assert not any(request.path == "/elsewhere" for request in recorder.got)
    assert dict(result.learned)[QUESTION].endswith("(the GET answered 302)")


def test_embedded_server_is_provisioned_too() -> None:
    """Without an endpoint the embedded server plays the sandbox."""
    result = probe(target_from(None, {}, (session_id("waiting"),), False, provision=True), PROVISION)
    assert result.notes == ()
    assert dict(result.learned)["What does a read answer after DELETE?"] == '200 with status "DISABLED"'


def test_without_it_only_get() -> None:
    """Without being told to provision, nothing but GET is sent."""
    with recording() as (recorder, url):
        provisioned(url, session_id("waiting"), plan=ProbePlan())
    assert {request.method for request in recorder.got} == {"GET"}
    assert recorder.made == []


def always(answer: Response) -> Change:
    return lambda _, __: answer


def test_nothing_is_made_where_nothing_is_verified() -> None:
    """An endpoint that refuses the key, or whose gateway answers, gets nothing but GET."""
    for answer in (Response(401), Response(403, (("Content-Type", "text/html"),), b"<html>")):
        with recording(always(answer)) as (recorder, url):
            assert provisioned(url).unverified is not None
        assert {request.method for request in recorder.got} == {"GET"}


# --- when it goes wrong


def matching(method: str, path: str, answer: Response | None) -> Change:
    """Answers of one kind of request are replaced."""

    def change(request: Request, response: Response) -> Response | None:
        return answer if request.method == method and re.fullmatch(path, request.path) else response

    return change


ORDERS, ORDER_PATH, SESSIONS, SESSION, PAGE = (
    "/checkout/v3/orders", "/checkout/v3/orders/.+", "/hpp/v1/sessions", "/hpp/v1/sessions/.+", "/hpp/payments/.+",
)  # fmt: skip
JSON = (("Content-Type", "application/json"),)


def created(**members: Any) -> Response:
    return Response(201, JSON, json.dumps(members).encode())


@pytest.mark.parametrize(
    "answer",
    [Response(500), Response(400, JSON, b'{"error_code": "BAD_VALUE"}'), None, created(), Response(201, JSON, b"[")],
)
@pytest.mark.parametrize("path", [ORDERS, SESSIONS])
def test_refused_creation_is_noted(path: str, answer: Response | None) -> None:
    """When order or session is not made, the run says so and goes on with what it has."""
    with recording(matching("POST", path, answer)) as (recorder, url):
        result = provisioned(url)
    assert (result.unverified or "").startswith("only refusals were tried: no session was read, because none could be")
    assert re.fullmatch(rf"No session could be provisioned: POST {path} was (not )?answered .+\.", result.notes[0])
    assert "DELETE" not in {request.method for request in recorder.got}


@pytest.mark.parametrize("name", ["../../x", "a/b", "", "a?b", "a" * 300, "é", 7, None, "a\r\nX: y"])
@pytest.mark.parametrize(("path", "member"), [(ORDERS, "order_id"), (SESSIONS, "session_id")])
def test_odd_ids_are_not_used(path: str, member: str, name: object) -> None:
    """An id that is none, or that would lead elsewhere, is put into no path."""
    with recording(matching("POST", path, created(**{member: name}))) as (recorder, url):
        result = provisioned(url)
    assert "No session could be provisioned" in result.notes[0]
    assert {request.path for request in recorder.got if request.method != "GET"} <= {ORDERS, SESSIONS}


@pytest.mark.parametrize(
    "page",
    ["https://192.0.2.1/", "ftp://127.0.0.1/", "file:///etc/hosts", "--version", "http://[", 7, None, "http://a b/"],
)
def test_odd_pages_are_not_opened(page: object) -> None:
    """Only a page of the outside over https, or of this machine for an endpoint of this machine, is visited."""

    def change(request: Request, response: Response) -> Response:
        if request.method == "POST" and request.path == SESSIONS:
            return Response(201, JSON, json.dumps(content(response) | {"redirect_url": page}).encode())
        return response

    with recording(change) as (recorder, url):
        result = provisioned(url)
    assert not any(request.path.startswith("/hpp/payments/") for request in recorder.got)
    assert "redirect_url" in result.notes[0]
    assert recorder.statuses() == ["DISABLED"]


@pytest.mark.parametrize(
    ("method", "path"), [("POST", ORDER_PATH), ("GET", PAGE), ("GET", SESSION)], ids=["order", "page", "reads"]
)
@pytest.mark.parametrize("answer", [Response(500), Response(404), None], ids=["500", "404", "reset"])
def test_failures_on_the_way_end_in_disabling(method: str, path: str, answer: Response | None) -> None:
    """Whatever fails between making a session and disabling it, it is disabled."""
    changed = matching(method, path, answer)

    def change(request: Request, response: Response) -> Response | None:
        ours = any(made in request.path for made in recorder.made) or "/hpp/v1/" not in request.path
        return changed(request, response) if ours else response

    with recording(change) as (recorder, url):
        provisioned(url)
    assert recorder.statuses() == ["DISABLED"]


@pytest.mark.parametrize("answer", [Response(500), Response(400, JSON, b'{"error_code": "NOT_ALLOWED"}'), None])
def test_failed_disabling_is_said(answer: Response | None) -> None:
    """A session that cannot be disabled is named, with what became of the attempt and when it ends by itself."""
    with recording(matching("DELETE", SESSION, answer)) as (recorder, url):
        result = provisioned(url)
    assert "could not be disabled" in result.notes[0]
    assert "48 hours" in result.notes[0]
    assert recorder.made[0] not in result.notes[0]
    tries = [request for request in recorder.got if request.method == "DELETE"]
    assert len(tries) == (1 if answer and answer.status == 400 else 3)


def test_creation_is_not_repeated_blindly() -> None:
    """A creation whose answer was lost is not sent again; one that was refused by the rate limit is."""
    with recording(matching("POST", SESSIONS, None)) as (recorder, url):
        provisioned(url)
    assert recorder.lines.count("POST /hpp/v1/sessions") == 1
    limits = iter([Response(429), Response(503)])
    with recording(instead=lambda request: next(limits, None) if request.path == SESSIONS else None) as (recorder, url):
        provisioned(url)
    assert recorder.lines.count("POST /hpp/v1/sessions") == 3
    assert recorder.statuses() == ["DISABLED"]


@pytest.mark.process
def test_a_browser_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser that does not finish is ended, and that is said."""
    browser = tmp_path / provision.BROWSERS[0]
    browser.write_text("#!/bin/sh\nexec /bin/sleep 60\n")
    browser.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(provision, "BROWSER_LIMIT_S", 0.05)
    assert provision.open_in_browser("http://127.0.0.1:1/") == "Chromium did not open redirect_url within 0 seconds."


@pytest.mark.socket
def test_own_order(tmp_path: Any) -> None:
    """HPP_ORDER names a file with the order to make, and every way not to is one sentence."""
    file = tmp_path / "order.json"
    assert order_from({}) is None
    assert order_from({"HPP_ORDER": " "}) is None
    with pytest.raises(UsageProblem, match="cannot be read"):
        order_from({"HPP_ORDER": str(file)})
    for text in ("[]", "nonsense", ""):
        file.write_text(text)
        with pytest.raises(UsageProblem, match="not a JSON object"):
            order_from({"HPP_ORDER": str(file)})
    file.write_text(json.dumps(ORDER | {"locale": "nb-NO"}))
    with recording() as (recorder, url):
        plan = ProbePlan(provision=True, order=order_from({"HPP_ORDER": str(file)}))
        probe(Target(url, CREDENTIALS, ()), plan)
    bodies = [json.loads(request.body) for request in recorder.got if request.path.startswith("/checkout/v3/orders")]
    assert [body["locale"] for body in bodies] == ["nb-NO", "nb-NO"]
