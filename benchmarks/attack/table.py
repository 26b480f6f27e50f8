"""A table of attacks: how many were tried, how many held, and what they cost. And a command that is attacked."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

from tests.harness.support.paths import ROOT

Item = TypeVar("Item")

ENDS_WITHIN_S: Final = 180.0
"""Seconds that a command may take after the time that it was given, on a machine that has much to do."""


@dataclass
class Table:
    """What came of the attacks of one kind. `failed` says in a line each what did not hold; `peak_mb` is the memory of
    the process that needed most."""

    name: str
    tried: int = 0
    failed: list[str] = field(default_factory=list)
    peak_mb: int = 0
    seconds: float = 0.0

    @property
    def row(self) -> str:
        """The row of a Markdown table."""
        held = self.tried - len(self.failed)
        return f"| {self.name} | {self.tried:,} | {held:,} | {self.peak_mb} MB | {self.seconds:.0f} s |"

    def add(self, name: str, wrong: str | None, peak_mb: int = 0) -> None:
        """Count one attack; `wrong` says why it did not hold."""
        self.tried += 1
        self.peak_mb = max(self.peak_mb, peak_mb)
        self.failed += [f"{name}: {wrong}"] if wrong else []


def each(table: Table, items: Iterable[Item], attack: Callable[[Item], tuple[str, str | None, int]]) -> Table:
    """Make each attack, as many at a time as there are cores; what it gives is its name, what is wrong, and memory."""
    began = time.monotonic()
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for name, wrong, peak in threads.map(attack, items):
            table.add(name, wrong, peak)
    table.seconds = time.monotonic() - began
    return table


@dataclass(frozen=True)
class Done:
    """A command that ended, or was ended: `code` is None then. `said` is all that it printed."""

    code: int | None
    said: str
    peak_mb: int

    def wrong(self, *codes: int) -> str | None:
        """Why it did not hold: no end, another exit code than these, or an error of our own."""
        if self.code is None:
            return "it did not end"
        if "Traceback (most recent" in self.said or "internal error" in self.said:
            return "a traceback"
        return None if self.code in codes else f"exit code {self.code}"


def run(arguments: Iterable[str], folder: Path, max_time: float, environment: Mapping[str, str] | None = None) -> Done:
    """Run hpp-contract in a folder, and end it when it takes much longer than it may."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HPP_")}
    with subprocess.Popen(
        [sys.executable, "-m", "hpp_contract", *arguments],
        cwd=folder,
        env={**clean, "PYTHONPATH": str(ROOT), **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        peaks: list[int] = []
        watching = threading.Thread(target=_watch, args=(process, peaks), daemon=True)
        watching.start()
        try:
            said, _ = process.communicate(timeout=max_time + ENDS_WITHIN_S)
            code: int | None = process.returncode
        except subprocess.TimeoutExpired:
            process.kill()
            said, code = process.communicate()[0], None
        watching.join()
    return Done(code, said.decode("utf-8", "replace"), max(peaks, default=0))


def _watch(process: subprocess.Popen[bytes], peaks: list[int]) -> None:
    """The most memory that a process ever had, where the system tells (Linux), for as long as it runs."""
    while process.returncode is None:
        peaks.append(peak_mb(str(process.pid)))
        time.sleep(0.05)


def peak_mb(process: str = "self") -> int:
    """The most memory that a process ever had; 0 where the system does not tell."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) // 1024
    return 0
