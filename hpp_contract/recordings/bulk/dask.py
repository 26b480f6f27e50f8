"""Judging recordings on many machines: the parts that `local` gives to processes, given to the workers of Dask.

Records stay with the workers, who shuffle them by session; only tallies come here. What a worker does is a pure
function of the recordings: if one is lost, another does its part again, to the same result.
"""

from __future__ import annotations

import asyncio
import logging
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain
from pathlib import Path
from pkgutil import resolve_name
from secrets import token_bytes
from shutil import rmtree
from tempfile import TemporaryDirectory, gettempdir
from threading import get_ident
from typing import TYPE_CHECKING, Any, Final, TypeVar
from uuid import uuid4
from warnings import catch_warnings

from hpp_contract import __version__
from hpp_contract.engine import Judge, Subject
from hpp_contract.engine.errors import Unverifiable, UsageProblem
from hpp_contract.engine.judge import Tally
from hpp_contract.model.trace import AnswerTimes
from hpp_contract.recordings.bulk.local import Evidence, Judged, Merger, Progress, available_cores
from hpp_contract.recordings.bulk.pieces import PieceResult, Worker, judge_partition
from hpp_contract.recordings.bulk.sessions import unpacked
from hpp_contract.recordings.sources import (
    PIECE,
    STDIN,
    Block,
    Damage,
    InputFile,
    Piece,
    blocks,
    cut,
    examine,
    files,
    pieces,
)  # fmt: skip
from hpp_contract.rules import CATALOGUE

if TYPE_CHECKING:  # an extra package, and slow to import
    from distributed import Client, Future

Item = TypeVar("Item")

SHARE: Final = 64 * 1024 * 1024
"""Bytes that one task judges, and bytes of evidence whose records are one partition: some 80,000 exchanges, a few
seconds of a core."""

MAX_SHARES: Final = 512
"""Shares, and partitions, at most: each share has records for each partition, and each such pair is a task."""


def judge_on_dask(
    paths: Sequence[str],
    scheduler: str | None = None,
    *,
    processes: int | None = None,
    callback_url: str | None = None,
    on_progress: Progress | None = None,
) -> Judged:
    """Judge files, folders, patterns and URLs on the Dask cluster whose scheduler has that address, else on one of
    `processes` processes (by default one a core) that lives as long as this call. The result is that of `local`.

    Raises UsageProblem for what does not exist or cannot be read twice, and where Dask is not installed; Unverifiable
    when the cluster cannot be reached or is lost.
    """
    if any(path == STDIN or Path(path).is_fifo() for path in paths):
        raise UsageProblem("several workers cannot read a pipe: give files, or leave out --engine.")
    named = [(number, name, found) for number, (name, found) in enumerate(files(paths))]
    spool = f"hpp-contract-{uuid4().hex}"
    with cluster(scheduler, processes or available_cores()) as client:
        try:
            examined = mapped(
                client, examine_all, grouped(((one, 1) for one in named), 1 + len(named) // MAX_SHARES), spool=spool
            )
            evidence = Evidence.of(chain.from_iterable(in_order(client, examined)), callback_url)
            return _judged(client, evidence, on_progress)
        finally:
            with suppress(OSError):  # a lost cluster has its own error
                client.run(forget, spool, on_error="ignore")


def _judged(client: Client, evidence: Evidence, on_progress: Progress | None) -> Judged:
    threads = sum(client.nthreads().values()) or 1
    size = max(PIECE, min(SHARE, evidence.size // (4 * threads)), evidence.size // MAX_SHARES)
    indexed = enumerate(_pieces(client, evidence))
    partitions = min(MAX_SHARES, 1 + evidence.size // SHARE)
    shares = mapped(
        client, judge_share, grouped((((index, piece), piece.length) for index, piece in indexed), size),
        partitions=partitions, salt=token_bytes(16),
    )  # fmt: skip
    counts = mapped(client, counted, shares)
    sources = client.submit(tuple, evidence.sources, pure=False)
    shuffled = (mapped(client, records_of, shares, partition=partition) for partition in range(partitions))
    answers = client.submit(merged_times, mapped(client, times_of, shares), pure=False)
    sessions = [client.submit(judge_sessions, records, sources, answers, pure=False) for records in shuffled]
    del shares  # now each is dropped as soon as its records are where they belong
    merger, done = Merger(), 0
    for _, (tallies, results) in each(client, counts):
        merger.partition(tallies)
        for index, result in results:
            merger.piece(index, result)
            done += result.size
        if on_progress is not None:
            on_progress(done, evidence.size)
    for _, tallies in each(client, sessions):
        merger.partition(tallies)
    return merger.judged(evidence)


def _pieces(client: Client, evidence: Evidence) -> Iterable[Piece]:
    """All evidence, cut between lines; workers count the lines, so that no machine reads everything."""
    long = [source for source in evidence.sources if source.is_lines and source.size > PIECE]
    spans = [(log, start, min(start + SHARE, log.size)) for log in long for start in range(0, log.size, SHARE)]
    weighed = ((span, span[2] - span[1]) for span in spans)
    surveys = mapped(client, survey, grouped(weighed, max(SHARE, evidence.size // MAX_SHARES)), size=PIECE)
    found: dict[int, list[Block]] = {}
    for (source, *_), its_blocks in zip(spans, chain.from_iterable(in_order(client, surveys)), strict=True):
        found.setdefault(source.number, []).extend(its_blocks)
    for source in evidence.sources:
        yield from cut(source, found[source.number]) if source.number in found else pieces(source)


Counted = tuple[dict[str, Tally], list[tuple[int, PieceResult]]]
"""Tallies, and for each piece its index and its result without tallies, records and times."""


@dataclass(frozen=True)
class Share:
    """The result of the pieces of one task: what is `counted`, packed records by partition, and times of answers."""

    counted: Counted
    records: dict[int, list[bytes]]
    answers: AnswerTimes


def grouped(weighed: Iterable[tuple[Item, int]], size: int) -> Iterator[list[Item]]:
    """Neighbours in groups of at least that weight, but for the last."""
    group, weight = list[Item](), 0
    for item, its_weight in weighed:
        group.append(item)
        weight += its_weight
        if weight >= size:
            yield group
            group, weight = [], 0
    if group:
        yield group


def examine_all(named: Sequence[tuple[int, str, bool]], spool: str) -> list[InputFile | Damage]:
    """Examine files. What is packed is unpacked into this machine's temporary folder `spool`."""
    return [examine(number, name, Path(gettempdir()) / spool, found) for number, name, found in named]


def forget(spool: str) -> None:
    """Remove what was unpacked on this machine."""
    rmtree(Path(gettempdir()) / spool, ignore_errors=True)


def survey(spans: Sequence[tuple[InputFile, int, int]], size: int) -> list[list[Block]]:
    """The blocks of each span: a source, from its first byte to its last."""
    return [list(blocks(source, start, end, size)) for source, start, end in spans]


def judge_share(indexed: Sequence[tuple[int, Piece]], partitions: int, salt: bytes) -> Share:
    """Judge the exchanges of some pieces one by one."""
    judge = Judge(CATALOGUE, Subject("recording", ""))
    results: list[tuple[int, PieceResult]] = []
    records: dict[int, list[bytes]] = {}
    answers = AnswerTimes()
    for index, piece in indexed:
        result = _worker(get_ident()).piece(piece, partitions, salt)
        judge.merge(result.tallies)
        answers.add(result.answers)
        results.append((index, replace(result, tallies={}, records={}, answers=array("q"))))
        for partition, data in result.records.items():
            records.setdefault(partition, []).append(data)
    counts = {rule: tally for rule, tally in judge.tallies.items() if tally.exercised}
    return Share((counts, results), records, answers)


@cache
def _worker(_thread: int) -> Worker:
    """The worker of a thread: a process of Dask's may have several."""
    return Worker()


def counted(share: Share) -> Counted:
    """All but the records, which are many times larger."""
    return share.counted


def records_of(share: Share, partition: int) -> list[bytes]:
    """The share's records of the sessions of one partition."""
    return share.records.get(partition, [])


def times_of(share: Share) -> AnswerTimes:
    """When the API answered in the share."""
    return share.answers


def merged_times(shares: list[AnswerTimes]) -> AnswerTimes:
    """When the API answered in all shares."""
    merged = AnswerTimes()
    for each in shares:
        merged.merge(each)
    return merged


def judge_sessions(shares: list[list[bytes]], sources: tuple[InputFile, ...], answers: AnswerTimes) -> dict[str, Tally]:
    """Judge the sessions of one partition, from its records in every share."""
    records = [record for data in chain.from_iterable(shares) for record in unpacked(data)]
    return judge_partition(records, sources, answers)


TIMEOUT_S: Final = 10
"""Seconds until a scheduler, or a first worker, is reported as unreachable."""


_OWN: Final[dict[str, Any]] = {
    "threads_per_worker": 1,
    "security": True,  # a scheduler runs the code of everybody who can connect
    "dashboard_address": None,
    "scheduler_kwargs": {"dashboard_address": "127.0.0.1:0"},  # it speaks HTTP without a dashboard too
    "silence_logs": logging.CRITICAL,
}
"""Arguments for a local cluster."""


@contextmanager
def cluster(address: str | None, processes: int) -> Iterator[Client]:
    """The cluster whose scheduler has that address, or one of so many processes here, closed to others, whose files are
    in a temporary folder. Raises UsageProblem without Dask, Unverifiable when the cluster is lost."""
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
                Client(place, timeout=TIMEOUT_S) as client,
            ):
                _check(client)
                yield client
        except KilledWorker as error:
            raise Unverifiable(
                "several workers were lost on the same part of the recordings, perhaps because memory ran out: "
                "give each more memory."
            ) from error
        except (CancelledError, CommClosedError) as error:
            raise Unverifiable("the connection to Dask was lost: see its scheduler's log, and try again.") from error


def _reached(address: str) -> str:
    """The address, once a scheduler answers there: a Client would wait for it without end."""
    from distributed import Security
    from distributed.comm.core import connect

    async def knock() -> None:
        (await connect(address, TIMEOUT_S, **Security().get_connection_args("client"))).abort()

    try:
        asyncio.run(asyncio.wait_for(knock(), TIMEOUT_S))
    except OSError as error:
        raise Unverifiable(f"no Dask scheduler answers at {address} within {TIMEOUT_S} seconds.") from error
    except ValueError as error:
        raise UsageProblem(
            f"{address} is not the address of a Dask scheduler: give one such as tcp://host:8786."
        ) from error
    return address


def _check(client: Client) -> None:
    _await_worker(client)
    if set(client.run(resolve_name, "hpp_contract:__version__", on_error="return").values()) != {__version__}:
        raise Unverifiable(f"every Dask worker needs hpp-contract {__version__}, as it is here: install it there.")


def _await_worker(client: Client) -> None:
    try:
        client.wait_for_workers(1, timeout=TIMEOUT_S)
    except TimeoutError as error:
        raise Unverifiable("the Dask cluster has no worker: start some, or leave out --scheduler.") from error


def mapped(client: Client, work: Callable[..., Any], items: Iterable[Any], **arguments: Any) -> list[Future[Any]]:
    """Have workers do `work` on each item: the results stay there, and are made again where they are lost."""
    return client.map(work, list(items), pure=False, **arguments)


def each(client: Client, futures: Sequence[Future[Any]]) -> Iterator[tuple[int, Any]]:
    """Every result with its index, as they are done; only one is in memory at a time."""
    from distributed import wait

    pending = {future: index for index, future in enumerate(futures)}
    while pending:
        try:
            done = wait(list(pending), timeout=TIMEOUT_S, return_when="FIRST_COMPLETED").done
        except TimeoutError:
            _await_worker(client)
            continue
        for future in done:
            yield pending.pop(future), future.result()
            future.release()


def in_order(client: Client, futures: Sequence[Future[Any]]) -> list[Any]:
    """Every result, in the order of the futures."""
    return [result for _, result in sorted(each(client, futures), key=lambda indexed: indexed[0])]
