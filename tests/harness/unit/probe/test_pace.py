"""Not being a burden: how fast a probe asks, and how patiently it asks again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.endpoint import Plan, Target, probe
from hpp_contract.endpoint.pace import PATIENCE, RATE, Pace, retry_after
from hpp_contract.exchange import Exchange, Instant, Request, Response
from hpp_contract.exchange.credentials import Credentials
from hpp_contract.rules.fault import header, lie, status
from hpp_contract.server import CREDENTIALS, Server, session_id
from tests.harness.support.fake_time import NOON, FakeTime

FIVE = tuple(map(session_id, ("waiting", "in-progress", "completed-with-order", "lifecycle-paid", "failed")))


def target(url: str, *session_ids: str, credentials: Credentials = CREDENTIALS) -> Target:
    return Target(url, credentials, session_ids)


@pytest.fixture
def fake_time(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    """The clock of every probe of the test, and sleeping that takes no time."""
    fake = FakeTime()
    monkeypatch.setattr(Pace, "for_host", fake.pace)
    return fake


@given(st.lists(st.floats(0, 0.3), min_size=1, max_size=60))
def test_rate_is_kept(durations: list[float]) -> None:
    """Whatever requests take, no second holds more than the allowed number of them."""
    fake, starts = FakeTime(), []
    pace = fake.pace()
    for duration in durations:
        pace.wait_for_turn()
        starts.append(fake.now)
        fake.now += duration
    assert all(later - first > 1 - 1e-6 for first, later in zip(starts, starts[RATE:], strict=False))


def test_loopback_is_not_held_up() -> None:
    """A server on this machine may be asked as fast as it answers."""
    fake = FakeTime()
    pace = fake.pace(loopback=True)
    for _ in range(100):
        pace.wait_for_turn()
    assert fake.slept == []


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
    limited = lie("limits", "waiting", status(429), header("Retry-After", "4"), until=2)
    with Server([limited]) as server:
        probe(target(server.url, session_id("waiting")), Plan(polls=1))
    assert fake_time.slept.count(4) == 2
    assert fake_time.now >= 8


@pytest.mark.parametrize(
    ("value", "seconds"),
    {
        "3": 3.0,
        " 7 ": 7.0,
        "": 0.0,
        "soon": 0.0,
        "-1": 0.0,
        "1.5": 0.0,
        "²": 0.0,
        "9" * 30: float("9" * 10),
        "Thu, 99 Foo 2026": 0.0,
        "Mon, 27 Dec 2027 12:00:09 GMT": 400 * 86400.0 + 7,
        "Mon, 27 Dec 2027 12:00:09": 400 * 86400.0 + 7,
        "Mon, 27 Dec 2027 12:00:09 -0000": 400 * 86400.0 + 7,
    }.items(),
    ids=lambda value: str(value)[:32],
)
def test_retry_after(value: str, seconds: float) -> None:
    """Retry-After is read in both its forms, a date from the end of its own exchange; anything else is none."""
    response = Response(503, (("Retry-After", value),))
    assert retry_after(Exchange(Request("GET", "x"), response, at=Instant(NOON, 9), elapsed=2.0)) == seconds


@given(asked=st.integers(0, 100), attempt=st.integers(0, 4), loopback=st.booleans())
def test_retries_are_bounded(asked: int, attempt: int, loopback: bool) -> None:
    """A retry waits at least as long as asked, and is not made when asked to wait too long or made too often."""
    fake = FakeTime()
    failed = Exchange(Request("GET", "x"), Response(503, (("Retry-After", str(asked)),)))
    again = fake.pace(loopback=loopback).wait_before_retry(failed, attempt)
    assert again == (attempt < 2 and asked <= PATIENCE)
    assert (sum(fake.slept) >= asked) if again else fake.slept == []
