"""`hpp-contract client`: its options, its exit codes, its sentences."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from hpp_contract.cases import CASES
from hpp_contract.cli import main
from hpp_contract.spec.schema_files import load
from tests.harness.support.paths import ROOT, SUPPORT

CLIENTS = """
import sys
sys.path.insert(0, {samples!r})
from sample_clients import Client

class DropsOrder(Client):
    def session(self, value):
        return {{name: inner for name, inner in value.items() if name != "order_id"}}

class DropsEmoji(Client):
    def session(self, value):
        if "klarna_reference" in value:
            value["klarna_reference"] = "".join(char for char in value["klarna_reference"] if char < "\\U00010000")
        return value

good, wrong, picky = Client(), DropsOrder(), DropsEmoji()

def of_one(session_id):
    return None
"""


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder to stand in, with an SDK in it."""
    (tmp_path / "sdk.py").write_text(CLIENTS.format(samples=str(SUPPORT)), encoding="utf-8")
    (tmp_path / "broken.py").write_text("raise RuntimeError('half written')", encoding="utf-8")
    (tmp_path / "needy.py").write_text("import no_such_library", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setenv("COLUMNS", "200")
    before = set(sys.modules)
    yield tmp_path
    for name in {"sdk", "broken", "needy", "sample_clients"} - before:
        sys.modules.pop(name, None)


@pytest.fixture
def client(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: str) -> Done:
        with pytest.raises(SystemExit) as left:
            main(["client", *arguments])
        captured = capsys.readouterr()
        return Done(int(left.value.code or 0), captured.out, captured.err)

    return run


@pytest.mark.socket
def test_conforming_client(client: Run) -> None:
    """A conforming client in the working directory is kept, exit 0."""
    done = client("--python", "sdk:good", "--only", "smoke,waiting,empty-*")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Contract kept" in done.stdout


@pytest.mark.socket
def test_wrong_client(folder: Path, client: Run) -> None:
    """A wrong client is exit 1; the report names rule, case and the command that shows it again."""
    done = client("--python", "sdk:wrong", "--only", "completed-with-order", "--json", "report.json")
    assert done.returncode == 1
    assert "hpp-contract client --python sdk:wrong --only completed-with-order" in done.stdout
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    Draft202012Validator(load("tool/report")).validate(report)
    assert report["subject"] == {"kind": "client", "name": "sdk:wrong", "embedded": False}
    [broken] = [rule for rule in report["rules"] if rule["outcome"] == "broken"]
    assert (broken["id"], broken["findings"][0]["case"]) == ("HPP-A05", "completed-with-order")


@pytest.mark.socket
def test_known_failing_case(folder: Path, client: Run) -> None:
    """A debt on record, by rule and case, lets the run pass."""
    (folder / "known.txt").write_text("# until release 3\nHPP-A05@completed-with-order\n", encoding="utf-8")
    done = client("--python", "sdk:wrong", "--only", "completed-with-order", "--known-failing", "known.txt")
    assert done.returncode == 0, done.stdout


@pytest.mark.socket
def test_generated_sessions(folder: Path, client: Run) -> None:
    """What a generated session breaks is a finding like any other, in a file of the folder that was named."""
    arguments = ("--python", "sdk:picky", "--only", "smoke,generated", "--generated", "100", "--generated-to", "kept")
    done = client(*arguments, "--json", "report.json", "--seed", "3")
    assert done.returncode == 1, done.stdout
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    Draft202012Validator(load("tool/report")).validate(report)
    [broken] = [rule for rule in report["rules"] if rule["outcome"] == "broken"]
    assert (broken["id"], [finding["case"] for finding in broken["findings"]]) == ("HPP-A06", ["generated"])
    [file] = (folder / "kept").iterdir()
    assert f"hpp-contract serve --body kept/{file.name}" in done.stdout
    (folder / "known.txt").write_text("# the database cannot hold them\nHPP-A06@generated\n", encoding="utf-8")
    done = client(*arguments, "--seed", "3", "--known-failing", "known.txt")
    assert done.returncode == 0, done.stdout


@pytest.mark.socket
@pytest.mark.parametrize(
    ("arguments", "note"),
    [
        (["--only", "generated"], "25 generated sessions (seed 0) were read too."),
        (["--only", "smoke", "--generated", "3", "--seed", "9"], "3 generated sessions (seed 9) were read too."),
        (["--only", "smoke"], ""),
        (["--only", "smoke,generated", "--generated", "0"], ""),
    ],
    ids=" ".join,
)
def test_when_sessions_are_generated(client: Run, arguments: list[str], note: str) -> None:
    """Generated sessions are read where cases are not narrowed, or where they are asked for."""
    done = client("--python", "sdk:good", *arguments)
    assert done.returncode == 0, done.stdout
    assert note in done.stdout if note else "generated" not in done.stdout


@pytest.mark.process
def test_nothing_is_left_behind(folder: Path) -> None:
    """A run leaves nothing in the working directory that was not asked for."""
    before = {path.name for path in folder.iterdir()}
    command = [sys.executable, "-m", "hpp_contract", "client", "--python", "sdk:good", "--only", "generated"]
    environ = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    assert subprocess.run(command, cwd=folder, env=environ, capture_output=True, check=False).returncode == 0
    assert {path.name for path in folder.iterdir()} == before


def test_list(folder: Path, client: Run) -> None:
    """--list names every case; with --json it writes them all."""
    done = client("--list")
    assert done.returncode == 0
    assert f"{len(CASES)} cases" in done.stdout
    assert client("--list", "--json", "cases.json").returncode == 0
    assert len(json.loads((folder / "cases.json").read_text(encoding="utf-8"))["cases"]) == len(CASES)


@pytest.mark.process
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "give either --python MODULE:CALLABLE or --command CMD"),
        (["--python", "sdk:good", "--command", "x"], "give either --python MODULE:CALLABLE or --command CMD"),
        (["--python", "sdk"], "'sdk' names no callable"),
        (["--python", "nosuch:read"], "there is no module 'nosuch' in the working directory or installed here"),
        (["--python", "needy:read"], "module needy needs 'no_such_library'"),
        (["--python", "broken:read"], "module broken cannot be imported (RuntimeError: half written)"),
        (["--python", "sdk:missing"], "module sdk has no 'missing'"),
        (["--python", "sdk:of_one"], "cannot be called with (base_url, username, password, session_id, timeout)"),
        (["--python", "sdk:good", "--only", "smok"], "there is no case 'smok'; did you mean smoke?"),
        (["--python", "sdk:good", "--generated-to", "sdk.py/x"], "--generated-to sdk.py/x cannot be written"),
        (["--command", "'"], "--command cannot be read"),
        (["--command", "no-such-adapter"], "cannot start 'no-such-adapter'"),
        (["--command", "no-such-adapter {session_id}"], "cannot start 'no-such-adapter'"),
    ],
    ids=lambda value: " ".join(value) or "nothing" if isinstance(value, list) else "",
)
def test_usage_problems(client: Run, arguments: list[str], sentence: str) -> None:
    """What makes no sense is one sentence and exit 2."""
    done = client(*arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1


CURIOUS = """
import os

AT_IMPORT = [name for name in os.environ if name.startswith("HPP_")]

def read_session(base_url, username, password, session_id, timeout):
    now = [name for name in os.environ if name.startswith("HPP_")]
    raise RuntimeError(f"seen: {AT_IMPORT + now}, {os.environ.get('HPP_API_KEY')}")
"""


@pytest.mark.process
@pytest.mark.parametrize("options", [[], ["--interpreter", sys.executable]])
def test_a_client_sees_no_credentials_of_ours(
    folder: Path, client: Run, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    """A function in this process, like one in a process of its own, finds none of our variables, not when it is
    imported either; afterwards they are there again."""
    (folder / "curious.py").write_text(CURIOUS, encoding="utf-8")
    monkeypatch.setenv("HPP_API_KEY", "kco_test_api_of-the-shop")
    monkeypatch.setenv("HPP_USERNAME", "M1-shop")
    done = client("--python", "curious:read_session", *options, "--only", "smoke", "--json", "r.json")
    assert done.returncode == 1
    text = (folder / "r.json").read_text(encoding="utf-8")
    assert "seen: [], None" in text
    assert os.environ["HPP_API_KEY"] == "kco_test_api_of-the-shop"


@pytest.mark.socket
def test_the_time_of_a_run_is_bounded(client: Run) -> None:
    """A client run whose time is over could not verify."""
    done = client("--python", "sdk:good", "--only", "smoke,waiting", "--max-time", "0.000001")
    assert done.returncode == 3
    assert "Could not verify: the time for this run was over after 1e-06 s" in done.stdout
