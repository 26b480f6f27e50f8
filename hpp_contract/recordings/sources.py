"""From paths and URLs to files that can be read again at any place, and to pieces of them.

Folders are walked. Stdin, pipes, what is packed and what is in UTF-16 are copied to disk.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from glob import glob
from io import BytesIO
from pathlib import Path, PurePath
from typing import BinaryIO, Final

from hpp_contract.engine.errors import UsageProblem, raise_refusal
from hpp_contract.recordings import urls
from hpp_contract.recordings.formats import ndjson
from hpp_contract.recordings.formats.convert import NoRecording, Unreadable
from hpp_contract.recordings.unpacking import copied, folder_of, is_packed, unpack
from hpp_contract.spec.schema_files import folder as data_folder

STDIN: Final = "-"
_NO_RECORDINGS: Final = frozenset(
    (".md", ".rst", ".txt", ".py", ".rb", ".js", ".mjs", ".cjs", ".ts", ".go", ".php", ".java", ".kt", ".cs", ".rs",
     ".sh", ".html", ".css", ".png", ".jpg", ".pdf", ".xml")
)  # fmt: skip
"""Endings of files in a folder that are not data. All others are examined."""

_RECORDINGS: Final = frozenset(
    (".json", ".har", ".yaml", ".yml", ".ndjson", ".jsonl", ".json5", ".chlsj", ".gz", ".zip")
)
"""Endings of files in a folder that are damaged recordings where they cannot be read; all others are something else."""

_EXAMINED_LINES: Final = 20

PIECE: Final = 6 * 1024 * 1024
"""Bytes of NDJSON that are judged in one go."""

Block = tuple[int, int, int]
"""A run of bytes: its length, the line ends in it, and how many of its bytes the last of them ends."""

Line = tuple[int, int, bytes | None]
"""Number from 1, offset in bytes, and the bytes of a line; None for one that is too long to read."""


@dataclass(frozen=True)
class InputFile:
    """One file of evidence: its `number` among all, the `name` its user knows, and `place`, the path or URL of its
    bytes. Where these are packed, `unpacked` is a plain copy. `size` is in bytes, plain.

    `is_lines` says whether it is NDJSON; otherwise it is one document. `found` says that it was found in a folder and
    not named by the user: it may not be a recording. `beside` is the folder of the files that were in one zip with it;
    `not_read` says what a file is that is no recording. `spool` is the folder of this run: no two runs have one value.
    A POST to an address that begins with `callbacks` is a status callback.
    """

    number: int
    name: str
    place: str
    size: int = 0
    is_lines: bool = False
    found: bool = False
    unpacked: Path | None = None
    beside: Path | None = None
    not_read: str | None = None
    spool: Path | None = None
    callbacks: str | None = None

    @property
    def folder(self) -> Path | None:
        """The folder of the file; None for stdin and for a URL."""
        if self.beside is not None:
            return self.beside
        return Path(self.name).parent if self.name != STDIN and not urls.is_url(self.name) else None

    def open(self) -> BinaryIO:
        """The file, plain; unpacked again on a machine that has no copy yet. Raises OSError."""
        if self.unpacked is None:
            return _opened(self.place)
        if not self.unpacked.exists():
            unpack(lambda: _opened(self.place), self.unpacked)
        return self.unpacked.open("rb")

    @property
    def may_be_recording(self) -> bool:
        """Whether a file that was found in a folder and cannot be read is a damaged recording, by its ending."""
        return PurePath(self.name).suffix.lower() in _RECORDINGS

    def read(self, offset: int, length: int) -> bytes:
        """`length` plain bytes from `offset` on. Raises OSError."""
        if self.unpacked is None and urls.is_url(self.place):
            return urls.read(self.place, offset, length)
        with self.open() as stream:
            stream.seek(offset)
            return stream.read(length)


@dataclass(frozen=True)
class Piece:
    """A document, or `length` bytes of an NDJSON file from `offset` on, whose first line has number `line`."""

    source: InputFile
    offset: int
    length: int
    line: int


@dataclass(frozen=True)
class Damage:
    """What cannot be read, a file or an exchange in it: one `sentence` with its place."""

    sentence: str

    @classmethod
    def of(cls, name: str, error: Unreadable | OSError) -> Damage:
        """Why the file called `name` cannot be read. Raises SystemRefused where the fault is not the file's."""
        if isinstance(error, Unreadable):
            return cls(f"{name}: {error}")
        raise_refusal(error)
        return cls(f"{name}: {error.strerror or 'cannot be read'}")


@dataclass(frozen=True)
class LeftOut:
    """A file in a folder that is no recording: a `note` with its name."""

    note: str


def files(paths: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Every file that `paths` name, each once, and whether it was found in a folder; `-` is stdin. In folders, hidden
    files, programs, texts and the bodies that WireMock keeps beside its mappings are left out.

    Raises UsageProblem for a path that does not exist.
    """
    taken = set[Path | str]()
    for path in paths:
        for file, found in _at_url(path) if urls.is_url(path) else _on_disk(path):
            key = file if file == STDIN or urls.is_url(file) else Path(file).resolve()
            if key not in taken:
                taken.add(key)
                yield file, found


def _at_url(url: str) -> Iterator[tuple[str, bool]]:
    for file, inside in urls.files_at(url):
        if inside is None or _may_be(inside):
            yield file, inside is not None


def _on_disk(path: str) -> Iterator[tuple[str, bool]]:
    is_pattern = "*" in path and not Path(path).exists()
    matches = sorted(glob(path, recursive=True)) if is_pattern else [path]  # noqa: PTH207  a pattern may be absolute
    if not matches or (path != STDIN and not Path(matches[0]).exists()):
        own = data_folder("cassettes").parent / path  # the documentation shows them as they are in a checkout
        is_own = path.startswith("cassettes") and own.exists()
        what = f"hpp-contract's own is {own}" if is_own else "give a recording or a folder of recordings"
        raise UsageProblem(f"{path} does not exist: {what}.")
    for match in matches:
        folder = Path(match).is_dir()
        yield from ((str(file), folder) for file in (_below(Path(match)) if folder else [match]))


def _below(folder: Path) -> list[Path]:
    """The files below a folder, and those of its folders that cannot be listed."""
    denied: list[Path] = []
    walked = os.walk(folder, onerror=lambda error: denied.append(Path(error.filename)))
    files_below = [Path(root, name) for root, _, names in walked for name in names if Path(root, name).is_file()]
    return sorted(path for path in (*files_below, *denied) if _may_be(path.relative_to(folder)))


def _may_be(path: PurePath) -> bool:
    around = "__files" in path.parts or any(part.startswith(".") for part in path.parts)
    return not around and path.suffix.lower() not in _NO_RECORDINGS


def examine(number: int, name: str, spool: Path, found: bool = False) -> InputFile | Damage:
    """As `input_file`, with a sentence for a file that cannot be read."""
    try:
        return input_file(number, name, spool, found)
    except (Unreadable, OSError) as error:
        return Damage.of(name, error)


def input_file(number: int, name: str, spool: Path, found: bool = False) -> InputFile:
    """The file called `name`, which was named or, with `found`, found in a folder. What cannot be read twice or is
    packed is copied into the folder `spool`. Raises Unreadable and OSError."""
    place = name
    if name == STDIN:
        place = copied(sys.stdin.buffer, spool / f"{number}")
    elif not urls.is_url(name) and _must_be_copied(Path(name)):
        with Path(name).open("rb") as stream:
            place = copied(stream, spool / f"{number}")
    with _opened(place) as opened:
        start = opened.read(4)
    plain = spool / f"{number}.plain" if is_packed(start) else None
    beside = folder_of(plain, start) if plain is not None else None
    source = InputFile(number, name, place, found=found, unpacked=plain, beside=beside, spool=spool)
    try:
        is_lines = _is_lines(source)
    except NoRecording as other:
        return replace(source, unpacked=None, not_read=str(other))
    return replace(source, size=_size(source), is_lines=is_lines)


def _must_be_copied(path: Path) -> bool:
    """Whether this is a pipe, or a file of the system whose size is known only once it was read.

    Raises OSError for a folder that cannot be listed, and Unreadable for a device.
    """
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        os.scandir(path).close()
    if stat.S_ISBLK(status.st_mode) or (stat.S_ISCHR(status.st_mode)):
        raise Unreadable("a device, not a recording")
    return not stat.S_ISREG(status.st_mode) or status.st_size == 0


def _opened(place: str) -> BinaryIO:
    return urls.opened(place) if urls.is_url(place) else Path(place).open("rb")


def _size(source: InputFile) -> int:
    if source.unpacked is None and urls.is_url(source.place):
        return urls.size(source.place)
    return (source.unpacked or Path(source.place)).stat().st_size


def _is_lines(source: InputFile) -> bool:
    """Whether one of the first lines is an exchange in our NDJSON. Raises Unreadable for an empty file."""
    with source.open() as stream:
        for _ in range(_EXAMINED_LINES):
            line = stream.readline(ndjson.MAX_LINE)
            if not line or (len(line) == ndjson.MAX_LINE and not line.endswith(b"\n")):
                break
            if line.strip() and ndjson.recognizes(line, standalone=_is_last(stream)):
                return True
        stream.seek(0)
        if not stream.read(4096).strip():
            raise NoRecording("empty") if source.found else Unreadable("empty")
    return False


def _is_last(stream: BinaryIO) -> bool:
    """Whether nothing follows the line that was just read."""
    place = stream.tell()
    rest = stream.read(4096)
    stream.seek(place)
    return not rest.strip()


def pieces(source: InputFile, size: int = PIECE) -> Iterator[Piece]:
    """Cut a source between lines; a document stays whole."""
    if source.is_lines and source.size > size:
        return cut(source, blocks(source, 0, source.size, size))
    return iter([Piece(source, 0, source.size, 1)])


def blocks(source: InputFile, start: int, end: int, size: int) -> Iterator[Block]:
    """The bytes from `start` to `end`, in blocks of `size`."""
    with source.open() as stream:
        stream.seek(start)
        while block := stream.read(min(size, end - start)):
            whole = block.rfind(b"\n") + 1
            lines = sum(1 for _ in BytesIO(block))  # `count` takes seven times as long
            yield len(block), lines - (whole < len(block)), whole
            start += len(block)


def cut(source: InputFile, found: Iterable[Block]) -> Iterator[Piece]:
    """Pieces of a source between the lines of all its blocks."""
    start, line, end = 0, 1, 0
    for length, lines, whole in found:
        if whole:
            yield Piece(source, start, end + whole - start, line)
            start, line = end + whole, line + lines
        end += length
    if end > start:
        yield Piece(source, start, end - start, line)


def numbered_lines(piece: Piece) -> Iterator[Line]:
    """Each line of a piece that is not blank."""
    return (_short if piece.length < ndjson.MAX_LINE else _of_any_length)(piece)


def _of_any_length(piece: Piece) -> Iterator[Line]:
    with piece.source.open() as stream:
        stream.seek(piece.offset)
        offset, number, end = piece.offset, piece.line, piece.offset + piece.length
        while offset < end and (line := stream.readline(ndjson.MAX_LINE)):
            size = len(line) if len(line) < ndjson.MAX_LINE or line[-1:] == b"\n" else len(line) + _rest_of_line(stream)
            if size > len(line):
                yield number, offset, None
            elif not line.isspace():
                yield number, offset, line
            offset, number = offset + size, number + 1


def _short(piece: Piece) -> Iterator[Line]:
    offset = piece.offset
    for number, line in enumerate(BytesIO(piece.source.read(offset, piece.length)), piece.line):
        if not line.isspace():
            yield number, offset, line
        offset += len(line)


def _rest_of_line(stream: BinaryIO) -> int:
    size = 0
    while chunk := stream.readline(ndjson.MAX_LINE):
        size += len(chunk)
        if chunk.endswith(b"\n"):
            break
    return size
