"""Generated sessions through the embedded server: what is generated is what a client gets."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given

from hpp_contract.cases.scenarios import CREDENTIALS
from hpp_contract.cli.serve import served_body
from hpp_contract.engine.errors import UsageProblem
from hpp_contract.generate import sessions
from hpp_contract.generate.vectors import vectors
from hpp_contract.server import Server

ANY = "39a1c773-bafd-754d-af1f-b30c592f1267"


def read(server: Server, session_id: str = ANY) -> requests.Response:
    url = f"{server.url}/hpp/v1/sessions/{session_id}"
    return requests.get(url, headers={"Authorization": CREDENTIALS.authorization}, timeout=60)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("served") / "body.json"


@pytest.mark.socket
@given(body=sessions())
def test_generated_sessions_arrive(body: dict[str, Any], served: Path) -> None:
    """Any generated session, written to a file and served, arrives as it is under its own id."""
    served.write_text(json.dumps(body, ensure_ascii=False), encoding="utf-8")
    scenario, fault = served_body(served)
    with Server([fault], scenario=scenario) as server:
        answer = read(server, body["session_id"])
    assert answer.status_code == 200
    assert answer.content == served.read_bytes()


@pytest.mark.socket
@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("waiting/broken-body-type-1", 200),
        ("completed-with-order/broken-klarna_reference-required-1", 200),
        ("error-object/valid-1", 404),
        ("error-object/broken-error_code-required-1", 404),
    ],
)
def test_vectors_are_served(name: str, status: int, tmp_path: Path) -> None:
    """A vector is served byte for byte, broken or not, and an error object as an error."""
    vector = next(vector for vector in vectors(0, 1) if vector.name == name)
    file = tmp_path / "vector.json"
    file.write_text(vector.text, encoding="utf-8")
    scenario, fault = served_body(file)
    with Server([fault], scenario=scenario) as server:
        answer = read(server)
    assert (answer.status_code, answer.content) == (status, vector.text.encode())


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    """A file that cannot be read is named, with what to do."""
    with pytest.raises(UsageProblem, match="name a file"):
        served_body(tmp_path / "missing.json")


@pytest.mark.process
def test_a_body_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    """`serve --body` names the file it could not read, and leaves as a usage error."""
    command = [sys.executable, "-m", "hpp_contract", "serve", "--body", str(tmp_path / "missing.json")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("hpp-contract: --body ")
    assert done.stderr.count("\n") <= 1
