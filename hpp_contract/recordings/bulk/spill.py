"""Sightings on disk, by partition: what keeps memory constant however long a log is."""

from __future__ import annotations

import marshal
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from hpp_contract.recordings.bulk.sessions import ReadRecord, ReadRecords


def partition_of(session: bytes, partitions: int) -> int:
    """The partition that a session belongs to, wherever its sightings were made."""
    return int.from_bytes(session[:4]) % partitions


def packed(sightings: Sequence[ReadRecords]) -> bytes:
    """Sightings as bytes."""
    return marshal.dumps(tuple(sightings))


def unpacked(data: bytes) -> list[ReadRecord]:
    """The sightings that `packed` made bytes of. Only for what this process or its workers packed."""
    return [ReadRecord(*values) for values in marshal.loads(data)]  # noqa: S302


class Spill:
    """Sightings in a folder: any number of processes may add, then any may take a whole partition."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, parts: Mapping[int, bytes]) -> None:
        """Append packed sightings to their partitions."""
        for partition, data in parts.items():
            with (self._folder / f"{partition}.{os.getpid()}").open("ab") as file:
                file.write(len(data).to_bytes(8) + data)

    def take(self, partition: int) -> list[ReadRecord]:
        """Every sighting of a partition."""
        sightings: list[ReadRecord] = []
        for path in sorted(self._folder.glob(f"{partition}.*")):
            with path.open("rb") as file:
                while size := int.from_bytes(file.read(8)):
                    sightings.extend(unpacked(file.read(size)))
        return sightings
