"""Instants: what is written reads back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.model import Instant
from hpp_contract.model.instant import SECOND, is_unusual, nanoseconds


def zone(minutes: int) -> str:
    """An offset of so many minutes east of UTC."""
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


@given(
    ns=st.integers(0, 4_000_000_000 * 10**9),
    digits=st.integers(0, 9),
    zone=st.just("Z") | st.integers(-23 * 60, 23 * 60).map(zone),
)
def test_instants_are_written_as_they_are_read(ns: int, digits: int, zone: str) -> None:
    """An instant reads back as itself, cut to its digits, in every zone."""
    scale = 10 ** (9 - digits)
    assert Instant.parse(Instant(ns).format(digits, zone)) == Instant(ns // scale * scale, digits)


@pytest.mark.parametrize(
    ("text", "usual"),
    [
        ("2019-05-13t14:51:46.288z", "2019-05-13T14:51:46.288Z"),
        ("2019-05-13t14:51:46+02:00", "2019-05-13T14:51:46+02:00"),
        ("1990-12-31T23:59:60Z", "1991-01-01T00:00:00Z"),
        ("1990-12-31T15:59:60.25-08:00", "1991-01-01T00:00:00.25Z"),  # RFC 3339 §5.8
        ("2016-12-31T23:59:60.999999999Z", "2017-01-01T00:00:00.999999999Z"),
        ("2029-06-30T23:59:60Z", "2029-07-01T00:00:00Z"),  # not announced, and not excluded
    ],
)
def test_unusual_instants_are_read(text: str, usual: str) -> None:
    """RFC 3339 allows small letters and leap seconds, and both are told apart from what is usual."""
    assert Instant.parse(text) == Instant.parse(usual)
    assert (is_unusual(text), is_unusual(usual)) == (True, False)


@pytest.mark.parametrize(
    "text",
    ["2023-06-30T23:59:60Z", "2023-06-15T12:00:60Z", "1990-12-31T23:59:60-08:00", "1990-12-31T23:59:61Z",
     "2029-05-31T23:59:60Z", "2029-06-30T22:59:60Z", "2036-06-30T23:59:60Z", "9999-12-31T23:59:60-12:00",
     "0001-01-01T00:00:60+12:00", "2023-02-30T23:59:60Z"],
)  # fmt: skip
def test_leap_seconds_that_never_were(text: str) -> None:
    """A sixty-first second that clocks never had is no instant."""
    assert Instant.parse(text) is None


def test_a_leap_second_is_the_second_that_follows() -> None:
    """Before and after it time goes on: no instant is earlier than one that came before it."""
    texts = ("2016-12-31T23:59:59Z", "2016-12-31T23:59:60Z", "2017-01-01T00:00:01Z")
    times = [instant.ns for text in texts if (instant := Instant.parse(text))]
    assert [later - times[0] for later in times] == [0, SECOND, 2 * SECOND]


@pytest.mark.parametrize(
    "text",
    ["2026-11-22T01:02:03.4x6Z", "2026-13-22T01:02:03.456Z", "2026-11-22T01:02:03,456Z", "2026-11-22T01:02:03.4٣6Z"],
)
def test_what_only_looks_usual(text: str) -> None:
    """A text of the usual length that is no instant is none."""
    assert nanoseconds(text) is None
    assert Instant.parse(text) is None
