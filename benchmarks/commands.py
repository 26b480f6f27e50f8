"""Whole commands, start-up included: wall time and peak memory, as medians and beside an empty interpreter."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

from hpp_contract.cases.scenarios import session_id
from hpp_contract.server import Server

SESSIONS = ("waiting", "in-progress", "completed-with-token", "completed-with-order", "lifecycle-paid")
RUNS = 7


def measured(arguments: Sequence[str], environ: Mapping[str, str]) -> tuple[float, float]:
    """Median wall seconds and largest resident MB of RUNS runs, after one that is not counted."""
    walls, sizes = [], []
    for _ in range(RUNS + 1):
        begin = time.perf_counter()
        with subprocess.Popen([sys.executable, *arguments], env=environ, stdout=subprocess.DEVNULL) as process:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        walls.append(time.perf_counter() - begin)
        sizes.append(usage.ru_maxrss / 1024)
        if process.returncode:
            sys.exit(f"{' '.join(arguments)} left with {process.returncode}: nothing to measure")
    return statistics.median(walls[1:]), max(sizes)


def main() -> None:
    """Print one line a command."""
    with Server() as server:
        environ = {**os.environ, "HPP_API_KEY": server.credentials.api_key}
        environ["HPP_SESSION_IDS"] = " ".join(session_id(name) for name in SESSIONS)
        ours = ["-m", "hpp_contract"]
        commands = {
            "an empty interpreter": ["-c", "pass"],
            "import requests": ["-c", "import requests"],
            "hpp-contract --help": [*ours, "--help"],
            "hpp-contract explain HPP-S05": [*ours, "explain", "HPP-S05"],
            "hpp-contract endpoint URL, 5 sessions, 6 polls": [*ours, "endpoint", server.url, "--polls", "6"],
            "hpp-contract endpoint, embedded": [*ours, "endpoint"],
        }
        figures = {name: measured(arguments, environ) for name, arguments in commands.items()}
    floor = figures["an empty interpreter"][0]
    for name, (wall, size) in figures.items():
        print(f"{name:<48} {wall:6.2f} s  {wall / floor:5.1f} × empty  {size:5.0f} MB")
