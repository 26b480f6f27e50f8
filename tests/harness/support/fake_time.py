"""Clocks for tests: a time of day that stands still, and one of patience that only sleeping moves."""

from __future__ import annotations

from dataclasses import dataclass, field

from hpp_contract.probe.sender import RateLimiter

_FOR_HOST = RateLimiter.for_host

SECOND = 1_000_000_000
NOON = 1_795_348_800 * SECOND
"""2026-11-22T12:00:00Z, in nanoseconds since 1970: the day that literal dates in tests are meant for."""


def noon() -> int:
    """A clock that stands still."""
    return NOON


@dataclass
class FakeTime:
    """A clock that only sleeping moves."""

    now: float = 0.0
    slept: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def limiter(self, *, loopback: bool = False) -> RateLimiter:
        limiter = _FOR_HOST(loopback=loopback)
        return RateLimiter(limiter.spacing, limiter.backoff, self.clock, self.sleep)
