"""The tests on other days and in other places: `python -m tests.any_day`, and the pytest plugin that takes a run there.

Each run is a process of its own under another TZ, in which time-machine moves Python's clock. No child of it would see
that, so tests that need a process are left out. Nothing else moves a clock (`test_one_clock.py`).
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections import defaultdict
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
FAST = "not socket and not process and not browser and not slow"
"""What `make test-fast` selects."""


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


def failures(output: str) -> str:
    """What pytest printed of the tests that failed, without its dots and tables."""
    parts = re.split(r"^=+ (.+?) =+$\n", output, flags=re.MULTILINE)
    shown = [text for title, text in zip(parts[1::2], parts[2::2], strict=True) if title in ("FAILURES", "ERRORS")]
    return "".join(shown) or output


def main() -> int:
    """Print one line for each run, what failed in it, and in the end which tests failed when; 1 when any did."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.any_day",
        description="Run the tests that need no process as if it were another day, in other time zones.",
        epilog="Further arguments are pytest's: make test-any-day ARGS='--fast -k drift'.",
    )
    parser.add_argument("--fast", action="store_true", help="only the tests that make test-fast runs")
    parser.add_argument("--everywhere", action="store_true", help="each moment in all places, instead of in one")
    parser.add_argument("--moment", choices=MOMENTS, action="append", help="only this moment; repeatable")
    asked, further = parser.parse_known_args()
    moments = asked.moment or list(MOMENTS)
    journeys = list(product(moments, PLACES) if asked.everywhere else zip(moments, cycle(PLACES), strict=False))
    words = ("-m", FAST if asked.fast else NO_PROCESS, *further)
    failed: dict[str, list[str]] = defaultdict(list)
    good = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for journey, done in zip(
            journeys, pool.map(lambda journey: run(journey[0], journey[1], words), journeys), strict=True
        ):
            good += done.returncode == 0
            print("{:22} {:18}".format(*journey), done.stdout.rstrip().rpartition("\n")[2], flush=True)
            for test in re.findall(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE):
                failed[test].append(journey[0])
            if done.returncode == pytest.ExitCode.NO_TESTS_COLLECTED:
                print("No test was selected.")
            elif done.returncode:
                print(failures(done.stdout), done.stderr, flush=True)
    for test, when in failed.items():
        print(f"{test} fails {', '.join(dict.fromkeys(when))}")
    if failed:
        print("A test that depends on the day needs a clock that stands still (CONTRIBUTING.md, The time of day).")
        print(f"Again: make test-any-day ARGS='{next(iter(failed)).partition('[')[0]}'")
    print(f"{good} of {len(journeys)} other days passed")
    return int(good < len(journeys))


if __name__ == "__main__":
    sys.exit(main())
