"""The clock: the one module that reads the time of day.

Code that needs the time of day is given a Clock. Durations do not come from here but from
`time.monotonic` and `time.perf_counter`, which are independent of the time of day.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from hpp_contract.model.instant import SECOND

Clock = Callable[[], int]
"""Tells the time of day, in nanoseconds since 1970-01-01T00:00:00Z."""


def system_clock() -> int:
    """The time of day on this machine, in nanoseconds since 1970-01-01T00:00:00Z."""
    return time.time_ns()


def steady(clock: Clock) -> Clock:
    """A clock that starts with the time that `clock` gives now, and then runs by itself.

    For a run whose times are compared with each other: setting the machine's clock meanwhile does not change them.
    """
    start = clock() - time.monotonic_ns()
    return lambda: start + time.monotonic_ns()


def utc(ns: int) -> datetime:
    """The second, in UTC, that `ns` nanoseconds since 1970 fall into."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=ns // SECOND)
