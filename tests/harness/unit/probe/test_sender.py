"""Rate limiting and retry delays, without a socket."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.model import Exchange, Instant, Request, Response
from hpp_contract.probe.sender import MAX_RETRY_AFTER_S, RATE, retry_after
from tests.harness.support.fake_time import NOON, FakeTime


@given(st.lists(st.floats(0, 0.3), min_size=1, max_size=60))
def test_rate_is_kept(durations: list[float]) -> None:
    """Whatever requests take, no second holds more than the allowed number of them."""
    fake, starts = FakeTime(), []
    limiter = fake.limiter()
    for duration in durations:
        limiter.wait_for_turn()
        starts.append(fake.now)
        fake.now += duration
    assert all(later - first > 1 - 1e-6 for first, later in zip(starts, starts[RATE:], strict=False))


def test_loopback_is_not_held_up() -> None:
    """A server on this machine may be asked as fast as it answers."""
    fake = FakeTime()
    limiter = fake.limiter(loopback=True)
    for _ in range(100):
        limiter.wait_for_turn()
    assert fake.slept == []


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
    retried = fake.limiter(loopback=loopback).wait_before_retry(failed, attempt)
    assert retried == (attempt < 2 and asked <= MAX_RETRY_AFTER_S)
    assert (sum(fake.slept) >= asked) if retried else fake.slept == []
