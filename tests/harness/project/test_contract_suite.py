"""`tests/contract` shows the whole shape of the contract, and each part of it can fail."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hpp_contract.cases.scenarios import CREDENTIALS, session_id
from hpp_contract.engine.fault import fault
from hpp_contract.server import Server
from tests.contract.summary import PARTS, VERDICTS
from tests.harness.support.fuzzing import SERVER_ERROR, asked_for, only
from tests.harness.support.paths import ROOT

pytestmark = pytest.mark.process

SOURCES = ("hpp_contract", "schemas", "cassettes", "examples", "tests/contract")
FILES = ("conftest.py", "pytest.ini", "tests/__init__.py", "tests/conftest.py")
QUICK = {"HYPOTHESIS_PROFILE": "any-day"}


class Done:
    """A run of tests/contract: its exit code, what it said, and the outcome of each part."""

    def __init__(self, place: Path, *arguments: str, **environ: str) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("HPP_", "PYTEST_"))}
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
            cwd=place,
            env=clean | QUICK | environ,
            capture_output=True,
            text=True,
            check=False,
        )
        self.code, self.said = done.returncode, done.stdout + done.stderr
        self.last = done.stdout.splitlines()[-1]
        outcomes = "ok|broken|could not verify|not exercised"
        lines = (re.match(rf"({'|'.join(PARTS.values())}) +({outcomes})\b", line) for line in done.stdout.splitlines())
        self.parts = {line[1]: line[2] for line in lines if line}


def at(url: str, *sessions: str) -> dict[str, str]:
    """The environment that names this endpoint, with the reference server's credentials."""
    credentials = {"HPP_API_KEY": CREDENTIALS.api_key, "HPP_USERNAME": CREDENTIALS.username or ""}
    return {"HPP_ENDPOINT": url, **credentials, "HPP_SESSION_IDS": " ".join(map(session_id, sessions))}


def modules(*names: str) -> tuple[str, ...]:
    return tuple(f"tests/contract/test_{name}.py" for name in names)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The repository, as far as the contract needs it, to spoil something in."""
    for name in SOURCES:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_every_part_is_run() -> None:
    """Against the embedded server every part of the contract is exercised, each has its line, and the last line says
    how it ended."""
    done = Done(ROOT, "tests/contract")
    assert done.parts == dict.fromkeys(PARTS.values(), "ok"), done.said
    assert (done.code, done.last) == (0, VERDICTS[0])
    assert "25 GETs that Schemathesis made" in done.said


def allow_outcomes(schema: dict[str, Any]) -> None:
    for name in ("authorization_token", "order_id", "klarna_reference"):
        del schema["properties"][name]


def misname(schema: dict[str, Any]) -> None:
    schema["$defs"]["session"]["properties"]["session_id"]["x-contract"]["pattern"]["rule"] = "HPP-S99"


@pytest.mark.parametrize(
    ("names", "spoil"),
    [(("waiting", "in-progress"), allow_outcomes), (("session",), misname)],
    ids=["lost", "wrong"],
)
def test_a_wrong_schema_is_noticed(copy: Path, names: tuple[str, ...], spoil: Callable[[dict[str, Any]], None]) -> None:
    """A schema that has lost a constraint, or that hands it to no rule, makes the generated bodies red."""
    for name in names:
        path = copy / "schemas" / f"{name}.json"
        schema = json.loads(path.read_text(encoding="utf-8"))
        spoil(schema)
        path.write_text(json.dumps(schema), encoding="utf-8")
    done = Done(copy, *modules("generated_bodies"), HYPOTHESIS_PROFILE="mutants")
    assert (done.code, done.parts, done.last) == (1, {"generated bodies": "broken"}, VERDICTS[1]), done.said


SPOILT = """
from hpp_contract.engine.rule import Finding
from hpp_contract.rules import find

def check(trace):
    '''Replaced.'''
    {body}

object.__setattr__(find("HPP-L01"), "check", check)
"""


@pytest.mark.parametrize(
    ("body", "failed"),
    [
        ("return []", "test_broken_lives_are_noticed"),
        ("return [Finding('x', 'y', 'z')]", "test_honest_lives_are_kept"),
    ],
    ids=["blind", "harsh"],
)
def test_a_wrong_rule_about_lives_is_noticed(copy: Path, body: str, failed: str) -> None:
    """A rule that notices no broken life, or that blames an honest one, makes the generated lives red."""
    (copy / "spoilt.py").write_text(SPOILT.format(body=body), encoding="utf-8")
    done = Done(copy, "tests/contract/test_generated_lives.py", "-p", "spoilt", HYPOTHESIS_PROFILE="mutants")
    assert (done.code, done.parts, done.last) == (1, {"generated lives": "broken"}, VERDICTS[1]), done.said
    assert failed in done.said


def test_a_wrong_server_is_noticed() -> None:
    """A server that fails for ids that only generated requests ask for makes these red, and no other part."""
    odd = asked_for(lambda wanted: wanted[:1].isdigit() and len(wanted) == 36)
    with Server((fault("odd", "unknown-id", only(odd, *SERVER_ERROR)),)) as server:
        names = ("waiting", "completed-with-order")
        done = Done(ROOT, *modules("endpoint", "generated_requests"), **at(server.url, *names))
    assert done.parts == {"endpoint": "ok", "generated requests": "broken"}, done.said
    assert (done.code, done.last) == (1, VERDICTS[1])


def test_a_wrong_client_is_noticed(copy: Path) -> None:
    """An example client that drops a member makes the client's part red."""
    path = copy / "examples" / "python-requests" / "hpp_client.py"
    source = path.read_text(encoding="utf-8")
    spoilt = source.replace("known = {", 'body.pop("order_id", None)\n        known = {')
    assert spoilt != source
    path.write_text(spoilt, encoding="utf-8")
    done = Done(copy, "tests/contract/test_example_client.py")
    assert (done.code, done.parts, done.last) == (1, {"example client": "broken"}, VERDICTS[1]), done.said
    assert "HPP-A05" in done.said


def test_an_endpoint_that_is_not_there() -> None:
    """An endpoint that cannot be reached is an error and no passing test of it; the other parts are judged."""
    with Server() as server:
        url = server.url
    done = Done(ROOT, *modules("endpoint", "generated_requests", "cassettes"), **at(url))
    expected = {"cassettes": "ok", "endpoint": "could not verify", "generated requests": "not exercised"}
    assert done.parts == expected, done.said
    assert (done.code, done.last) == (3, VERDICTS[3])
    assert "ERROR tests/contract/test_endpoint.py::test_verified" in done.said


def test_a_verdict_in_several_processes() -> None:
    """Under xdist the verdict is the same: what could not be verified is not broken."""
    with Server() as server:
        url = server.url
    done = Done(ROOT, *modules("endpoint", "documented"), "-n", "2", **at(url))
    assert done.parts == {"documented examples": "ok", "endpoint": "could not verify"}, done.said
    assert (done.code, done.last) == (3, VERDICTS[3])


def test_a_suite_that_cannot_be_loaded(copy: Path) -> None:
    """An error of our own, before any test, is neither broken nor kept."""
    (copy / "spoilt.py").write_text("import hpp_contract.generate\ndel hpp_contract.generate.NAMES", encoding="utf-8")
    done = Done(copy, *modules("generated_bodies"), "-p", "spoilt")
    assert (done.code, done.last) == (3, VERDICTS[3]), done.said


def test_broken_wins_over_not_verified(copy: Path) -> None:
    """What is broken decides, whatever could not be verified beside it."""
    (copy / "cassettes" / "documented" / "waiting.yaml").write_text("interactions:\n- request: {", encoding="utf-8")
    (copy / "spoilt.py").write_text(SPOILT.format(body="return []"), encoding="utf-8")
    done = Done(copy, *modules("generated_lives", "cassettes"), "-p", "spoilt")
    assert done.parts == {"cassettes": "could not verify", "generated lives": "broken"}, done.said
    assert (done.code, done.last) == (1, VERDICTS[1])


def test_production_is_refused() -> None:
    """Production is wrong usage: nothing is sent there, generated or not."""
    done = Done(ROOT, "tests/contract/test_generated_requests.py", **at("https://api.kustom.co"))
    assert (done.code, done.last) == (2, VERDICTS[2])
    assert "api.kustom.co is a production host" in done.said


@pytest.mark.parametrize("code", sorted({*VERDICTS, 130}))
def test_make_says_the_verdict_last(tmp_path: Path, code: int) -> None:
    """Make leaves with 2 whatever it was, and its last line says what."""
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        (tmp_path / name).symlink_to(ROOT / name)
    pytest_of_ours = tmp_path / ".venv" / "bin" / "pytest"
    pytest_of_ours.parent.mkdir(parents=True)
    pytest_of_ours.write_text(f"#!/bin/sh\necho ran\nexit {code}\n")
    pytest_of_ours.chmod(0o755)
    (tmp_path / ".venv" / ".ready").touch()
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(
        ["make", "contract"],
        cwd=tmp_path,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == (2 if code else 0)
    first, *rest = done.stdout.splitlines()
    assert first == "ran"
    assert VERDICTS.get(code, f"pytest ended with {code}") in rest[-1] if code else not rest


def test_the_summary_knows_every_module() -> None:
    """Each module of tests has a line of its own in the summary."""
    assert {path.stem for path in (ROOT / "tests" / "contract").glob("test_*.py")} == set(PARTS)
