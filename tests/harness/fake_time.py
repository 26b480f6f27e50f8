"""A clock for tests of patience that have none."""

from __future__ import annotations

from dataclasses import dataclass, field

from hpp_contract.endpoint.pace import Pace

_FOR_HOST = Pace.for_host


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

    def pace(self, *, loopback: bool = False) -> Pace:
        pace = _FOR_HOST(loopback=loopback)
        return Pace(pace.spacing, pace.backoff, self.clock, self.sleep)
