"""A sign of life for whoever waits at a terminal longer than a second; nothing at all in a pipe or a log."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

PATIENCE = 1.0
"""Seconds before anything is shown."""

_FRAME = 0.1

Advance = Callable[[int, int], None]
"""Called with how much is done and how much there is to do, in any unit."""


@contextmanager
def progress(what: str) -> Iterator[Advance]:
    """Show a bar, `what` and the seconds that passed, on stderr, while the block runs. The bar moves to and fro until
    the block says how far it is."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    # Its own thread to move it would be started where nobody can be told that the system refuses one.
    bar = Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False)
    task = bar.add_task(what, total=None)
    done = Event()

    def move() -> None:
        if not done.wait(PATIENCE):
            with bar:
                while not done.wait(_FRAME):
                    bar.refresh()

    mover = Thread(target=move, name="hpp-contract progress", daemon=True)
    mover.start()
    try:
        yield lambda finished, total: bar.update(task, completed=finished, total=total)
    finally:
        done.set()
        mover.join()
