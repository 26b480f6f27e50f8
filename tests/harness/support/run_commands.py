"""Running every command that talks to an endpoint, in this process, for the tests of safety."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from hpp_contract.cases.scenarios import CREDENTIALS, session_id
from hpp_contract.cli import COMMANDS, main
from hpp_contract.model.credentials import Credentials

SESSIONS = " ".join(session_id(name) for name in ("waiting", "completed-with-order"))

_FILES = ("json", "html", "markdown", "junit", "gitlab")
_EVERY_FILE = tuple(part for kind in _FILES for part in (f"--{kind}", f"report.{kind}"))

RUNS: dict[str, list[tuple[str, ...]]] = {
    "endpoint": [(), ("-v", "--strict", "--annotations", *_EVERY_FILE), ("--fuzz", "15")],
    "drift": [
        ("--baseline", "base", "--accept", "--reason", "first", "--history", "history.jsonl"),
        ("--baseline", "base", "--history", "history.jsonl", *_EVERY_FILE),
    ],
    "record": [("--to", "recorded")],
}
"""How each command that talks to an endpoint is run here, one after the other in one folder."""

READING = [(name, arguments) for name, runs in RUNS.items() if name in COMMANDS for arguments in runs]
PROVISIONING = [("endpoint", ("--provision", "-v", *_EVERY_FILE))]


def settle_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make `folder` home, working and temporary directory at once, so that all that is written is in it."""
    for name in [name for name in os.environ if name.startswith("HPP_")]:
        monkeypatch.delenv(name)
    for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.chdir(folder)


def run(name: str, url: str, arguments: tuple[str, ...], credentials: Credentials = CREDENTIALS) -> str:
    """Everything a command says, in this process; it must end by an exit code of its own."""
    environ = {
        "HPP_API_KEY": credentials.api_key,
        "HPP_USERNAME": credentials.username or "",
        "HPP_SESSION_IDS": SESSIONS,
    }
    done = CliRunner().invoke(main, [name, url, *arguments], env=environ)
    assert isinstance(done.exception, SystemExit | None), done.exception
    return done.output + done.stderr
