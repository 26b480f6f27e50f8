"""A machine that has no thread or process left, whenever that is: every command says so in one sentence, blames nobody,
and leaves nothing behind."""

from __future__ import annotations

import contextlib
import http.client
import multiprocessing
import multiprocessing.util
import socket
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import resource_tracker
from typing import Any

import pytest

import hpp_contract.cli.serve as serve_command
from hpp_contract.cases import CASES
from hpp_contract.cases.scenarios import CREDENTIALS
from hpp_contract.cli import main
from tests.harness.support.leftovers import MARK, left
from tests.harness.support.refusing import (
    COMMANDS,
    FILE,
    MEMORY,
    PROCESS,
    THREAD,
    Refusing,
    no_file,
    no_memory,
    no_process,
    no_thread,
)
from tests.harness.support.sample_clients import Client
from tests.harness.support.sockets import wait_for

reads = Client()


def ended(*arguments: str) -> int:
    """The exit code of a command that is run in this process."""
    with pytest.raises(SystemExit) as end:
        main(arguments)
    return int(str(end.value.code or 0))


class AskedFor:
    """In the place of Ctrl-C: three clients, one after the other, whatever becomes of each, and then the end."""

    def __init__(self, port: int) -> None:
        self.port = port

    def wait(self) -> None:
        for _ in range(3):
            client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            with contextlib.closing(client), contextlib.suppress(OSError, http.client.HTTPException):
                headers = {
                    "Authorization": CREDENTIALS.authorization,
                    "Content-Type": "application/json",
                    "Cache-Control": "no-cache",
                }
                client.request("GET", f"/hpp/v1/sessions/{CASES['smoke'].sessions[0]}", headers=headers)
                client.getresponse().read()


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> int:
    """A port for `serve`, which is asked there and then told to end."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        number = int(free.getsockname()[1])
    monkeypatch.setattr(serve_command, "stop_signal", lambda: contextlib.nullcontext(AskedFor(number)))
    return number


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing that was started is left in the end: no thread, no process."""
    resource_tracker.ensure_running()  # it stays until this process ends
    before, token = set(threading.enumerate()), str(uuid.uuid4())
    monkeypatch.setenv(MARK, token)
    yield
    wait_for(lambda: {thread for thread in threading.enumerate() if thread not in before} == set())
    assert multiprocessing.active_children() == []
    wait_for(lambda: not left(token))


def moments(count: int) -> list[int]:
    """The first ten of so many, and some of the others."""
    return [number for number in range(count) if number < 10 or number % 7 == 0 or number == count - 1]


def swept(
    monkeypatch: pytest.MonkeyPatch, where: Any, name: str, error: Callable[[], Exception], command: Sequence[str]
) -> Iterator[tuple[int, int]]:
    """Exit codes and refusals of a command to which what `where` has by that `name` is refused once or from then on, in
    every way."""
    really = getattr(where, name)
    counting = Refusing(really, sys.maxsize, error, 0)
    monkeypatch.setattr(where, name, counting)
    yield ended(*command), 0
    for after in moments(sys.maxsize - counting.left):
        for times in (1, sys.maxsize):
            refusing = Refusing(really, after, error, times)
            monkeypatch.setattr(where, name, refusing)
            code = ended(*command)
            assert refusing.refused
            yield code, refusing.refused


def check(outcomes: Iterator[tuple[int, int]], capsys: pytest.CaptureFixture[str], sentence: str, fewest: int) -> None:
    """Unless something was refused, the contract is kept; then there is one sentence and nothing else."""
    done = 0
    for code, refused in outcomes:
        output = capsys.readouterr()
        if refused:
            assert (code, output.err) == (3, sentence)
            assert "Contract" not in output.out
        else:
            assert (code, output.err) == (0, "")
        done += 1
    assert done > fewest


@pytest.mark.process
@pytest.mark.parametrize("name", COMMANDS)
def test_no_thread(name: str, clean: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Whichever thread the system refuses, once or from then on, a command says so and blames nobody."""
    check(
        swept(monkeypatch, threading.Thread, "start", no_thread, COMMANDS[name]),
        capsys,
        THREAD,
        0 if name == "recording" else 15,
    )


@pytest.mark.socket
def test_no_thread_to_serve(
    port: int, clean: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whichever thread the system refuses to `serve`, it goes on with the others, and says so in the end."""
    check(swept(monkeypatch, threading.Thread, "start", no_thread, ("serve", "--port", str(port))), capsys, THREAD, 6)


@pytest.mark.process
@pytest.mark.parametrize(
    ("error", "sentence"), [(no_process, PROCESS), (no_file, FILE), (no_memory, MEMORY)], ids=["slot", "file", "memory"]
)
def test_no_process(
    error: Callable[[], Exception], sentence: str, clean: None, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """Whichever process of the client's the system refuses, its command is not reported as wrong."""
    check(swept(monkeypatch, subprocess, "Popen", error, COMMANDS["client --command"]), capsys, sentence, 4)


@pytest.mark.process
def test_no_process_to_judge(clean: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Whichever judging process the system refuses, those that run are ended."""
    check(
        swept(monkeypatch, multiprocessing.util, "spawnv_passfds", no_process, COMMANDS["recording"]),
        capsys,
        PROCESS,
        4,
    )
