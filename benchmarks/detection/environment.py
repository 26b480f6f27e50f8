"""The other tools' own environment, apart from the project's: a Python venv and npm packages, both from locks, in a
cache folder outside version control. What cannot be had is said, and its tools are listed as not run.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
INSTALL_LIMIT: Final = 900
"""Seconds one installation may take."""


@dataclass(frozen=True, slots=True)
class Environment:
    """Where the tools are: `python` and `node` hold what was installed, `missing` why something was not."""

    cache: Path
    missing: Mapping[str, str]

    @property
    def python(self) -> Path:
        return self.cache / "venv" / "bin"

    @property
    def node(self) -> Path:
        return self.cache / "npm" / "node_modules"

    @property
    def documents(self) -> Path:
        return self.cache / "documents"


def prepare(cache: Path) -> Environment:
    """Install whatever is not there yet, once for each state of the locks."""
    cache.mkdir(parents=True, exist_ok=True)
    environment = Environment(cache, _python(cache / "venv") | _node(cache / "npm") | _java())
    environment.documents.mkdir(exist_ok=True)
    return environment


def python_version(environment: Environment, package: str) -> str:
    """The installed version of a Python package."""
    code = f"import importlib.metadata as m; print(m.version({package!r}))"
    return _output([str(environment.python / "python"), "-c", code])


def node_version(environment: Environment, package: str) -> str:
    """The installed version of an npm package."""
    found: str = json.loads((environment.node / package / "package.json").read_text("utf-8"))["version"]
    return found


def _output(command: Sequence[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _python(folder: Path) -> dict[str, str]:
    lock = HERE / "requirements.lock"
    pip = [str(folder / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    steps = ([sys.executable, "-m", "venv", "--clear", str(folder)], [*pip, "-r", str(lock)])
    return _installed("python", folder, lock, steps)


def _node(folder: Path) -> dict[str, str]:
    if shutil.which("npm") is None:
        return {"node": "npm is not installed"}
    folder.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(HERE / name, folder / name)
    return _installed("node", folder, HERE / "package-lock.json", (["npm", "ci", "--prefix", str(folder)],))


def _java() -> dict[str, str]:
    return {} if shutil.which("java") else {"java": "Java is not installed"}


def _installed(what: str, folder: Path, lock: Path, steps: Sequence[Sequence[str]]) -> dict[str, str]:
    """Run the steps unless they have been run for this lock; the reason when one of them fails."""
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    stamp = folder / ".installed"
    if stamp.is_file() and stamp.read_text("ascii") == wanted:
        return {}
    print(f"installing the {what} tools …", flush=True)
    for step in steps:
        try:
            subprocess.run(step, check=True, timeout=INSTALL_LIMIT, cwd=folder.parent, env=_quiet())
        except (OSError, subprocess.SubprocessError) as error:
            return {what: f"its installation failed ({type(error).__name__})"}
    stamp.write_text(wanted, "ascii")
    return {}


def _quiet() -> dict[str, str]:
    return {**os.environ, "npm_config_loglevel": "error"}
