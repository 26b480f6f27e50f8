"""Processes that work on one item at a time each. No thread serves them: one that the system refuses would be refused
where nobody sees it, and whoever waits for a result would wait for ever."""

from __future__ import annotations

import signal
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any, Final, Self, TypeVar, cast

from hpp_contract.engine.errors import Unverifiable
from hpp_contract.engine.refusal import system_refusal

Item = TypeVar("Item")
Result = TypeVar("Result")

# Not fork: threads of the caller (a progress bar) would be left behind in the middle of whatever they held. And not
# forkserver: where the system refuses it a process, it prints a traceback of its own.
_SPAWN: Final = get_context("spawn")


class Processes:
    """At most `most` processes, each started when there is work for it, until `close`."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._members: dict[Connection, SpawnProcess] = {}

    def each(self, work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[tuple[int, Result]]:
        """The result of every item with its index, as they are done.

        Raises what `work` raises, Unverifiable when a process is ended from outside, and SystemRefused when one cannot
        be started.
        """
        waiting = enumerate(items)
        busy: dict[Connection, int] = {}
        for number, (index, item) in zip(range(self._most), waiting, strict=False):
            member = [*self._members][number] if number < len(self._members) else self._start()
            _send(member, (work, item))
            busy[member] = index
        while busy:
            for member in cast("list[Connection]", wait(list(busy))):
                done, (result, error) = busy.pop(member), _received(member)
                if error is not None:
                    raise error
                for index, item in waiting:  # before the result is looked at: the process need not wait for that
                    _send(member, (work, item))
                    busy[member] = index
                    break
                yield done, result

    def _start(self) -> Connection:
        try:
            here, there = _SPAWN.Pipe()
            with there:
                process = _SPAWN.Process(target=serve, args=(there,), daemon=True)
                process.start()
        except OSError as error:
            raise system_refusal(error, starting_process=True) or error from error
        self._members[here] = process
        return here

    def close(self) -> None:
        """End every process, whatever it is doing."""
        for connection, process in self._members.items():
            process.kill()
            process.join()
            connection.close()
        self._members.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def serve(connection: Connection) -> None:
    """What a process does: work on what comes until nothing can come any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal tells everybody; whoever started this ends it
    with suppress(EOFError, ConnectionError):
        while True:
            work, item = connection.recv()
            answer: tuple[Any, Exception | None]
            try:
                answer = (work(item), None)
            except Exception as error:
                error.add_note(traceback.format_exc())  # a traceback does not travel
                answer = (None, error)
            connection.send(answer)


def _send(member: Connection, task: Any) -> None:
    with _alive():
        member.send(task)


def _received(member: Connection) -> Any:
    with _alive():
        return member.recv()


@contextmanager
def _alive() -> Iterator[None]:
    try:
        yield
    except (EOFError, ConnectionError) as error:
        raise Unverifiable(
            "a judging process was ended from outside, perhaps for want of memory: try again."
        ) from error
