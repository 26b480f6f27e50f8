"""What a test needs of the machine: one that opens a socket or starts a process says so by a mark, or fails.

The marks decide what runs where: `make test-fast` takes the tests without any, `make test-any-day` all but those that
need a process.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from itertools import islice
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
import urllib3  # noqa: F401  its first import binds a socket, which shall be no test's doing

NEEDS = {
    "socket.bind": "socket", "socket.connect": "socket", "socket.sendto": "socket", "socket.sendmsg": "socket",
    "socket.getaddrinfo": "socket",
    "socket.gethostbyname": "socket", "socket.gethostbyaddr": "socket", "socket.getnameinfo": "socket",
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
        self.undeclared: dict[str, str] = {}
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
            self.undeclared.setdefault(need, _place())

    @property
    def complaint(self) -> str | None:
        """What the test needed and did not say; None for nothing."""
        if not self.undeclared:
            return None
        need = "process" if "process" in self.undeclared else "socket"
        place = self.undeclared[need]
        return f"this test needs a {need} ({place}): give it @pytest.mark.{need}, or do without."


def _place() -> str:
    """Where the test, or what it calls of the tests, is now."""
    frame = sys._getframe()
    while frame.f_back is not None and (str(FOLDER) not in frame.f_code.co_filename or frame.f_globals is globals()):
        frame = frame.f_back
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"


FOLDER = Path(__file__).parent
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


LONG = ("process", "browser", "slow")
"""Marks of tests that may take seconds."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each xdist worker its share of the long tests first: none shall begin when the others have nothing left.

    `--dist worksteal` hands out as many tests to each worker, as they stand in the list.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if workers == 1:
        return
    long = [item for item in items if any(map(item.get_closest_marker, LONG))]
    others = iter([item for item in items if not any(map(item.get_closest_marker, LONG))])
    share = len(items) // workers
    mine = [long[first::workers] for first in range(workers)]
    items[:] = [item for part in mine for item in (*part, *islice(others, max(share - len(part), 0)))]
    items += others


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
    except BaseException as error:
        if watch.complaint:
            error.add_note(watch.complaint)
        raise
    finally:
        watch.watching = False
    if watch.complaint:
        pytest.fail(watch.complaint, pytrace=False)
    return outcome
