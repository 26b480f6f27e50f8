"""What a test needs of the machine: one that opens a socket or starts a process says so by a mark, or fails.

The marks decide what runs where: `make test-fast` takes the tests without any, `make test-any-day` all but those that
need a process.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from multiprocessing.process import BaseProcess
from typing import Any

import pytest

NEEDS = {
    "socket.bind": "socket", "socket.connect": "socket", "socket.sendto": "socket", "socket.getaddrinfo": "socket",
    "subprocess.Popen": "process", "os.fork": "process", "os.forkpty": "process", "os.posix_spawn": "process",
    "os.exec": "process", "os.system": "process", "multiprocessing": "process",
}  # fmt: skip
"""Audit events of the interpreter, and one of our own, with the mark that a test needs to raise them."""

ALLOWS = {"socket": {"socket"}, "process": {"socket", "process"}, "browser": {"socket", "process"}}
"""What each mark allows."""


class Watch:
    """Notes what the running test does that its marks do not allow, in its own threads."""

    def __init__(self) -> None:
        self.watching = False
        self.allowed: set[str] = set()
        self.undeclared: dict[str, None] = {}
        self._others: set[threading.Thread] = set()

    def begin(self, item: pytest.Item) -> None:
        self.allowed = set().union(*(ALLOWS.get(mark.name, set()) for mark in item.iter_markers()))
        self.undeclared = {}
        # What outlives a test before this one is not this one's doing.
        self._others = {*threading.enumerate()} - {threading.main_thread()}
        self.watching = True

    def hear(self, event: str, _: tuple[Any, ...]) -> None:
        if (need := NEEDS.get(event)) is None or not self.watching:
            return
        if need not in self.allowed and threading.current_thread() not in self._others:
            self.undeclared[need] = None


WATCH = pytest.StashKey[Watch]()


def pytest_configure(config: pytest.Config) -> None:
    """Listen to the interpreter. An audit hook cannot be removed: between tests it hears nothing."""
    watch = config.stash[WATCH] = Watch()
    sys.addaudithook(watch.hear)
    start = BaseProcess.start

    def heard(process: BaseProcess) -> None:  # multiprocessing can start one without an audit event
        watch.hear("multiprocessing", ())
        start(process)

    patch = pytest.MonkeyPatch()
    patch.setattr(BaseProcess, "start", heard)
    config.add_cleanup(patch.undo)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """Begin to watch."""
    item.config.stash[WATCH].begin(item)
    return (yield)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Fail a test that needed more than it said."""
    watch = item.config.stash[WATCH]
    try:
        outcome = yield
    finally:
        watch.watching = False
    if watch.undeclared:
        needed = "process" if "process" in watch.undeclared else "socket"
        pytest.fail(f"this test needs a {needed} and does not say so: give it @pytest.mark.{needed}", pytrace=False)
    return outcome
