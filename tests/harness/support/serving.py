"""`hpp-contract serve` as a process of its own."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import requests

from hpp_contract.cases.scenarios import CREDENTIALS
from tests.harness.support.not_none import not_none
from tests.harness.support.paths import ROOT

DOCUMENTED = {
    "Authorization": CREDENTIALS.authorization,
    "Content-Type": "application/json",
    "Cache-Control": "no-cache",
}


class Served:
    """A running `hpp-contract serve`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.said = ""
        stdout, stderr = not_none(process.stdout), not_none(process.stderr)
        while "until Ctrl-C" not in self.said:
            line = stdout.readline()
            assert line, f"it ended: {self.said} {stderr.read()}"
            self.said += line

    @property
    def url(self) -> str:
        return not_none(re.search(r"listens at (\S+)", self.said))[1]

    def get(self, wanted: str, headers: dict[str, str] | None = None, **how: Any) -> requests.Response:
        url = f"{self.url}/hpp/v1/sessions/{wanted}"
        return requests.get(url, headers=DOCUMENTED if headers is None else headers, timeout=60, **how)

    def end(self, number: int = signal.SIGINT) -> tuple[int, str]:
        """Interrupt it; its exit code and everything it says afterwards."""
        self.process.send_signal(number)
        said, complaints = self.process.communicate(timeout=60)
        assert "Traceback" not in complaints
        return self.process.returncode, said


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "hpp_contract", "serve", *arguments]


@contextlib.contextmanager
def serving(*arguments: str) -> Iterator[Served]:
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "NO_COLOR": "1"}
    with subprocess.Popen(
        command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", env=environ
    ) as process:
        try:
            yield Served(process)
        finally:
            process.kill()


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    return subprocess.run(
        command(*arguments), capture_output=True, text=True, encoding="utf-8", env=environ, timeout=60, check=False
    )
