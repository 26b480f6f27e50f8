"""What a worker of `cluster` does: pure functions of the recordings, so that any worker may do them, and again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain
from pathlib import Path
from shutil import rmtree
from tempfile import gettempdir
from threading import get_ident
from typing import TypeVar

from hpp_contract.engine import Judge, Subject
from hpp_contract.engine.judge import Tally
from hpp_contract.recordings.bulk.local import look
from hpp_contract.recordings.bulk.pieces import Block, Piece, PieceResult, Worker, blocks, judge_partition
from hpp_contract.recordings.bulk.spill import unpacked
from hpp_contract.recordings.sources import InputFile
from hpp_contract.rules import CATALOGUE

Item = TypeVar("Item")

Counted = tuple[dict[str, Tally], list[tuple[int, PieceResult]]]
"""Tallies, and what else each piece came to (its Part, without tallies and sightings), with the piece's index."""


@dataclass(frozen=True)
class Share:
    """What the pieces of one task came to: what is `counted`, and packed sightings by partition."""

    counted: Counted
    records: dict[int, list[bytes]]


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


def look_at(named: Sequence[tuple[int, str, bool]], spool: str) -> list[InputFile | str]:
    """Open files, unpacking them into this machine's temporary folder `spool` where need be."""
    return [look(number, name, found, Path(gettempdir()) / spool) for number, name, found in named]


def forget(spool: str) -> None:
    """Remove what was unpacked on this machine."""
    rmtree(Path(gettempdir()) / spool, ignore_errors=True)


def survey(spans: Sequence[tuple[InputFile, int, int]], size: int) -> list[list[Block]]:
    """The blocks of each span: a source, from its first byte to its last."""
    return [list(blocks(source, start, end, size)) for source, start, end in spans]


def judge_share(indexed: Sequence[tuple[int, Piece]], partitions: int) -> Share:
    """Judge the exchanges of some pieces one by one."""
    judge = Judge(CATALOGUE, Subject("recording", ""))
    parts: list[tuple[int, PieceResult]] = []
    sightings: dict[int, list[bytes]] = {}
    for index, piece in indexed:
        part = _worker(get_ident()).piece(piece, partitions)
        judge.merge(part.tallies)
        parts.append((index, replace(part, tallies={}, records={})))
        for partition, data in part.records.items():
            sightings.setdefault(partition, []).append(data)
    return Share(({rule: tally for rule, tally in judge.tallies.items() if tally.exercised}, parts), sightings)


@cache
def _worker(_thread: int) -> Worker:
    """The worker of a thread: a process of Dask's may have several."""
    return Worker()


def counted(share: Share) -> Counted:
    """All but the sightings, which are many times larger."""
    return share.counted


def records_of(share: Share, partition: int) -> list[bytes]:
    """The share's sightings of the sessions of one partition."""
    return share.records.get(partition, [])


def judge_sessions(shares: list[list[bytes]], sources: tuple[InputFile, ...]) -> dict[str, Tally]:
    """Judge the sessions of one partition, from its sightings in every share."""
    return judge_partition([sighting for data in chain.from_iterable(shares) for sighting in unpacked(data)], sources)
