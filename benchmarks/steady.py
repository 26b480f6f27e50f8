"""A careful `ClientContract`, many times at a high load: does it always come out the same?

`python -m benchmarks.steady [--runs 50] [--load 20] [-k EXPRESSION]` runs pytest that often, each run a process of its
own, LOAD of them and of processes that only count at a time. It prints the loads it met and every test that ended in
more than one way, with what it said.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from xml.etree import ElementTree as ET

CONTRACTS = """
from hpp_contract.plugin import ClientContract
from tests.harness.support import careful_clients

class TestRequests(ClientContract):
    read_session = staticmethod(careful_clients.with_requests)

class TestAsync(ClientContract):
    read_session = staticmethod(careful_clients.with_async_httpx)
"""
COUNTING = "while True: pass"


def outcomes(folder: Path, run: int, chosen: str) -> dict[str, str]:
    """How each test of one run ended, and what a failure said."""
    report = folder / f"{run}.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", chosen, f"--junitxml={report}"]
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    subprocess.run(command, env=environ, cwd=folder, stdout=subprocess.DEVNULL, check=False)
    cases = ET.parse(report).iter("testcase")  # noqa: S314  pytest has just written it
    return {
        f"{case.get('classname')}::{case.get('name')}".partition(".")[2]: "\n".join(
            f"{child.tag}: {child.text}" for child in case if child.tag in ("failure", "error", "skipped")
        )
        or "passed"
        for case in cases
    }


def main() -> None:
    """Run them, and print what differed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--load", type=int, default=20)
    parser.add_argument("-k", default="", help="only these tests, as pytest's -k")
    asked = parser.parse_args()
    ended: dict[str, Counter[str]] = defaultdict(Counter)
    loads = []
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        (folder / "test_careful.py").write_text(CONTRACTS, encoding="utf-8")
        beside = asked.load // 2
        for _ in range(asked.load - beside):
            counting = stack.enter_context(subprocess.Popen([sys.executable, "-c", COUNTING]))
            stack.callback(counting.kill)
        with ThreadPoolExecutor(beside) as pool:
            for number, tests in enumerate(pool.map(lambda run: outcomes(folder, run, asked.k), range(asked.runs)), 1):
                loads.append(os.getloadavg()[0])
                for test, outcome in tests.items():
                    ended[test][outcome] += 1
                print(f"{number} of {asked.runs}", end="\r", file=sys.stderr, flush=True)
    odd = {test: ways for test, ways in ended.items() if len(ways) > 1 or ways.total() != asked.runs}
    total = Counter(outcome.partition(":")[0] for ways in ended.values() for outcome in ways.elements())
    print(f"{asked.runs} runs of {len(ended)} tests in {time.perf_counter() - begin:.0f} s")
    print(f"load of the last minute {min(loads):.0f} to {max(loads):.0f}, {os.cpu_count()} cores")
    print(", ".join(f"{count} {outcome}" for outcome, count in total.items()))
    for test, ways in odd.items():
        print(test, *(f"{count} times {outcome}" for outcome, count in ways.items()), sep="\n")
    print("every run alike" if not odd else f"{len(odd)} tests differ")


if __name__ == "__main__":
    main()
