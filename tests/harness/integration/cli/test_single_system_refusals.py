"""The system refuses one thread, process or file, at a place where that looks like another error."""

from __future__ import annotations

import errno
import multiprocessing
import signal
import socket
import subprocess
import sys
import threading
from multiprocessing.connection import Pipe
from pathlib import Path
from typing import Any

import pytest

from hpp_contract.cases import CASES
from hpp_contract.cli._console import exit_code
from hpp_contract.client import RunOptions, run
from hpp_contract.client.adapters.command import CommandAdapter
from hpp_contract.client.adapters.python import PythonAdapter
from hpp_contract.engine import Subject
from hpp_contract.engine.errors import SystemRefused, UsageProblem, raise_refusal, system_refusal
from hpp_contract.probe import provision
from hpp_contract.probe.wire import Wire
from hpp_contract.recordings import sources
from hpp_contract.recordings.bulk.local import Processes, serve_items
from hpp_contract.recordings.reading import read_recordings
from hpp_contract.recordings.sources import input_file
from hpp_contract.server import Server
from hpp_contract.server.sandbox.callbacks import Callbacks
from tests.harness.support.leftovers import open_files
from tests.harness.support.refusing import (
    FILE,
    HONEST,
    MEMORY,
    THREAD,
    Refusing,
    no_file,
    no_memory,
    no_process,
    no_thread,
)
from tests.harness.support.sockets import asking, connect, converse


@pytest.mark.socket
def test_a_client_that_ran_out_of_files_is_not_judged() -> None:
    """A client in this process that fails by this process' limits is no client that fails."""

    def read_session(*_: object) -> None:
        raise ConnectionError("could not read") from no_file()

    with pytest.raises(SystemRefused, match="open another file"):
        run([CASES["smoke"]], lambda: PythonAdapter(read_session), Subject("client", "x"), RunOptions())


@pytest.mark.process
def test_an_extra_adapter_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """When an adapter that stopped during hello cannot be started again, closing it is still possible."""
    adapter = CommandAdapter(HONEST.replace("honest", "crashes-on-hello"))
    monkeypatch.setattr(subprocess, "Popen", Refusing(subprocess.Popen, 1, no_process, sys.maxsize))
    with pytest.raises(SystemRefused):
        run([CASES["smoke"]], lambda: adapter, Subject("client", "x"), RunOptions())


@pytest.mark.socket
def test_a_connection_that_cannot_be_opened_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that may not accept a connection accepts it later, goes on, and says so when it is closed."""
    server = Server()
    really = socket.socket.accept
    refusing = Refusing(really, 0, no_file, 2)
    monkeypatch.setattr(socket.socket, "accept", refusing)
    assert converse(server, asking()).startswith(b"HTTP/1.1 200 ")
    with pytest.raises(SystemRefused, match="open another file"):
        server.close()
    with pytest.raises(ConnectionRefusedError):
        connect(server)


@pytest.mark.socket
def test_a_connection_that_is_gone_is_no_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that left before it was accepted is nothing that the system refused."""
    with Server() as server:
        really = socket.socket.accept
        refusing = Refusing(really, 0, ConnectionAbortedError, 1)
        monkeypatch.setattr(socket.socket, "accept", refusing)
        assert converse(server, asking()).startswith(b"HTTP/1.1 200 ")


@pytest.mark.socket
def test_a_server_that_cannot_start_leaves_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server whose first thread is refused lets go of its port and of everything it opened."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    files = open_files()
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", Refusing(threading.Thread.start, 0, no_thread, 1))
        with pytest.raises(RuntimeError, match="can't start new thread"):
            Server(port=port)
    assert open_files() == files
    Server(port=port).close()


@pytest.mark.socket
def test_a_callback_without_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """A callback that could not be made for want of a file is no receiver's silence: closing says what it was."""
    callbacks = Callbacks(("127.0.0.1",), delays=())
    monkeypatch.setattr(socket, "socket", Refusing(socket.socket, 0, no_file, sys.maxsize))
    callbacks.send("http://127.0.0.1:1/", {})
    callbacks.settle()
    with pytest.raises(SystemRefused, match="open another file"):
        callbacks.close()


def test_no_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser that the system refuses to start says nothing about the page; one that is broken is another matter."""
    for error, raised in ((no_process, SystemRefused), (PermissionError, PermissionError)):
        monkeypatch.setattr(subprocess, "Popen", Refusing(subprocess.Popen, 0, error, 1))
        with pytest.raises(raised):
            provision._run_browser(["chromium"], 60)


def test_a_process_works_until_nothing_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A judging process answers each item with a result or an exception, and ends with the process that asks."""
    handled: list[tuple[int, Any]] = []
    monkeypatch.setattr(signal, "signal", lambda *what: handled.append(what))
    here, there = Pipe()
    for item in ("12", "x"):
        here.send((int, item))
    got: list[tuple[Any, Any]] = []

    def end() -> None:
        got.extend((here.recv(), here.recv()))
        here.close()

    ending = threading.Thread(target=end)
    ending.start()
    serve_items(there)
    ending.join()
    assert handled == [(signal.SIGINT, signal.SIG_IGN)]
    assert got[0] == (12, None)
    assert isinstance(got[1][1], ValueError)
    assert "Traceback" in got[1][1].__notes__[0]


@pytest.mark.process
def test_what_a_process_raises_is_raised_here() -> None:
    """What work raises in another process, this one raises; a process more than there is work is not started."""
    with Processes(3) as processes:
        assert sorted(processes.each(int, ["1", "2"])) == [(0, 1), (1, 2)]
        assert len(multiprocessing.active_children()) == 2
        assert sorted(processes.each(int, "12345")) == [(index, index + 1) for index in range(5)]
        with pytest.raises(ValueError, match="invalid literal"):
            list(processes.each(int, ["x"]))
    assert multiprocessing.active_children() == []


def test_a_pipe_that_cannot_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no refusal is raised as it is."""
    with Processes(1) as processes:
        monkeypatch.setattr(socket, "socketpair", Refusing(socket.socketpair, 0, PermissionError, 1))
        with pytest.raises(PermissionError):
            list(processes.each(int, ["1"]))


@pytest.mark.socket
def test_a_request_without_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that could not be sent for want of a file is no endpoint that cannot be reached."""
    monkeypatch.setattr(socket, "socket", Refusing(socket.socket, 0, no_file, sys.maxsize))
    with pytest.raises(SystemRefused, match="open another file"):
        Wire("http://127.0.0.1:1", 60, direct=True).get("http://127.0.0.1:1/", ())


def test_a_recording_without_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A recording that could not be opened for want of a file is no recording that cannot be read."""
    (tmp_path / "log.ndjson").write_text("{}\n")
    monkeypatch.setattr(sources, "input_file", Refusing(input_file, 0, no_file, 1))
    with pytest.raises(SystemRefused, match="open another file"):
        read_recordings([str(tmp_path)])


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (no_thread(), THREAD),
        (no_file(), FILE),
        (OSError(errno.ENFILE, "of the whole system"), FILE),
        (no_memory(), MEMORY),
        (MemoryError(), MEMORY),
        (ExceptionGroup("several", [ValueError(), no_file()]), FILE),
        (ValueError("wrapped", no_thread()), THREAD),
        (SystemRefused(THREAD.removeprefix("hpp-contract: ").rstrip()), THREAD),
    ],
)
def test_sentences(error: Exception, sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each refusal has one sentence, also where somebody took it for a wrong path, and somebody else for a fault."""
    try:
        try:
            raise error
        except Exception as inner:
            raise UsageProblem("the path is wrong") from inner
    except UsageProblem as outer:
        assert (exit_code(error), exit_code(outer)) == (3, 3)
    assert capsys.readouterr().err == 2 * sentence


@pytest.mark.parametrize(
    "error", [no_process(), OSError("no number"), RuntimeError("can't"), OSError(errno.ENOSPC, "x")]
)
def test_other_errors_are_no_refusals(error: Exception) -> None:
    """A socket with nothing to read, a full disk and our own faults are no refusals."""
    assert system_refusal(error) is None
    raise_refusal(error)
