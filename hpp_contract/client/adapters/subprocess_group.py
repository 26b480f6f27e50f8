"""A child process in a group of its own: its output is read within limits, and `stop` ends everything it started."""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import signal
import socket
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from hpp_contract.engine.errors import UsageProblem, system_refusal
from hpp_contract.privacy.quote import quote_first, quote_last

MAX_LINE: Final = 1_000_000
"""Bytes of one line: a session has a few hundred."""

STDERR_TAIL: Final = 2000
"""Bytes of stderr that are remembered."""

STDERR_HEAD: Final = 4000
"""Bytes of the beginning of stderr that are remembered: a program that does not start says there why."""

_ERROR: Final = re.compile(
    r"^(?!Traceback|\s).*?(\w*(Error|Exception)\b|\b(error|fatal|panic|cannot|not found|no such file)\b)", re.IGNORECASE
)
"""A line that says what went wrong, not one of a program's text that is quoted, which is indented."""

ENDED: Final = "it ended with"
"""What is said of a process that ended by itself, with how it did."""

_CHUNK: Final = 65536
_POLL_S: Final = 0.1
_MARK: Final = "CONTRACT_ADAPTER"
_OURS: Final = "HPP_"
"""How the variables begin that may hold credentials: no child gets them."""

_SIGNALS: Final = ("SIGINT", "SIGTERM", "SIGHUP")
_LAST_WORDS_S: Final = 0.2
"""Seconds that children have to end by themselves when the run is interrupted."""

_running: Final = set["SubprocessGroup"]()
"""Every child: a signal must end those of other threads too, and nothing else is at hand where it arrives."""

_ending: Final = threading.Event()
"""No child is started any more, by any thread."""


class AdapterError(Exception):
    """The child can no longer be used; the text says why, in words that are safe to print."""


_RUN_BY: Final = {".js": "node", ".mjs": "node", ".php": "php", ".py": "python3", ".rb": "ruby", ".sh": "sh"}


def _why_not(program: str, error: OSError) -> str:
    """Why a program of the command line cannot be started, and what to do, after an opening bracket."""
    file = Path(program)
    if file.is_dir():
        return "it is a folder): name the program in it"
    if not file.is_file() or not os.access(file, os.R_OK):
        return f"{(error.strerror or 'it cannot be run').lower()}): check --command"
    how = f"name what runs it, such as {_RUN_BY.get(file.suffix, 'sh')} {program}"
    if "/" not in program:
        return f"it is a file here, and not on the PATH): write ./{program}, or {how}"
    if isinstance(error, PermissionError):
        return f"it may not be executed): chmod +x {program}, or {how}"
    with file.open("rb") as opened:
        first = opened.readline(200)
    if not first.startswith(b"#!"):
        return f"it is no program, and has no first line such as #!/bin/sh): {how}"
    if first.endswith(b"\r\n"):
        return "its lines end as on Windows, and so does the interpreter's name): save it with line ends of Unix"
    return f"its first line names an interpreter that is not here): mend that line, or {how}"


class SubprocessGroup:
    """A running command; `heard` once anything came on its stdout. Used by one thread. Raises UsageProblem when it
    cannot be started, SystemRefused or OSError when the system refuses a process or a file, and KeyboardInterrupt when
    the run was interrupted."""

    def __init__(self, argv: Sequence[str]) -> None:
        if os.name != "posix":
            raise UsageProblem("--command needs a POSIX system (Linux, macOS, WSL): use --python here.")
        _refuse_when_ending()
        self._mark = f"{_MARK}={uuid.uuid4()}"
        inherited = {name: value for name, value in os.environ.items() if not name.upper().startswith(_OURS)}
        environ = inherited | dict([self._mark.split("=")])
        pipe = subprocess.PIPE
        self._selector = selectors.DefaultSelector()  # first, because nothing here may fail once the process runs
        try:
            self._process = subprocess.Popen(  # noqa: S603  running the user's command is what this is for
                argv, stdin=pipe, stdout=pipe, stderr=pipe, env=environ, start_new_session=True, bufsize=0
            )
        except OSError as error:
            self._selector.close()
            wrong = UsageProblem(f"cannot start {argv[0]!r} ({_why_not(argv[0], error)}.")
            raise (system_refusal(error, starting_process=True) or wrong) from None
        named = {"stdin": self._process.stdin, "stdout": self._process.stdout, "stderr": self._process.stderr}
        self._streams = {name: stream for name, stream in named.items() if stream is not None}
        for name in ("stdout", "stderr"):
            os.set_blocking(self._fd(name), False)
            self._selector.register(self._fd(name), selectors.EVENT_READ, name)
        os.set_blocking(self._fd("stdin"), False)
        self._buffer = bytearray()
        self._head = b""
        self._tail = b""
        self._open = True
        self.heard = False
        _running.add(self)
        try:
            _refuse_when_ending()  # the signal came while it was being started
        except KeyboardInterrupt:
            self.stop()
            raise

    def _fd(self, name: str) -> int:
        return self._streams[name].fileno()

    def send(self, line: bytes) -> None:
        """Write one line to its stdin. Raises AdapterError when it does not read it."""
        try:
            written = os.write(self._fd("stdin"), line + b"\n")
        except BlockingIOError:
            written = 0
        except OSError:
            raise AdapterError(f"it closed its stdin{self.exit_reason()}") from None
        if written <= len(line):
            raise AdapterError("it does not read its stdin")

    def line(self, deadline: float) -> bytes | None:
        """The next line of its stdout without the line end; None when `deadline` (monotonic) passes first.

        Raises AdapterError when no line can follow, or when one is too long.
        """
        while True:
            line, found, rest = self._buffer.partition(b"\n")
            if found:
                self._buffer = rest
                return bytes(line).rstrip(b"\r")
            if len(self._buffer) > MAX_LINE:
                raise AdapterError(f"a line of more than {MAX_LINE:,} bytes on stdout")
            if not self._open:
                return self._last_line()
            if (left := deadline - time.monotonic()) <= 0:
                return None
            self._take(min(left, _POLL_S))

    def _last_line(self) -> bytes:
        if not self._buffer:
            raise AdapterError(self.exit_reason().lstrip("; ") or "it closed its stdout")
        line, self._buffer = bytes(self._buffer), bytearray()
        return line

    def _take(self, seconds: float) -> None:
        """Read whatever came on stdout and stderr, after waiting for at most this long."""
        ended = self._ended()  # asked first: what it wrote before it ended is ready then
        ready = self._selector.select(seconds)
        for key, _ in ready:
            content = self._read(key.fd)
            if key.data == "stdout":
                self._buffer += content or b""
                self._open = content != b""
                self.heard |= bool(content)
            else:
                self._head = (self._head + (content or b""))[:STDERR_HEAD]
                self._tail = (self._tail + (content or b""))[-STDERR_TAIL:]
            if content == b"":
                self._selector.unregister(key.fd)
        if not ready and ended:  # a child of the child may hold stdout open permanently
            self._open = False

    @staticmethod
    def _read(fd: int) -> bytes | None:
        try:
            return os.read(fd, _CHUNK)
        except BlockingIOError:  # a process can open its own stdout, and read from it what was for us
            return None

    def _ended(self) -> bool:
        """Whether it ended. It stays in the process table, so that its number is not used again before `stop`."""
        flags = os.WEXITED | os.WNOWAIT | os.WNOHANG
        return self._process.returncode is not None or os.waitid(os.P_PID, self._process.pid, flags) is not None

    def exit_reason(self) -> str:
        """How it ended and its last words on stderr, as the end of a sentence; empty while it runs."""
        until = time.monotonic() + 2 * _POLL_S
        while not self._ended() and time.monotonic() < until:
            time.sleep(0.005)
        if not self._ended():
            return ""
        with contextlib.suppress(KeyError, ValueError):
            self._take(0)
        status = os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)
        killed = status is not None and status.si_code != os.CLD_EXITED
        how = f"{'signal' if killed else 'exit code'} {status.si_status if status else ''}"
        return f"; {ENDED} {how}" + self.last_words()

    def last_words(self) -> str:
        """What it said on stderr, as the end of a sentence: the first line that looks like an error, else the end."""
        lines = (self._head + b"\n" + self._tail).decode("utf-8", "replace").splitlines()
        if error := next(filter(_ERROR.search, lines), None):
            return f", saying on stderr: {quote_first(error.encode(), 200)}"
        said = quote_last(self._tail, 200)
        return f", saying last on stderr: {said}" if said else ""

    def stop(self, wait: float = 0.0) -> None:
        """End it and everything it started: after `wait` seconds to end by itself, by SIGTERM, then SIGKILL."""
        with contextlib.suppress(OSError):
            self._streams["stdin"].close()
        for seconds, number in ((wait, signal.SIGTERM), (2 * _POLL_S, signal.SIGKILL)):
            until = time.monotonic() + seconds
            while not self._ended() and time.monotonic() < until:
                with contextlib.suppress(KeyError, ValueError):
                    self._take(0.01)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)
        self._process.wait()
        _running.discard(self)
        self._selector.close()
        for name in ("stdout", "stderr"):
            self._streams[name].close()
        _kill_marked(self._mark.encode())  # last: it needs the files that were closed above

    def signal(self, number: int) -> None:
        """Send a signal to it and to all it started. Safe to call from a signal handler and from any thread."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)
        if number == signal.SIGKILL:
            _kill_marked(self._mark.encode())


@contextlib.contextmanager
def ended_by_signals() -> Iterator[None]:
    """While the block runs, Ctrl-C, SIGTERM and SIGHUP end every child with all that it started, and then raise
    KeyboardInterrupt, once. What is ignored stays ignored (nohup). Outside the main thread this does nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    caught = [number for number, handler in before.items() if handler is not signal.SIG_IGN]

    woken, waker = socket.socketpair()
    waker.setblocking(False)
    # A thread ends the children: Python runs a handler in the main thread only, which may be waiting for them.
    watcher = threading.Thread(
        target=_end_all_when_woken, args=(woken, caught), name="hpp-contract signals", daemon=True
    )

    def interrupt(*_: object) -> None:
        for number in caught:
            signal.signal(number, signal.SIG_IGN)
        watcher.join()
        raise KeyboardInterrupt

    watcher.start()
    wakeup = signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
    for number in caught:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number in caught:
            signal.signal(number, before[number])
        signal.set_wakeup_fd(wakeup)
        waker.close()
        watcher.join()
        woken.close()
        _ending.clear()


def _end_all_when_woken(woken: socket.socket, numbers: Sequence[int]) -> None:
    while number := woken.recv(1):
        if number[0] in numbers:
            _ending.set()
            _end_all()
            return


def _refuse_when_ending() -> None:
    if _ending.is_set():
        raise KeyboardInterrupt


def _end_all() -> None:
    for number, seconds in ((signal.SIGTERM, _LAST_WORDS_S), (signal.SIGKILL, 0.0)):
        for child in [*_running]:
            child.signal(number)
        time.sleep(seconds)


def _kill_marked(mark: bytes) -> None:
    """Kill what left the group: on Linux a process shows the environment that it was started with."""
    for _ in range(3):
        found = (
            [pid for pid in Path("/proc").glob("[0-9]*") if _is_marked(pid, mark)]
            if Path("/proc/self").exists()
            else []
        )
        for folder in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(int(folder.name), signal.SIGKILL)
        if not found:
            return


def _is_marked(folder: Path, mark: bytes) -> bool:
    try:
        return mark in (folder / "environ").read_bytes().split(b"\0")
    except OSError:  # it has ended, or belongs to another user
        return False
