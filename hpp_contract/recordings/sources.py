"""From paths to files whose bytes can be read again at any place: folders walked, stdin and gzip unpacked to disk."""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from hpp_contract.recordings import ndjson
from hpp_contract.recordings.form import Unreadable
from hpp_contract.verdict.problems import UsageProblem

STDIN: Final = "-"
_NO_RECORDINGS: Final = frozenset(
    [
        ".md",
        ".rst",
        ".txt",
        ".py",
        ".rb",
        ".js",
        ".mjs",
        ".cjs",
        ".ts",
        ".go",
        ".php",
        ".java",
        ".kt",
        ".cs",
        ".rs",
        ".sh",
        ".html",
        ".css",
        ".png",
        ".jpg",
        ".pdf",
        ".xml",
    ]
)
"""What files in a folder end in that are no data. All others are looked into."""

_GZIP: Final = b"\x1f\x8b"
_CHUNK: Final = 1024 * 1024
_LOOKED_AT: Final = 20


@dataclass(frozen=True)
class Source:
    """One file of evidence: its `number` among all, the `name` its user knows, and `path`, where its bytes are, plain.

    `is_lines` says whether it is NDJSON; otherwise it is one document. `found` says that nobody named it: it may be
    something else than a recording.
    """

    number: int
    name: str
    path: Path
    size: int
    is_lines: bool
    found: bool = False

    @property
    def folder(self) -> Path | None:
        """The folder that its neighbours are in; None when it came from stdin."""
        return Path(self.name).parent if self.name != STDIN else None


def files(paths: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Every file that `paths` name, each once, and whether it was only found in a folder; `-` is stdin. In folders,
    hidden files, programs, texts and the bodies that WireMock keeps beside its mappings are left out. Raises
    UsageProblem for a path that does not exist."""
    seen = set[Path | str]()
    for path in paths:
        found = Path(path).is_dir()
        for file in map(str, _below(Path(path))) if found else [path]:
            if file != STDIN and not Path(file).exists():
                raise UsageProblem(f"{path} does not exist: give a recording or a folder of recordings")
            key = file if file == STDIN else Path(file).resolve()
            if key not in seen:
                seen.add(key)
                yield file, found


def _below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and _may_be(path.relative_to(folder)))


def _may_be(path: Path) -> bool:
    around = "__files" in path.parts or any(part.startswith(".") for part in path.parts)
    return not around and path.suffix.lower() not in _NO_RECORDINGS


def source(number: int, name: str, spool: Path, found: bool = False) -> Source:
    """The file called `name`, unpacked into the folder `spool` where need be; `found` is that it was only found in a
    folder. Raises Unreadable and OSError."""
    path = _copied(sys.stdin.buffer, spool / f"{number}") if name == STDIN else Path(name)
    if not path.is_file():  # a pipe
        with path.open("rb") as pipe:
            path = _copied(pipe, spool / f"{number}")
    with path.open("rb") as stream:
        packed = stream.read(2) == _GZIP
    if packed:
        path = _unpacked(path, spool / f"{number}.plain")
    return Source(number, name, path, path.stat().st_size, _is_lines(path), found)


def _copied(stream: IO[bytes], target: Path) -> Path:
    with target.open("wb") as copy:
        while chunk := stream.read(_CHUNK):
            copy.write(chunk)
    return target


def _unpacked(path: Path, target: Path) -> Path:
    try:
        with gzip.open(path) as stream:
            return _copied(stream, target)  # type: ignore[arg-type]  # a GzipFile reads like a file
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Unreadable("gzip that ends early or is damaged") from error


def _is_lines(path: Path) -> bool:
    """Whether one of the first lines is an exchange in our NDJSON."""
    with path.open("rb") as stream:
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
