"""The tests on other days and in other places: `python -m tests.any_day`, and the pytest plugin that takes a run there.

Each run is a process of its own under another TZ, in which time-machine moves Python's clock. No child of it would see
that, so tests that need a process are left out. Nothing else moves a clock (`test_one_clock.py`).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import cycle, product
from zoneinfo import ZoneInfo

import pytest

VARIABLE = "HPP_MOMENT"
"""Tells the plugin the moment, as ISO 8601 with an offset."""

NOW = datetime.now(UTC)
MOMENTS = {
    "yesterday": NOW - timedelta(days=1),
    "in two days": NOW + timedelta(days=2),
    "in 400 days": NOW + timedelta(days=400),
    "as February 29 ends": datetime(2028, 2, 29, 23, 59, 30),  # noqa: DTZ001  as the clock on the wall has it
    "past 32 bits": datetime(2038, 1, 20, tzinfo=UTC),
    "as a spring hour goes": datetime(2027, 3, 14, 5, 29, 50, tzinfo=UTC),  # St. John's has no 02:30 that night
}
PLACES = ("UTC", "America/St_Johns", "Pacific/Apia")

NO_PROCESS = "not process and not browser"
FAST = f"{NO_PROCESS} and not socket and not slow"


def pytest_configure(config: pytest.Config) -> None:
    """Be at the moment that the environment names until the run ends."""
    import time_machine

    journey = time_machine.travel(datetime.fromisoformat(os.environ[VARIABLE]), tick=True)
    journey.start()
    config.add_cleanup(journey.stop)


def run(moment: str, place: str, further: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run pytest with these further words at a moment and a place."""
    when = MOMENTS[moment]
    when = when if when.tzinfo else when.replace(tzinfo=ZoneInfo(place))
    environ = os.environ | {VARIABLE: when.isoformat(), "TZ": place, "HYPOTHESIS_PROFILE": "any-day"}
    words = [sys.executable, "-m", "pytest", "-q", "-p", "tests.any_day", "-p", "no:cacheprovider", *further]
    return subprocess.run(words, env=environ, capture_output=True, text=True, check=False)


def main() -> int:
    """Print one line for each run, and all that a failing one printed; 1 when any failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.any_day", description="Run the tests on other days.")
    parser.add_argument("--fast", action="store_true", help="only tests without sockets, and no exhaustive sweeps")
    parser.add_argument("--everywhere", action="store_true", help="every moment in every place, not each in one")
    asked, further = parser.parse_known_args()
    journeys = list(product(MOMENTS, PLACES) if asked.everywhere else zip(MOMENTS, cycle(PLACES), strict=False))
    words = ("-m", FAST if asked.fast else NO_PROCESS, *further)
    failed = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for journey, done in zip(journeys, pool.map(lambda each: run(*each, words), journeys), strict=True):
            failed += done.returncode != 0
            print("{:22} {:18}".format(*journey), done.stdout.rstrip().rpartition("\n")[2], flush=True)
            if done.returncode:
                print(done.stdout, done.stderr, flush=True)
    print(f"{len(journeys) - failed} passed, {failed} failed")
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
