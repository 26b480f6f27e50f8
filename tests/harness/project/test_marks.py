"""Marks say what a test needs of the machine, and a test that needs more than it says fails."""

from __future__ import annotations

import sys
import threading
from typing import cast

import pytest

from tests.conftest import ALLOWS, NEEDS, Watch


class Marked:
    """A test with these marks."""

    def __init__(self, *marks: str) -> None:
        self.marks = marks

    def iter_markers(self) -> list[pytest.Mark]:
        return [getattr(pytest.mark, name).mark for name in self.marks]


def marked(*marks: str) -> pytest.Item:
    """It, as far as a watch looks at it."""
    return cast("pytest.Item", Marked(*marks))


def heard(event: str, *marks: str) -> set[str]:
    """What a watch has against an event in a test with these marks."""
    watch = Watch()
    watch.begin(marked(*marks))
    watch.hear(event, ())
    return set(watch.undeclared)


@pytest.mark.parametrize("event", NEEDS)
def test_what_is_not_declared_is_heard(event: str) -> None:
    """Each event is held against a test without marks, and against one whose marks do not allow it."""
    need = NEEDS[event]
    assert heard(event) == heard(event, "slow") == {need}
    assert {mark for mark in ALLOWS if heard(event, mark)} == {mark for mark in ALLOWS if need not in ALLOWS[mark]}
    assert heard("open") == set()


def test_threads_of_earlier_tests_are_not_heard() -> None:
    """What a thread does that was there before the test is not held against it; its own threads are."""
    watch, go, there = Watch(), threading.Event(), threading.Event()

    def late() -> None:
        there.set()
        go.wait()
        watch.hear("socket.connect", ())

    earlier = threading.Thread(target=late)
    earlier.start()
    there.wait()
    watch.begin(marked())
    go.set()
    earlier.join()
    assert not watch.undeclared
    own = threading.Thread(target=watch.hear, args=("socket.connect", ()))
    own.start()
    own.join()
    assert set(watch.undeclared) == {"socket"}


def test_a_test_that_says_too_little_fails(pytestconfig: pytest.Config, request: pytest.FixtureRequest) -> None:
    """The interpreter is listened to: this very test would fail for what it does here, were it not forgiven."""
    from tests.conftest import WATCH

    watch = pytestconfig.stash[WATCH]
    sys.audit("subprocess.Popen", "x", [], None, None)
    assert set(watch.undeclared) == {"process"}
    watch.undeclared.clear()
