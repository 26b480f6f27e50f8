"""Instants: what is written reads back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.model import Instant


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
