"""A lock on folders, for files that several runs change: one run at a time, and the next waits for a while."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from hpp_contract.engine.errors import Unverifiable

WAIT_S: Final = 10.0
"""Seconds to wait for another run: what needs a lock takes some milliseconds."""

_POLL_S: Final = 0.02


@contextlib.contextmanager
def locked(folders: Iterable[Path], wait: float = WAIT_S) -> Iterator[None]:
    """Hold the folders, which exist, while the block runs. The lock ends with the process, whatever ends that.

    Raises Unverifiable when another run holds one of them for longer than `wait` seconds. Where the system has no such
    lock, or the file system has none, nothing is held.
    """
    with contextlib.ExitStack() as held:
        for folder in sorted(
            {folder.resolve() for folder in folders}
        ):  # in one order, so that nobody waits in a circle
            held.enter_context(_locked(folder, wait))
        yield


@contextlib.contextmanager
def _locked(folder: Path, wait: float) -> Iterator[None]:
    try:
        import fcntl  # Windows has none
    except ImportError:  # pragma: no cover  on Windows only
        yield
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        until = time.monotonic() + wait
        while True:
            try:
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > until:
                    raise Unverifiable(
                        f"another run holds {folder} for more than {wait:g} s: wait for it to end, and run this again."
                    ) from None
                time.sleep(_POLL_S)
            except OSError:  # a file system without locks
                break
            else:
                break
        yield
    finally:
        os.close(opened)
