"""One run of one tool against one trial: its exit code, what it took, and whether the credentials can be read in what
it wrote.
"""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.detection.environment import Environment
from benchmarks.detection.tools import Site, Tool
from benchmarks.detection.trials import SESSIONS, Trial
from hpp_contract.cases.scenarios import CREDENTIALS

LIMIT: Final = 180
"""Seconds after which a run is ended: it counts as having said no."""

_PAIR: Final = base64.b64encode(f"{CREDENTIALS.username}:{CREDENTIALS.api_key}".encode())
SECRETS: Final = (CREDENTIALS.api_key.encode(), _PAIR, _PAIR.rstrip(b"="))


@dataclass(frozen=True, slots=True)
class Run:
    """`wall` and `cpu` in seconds (children included), `peak` the resident MB of the largest process; `leaked` when the
    key, plain or in Base64, stands in its output or in a file it left."""

    tool: str
    trial: str
    group: str
    exit_code: int
    wall: float
    cpu: float
    peak: float
    leaked: bool

    @property
    def said_no(self) -> bool:
        return self.exit_code != 0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def run(tool: Tool, trial: Trial, environment: Environment, *, hurried: bool) -> Run:
    """Serve the trial, run the tool in an empty folder, and look at what it left."""
    with tempfile.TemporaryDirectory(prefix="detection-") as name, trial.serve() as server:
        folder = Path(name)
        site = Site(environment, server.url, folder, hurried)
        exit_code, wall, usage = _timed(tool.command(site), folder, _environ(tool, site))
        return Run(
            tool.name,
            trial.name,
            trial.group,
            exit_code,
            wall,
            usage.ru_utime + usage.ru_stime,
            usage.ru_maxrss / 1024,
            _leaks(folder),
        )


def _environ(tool: Tool, site: Site) -> Mapping[str, str]:
    given = {
        "HPP_ENDPOINT": site.url,
        "HPP_API_KEY": CREDENTIALS.api_key,
        "HPP_USERNAME": CREDENTIALS.username or "",
        "HPP_SESSION_IDS": " ".join(SESSIONS),
        "basic": _PAIR.decode(),  # Specmatic reads the variable that is named like the description's security scheme
        "HOME": str(site.folder),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    kept = {name: value for name, value in os.environ.items() if name not in ("CI", "PYTHONPATH", "NODE_OPTIONS")}
    return {**kept, **given, **tool.environ(site)}


def _timed(command: list[str], folder: Path, environ: Mapping[str, str]) -> tuple[int, float, Any]:
    """Exit code, wall seconds and resource usage; what outlives LIMIT is killed with all it started."""
    begin = time.perf_counter()
    with (folder / "output.txt").open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environ,
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        watchdog = threading.Timer(LIMIT, os.killpg, (process.pid, signal.SIGKILL))
        watchdog.start()
        _, status, usage = os.wait4(process.pid, 0)
        watchdog.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, time.perf_counter() - begin, usage


def _leaks(folder: Path) -> bool:
    written = (path.read_bytes() for path in folder.rglob("*") if path.is_file())
    return any(secret in content for content in written for secret in SECRETS)
