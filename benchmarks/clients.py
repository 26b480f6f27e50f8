"""All client cases, in process and over adapters in other languages: wall time, and how much of it the cases
themselves make a client wait. Whole runs without start-up; the commands that are not installed are left out."""

from __future__ import annotations

import shutil
import statistics
import sys
import time
from collections.abc import Callable

from hpp_contract.cases import CASES, Case
from hpp_contract.cases.case import SHORT
from hpp_contract.client import Adapter, RunOptions, run
from hpp_contract.client.adapters.command import CommandAdapter
from hpp_contract.client.adapters.python import PythonAdapter
from hpp_contract.client.ideal_client import ideal_reads
from hpp_contract.engine import Subject
from tests.harness.support.sample_clients import Client

RUNS = 5

COMMANDS = {
    "node": "node examples/node-fetch/adapter.mjs",
    "ruby": "ruby examples/ruby-net-http/adapter.rb",
    "php": "php examples/php-curl/adapter.php",
    "python": f"{sys.executable} examples/python-requests/adapter.py",
}


def waits(case: Case) -> float:
    """Seconds for which a client with one time-out for each piece has to wait in this case, whatever we do."""
    pauses = case.pause * (len(case.reads) - 1)
    for read in ideal_reads(case):
        pieces = sum(sum(exchange.response.pauses) for exchange in read.served if exchange.response is not None)
        pauses += min(sum(exchange.elapsed or 0.0 for exchange in read.served), case.timeout)
        pauses += min(pieces, SHORT) if pieces > 1 else pieces
    return pauses


def measured(start: Callable[[], Adapter], extra: int) -> tuple[float, int]:
    """Median wall seconds of RUNS runs, after one that is not counted, and the exit code."""
    walls = []
    for _ in range(RUNS + 1):
        begin = time.perf_counter()
        report = run(tuple(CASES.values()), start, Subject("client", ""), RunOptions(extra_adapters=extra))
        walls.append(time.perf_counter() - begin)
    return statistics.median(walls[1:]), report.exit_code


def main() -> None:
    """Print one line a client."""
    floor = sum(map(waits, CASES.values()))
    print(f"{len(CASES)} cases; the waits in them: {floor:.2f} s")
    adapters: dict[str, tuple[Callable[[], Adapter], int]] = {"in process": (lambda: PythonAdapter(Client()), 0)}
    adapters |= {
        command: (lambda command=command: CommandAdapter(command), 3)  # type: ignore[misc]  # bound now, not at the call
        for command in COMMANDS.values()
        if shutil.which(command.split()[0])
    }
    for name, (start, extra) in adapters.items():
        wall, code = measured(start, extra)
        print(f"{name[-48:]:<48} {wall:6.2f} s  {wall / floor:5.2f} × the waits  exit {code}")
