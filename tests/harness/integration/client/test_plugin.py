"""The pytest plugin and the suite, as an SDK's author uses them: in a process and a folder of their own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[4]

SDK = """
import sys
sys.path.insert(0, {samples!r})
from sample_clients import AsyncClient, Client, HppError

class DropsOrder(Client):
    def session(self, value):
        return {{name: inner for name, inner in value.items() if name != "order_id"}}

class Hides(Client):
    def interpret(self, status, content):
        if status == 404:
            raise RuntimeError("failed")
        return super().interpret(status, content)

good, asynchronous, drops_order, hides = Client(), AsyncClient(), DropsOrder(), Hides()

def read_session(base_url, username, password, session_id, timeout):
    return good(base_url, username, password, session_id, timeout)

def wrong_arguments(session_id):
    return None
"""

TESTS = """
import asyncio
import sdk
from hpp_contract.plugin import ClientContract

class TestStatic(ClientContract):
    @staticmethod
    def read_session(base_url, username, password, session_id, timeout):
        return sdk.good(base_url, username, password, session_id, timeout)

class TestMethod(ClientContract):
    def read_session(self, base_url, username, password, session_id, timeout):
        return sdk.good(base_url, username, password, session_id, timeout)

class TestFunction(ClientContract):
    read_session = sdk.read_session

class TestAsync(ClientContract):
    async def read_session(self, base_url, username, password, session_id, timeout):
        return await sdk.asynchronous(base_url, username, password, session_id, timeout)

class TestInstance(ClientContract):
    read_session = sdk.good
    hello = {"fields": ["session_id", "status"]}

class TestBroken(ClientContract):
    read_session = sdk.drops_order

class TestHiding(ClientContract):
    read_session = sdk.hides

class TestNothing(ClientContract):
    pass

def test_server(hpp_server):
    for name in ("completed-with-order", "not-found", "omits-status"):
        try:
            sdk.good(hpp_server.url, hpp_server.username, hpp_server.api_key, hpp_server.session(name), 2)
        except sdk.HppError as error:
            assert name == "not-found" and error.http_status == 404
    assert [exchange.status for exchange in hpp_server.log] == [200, 404, 200]
    assert hpp_server.credentials.api_key == hpp_server.api_key

def test_misspelt(hpp_server):
    hpp_server.session("waitin")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    samples = str(ROOT / "tests" / "harness" / "support")
    (tmp_path / "sdk.py").write_text(SDK.format(samples=samples), encoding="utf-8")
    (tmp_path / "test_sdk.py").write_text(TESTS, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nstrict = true\n", encoding="utf-8")
    return tmp_path


def run(folder: Path, *arguments: str, path: str = "") -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join(filter(None, [str(ROOT), path]))
    environ = {**os.environ, "PYTHONPATH": paths, "COLUMNS": "200", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    environ.pop("PYTEST_ADDOPTS", None)
    # -P: the bare `pytest` command does not add the working directory to the path, which `python -m` would.
    command = [
        sys.executable,
        "-P",
        "-m",
        "pytest",
        "-p",
        "hpp_contract.plugin",
        "-p",
        "no:cacheprovider",
        "-q",
        *arguments,
    ]
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=120, check=False)


def test_adoption_in_five_lines(folder: Path) -> None:
    """A subclass of ClientContract runs the whole contract, however it says how to read a session."""
    chosen = "(TestStatic or TestMethod or TestFunction or TestAsync) and (smoke or waiting or lifecycle or html)"
    done = run(folder, "test_sdk.py", "-k", chosen, path=str(folder))
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("passed") == 1


def test_ids_carry_rule_and_case(folder: Path) -> None:
    """A test's id names the rule it is about and the case."""
    done = run(folder, "test_sdk.py", "--collect-only", "-k", "TestStatic", path=str(folder))
    assert "test_sdk.py::TestStatic::test_contract[HPP-A05-completed-with-order]" in done.stdout
    assert "test_sdk.py::TestStatic::test_contract[HPP-A22-empty-200]" in done.stdout


def test_failure_says_what_and_where(folder: Path) -> None:
    """A broken rule fails the test of its case with the rule, the place, the command for where it was run, and no
    traceback."""
    chosen = ["-k", "TestBroken and (completed-with-order or waiting)", f"--rootdir={folder.parent}"]
    done = run(folder, "test_sdk.py", *chosen, path=str(folder))
    assert done.returncode == 1
    again = "Reproduce: pytest 'test_sdk.py::TestBroken::test_contract[HPP-A05-completed-with-order]'"
    for text in ("HPP-A05 order-id-surfaced", "/order_id", again, "1 failed, 1 passed"):
        assert text in done.stdout
    assert "Traceback" not in done.stdout


def test_recommendation_is_a_warning(folder: Path) -> None:
    """A should-rule that is broken is a warning, and does not fail."""
    done = run(folder, "test_sdk.py", "-k", "TestHiding and not-found-404-empty", path=str(folder))
    assert done.returncode == 0, done.stdout
    assert "ContractWarning: HPP-A28 http-status-reachable" in done.stdout


def test_generated_sessions(folder: Path) -> None:
    """Sessions that are generated are a test too; what fails is shown as a body to serve."""
    done = run(folder, "test_sdk.py", "-k", "(TestStatic or TestBroken) and test_generated", path=str(folder))
    assert "1 failed, 1 passed" in done.stdout, done.stdout
    for text in ("HPP-A05 order-id-surfaced", "hpp-contract serve --body "):
        assert text in done.stdout


def test_declared_gap_is_spared(folder: Path) -> None:
    """What `hello` declares absent fails nothing."""
    done = run(folder, "test_sdk.py", "-k", "TestInstance and completed-with", path=str(folder))
    assert done.returncode == 0, done.stdout


def test_contract_without_client(folder: Path) -> None:
    """A subclass that says nothing about its client says so."""
    done = run(folder, "test_sdk.py", "-k", "TestNothing and smoke", path=str(folder))
    assert done.returncode != 0
    assert "TestNothing has no client" in done.stdout + done.stderr


def test_server_fixture(folder: Path) -> None:
    """`hpp_server` gives a server, its credentials, a log, and an id for any scenario, fault or case."""
    done = run(folder, "test_sdk.py", "-k", "test_server or test_misspelt", path=str(folder))
    assert "1 failed, 1 passed" in done.stdout, done.stdout
    assert "there is no scenario, fault or case 'waitin'; did you mean waiting?" in done.stdout


def test_known_failures(folder: Path) -> None:
    """Debts on record are expected failures; one that passes now fails the run."""
    (folder / "known.txt").write_text(
        "# the order is dropped until release 3\nHPP-A05@completed-with-order\n# long gone\nHPP-A02@waiting\n",
        encoding="utf-8",
    )
    chosen = ["-k", "TestBroken and (completed-with-order or waiting or smoke)", "--hpp-known-failing=known.txt"]
    done = run(folder, "test_sdk.py", *chosen, path=str(folder))
    assert "2 failed" in done.stdout, done.stdout
    assert "1 xfailed" in done.stdout
    assert "HPP-A02@waiting is listed as known failing but is kept now" in done.stdout


def test_suite(folder: Path) -> None:
    """The whole suite runs against a client named on the command line."""
    arguments = ["--pyargs", "hpp_contract.suite", "--hpp-client=sdk:read_session", "-k", "not stalls"]
    done = run(folder, *arguments, path=str(folder))
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "add --hpp-client=MODULE:CALLABLE"),
        (["--hpp-client=sdk:read_session"], "there is no module 'sdk' installed here or on pytest's path"),
        (["--hpp-client=json"], "names no callable: write MODULE:CALLABLE"),
        (["--hpp-client=json:nothing"], "module json has no 'nothing'"),
        (["--hpp-client=json:__name__"], "not a callable"),
        (["--hpp-client=json:dumps", "--hpp-known-failing=missing.txt"], "missing.txt cannot be read"),
    ],
    ids=["no option", "missing module", "no colon", "missing name", "no callable", "missing list"],
)
def test_usage_errors(folder: Path, arguments: list[str], sentence: str) -> None:
    """A client that cannot be found is a usage error with the remedy, not a traceback."""
    done = run(folder, "--pyargs", "hpp_contract.suite", *arguments)
    assert done.returncode == 4
    assert sentence in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_choosing_by_any_rule(folder: Path) -> None:
    """`-k` chooses cases by every rule that can be broken in them, not only by the first that they are about."""
    done = run(folder, "test_sdk.py", "--collect-only", "-k", "TestStatic and A29", path=str(folder))
    assert "test_contract[HPP-A25-not-found]" in done.stdout
    assert "waiting" not in done.stdout
    done = run(folder, "test_sdk.py", "-k", "TestBroken and HPP-A05 and longest", path=str(folder))
    assert "1 failed" in done.stdout


@pytest.mark.parametrize("parallel", [(), ("-p", "xdist", "-n", "2")], ids=["alone", "xdist"])
def test_what_matters_is_summed_up(folder: Path, parallel: tuple[str, ...]) -> None:
    """In the end pytest says of each client what matters, over all of its cases, wherever they were run."""
    (folder / "known.txt").write_text("# ticket 5\nHPP-A28\nHPP-A29\nHPP-A30\n", encoding="utf-8")
    chosen = "(TestBroken or TestHiding or TestStatic) and (completed-with or not-found)"
    done = run(folder, "test_sdk.py", "-k", chosen, "--hpp-known-failing=known.txt", *parallel, path=str(folder))
    _, *sections = done.stdout.split("hpp-contract: ")
    assert [section.split()[0] for section in sections] == ["test_sdk.py::TestBroken", "test_sdk.py::TestHiding"]
    assert "1 of 1 paid sessions comes out with another order_id, or with none (HPP-A05)" in sections[0]
    assert re.search(r"(\d) of \1 refusals hides? their status code \(HPP-A28\b.*; known failing\)", sections[1])


def test_unittest_is_no_contract(folder: Path) -> None:
    """A contract that is a unittest.TestCase too says why that cannot be, and what to do."""
    (folder / "test_mixed.py").write_text(
        "import unittest\n\nimport sdk\nfrom hpp_contract.plugin import ClientContract\n\n\n"
        "class TestMixed(ClientContract, unittest.TestCase):\n    read_session = sdk.read_session\n",
        encoding="utf-8",
    )
    done = run(folder, "test_mixed.py", path=str(folder))
    assert done.returncode == 2
    assert "TestMixed: a ClientContract cannot be a unittest.TestCase too" in done.stdout
