"""`make test-any-day` takes the tests to other days and places, and a locale that knows no UTF-8 is no obstacle."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hpp_contract.cases.scenarios import session_id
from hpp_contract.cli._console import readable
from hpp_contract.model.credentials import Credentials
from hpp_contract.server import Server
from tests.any_day import FAST, MOMENTS, PLACES
from tests.harness.support.paths import ROOT

C_LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}

pytestmark = pytest.mark.process

SCRATCH = """
import json
import os
from datetime import datetime
from zoneinfo import ZoneInfo

from hpp_contract.model.clock import system_clock, utc

MOMENT = datetime.fromisoformat(os.environ["HPP_MOMENT"])

def test_there():
    assert 0 <= system_clock() - MOMENT.timestamp() * 1e9 < 3600e9

def test_local_time_is_that_of_the_place():
    assert MOMENT.astimezone().utcoffset() == MOMENT.astimezone(ZoneInfo(os.environ["TZ"])).utcoffset()

def test_never_as_february_ends():
    assert MOMENT.isoformat() != "2028-02-29T23:59:30+00:00"
"""


def run(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *words], cwd=ROOT, env=os.environ | environ, capture_output=True, text=True, check=False
    )


def test_every_moment_is_visited(tmp_path: Path) -> None:
    """Each run is at its moment and its place, and what fails only there is reported, with the exit code 1."""
    scratch = tmp_path / "test_scratch.py"
    scratch.write_text(SCRATCH, encoding="utf-8")
    done = run("tests.any_day", str(scratch))
    lines = {line[:22].strip(): line[22:].split() for line in done.stdout.splitlines() if line[:22].strip() in MOMENTS}
    assert lines.keys() == MOMENTS.keys()
    assert {place for place, *_ in lines.values()} == set(PLACES)
    assert [moment for moment, words in lines.items() if "failed," in words] == ["as February 29 ends"]
    assert ">       assert MOMENT.isoformat() != " in done.stdout
    *_, test, advice, again, last = done.stdout.splitlines()
    assert test.endswith("test_scratch.py::test_never_as_february_ends fails as February 29 ends")
    assert "CONTRIBUTING.md" in advice
    assert again == f"Again: make test-any-day ARGS='{test.partition(' ')[0]}'"
    assert last == "5 of 6 other days passed"
    assert done.returncode == 1


@pytest.mark.parametrize("command", ["endpoint", "explain HPP-C02", "rules", "recording cassettes"])
def test_commands_in_any_locale(command: str) -> None:
    """A command says what it has to say where no letter but ASCII can be printed."""
    done = run("hpp_contract", *command.split(), **C_LOCALE)
    assert done.returncode == 0, done.stderr
    assert not done.stderr


@pytest.mark.parametrize("given", ["naïve ✓".encode(), b"na\xefve"], ids=["utf-8", "latin-1"])
@pytest.mark.parametrize("environ", [C_LOCALE, {"LC_ALL": "C.UTF-8"}], ids=["ascii", "utf-8"])
def test_words_in_any_locale(tmp_path: Path, given: bytes, environ: dict[str, str]) -> None:
    """A reason is kept as the text that it is in UTF-8, and a key that holds more than ASCII ends no run."""
    words = (sys.executable, "-m", "hpp_contract", "drift", "--baseline", "b", "--accept", "--history", "h", "--reason")
    key = os.fsdecode(b"kco_test_api_" + given)
    with Server(credentials=Credentials(readable(key))) as server:
        own = os.environ | environ | {"PYTHONPATH": str(ROOT), "HPP_API_KEY": key, "HPP_ENDPOINT": server.url}
        own["HPP_SESSION_IDS"] = session_id("waiting")
        done = subprocess.run([*words, given], cwd=tmp_path, env=own, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [run] = map(json.loads, (tmp_path / "h").read_text(encoding="utf-8").splitlines())
    assert run["accepted"] == given.decode("utf-8", "replace")


def test_fast_is_what_make_calls_so() -> None:
    """`--fast` selects the tests that `make test-fast` runs."""
    assert f"-m '{FAST}'" in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_contract_in_any_locale() -> None:
    """`make contract` is green where the locale's encoding is ASCII."""
    done = run("pytest", "-q", "tests/contract", **C_LOCALE)
    assert done.returncode == 0, done.stdout
