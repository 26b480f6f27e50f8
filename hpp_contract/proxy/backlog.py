"""What waits to be judged, within a bound on memory."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator

Task = Callable[[], None]


class Backlog:
    """Tasks in their order, each with a weight in bytes. Whoever adds one waits while they weigh more than `most`."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._tasks = deque[tuple[Task, int]]()
        self._weight = 0
        self._closed = False
        self._changed = threading.Condition()

    def add(self, task: Task, weight: int = 0) -> None:
        """Add a task from any thread; only the thread that takes them is not to."""
        with self._changed:
            self._changed.wait_for(lambda: self._weight <= self._most)
            self._tasks.append((task, weight))
            self._weight += weight
            self._changed.notify_all()

    def close(self) -> None:
        """Add no more: `taken` ends when all that waits was taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def taken(self) -> Iterator[Task]:
        """Each task, as soon as there is one."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._tasks or self._closed)
                if not self._tasks:
                    return
                task, weight = self._tasks.popleft()
                self._weight -= weight
                self._changed.notify_all()
            yield task
