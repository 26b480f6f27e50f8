"""What well-meant clients and adapters hardly reach: odd returns and errors, and processes at the edge of life."""

from __future__ import annotations

import json
import os
import selectors
import shlex
import signal
import ssl
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hpp_contract.cli.authority import VARIABLES, trusting
from hpp_contract.client import CASES, child, command
from hpp_contract.client.adapter import Ask
from hpp_contract.client.child import Child, Misbehaved
from hpp_contract.client.command import CommandAdapter
from hpp_contract.client.failure import failure_of
from hpp_contract.client.listing import as_json
from hpp_contract.client.oneshot import OneShotAdapter
from hpp_contract.client.python import PythonAdapter
from hpp_contract.client.told import told_from
from hpp_contract.exchange.answer import Told
from hpp_contract.server.tls import Tls
from hpp_contract.verdict.problems import UsageProblem

ID = "39a1c773-bafd-754d-af1f-b30c592f1267"
ASK = Ask("smoke", "http://127.0.0.1:1", "user", "key", ID, 1.0)
WAIT = 60.0
"""Seconds that nothing here needs, however loaded the machine is."""

needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="commands need process groups")


def python(code: str, *words: str) -> str:
    return shlex.join([sys.executable, "-S", "-c", code, *words])


def test_the_environment_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """What named an authority before names it again, and what was not set is not set."""
    kept, *others = VARIABLES
    monkeypatch.setenv(kept, "own.pem")
    for name in others:
        monkeypatch.delenv(name, raising=False)
    with trusting(Tls(ssl.create_default_context(), Path("throwaway.pem"))):
        assert {os.environ[name] for name in VARIABLES} == {"throwaway.pem"}
    assert {name: os.environ[name] for name in VARIABLES if name in os.environ} == {kept: "own.pem"}


def test_commands_need_posix(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are no process groups, a command is refused with what to use instead."""
    monkeypatch.setattr(child, "os", SimpleNamespace(name="nt"))
    with pytest.raises(UsageProblem, match="use --python here"):
        Child(["any"])


@pytest.mark.process
@needs_posix
def test_full_stdin() -> None:
    """A process that does not read is told so of the line that fills its stdin, and of the one after."""
    deaf = Child(shlex.split(python("import time; time.sleep(600)")))
    try:
        for size in (5_000_000, 5_000_000):
            with pytest.raises(Misbehaved, match=r"^it does not read its stdin$"):
                deaf.send(b"x" * size)
    finally:
        deaf.stop()


@pytest.mark.process
@needs_posix
def test_last_line_without_its_end() -> None:
    """Output that ends without a line end is an answer too."""
    told, _ = OneShotAdapter(python("print('{\"empty\": true}', end='')", "{session_id}")).read(ASK, WAIT)
    assert told == Told(empty=True)


@pytest.mark.process
@needs_posix
def test_output_that_somebody_else_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream that was said to be readable and is empty is waited for, not taken for ended."""
    slow = Child(shlex.split(python("input(); print('here'); input()")))
    try:
        keys = [(key, selectors.EVENT_READ) for key in slow._selector.get_map().values()]
        with monkeypatch.context() as patch:
            patch.setattr(slow._selector, "select", lambda _: keys)
            assert slow.line(time.monotonic() + 0.02) is None
        slow.send(b"go")
        assert slow.line(time.monotonic() + WAIT) == b"here"
    finally:
        slow.stop()


@pytest.mark.process
@pytest.mark.skipif(not Path("/proc/self").exists(), reason="only Linux shows whose process is whose")
def test_what_cannot_be_killed_is_let_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that is still there after three attempts, as one that nobody reaps, does not hold up the run."""
    with subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)"]) as unreaped:
        found: list[str] = []

        def is_marked(folder: Path, _: bytes) -> bool:
            if folder.name == str(unreaped.pid):
                found.append(folder.name)
            return folder.name == str(unreaped.pid)

        monkeypatch.setattr(child, "_is_marked", is_marked)
        child._kill_marked(b"mark")
        assert len(found) == 3
        assert unreaped.wait() == -signal.SIGKILL


@pytest.mark.process
@needs_posix
def test_hello_is_not_said_again_to_who_died_of_it(tmp_path: Path) -> None:
    """An adapter that did not survive hello is not greeted when it is started for the next case."""
    log = tmp_path / "log"
    code = "import sys\nline = sys.stdin.readline()\nwith open(sys.argv[1], 'a') as log:\n    log.write(line)"
    adapter = CommandAdapter(python(code, str(log)))
    for _ in range(2):
        told, _ = adapter.read(ASK, WAIT)
        assert told.problem
    adapter.close()
    assert [json.loads(line)["op"] for line in log.read_text(encoding="utf-8").splitlines()] == [
        "hello",
        "read_session",
        "read_session",
    ]


@pytest.mark.process
@needs_posix
def test_the_same_is_noted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """An adapter that prints a banner before its hello is told so once, however often it is started."""
    monkeypatch.setattr(command, "GREETING", WAIT)
    code = 'input(); print(\'"starting"\'); print(\'{"op": "hello", "timestamps": "instant"}\', flush=True); input()'
    adapter = CommandAdapter(python(code))
    for _ in range(2):
        adapter.read(ASK, WAIT)
    adapter.close()
    assert adapter.can.timestamps == "instant"
    assert adapter.notes == [
        "The adapter answered hello with '\"starting\"': everything is assumed of its client.",
    ]


class OddError(Exception):
    """An error with parts that say nothing before those that do."""

    body = "<html>"
    details = {"error_code": "NOT_FOUND"}  # noqa: RUF012
    headers: dict[str, str] = {}  # noqa: RUF012
    response_headers = {"klarna-correlation-id": "c-1"}  # noqa: RUF012


def test_parts_of_an_error_that_say_nothing() -> None:
    """A body that is no JSON and headers without an id do not hide those that have one."""
    failure = failure_of(OddError())
    assert (failure.error_code, failure.correlation_id) == ("NOT_FOUND", "c-1")


@pytest.mark.parametrize(
    ("value", "part", "told"),
    [
        (OSError("no"), "type", "OSError"),
        ({"error": OSError("no")}, "type", "OSError"),
        ({"error": "no such session"}, "message", "no such session"),
    ],
)
def test_errors_that_are_returned(value: Any, part: str, told: str) -> None:
    """An exception that is returned, or an error that is only a text, is an error that the caller was told."""
    assert getattr(told_from(value).failure, part) == told


def test_a_case_for_a_rule_that_is_none() -> None:
    """A case that means a rule nobody knows is an error of ours, with its name."""
    with pytest.raises(LookupError, match="HPP-X99"):
        as_json([replace(CASES["smoke"], rules=("HPP-X99",))])


class Unsigned:
    """A callable whose parameters cannot be learned, like some built-in ones."""

    __signature__ = 5

    def __call__(self, *values: Any) -> dict[str, Any]:
        return {"session_id": values[3]}


def test_a_function_without_a_signature() -> None:
    """A callable that does not say what it takes is given the five arguments by place."""
    adapter = PythonAdapter(Unsigned())
    told, _ = adapter.read(ASK, WAIT)
    adapter.close()
    assert told == Told(session={"session_id": ID})
