"""What `--provision` shows of a session that the probe made itself, and what is known of it when rules judge it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from hpp_contract.cases.scenarios import CREDENTIALS
from hpp_contract.engine import Outcome
from hpp_contract.model import Exchange, Request, Response
from hpp_contract.model.credentials import Credentials
from hpp_contract.model.exchange import Created
from hpp_contract.probe import ProbePlan, ProbeResult, probe
from hpp_contract.probe.provision import WAITS_S
from hpp_contract.probe.sender import WRONG_USERNAME
from tests.harness.support.merchant import content
from tests.harness.support.not_none import not_none
from tests.harness.support.probe_targets import FIVE, broken, exit_code, target
from tests.harness.support.recording_server import Change, recording

pytestmark = pytest.mark.socket

PLAN = ProbePlan(provision=True, timeout=2)
OTHER = "7d0a3c55-1111-4222-8333-444455556666"


def is_creation(request: Request) -> bool:
    return request.method == "POST" and request.path == "/hpp/v1/sessions"


def changed(response: Response, **members: Any) -> Response:
    value = {**content(response), **members}
    body = json.dumps({name: part for name, part in value.items() if part is not None}).encode()
    return Response(response.status, (("Content-Type", "application/json"),), body)


def creation(**members: Any) -> Change:
    """The creation answers these members otherwise."""
    return lambda request, response: changed(response, **members) if is_creation(request) else response


def reads(change: Callable[[Response], Response]) -> Change:
    """Reads of the session are answered otherwise."""
    return lambda request, response: (
        change(response) if request.method == "GET" and "session_id" in content(response) else response
    )


def made(result: ProbeResult) -> list[tuple[Exchange, Created]]:
    return [(each, each.context.created) for each in result.exchanges if each.context.created is not None]


def found(change: Change) -> tuple[set[str], set[str]]:
    """The rules that are broken, and those that warn."""
    with recording(change) as (_, url):
        result = probe(target(url), PLAN)
    return broken(result), broken(result, Outcome.WARNED)


def test_an_honest_creation() -> None:
    """Nothing is held against an honest sandbox, and a run without ids has verified what a session shows."""
    with recording() as (_, url):
        result = probe(target(url), PLAN)
    assert (exit_code(result), result.unverified, broken(result, Outcome.WARNED)) == (0, None, set())
    ids = {f"HPP-H{number}" for number in (17, 18, 19, 20, 21)} | {"HPP-E16", "HPP-E17"}
    assert ids <= broken(result, Outcome.OK)


@pytest.mark.parametrize(
    ("change", "expected"),
    {
        "another place": (creation(session_url=f"https://other.example/hpp/v1/sessions/{OTHER}"), ({}, {"HPP-H21"})),
        "no place": (creation(session_url=None), ({}, {})),
        "another expiry": (creation(expires_at="2031-01-01T00:00:00Z"), ({}, {"HPP-H19"})),
        "no expiry": (creation(expires_at=None), ({}, {})),
        "an expiry that is none": (creation(expires_at=7), ({}, {})),
    }.values(),
    ids=["another place", "no place", "another expiry", "no expiry", "an expiry that is none"],
)
def test_what_a_creation_promises(change: Change, expected: tuple[set[str], set[str]]) -> None:
    """What the creation answers is what is read; what it leaves out promises nothing."""
    assert tuple(map(set, expected)) == found(change)


def test_the_order_of_another() -> None:
    """A session that shows another order than its own is broken."""
    assert "HPP-H18" in found(reads(lambda response: changed(response, order_id=OTHER)))[0]


def test_reads_that_change_something() -> None:
    """A session whose status moves though nobody opened its page warns."""
    count: list[int] = []

    def enter(response: Response) -> Response:
        count.append(1)
        return changed(response, status="IN_PROGRESS") if len(count) > 1 else response

    assert "HPP-H17" in found(reads(enter))[1]


def test_what_is_known_of_each_read() -> None:
    """Reads are untouched until the order is changed, and disabled after the DELETE; no id is printed."""
    with recording() as (recorder, url):
        known = made(probe(target(url), PLAN))
    assert [created.untouched for _, created in known] == [True, True, False, False, False, False]
    assert [created.disabled for _, created in known] == [False, False, False, False, True, True]
    assert [created.settled for _, created in known] == [False, True, True, True, True, True]
    assert {created.session_url for _, created in known} == {f"{url}/hpp/v1/sessions/{recorder.made[0]}"}
    assert not any(recorder.made[0] in repr(created) or created.order_id in repr(created) for _, created in known)


@pytest.mark.parametrize("answer", [Response(404), Response(503), None], ids=["404", "503", "reset"])
def test_a_session_that_is_not_there_at_once(answer: Response | None) -> None:
    """A new session is read again until it is there."""
    missing = [answer] * 7

    def change(request: Request, response: Response) -> Response | None:
        ours = request.method == "GET" and any(each in request.path for each in recorder.made)
        return missing.pop() if ours and missing else response

    with recording(change) as (recorder, url):
        result = probe(target(url), PLAN)
    first, *later = [each for each, _ in made(result) if not each.context.retried]
    assert first.session is None
    assert not_none(later[-1].session)["status"] == "DISABLED"
    assert result.unverified is None


def test_a_session_that_is_never_there() -> None:
    """It is read for as long as a session may take, and the last of these reads says so."""

    def change(request: Request, response: Response) -> Response | None:
        ours = request.method == "GET" and any(each in request.path for each in recorder.made)
        return Response(404) if ours else response

    with recording(change) as (recorder, url):
        result = probe(target(url, *FIVE[:1]), PLAN)
    settled = [created.settled for _, created in made(result) if created.untouched]
    assert settled == [False] * len(WAITS_S) + [True, True]
    assert recorder.statuses() == ["DISABLED"]


@pytest.mark.parametrize("answer", [Response(404), Response(503), None], ids=["404", "503", "reset"])
def test_who_loses_a_session_that_is_never_there(answer: Response | None) -> None:
    """It is broken, whatever is answered in its place while other questions are answered."""

    def change(request: Request, response: Response) -> Response | None:
        ours = request.method == "GET" and any(each in request.path for each in recorder.made)
        return answer if ours else response

    with recording(change) as (recorder, url):
        result = probe(target(url, *FIVE[:1]), PLAN)
    assert broken(result) == {"HPP-L08"}


def test_an_outage_while_a_session_is_made() -> None:
    """Where nothing is answered any more, nothing is broken, and the run could not verify."""

    def change(request: Request, response: Response) -> Response | None:
        return Response(503) if recorder.made and request.method == "GET" else response

    with recording(change) as (recorder, url):
        result = probe(target(url, *FIVE[:1]), PLAN)
    assert (exit_code(result), broken(result)) == (3, set())
    assert recorder.statuses() == ["DISABLED"]


# --- both forms of credentials


def with_credentials(credentials: Credentials, change: Change) -> ProbeResult:
    with recording(change) as (_, url):
        return probe(target(url, *FIVE[:2], credentials=credentials))


def keep(_: Request, response: Response) -> Response:
    return response


def test_a_key_alone_has_one_form() -> None:
    """Without a user name there is nothing to compare."""
    result = with_credentials(Credentials(CREDENTIALS.api_key), keep)
    assert {each.context.form for each in result.exchanges} == {None}


def test_the_made_up_username_is_no_secret() -> None:
    """An answer that repeats the made-up user name gives nothing away, and nothing printed holds the key beside it."""

    def change(request: Request, response: Response) -> Response:
        wrong = Credentials(CREDENTIALS.api_key, WRONG_USERNAME).authorization
        if request.header("authorization") != wrong:
            return response
        return changed(response, error_messages=[f"No user {WRONG_USERNAME}"])

    result = with_credentials(CREDENTIALS, change)
    assert exit_code(result) == 0
    assert Credentials(CREDENTIALS.api_key, WRONG_USERNAME).authorization.partition(" ")[2] in result.secrets
