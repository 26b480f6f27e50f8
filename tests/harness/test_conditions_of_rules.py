"""When a rule has anything to say at all: each part of its condition counts."""

from __future__ import annotations

from dataclasses import replace
from email.utils import formatdate

import pytest

from hpp_contract.client import rehearse_answer
from hpp_contract.exchange import Exchange, Instant, Knowledge, Request, Response, Trace
from hpp_contract.exchange.answer import Answer, Capabilities, Failure, Told
from hpp_contract.rules.answer_errors import http_status_reachable
from hpp_contract.rules.answer_given import status_served
from hpp_contract.rules.answer_identity import not_stale
from hpp_contract.rules.http import answers_in_time
from hpp_contract.rules.request import basic_credentials, polls_politely
from hpp_contract.rules.session_time import not_read_after_expiry, not_updated_in_future

ID = "39a1c773-bafd-754d-af1f-b30c592f1267"
URL = f"https://h/hpp/v1/sessions/{ID}"
NOON = 1_795_348_800
BASIC = (("Authorization", "Basic a2NvOmFiY2RlZg=="),)


def dated(member: str, seconds: int) -> Exchange:
    """A session with an instant so many seconds after the answer's Date."""
    body = f'{{"status": "WAITING", "{member}": "{formatted(NOON + seconds)}"}}'.encode()
    response = Response(200, (("Date", formatdate(NOON, usegmt=True)), ("Content-Type", "application/json")), body)
    return Exchange(Request("GET", URL), response)


def formatted(second: int) -> str:
    from datetime import UTC, datetime

    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize(("seconds", "found"), [(299, 0), (300, 0), (301, 1)])
def test_skew(seconds: int, found: int) -> None:
    """Five minutes of skew are allowed, and not a second more."""
    assert len(list(not_updated_in_future.check(dated("updated_at", seconds)))) == found
    assert len(list(not_read_after_expiry.check(dated("expires_at", -seconds)))) == found


@pytest.mark.parametrize(
    ("elapsed", "response", "judged"), [(5.0, Response(200), True), (5.0, None, False), (None, Response(200), False)]
)
def test_promptness(elapsed: float | None, response: Response | None, judged: bool) -> None:
    """How long an answer took is judged where there is one and somebody took the time."""
    assert answers_in_time.when(Exchange(Request("GET", URL), response, elapsed=elapsed)) is judged


@pytest.mark.parametrize(
    ("times", "judged"), [((1, 2), True), ((1,), False), ((1, None), False), ((None,), False), ((None, None), False)]
)
def test_politeness(times: tuple[int | None, ...], judged: bool) -> None:
    """How often a client asks is judged where it asked twice, and each time is known."""
    asked = (Exchange(Request("GET", URL), Response(200), at=Instant(at) if at else None) for at in times)
    assert polls_politely.when(Trace(ID, tuple(asked))) is judged


def sent(*requests: tuple[bool, int], kept: bool = False) -> int:
    """How often credentials are missed in requests: with or without them, and the status of the answer."""
    exchanges = tuple(
        Exchange(Request("GET", URL, BASIC if with_them else ()), Response(status), known=Knowledge(kept=kept))
        for with_them, status in requests
    )
    return len(list(basic_credentials.check(Trace(ID, exchanges))))


def test_challenges() -> None:
    """A request without credentials is forgiven where a 401 answers it and the next has them, or where they may have
    been taken out of a recording."""
    assert sent((False, 401), (True, 200)) == 0
    assert sent((False, 200), (True, 200)) == 1
    assert sent((False, 401), (False, 401)) == 2
    assert sent((False, 401)) == 1
    assert sent((True, 200), (False, 401), (True, 200)) == 0
    assert sent((True, 200), (True, 200)) == 0
    assert sent((False, 200), kept=True) == 0


def test_only_what_a_client_can_tell_is_asked_of_it() -> None:
    """Whether the status code can be reached is asked of refusals, and of clients that claim it can."""
    refused = replace(rehearse_answer("not-found"), told=Told(failure=Failure(http_status=None)))
    assert http_status_reachable.when(refused)
    assert not http_status_reachable.when(replace(refused, can=Capabilities(error=("error_code",))))
    assert not http_status_reachable.when(rehearse_answer("waiting"))
    choices = replace(refused.served[-1], response=Response(300))
    assert http_status_reachable.when(replace(refused, served=(choices,)))
    empty = rehearse_answer("no-content-204")
    assert not http_status_reachable.when(replace(empty, told=Told(failure=Failure())))
    assert not http_status_reachable.when(replace(refused, served=(replace(refused.served[-1], response=None),)))


def test_staleness_needs_an_earlier_session() -> None:
    """A first read cannot be stale, nor can one that the client left out."""
    polled = rehearse_answer("read-twice")
    assert not_stale.when(polled)
    assert not not_stale.when(replace(polled, earlier=()))
    assert not not_stale.when(replace(polled, told=Told(skipped="it cannot")))


@pytest.mark.parametrize(
    ("body", "status"),
    [(b'{"status": "NEW"}', "NEW"), (b'{"status": 5}', None), (b'{"status": ""}', None), (b"{}", None)],
)
def test_a_status_is_a_word(body: bytes, status: str | None) -> None:
    """A status that is no word is none."""
    exchange = Exchange(Request("GET", URL), Response(200, (("Content-Type", "application/json"),), body))
    assert status_served(Answer(case="x", asked=ID, told=Told(), served=(exchange,))) == status
