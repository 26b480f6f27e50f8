"""From paths and URLs to files whose bytes can be read again at any place: folders walked, stdin and gzip unpacked to
disk."""

from __future__ import annotations

import gzip
import os
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from glob import glob
from pathlib import Path, PurePath
from threading import get_ident
from typing import IO, BinaryIO, Final, cast

from hpp_contract.engine.errors import UsageProblem
from hpp_contract.recordings import urls
from hpp_contract.recordings.formats import ndjson
from hpp_contract.recordings.formats.convert import Unreadable

STDIN: Final = "-"
_NO_RECORDINGS: Final = frozenset(
    (".md", ".rst", ".txt", ".py", ".rb", ".js", ".mjs", ".cjs", ".ts", ".go", ".php", ".java", ".kt", ".cs", ".rs",
     ".sh", ".html", ".css", ".png", ".jpg", ".pdf", ".xml")
)  # fmt: skip
"""What files in a folder end in that are no data. All others are looked into."""

_GZIP: Final = b"\x1f\x8b"
_CHUNK: Final = 1024 * 1024
_LOOKED_AT: Final = 20


@dataclass(frozen=True)
class InputFile:
    """One file of evidence: its `number` among all, the `name` its user knows, and `place`, the path or URL of its
    bytes; where they are packed, a copy that is plain is kept `unpacked`. `size` is in bytes, plain.

    `is_lines` says whether it is NDJSON; otherwise it is one document. `found` says that nobody named it: it may be
    something else than a recording.
    """

    number: int
    name: str
    place: str
    size: int = 0
    is_lines: bool = False
    found: bool = False
    unpacked: Path | None = None

    @property
    def folder(self) -> Path | None:
        """The folder that its neighbours are in; None when it came from stdin or from a URL."""
        return Path(self.name).parent if self.name != STDIN and not urls.is_url(self.name) else None

    def open(self) -> BinaryIO:
        """Its bytes, plain; unpacked again on a machine that has no copy yet. Raises OSError."""
        if self.unpacked is None:
            return _opened(self.place)
        if not self.unpacked.exists():
            _unpack(self.place, self.unpacked)
        return self.unpacked.open("rb")

    def read(self, offset: int, length: int) -> bytes:
        """Some of its bytes, plain. Raises OSError."""
        if self.unpacked is None and urls.is_url(self.place):
            return urls.read(self.place, offset, length)
        with self.open() as stream:
            stream.seek(offset)
            return stream.read(length)


def files(paths: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Every file that `paths` name, each once, and whether it was only found in a folder; `-` is stdin. In folders,
    hidden files, programs, texts and the bodies that WireMock keeps beside its mappings are left out. Raises
    UsageProblem for what does not exist."""
    seen = set[Path | str]()
    for path in paths:
        for file, found in _at_url(path) if urls.is_url(path) else _on_disk(path):
            key = file if file == STDIN or urls.is_url(file) else Path(file).resolve()
            if key not in seen:
                seen.add(key)
                yield file, found


def _at_url(url: str) -> Iterator[tuple[str, bool]]:
    for file, inside in urls.files_at(url):
        if inside is None or _may_be(inside):
            yield file, inside is not None


def _on_disk(path: str) -> Iterator[tuple[str, bool]]:
    is_pattern = "*" in path and not Path(path).exists()
    matches = sorted(glob(path, recursive=True)) if is_pattern else [path]  # noqa: PTH207  a pattern may be absolute
    if not matches or (path != STDIN and not Path(matches[0]).exists()):
        raise UsageProblem(f"{path} does not exist: give a recording or a folder of recordings")
    for match in matches:
        folder = Path(match).is_dir()
        yield from ((str(file), folder) for file in (_below(Path(match)) if folder else [match]))


def _below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and _may_be(path.relative_to(folder)))


def _may_be(path: PurePath) -> bool:
    around = "__files" in path.parts or any(part.startswith(".") for part in path.parts)
    return not around and path.suffix.lower() not in _NO_RECORDINGS


def input_file(number: int, name: str, spool: Path, found: bool = False) -> InputFile:
    """The file called `name`; what cannot be read twice or is packed is copied into the folder `spool`, and `found` is
    that it was only found in a folder. Raises Unreadable and OSError."""
    place = name
    if name == STDIN:
        place = _copied(sys.stdin.buffer, spool / f"{number}")
    elif not urls.is_url(name) and not Path(name).is_file():  # a pipe
        with Path(name).open("rb") as pipe:
            place = _copied(pipe, spool / f"{number}")
    with _opened(place) as stream:
        packed = stream.read(2) == _GZIP
    looked_at = InputFile(number, name, place, found=found, unpacked=spool / f"{number}.plain" if packed else None)
    is_lines = _is_lines(looked_at)
    return replace(looked_at, size=_size(looked_at), is_lines=is_lines)


def _opened(place: str) -> BinaryIO:
    return urls.opened(place) if urls.is_url(place) else Path(place).open("rb")


def _size(source: InputFile) -> int:
    if source.unpacked is None and urls.is_url(source.place):
        return urls.size(source.place)
    return (source.unpacked or Path(source.place)).stat().st_size


def _copied(stream: IO[bytes], target: Path) -> str:
    with target.open("wb") as copy:
        while chunk := stream.read(_CHUNK):
            copy.write(chunk)
    return str(target)


def _unpack(place: str, target: Path) -> None:
    """Unpack; the target appears as a whole, since other processes of this machine may want it too."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = target.with_suffix(f".{os.getpid()}.{get_ident()}")
    try:
        with _opened(place) as packed, gzip.open(packed) as stream:
            _copied(cast("IO[bytes]", stream), partial)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        partial.unlink()
        raise Unreadable("gzip that ends early or is damaged") from error
    partial.replace(target)


def _is_lines(source: InputFile) -> bool:
    """Whether one of the first lines is an exchange in our NDJSON."""
    with source.open() as stream:
        for _ in range(_LOOKED_AT):
            line = stream.readline(ndjson.MAX_LINE)
            if not line or (len(line) == ndjson.MAX_LINE and not line.endswith(b"\n")):
                break
            if ndjson.recognises(line):
                return True
        stream.seek(0)
        if not stream.read(4096).strip():
            raise Unreadable("empty")
    return False
