"""Judging recordings on many machines: the parts that `engine` gives to processes, given to the workers of Dask.

Sightings stay with the workers, who shuffle them by session; only tallies come here. What a lost worker had done is
done again by another, from the recordings, to the same result.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from hpp_contract.engine.errors import UsageProblem
from hpp_contract.recordings.bulk.local import Evidence, Judged, Merger, Progress, available_cores
from hpp_contract.recordings.bulk.pieces import PIECE, Block, Piece, cut, pieces
from hpp_contract.recordings.bulk.shares import (
    counted,
    forget,
    grouped,
    judge_sessions,
    judge_share,
    look_at,
    records_of,
    survey,
)
from hpp_contract.recordings.bulk.workers import cluster, each, in_order, mapped
from hpp_contract.recordings.sources import STDIN, files

if TYPE_CHECKING:
    from distributed import Client

SHARE: Final = 64 * 1024 * 1024
"""Bytes that one task judges, and bytes of evidence whose sightings are one partition: some 80,000 exchanges, a few
seconds of a core."""

MAX_SHARES: Final = 512
"""Shares, and partitions, at most: each share has sightings for each partition, and each such pair is a task."""


def judge_on_dask(
    paths: Sequence[str],
    scheduler: str | None = None,
    *,
    processes: int | None = None,
    on_progress: Progress | None = None,
) -> Judged:
    """Judge files, folders, patterns and URLs on the Dask cluster whose scheduler has that address, else on one of
    `processes` processes (by default one a core) that lives as long as this call. The result is that of `engine`.

    Raises UsageProblem for what does not exist or cannot be read twice, and where Dask is not installed; Unverifiable
    when the cluster cannot be reached or is lost.
    """
    if any(path == STDIN or Path(path).is_fifo() for path in paths):
        raise UsageProblem("a pipe cannot be read by several workers: give files, or leave out --engine.")
    named = [(number, name, found) for number, (name, found) in enumerate(files(paths))]
    spool = f"hpp-contract-{uuid4().hex}"
    with cluster(scheduler, processes or available_cores()) as client:
        try:
            looks = mapped(
                client, look_at, grouped(((one, 1) for one in named), 1 + len(named) // MAX_SHARES), spool=spool
            )
            evidence = Evidence.of(chain.from_iterable(in_order(client, looks)))
            return _judged(client, evidence, on_progress)
        finally:
            with suppress(OSError):  # whatever became of the cluster, what was said before stands
                client.run(forget, spool, on_error="ignore")


def _judged(client: Client, evidence: Evidence, on_progress: Progress | None) -> Judged:
    threads = sum(client.nthreads().values()) or 1
    size = max(PIECE, min(SHARE, evidence.size // (4 * threads)), evidence.size // MAX_SHARES)
    indexed = enumerate(_pieces(client, evidence))
    partitions = min(MAX_SHARES, 1 + evidence.size // SHARE)
    shares = mapped(
        client, judge_share, grouped((((index, piece), piece.length) for index, piece in indexed), size),
        partitions=partitions,
    )  # fmt: skip
    counts = mapped(client, counted, shares)
    sources = client.submit(tuple, evidence.sources, pure=False)
    shuffled = (mapped(client, records_of, shares, partition=partition) for partition in range(partitions))
    sessions = [client.submit(judge_sessions, sightings, sources, pure=False) for sightings in shuffled]
    del shares  # now each is dropped as soon as its sightings are where they belong
    merger, done = Merger(), 0
    for _, (tallies, parts) in each(client, counts):
        merger.partition(tallies)
        for index, part in parts:
            merger.piece(index, part)
            done += part.size
        if on_progress is not None:
            on_progress(done, evidence.size)
    for _, tallies in each(client, sessions):
        merger.partition(tallies)
    return merger.judged(evidence)


def _pieces(client: Client, evidence: Evidence) -> Iterable[Piece]:
    """All evidence, cut between lines; workers count the lines, so that nobody reads everything."""
    long = [source for source in evidence.sources if source.is_lines and source.size > PIECE]
    spans = [(log, start, min(start + SHARE, log.size)) for log in long for start in range(0, log.size, SHARE)]
    weighed = ((span, span[2] - span[1]) for span in spans)
    surveys = mapped(client, survey, grouped(weighed, max(SHARE, evidence.size // MAX_SHARES)), size=PIECE)
    found: dict[int, list[Block]] = {}
    for (source, *_), its_blocks in zip(spans, chain.from_iterable(in_order(client, surveys)), strict=True):
        found.setdefault(source.number, []).extend(its_blocks)
    for source in evidence.sources:
        yield from cut(source, found[source.number]) if source.number in found else pieces(source)
