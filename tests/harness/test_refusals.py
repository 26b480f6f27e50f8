"""A machine that has no thread, process or open file left: every command says so in one sentence, blames nobody, and
leaves nothing behind."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import http.client
import multiprocessing
import multiprocessing.util
import os
import resource
import shlex
import signal
import socket
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import resource_tracker
from multiprocessing.connection import Pipe
from pathlib import Path
from types import MethodType
from typing import Any

import pytest

import hpp_contract.cli.serve as serve_command
from hpp_contract.cli import main
from hpp_contract.cli.failures import exit_code
from hpp_contract.client import CASES, Plan, run
from hpp_contract.client.command import CommandAdapter
from hpp_contract.client.python import PythonAdapter
from hpp_contract.endpoint import provision_visit
from hpp_contract.recordings.processes import Processes
from hpp_contract.recordings.processes import serve as work_for
from hpp_contract.server import CREDENTIALS, Server
from hpp_contract.server.sandbox.callbacks import Callbacks
from hpp_contract.verdict import Subject
from hpp_contract.verdict.problems import UsageProblem
from hpp_contract.verdict.refusal import SystemRefused, raise_refusal, system_refusal
from tests.harness.leftovers import MARK, left, open_files
from tests.harness.sample_clients import Client
from tests.harness.sockets import asking, connect, converse, wait_for

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ADAPTER = shlex.join([sys.executable, "-S", str(HERE / "hostile_adapter.py"), "honest"])
EVIDENCE = str(ROOT / "cassettes" / "documented")
PLAYED = ("--only", "smoke,waiting,limited-once", "--generated", "2")

SAID = "hpp-contract: the system refused {}\n"
THREAD = SAID.format("to start another thread: raise the limit on processes (ulimit -u), or close other programs.")
PROCESS = THREAD.replace("thread", "process")
FILE = SAID.format(
    "to open another file or connection: raise the limit on open files (ulimit -n), or close other programs."
)
MEMORY = SAID.format("more memory: close other programs, or raise the limit on it (ulimit -v).")

needs_posix = pytest.mark.skipif(os.name != "posix", reason="only POSIX systems have these limits")
pytestmark = needs_posix

reads = Client()


class Refusing:
    """Does what a system does until its limit is met: `after` times as always, then `error`."""

    def __init__(self, really: Callable[..., Any], after: int, error: Callable[[], Exception], times: int) -> None:
        self.really, self.left, self.error, self.times = really, after, error, times
        self.refused = 0
        self._lock = threading.Lock()

    def __call__(self, *args: Any, **named: Any) -> Any:
        with self._lock:
            self.left -= 1
            refuse = self.left < 0 and self.refused < self.times
            self.refused += refuse
        if refuse:
            raise self.error()
        return self.really(*args, **named)

    def __get__(self, owner: object, _: type) -> Any:
        return self if owner is None else MethodType(self, owner)


def no_thread() -> Exception:
    return RuntimeError("can't start new thread")


def no_process() -> Exception:
    return BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))


def no_file() -> Exception:
    return OSError(errno.EMFILE, os.strerror(errno.EMFILE))


def no_memory() -> Exception:
    return OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))


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
    monkeypatch.setattr(serve_command, "_until_told", lambda: contextlib.nullcontext(AskedFor(number)))
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


COMMANDS = {
    "endpoint": ("endpoint",),
    "client --command": ("client", "--command", ADAPTER, *PLAYED),
    "client --python": ("client", "--python", "tests.harness.test_refusals:reads", *PLAYED),
    "recording": ("recording", EVIDENCE, "--processes", "2"),
}


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
        said = capsys.readouterr()
        if refused:
            assert (code, said.err) == (3, sentence)
            assert "Contract" not in said.out
        else:
            assert (code, said.err) == (0, "")
        done += 1
    assert done > fewest


@pytest.mark.parametrize("name", COMMANDS)
def test_no_thread(name: str, clean: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Whichever thread the system refuses, once or from then on, a command says so and blames nobody."""
    check(
        swept(monkeypatch, threading.Thread, "start", no_thread, COMMANDS[name]),
        capsys,
        THREAD,
        0 if name == "recording" else 15,
    )


def test_no_thread_to_serve(
    port: int, clean: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whichever thread the system refuses to `serve`, it goes on with the others, and says so in the end."""
    check(swept(monkeypatch, threading.Thread, "start", no_thread, ("serve", "--port", str(port))), capsys, THREAD, 6)


@pytest.mark.parametrize(
    ("error", "sentence"), [(no_process, PROCESS), (no_file, FILE), (no_memory, MEMORY)], ids=["slot", "file", "memory"]
)
def test_no_process(
    error: Callable[[], Exception], sentence: str, clean: None, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """Whichever process of the client's the system refuses, its command is not said to be wrong."""
    check(swept(monkeypatch, subprocess, "Popen", error, COMMANDS["client --command"]), capsys, sentence, 4)


def test_no_process_to_judge(clean: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Whichever judging process the system refuses, those that run are ended."""
    check(
        swept(monkeypatch, multiprocessing.util, "spawnv_passfds", no_process, COMMANDS["recording"]),
        capsys,
        PROCESS,
        4,
    )


def test_a_client_that_ran_out_of_files_is_not_judged() -> None:
    """A client in this process that fails by this process' limits is no client that fails."""

    def read_session(*_: object) -> None:
        raise ConnectionError("could not read") from no_file()

    with pytest.raises(SystemRefused, match="open another file"):
        run([CASES["smoke"]], lambda: PythonAdapter(read_session), Subject("client", "x"), Plan())


def test_another_adapter_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """When an adapter that did not survive hello cannot be started again, closing it is still possible."""
    adapter = CommandAdapter(ADAPTER.replace("honest", "crashes-on-hello"))
    monkeypatch.setattr(subprocess, "Popen", Refusing(subprocess.Popen, 1, no_process, sys.maxsize))
    with pytest.raises(SystemRefused):
        run([CASES["smoke"]], lambda: adapter, Subject("client", "x"), Plan())


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


def test_a_connection_that_is_gone_is_no_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that left before it was accepted is nothing that the system refused."""
    with Server() as server:
        really = socket.socket.accept
        refusing = Refusing(really, 0, ConnectionAbortedError, 1)
        monkeypatch.setattr(socket.socket, "accept", refusing)
        assert converse(server, asking()).startswith(b"HTTP/1.1 200 ")


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


def test_a_callback_without_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """A callback that could not be made for want of a file is no receiver's silence: closing says what it was."""
    callbacks = Callbacks(delays=())
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
            provision_visit._run(["chromium"])


def test_a_process_works_until_nothing_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A judging process answers each item with a result or with what was raised, and ends with whoever asks."""
    handled: list[tuple[int, Any]] = []
    monkeypatch.setattr(signal, "signal", lambda *what: handled.append(what))
    here, there = Pipe()
    for item in ("12", "x"):
        here.send((int, item))
    ending = threading.Thread(target=lambda: (got.extend((here.recv(), here.recv())), here.close()))
    got: list[tuple[Any, Any]] = []
    ending.start()
    work_for(there)
    ending.join()
    assert handled == [(signal.SIGINT, signal.SIG_IGN)]
    assert got[0] == (12, None)
    assert isinstance(got[1][1], ValueError)
    assert "Traceback" in got[1][1].__notes__[0]


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


# --- as the system really does it


def limited(limit: int, number: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command under a limit of this process alone."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("COVERAGE", "COV_"))}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, timeout=300, cwd=ROOT,
        env=environ | {"PYTHONPATH": str(ROOT)}, preexec_fn=lambda: restrict(limit, number),
    )  # fmt: skip


LIBC = ctypes.CDLL(None, use_errno=True)
NOBODY = 54321
"""A uid that owns no process."""


def restrict(limit: int, number: int) -> None:
    """Set the limit for this process. It counts a user's processes: root becomes one who has none, in all but files."""
    if limit == resource.RLIMIT_NPROC and os.geteuid() == 0:
        for capability in (21, 24):  # CAP_SYS_ADMIN and CAP_SYS_RESOURCE, whose owners know no such limit
            LIBC.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP
        os.setresuid(NOBODY, 0, 0)
    elif limit == resource.RLIMIT_NPROC:
        number += own_tasks()
    resource.setrlimit(limit, (number, number))


def own_tasks() -> int:
    """Threads of this user's."""
    mine = [folder for folder in Path("/proc").glob("[0-9]*") if folder.stat().st_uid == os.getuid()]
    return sum(len(list(folder.glob("task/*"))) for folder in mine)


REAL = {
    "endpoint": (COMMANDS["endpoint"], (1, 2, 3, 4, 5), (5, 6, 7, 9, 12)),
    "client": (COMMANDS["client --command"], (1, 3, 4, 5, 6, 7, 9, 20), (6, 12, 20, 24, 28, 31, 34, 37, 60)),
    "recording": (COMMANDS["recording"], (1, 2, 3, 6), (6, 8, 10, 11, 12, 13, 14, 30)),
}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts processes so")
@pytest.mark.parametrize("name", REAL)
def test_few_processes(name: str) -> None:
    """Under a real limit on processes, a command is done or says which it was refused."""
    probe = "import threading; threading.Thread(target=print).start()"
    if limited(resource.RLIMIT_NPROC, 1, "-c", probe).returncode == 0:
        pytest.skip("whoever runs this may start more processes than a limit says, or others of theirs have ended")
    command, numbers, _ = REAL[name]
    for number in numbers:
        done = limited(resource.RLIMIT_NPROC, number, "-m", "hpp_contract", *command)
        assert (done.returncode, done.stderr) in [(0, ""), (3, THREAD), (3, PROCESS)], number


@pytest.mark.skipif(sys.platform != "linux", reason="how many files Python itself needs differs")
@pytest.mark.parametrize("name", REAL)
def test_few_files(name: str) -> None:
    """Under a real limit on open files, a command is done or says that it was refused one."""
    command, _, numbers = REAL[name]
    for number in numbers:
        done = limited(resource.RLIMIT_NOFILE, number, "-m", "hpp_contract", *command)
        assert (done.returncode, done.stderr) in [(0, ""), (3, FILE)], number
