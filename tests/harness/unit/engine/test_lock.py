"""Runs that change the same files do it one after the other."""

from __future__ import annotations

import errno
import fcntl
import threading
from pathlib import Path

import pytest

from hpp_contract.engine.errors import Unverifiable
from hpp_contract.engine.lock import locked


def test_one_at_a_time(tmp_path: Path) -> None:
    """What many do under the lock, each does alone; two folders are held whatever their order."""
    other, inside, most = tmp_path / "other", [0], [0]
    other.mkdir()

    def work(number: int) -> None:
        folders = [tmp_path, other, tmp_path / "." / ""]
        for _ in range(20):
            with locked(folders if number % 2 else folders[::-1]):
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                inside[0] -= 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]
    assert list(tmp_path.iterdir()) == [other]


def test_a_sentence_after_the_time(tmp_path: Path) -> None:
    """Whoever waits too long is told for what, and can have it as soon as it is free."""
    sentence = r"another run holds .* for more than 0.05 s: wait for it to end, and run this again"
    with locked([tmp_path]), pytest.raises(Unverifiable, match=sentence), locked([tmp_path], wait=0.05):
        raise AssertionError
    with locked([tmp_path]), locked([]):
        pass


def test_a_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are no locks, the work is done without."""

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOTSUP, "not supported")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with locked([tmp_path]), locked([tmp_path]):
        pass
