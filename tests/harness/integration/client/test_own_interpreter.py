"""A Python client in its own interpreter: nothing of ours is on its path, and it is judged like any other."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hpp_contract.cli import main
from hpp_contract.client.adapters import own_interpreter
from hpp_contract.client.adapters.own_interpreter import answers, as_message
from hpp_contract.client.adapters.python import PythonAdapter
from hpp_contract.model.client_read import ClientResult, Failure

SHOP = """
import base64, http.client, json, sys
from urllib.parse import quote, urlsplit

print("loaded")


def read(base_url, username, password, session_id, timeout):
    print("reading", session_id)
    try:
        import yaml
    except ImportError:
        pass
    else:
        raise RuntimeError("something is installed here that is not mine")
    parts = urlsplit(base_url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    key = base64.b64encode(f"{username}:{password}".encode()).decode()
    connection.request("GET", f"/hpp/v1/sessions/{quote(session_id)}", headers={"Authorization": f"Basic {key}"})
    response = connection.getresponse()
    if response.status != 200:
        raise LookupError(f"HTTP {response.status}")
    return json.load(response)


read.hello = {"error": [], "auth": "preemptive"}
"""


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An interpreter in which nothing is installed, and a shop in the working directory."""
    (tmp_path / "shop.py").write_text(SHOP, encoding="utf-8")
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -S -P "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    return str(python)


@pytest.mark.process
def test_nothing_of_ours_is_on_its_path(bare: str) -> None:
    """What is installed beside us is not there for the client, and what it prints does no harm."""
    words = ("client", "--python", "shop:read", "--interpreter", bare, "--only", "smoke,waiting,not-found")
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output


@pytest.mark.process
def test_what_cannot_be_imported_verifies_nothing(bare: str) -> None:
    """Of a client that is not there nothing is verified, and it is said what is missing."""
    done = CliRunner().invoke(main, ("client", "--python", "shops:read", "--interpreter", bare, "--only", "smoke"))
    assert done.exit_code == 3
    assert "there is no module 'shops'" in " ".join(done.output.split())


@pytest.mark.parametrize(
    ("words", "problem"),
    [(("--command", "x"), "give --python MODULE:CALLABLE with it"), (("--python", "shop:read"), "cannot be run")],
)
def test_wrong_use(words: tuple[str, ...], problem: str) -> None:
    """An interpreter is for a Python function, and must be there."""
    done = CliRunner().invoke(main, ("client", *words, "--interpreter", "/no/such/python"))
    assert done.exit_code == 2
    assert problem in " ".join(done.output.split())


ASK = {
    "op": "read_session",
    "id": "smoke",
    "base_url": "http://127.0.0.1:1",
    "username": "u",
    "password": "p",
    "session_id": "s",
    "timeout_ms": 500,
    "ca_file": None,
}


def read(base_url: str, username: str, password: str, session_id: str, timeout: float) -> Any:
    return {"session_id": session_id}


def test_messages() -> None:
    """Each message is answered, and what a function declares is handed on."""
    messages = map(json.dumps, ({"op": "hello"}, ASK, {"op": "bye"}, {"op": "hello"}))
    said = list(answers(PythonAdapter(read), {"auth": "challenge"}, messages))
    assert said == [
        {"op": "hello", "auth": "challenge", "concurrent": False},
        {"id": "smoke", "session": {"session_id": "s"}},
    ]
    assert list(answers(PythonAdapter(read), None, iter(['{"op": "hello"}']))) == [{"op": "hello", "concurrent": False}]


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (ClientResult(empty=True), {"empty": True}),
        (ClientResult(skipped="why"), {"skipped": "why"}),
        (ClientResult(other="a list"), {"session": "a list"}),
        (ClientResult(session={}, verdict="paid"), {"session": {}, "verdict": "paid"}),
        (ClientResult(problem="a verdict that is none of these"), {"verdict": ""}),
    ],
)
def test_results(result: ClientResult, message: dict[str, Any]) -> None:
    """Every result has an answer of the protocol."""
    assert as_message(result) == message


def test_modules_are_loaded_from_their_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our modules can be imported though nothing of ours is on the path."""
    others = {name: module for name, module in sys.modules.items() if not name.startswith("hpp_contract")}
    monkeypatch.setattr(sys, "modules", others)
    own_interpreter._make_importable()
    [folder] = others["hpp_contract.client.adapters"].__path__
    assert (Path(folder) / "results.py").is_file()


def test_stdout_is_for_the_protocol(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The protocol gets what stdout was, and stdout becomes stderr."""
    duplicated: list[tuple[int, int]] = []
    real = os.open(tmp_path / "protocol", os.O_CREAT | os.O_WRONLY)
    monkeypatch.setattr(os, "dup", lambda _: real)
    monkeypatch.setattr(os, "dup2", lambda *pair: duplicated.append(pair))
    with own_interpreter._take_stdout() as protocol:
        protocol.write("{}")
    assert (tmp_path / "protocol").read_text(encoding="utf-8") == "{}"
    assert duplicated == [(2, 1)]


def test_errors() -> None:
    """An error keeps what a caller can reach."""
    assert as_message(ClientResult(failure=Failure(kind="http", http_status=404)))["error"]["http_status"] == 404


def test_main(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program answers on what was its stdout."""
    protocol = io.StringIO()
    monkeypatch.setattr(own_interpreter, "_take_stdout", lambda: protocol)
    monkeypatch.setattr(sys, "stdin", io.StringIO('{"op": "hello"}\n'))
    monkeypatch.setattr(sys, "path", [*sys.path])
    with pytest.raises(SystemExit, match="there is no module"):
        own_interpreter.main("no_such_module:read")
    own_interpreter.main(f"{__name__}:read")
    assert json.loads(protocol.getvalue())["op"] == "hello"
