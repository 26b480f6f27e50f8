"""Being interrupted without leaving anything behind: Ctrl-C, and requests to terminate, at a time that suits."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Self

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Interruptions:
    """While its block runs, Ctrl-C and a request to terminate alike raise KeyboardInterrupt; inside `held_back`, only
    once that is over. Off the main thread, where Python delivers no signals, it does nothing."""

    def __init__(self) -> None:
        self._holding = False
        self._asked = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._interrupt) for number in _SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """Let the block end first, whatever is asked meanwhile."""
        self._holding = True
        try:
            yield
        finally:
            self._holding = False
        if self._asked:
            raise KeyboardInterrupt

    def _interrupt(self, *_: object) -> None:
        self._asked = True
        if not self._holding:
            raise KeyboardInterrupt
