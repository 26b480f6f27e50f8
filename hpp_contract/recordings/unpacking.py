"""Plain copies of what cannot be read in place: streams, and files that are packed or in UTF-16.

Nothing is trusted: a copy has a bound, and so has what a packed file may grow to.
"""

from __future__ import annotations

import codecs
import gzip
import os
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import get_ident
from typing import IO, BinaryIO, Final, cast

from hpp_contract.recordings.formats.convert import NoRecording, Unreadable
from hpp_contract.recordings.formats.known_tools import ZIP, of_zip

MAX_COPY: Final = 256 * 1024**3
"""Bytes of a stream that are copied at most."""

MAX_GROWTH: Final = 400
"""How many times its size a packed file may unpack to; logs reach 100."""

MAX_SMALL: Final = 1024**3
"""Bytes that any packed file may unpack to."""

MIN_FREE: Final = 256 * 1024**2
"""Bytes that are left free where copies are made."""

GZIP: Final = b"\x1f\x8b"
_CHUNK: Final = 1024 * 1024
_UTF_16: Final = {
    codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16", b"{\0": "utf-16-le", b"[\0": "utf-16-le",
    b"\0{": "utf-16-be", b"\0[": "utf-16-be",
}  # fmt: skip
"""How texts in UTF-16 begin, with a byte order mark or as JSON, and their encoding."""


def is_packed(start: bytes) -> bool:
    """Whether a file that begins so needs a plain copy."""
    return start[:2] == GZIP or start[:4] == ZIP or start[:2] in _UTF_16


def folder_of(plain: Path, start: bytes) -> Path | None:
    """The folder of the files that were beside a recording in its zip; None of what is no zip."""
    return plain.with_suffix(".files") if start[:4] == ZIP else None


def copied(stream: IO[bytes], target: Path, limit: int = MAX_COPY) -> str:
    """Copy a stream. Raises Unreadable where it is too long or there is no room."""
    size = 0
    with target.open("wb") as copy:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > limit:
                raise Unreadable(f"more than {limit // 1024**2} MB once it is unpacked or read: give it in parts")
            if size % (64 * _CHUNK) < _CHUNK and shutil.disk_usage(target.parent).free < MIN_FREE:
                raise Unreadable("no room for a copy of it in the temporary folder (TMPDIR names another)")
            copy.write(chunk)
    return str(target)


def unpack(opened: Callable[[], BinaryIO], target: Path) -> None:
    """Make the plain copy; it appears as a whole, since other processes of this machine may want it too."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = target.with_suffix(f".{os.getpid()}.{get_ident()}")
    try:
        with opened() as packed:
            _unpack(packed, partial, target)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Unreadable("gzip that ends early or is damaged") from error
    except zipfile.BadZipFile as error:
        raise Unreadable("a zip that ends early or is damaged") from error
    except UnicodeError as error:
        raise Unreadable("UTF-16 that ends early or is damaged") from error
    else:
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _unpack(packed: BinaryIO, partial: Path, target: Path) -> None:
    start = packed.read(4)
    limit = max(MAX_SMALL, packed.seek(0, os.SEEK_END) * MAX_GROWTH)
    packed.seek(0)
    if start[:2] == GZIP:
        with gzip.open(packed) as stream:
            copied(cast("IO[bytes]", stream), partial, limit)
    elif start == ZIP:
        _unzip(packed, partial, target, limit)
    else:
        with partial.open("wb") as copy:
            copy.writelines(_transcoded(packed, _UTF_16[start[:2]]))


def _transcoded(stream: BinaryIO, encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    while chunk := stream.read(_CHUNK):
        yield decoder.decode(chunk).encode("utf-8", "surrogatepass")
    yield decoder.decode(b"", final=True).encode()


def _unzip(packed: BinaryIO, partial: Path, target: Path, limit: int) -> None:
    with zipfile.ZipFile(packed) as files:
        members = {each.filename: each for each in files.infolist() if not each.is_dir()}
        recordings = [name for name in members if name.endswith(".har")]
        if not recordings:
            raise NoRecording(of_zip([*members]))
        if len(recordings) > 1:
            raise Unreadable(f"a zip with {len(recordings)} HARs in it: unpack it, and give these")
        encrypted = any(each.flag_bits & 1 for each in members.values())
        if encrypted or sum(each.file_size for each in members.values()) > limit:
            raise Unreadable("a zip that is encrypted or too big: unpack it, and give what is in it")
        home = target.with_suffix(".files")
        with files.open(members.pop(recordings[0])) as stream:
            copied(stream, partial, limit)
        top = recordings[0].rpartition("/")[0]
        for name, member in members.items():
            file = (home / name.removeprefix(f"{top}/")).resolve()
            if file.is_relative_to(home.resolve()):
                file.parent.mkdir(parents=True, exist_ok=True)
                with files.open(member) as stream:
                    copied(stream, file, limit)
