"""Reaching the workers of a Dask cluster and waiting for them. Whatever ends that is a sentence, and soon enough."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pkgutil import resolve_name
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final
from warnings import catch_warnings

from hpp_contract import __version__
from hpp_contract.engine.errors import Unverifiable, UsageProblem

if TYPE_CHECKING:
    from distributed import Client, Future

PATIENCE: Final = 10
"""Seconds until a scheduler, or a first worker, is said to be out of reach."""

_OWN: Final[dict[str, Any]] = {
    "threads_per_worker": 1,
    "security": True,  # whoever reaches a scheduler may run code: only this process can
    "dashboard_address": None,
    "scheduler_kwargs": {"dashboard_address": "127.0.0.1:0"},  # it speaks HTTP without a dashboard too
    "silence_logs": logging.CRITICAL,
}
"""How a cluster of our own is started."""


@contextmanager
def cluster(address: str | None, processes: int) -> Iterator[Client]:
    """The cluster whose scheduler has that address, or one of so many processes here, open to nobody else, with what it
    writes to disk in a temporary folder. Raises UsageProblem without Dask, Unverifiable when the cluster is lost."""
    try:
        from dask import config
        from distributed import CancelledError, Client, KilledWorker, LocalCluster
        from distributed.comm.core import CommClosedError
        from distributed.utils import silence_logging_cmgr
    except ImportError as error:
        raise UsageProblem("judging on Dask needs more packages: pip install 'hpp-contract[dask]'.") from error
    with catch_warnings(action="ignore"), silence_logging_cmgr(logging.CRITICAL), TemporaryDirectory() as folder:
        try:
            with (
                config.set(temporary_directory=folder),
                nullcontext(_reached(address)) if address else LocalCluster(n_workers=processes, **_OWN) as place,
                Client(place, timeout=PATIENCE) as client,
            ):
                _check(client)
                yield client
        except KilledWorker as error:
            raise Unverifiable(
                "several workers were lost over the same part of the recordings, perhaps for want of memory: "
                "give each more of it."
            ) from error
        except (CancelledError, CommClosedError) as error:
            raise Unverifiable("the connection to Dask was lost: see its scheduler's log, and try again.") from error


def _reached(address: str) -> str:
    """The address, once somebody there speaks Dask's language: a Client would wait for it for ever."""
    from distributed import Security
    from distributed.comm.core import connect

    async def knock() -> None:
        (await connect(address, PATIENCE, **Security().get_connection_args("client"))).abort()

    try:
        asyncio.run(asyncio.wait_for(knock(), PATIENCE))
    except OSError as error:
        raise Unverifiable(f"no Dask scheduler answers at {address} within {PATIENCE} seconds.") from error
    except ValueError as error:
        raise UsageProblem(f"{address} is no address of a Dask scheduler: give one such as tcp://host:8786.") from error
    return address


def _check(client: Client) -> None:
    _await_worker(client)
    if set(client.run(resolve_name, "hpp_contract:__version__", on_error="return").values()) != {__version__}:
        raise Unverifiable(f"every Dask worker needs hpp-contract {__version__}, as it is here: install it there.")


def _await_worker(client: Client) -> None:
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError as error:
        raise Unverifiable("the Dask cluster has no worker: start some, or leave out --scheduler.") from error


def mapped(client: Client, work: Callable[..., Any], items: Iterable[Any], **arguments: Any) -> list[Future[Any]]:
    """Have workers do something to each item: the results stay there, and are made again where they are lost."""
    return client.map(work, list(items), pure=False, **arguments)


def each(client: Client, futures: Sequence[Future[Any]]) -> Iterator[tuple[int, Any]]:
    """Every result with its index, as they are done; only one is here at a time."""
    from distributed import wait

    waiting = {future: index for index, future in enumerate(futures)}
    while waiting:
        try:
            done = wait(list(waiting), timeout=PATIENCE, return_when="FIRST_COMPLETED").done
        except TimeoutError:
            _await_worker(client)
            continue
        for future in done:
            yield waiting.pop(future), future.result()
            future.release()


def in_order(client: Client, futures: Sequence[Future[Any]]) -> list[Any]:
    """Every result."""
    return [result for _, result in sorted(each(client, futures), key=lambda indexed: indexed[0])]
