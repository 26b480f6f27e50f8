"""A system that refuses: what it raises, and when."""

from __future__ import annotations

import errno
import os
import shlex
import sys
import threading
from collections.abc import Callable
from types import MethodType
from typing import Any

from tests.harness.support.paths import ADAPTER, ROOT

HONEST = shlex.join([sys.executable, "-S", str(ADAPTER), "honest"])
FEW_CASES = ("--only", "smoke,waiting,limited-once", "--generated", "2")
COMMANDS = {
    "endpoint": ("endpoint",),
    "client --command": ("client", "--command", HONEST, *FEW_CASES),
    "client --python": ("client", "--python", "tests.harness.integration.cli.test_system_refusals:reads", *FEW_CASES),
    "recording": ("recording", str(ROOT / "cassettes" / "documented"), "--processes", "2"),
}

SAID = "hpp-contract: the system refused {}\n"
THREAD = SAID.format("to start another thread: raise the limit on processes (ulimit -u), or close other programs.")
PROCESS = THREAD.replace("thread", "process")
FILE = SAID.format(
    "to open another file or connection: raise the limit on open files (ulimit -n), or close other programs."
)
MEMORY = SAID.format("more memory: close other programs, or raise the limit on it (ulimit -v).")


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
