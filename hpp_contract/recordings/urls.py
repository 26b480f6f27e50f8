"""Recordings at URLs: object stores, and what else fsspec opens. Only this module knows fsspec."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any, BinaryIO, Final, cast

from hpp_contract.engine.errors import Unverifiable, UsageProblem

_SECRET_PARTS: Final = re.compile(r"://[^/]*@|\?")


def is_url(place: str) -> bool:
    """Whether this is a URL, which fsspec opens."""
    return "://" in place


def files_at(url: str) -> Iterator[tuple[str, PurePosixPath | None]]:
    """The URL of every file that `url` names (a file, a folder or a pattern with `*`), and its path in the folder that
    it was found in. Raises UsageProblem when it names none, Unverifiable when the place cannot be reached."""
    system, path = _filesystem(url)
    try:
        matches = [match for match in sorted(system.glob(path)) if "/." not in match] if "*" in path else [path]
        named = [
            (system.unstrip_protocol(file), PurePosixPath(file).relative_to(match) if file != match else None)
            for match in matches
            for file in ([match] if system.isfile(match) else sorted(system.find(match)))
        ]
    except Exception as error:  # each kind of store has its own
        raise Unverifiable(f"{url} cannot be listed ({type(error).__name__}): check that it may be read.") from error
    if not named:
        raise UsageProblem(f"{url} names no file: give a recording or a folder of recordings.")
    yield from named


def opened(url: str) -> BinaryIO:
    """The file at a URL, opened to read at any place. Raises OSError."""
    system, path = _filesystem(url)
    with _as_os_error():
        return cast("BinaryIO", system.open(path, "rb"))


def read(url: str, offset: int, length: int) -> bytes:
    """`length` bytes from `offset` on, by one request. Raises OSError."""
    system, path = _filesystem(url)
    with _as_os_error():
        return cast("bytes", system.cat_file(path, start=offset, end=offset + length))


def size(url: str) -> int:
    """Bytes in the file. Raises OSError."""
    system, path = _filesystem(url)
    with _as_os_error():
        found = system.size(path)
    if found is None:
        raise OSError(0, "its server does not give its size")
    return int(found)


def _filesystem(url: str) -> tuple[Any, str]:
    if _SECRET_PARTS.search(url):
        raise UsageProblem("a URL with a user, a password or a query would end up in the report: leave them out.")
    try:
        from fsspec.core import url_to_fs  # type: ignore[import-untyped]  # it has no types of its own

        system, path = url_to_fs(url)
    except ImportError as error:
        no_fsspec = (error.name or "").startswith("fsspec")
        remedy = "pip install 'hpp-contract[dask]'" if no_fsspec else str(error)  # fsspec says what it lacks
        raise UsageProblem(f"{url} needs another package: {remedy.rstrip('.')}.") from error
    except ValueError as error:
        raise UsageProblem(f"{url} is not a URL that fsspec opens: {error}.") from error
    return system, path


@contextmanager
def _as_os_error() -> Iterator[None]:
    """Turns every error of a store into an OSError."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        raise OSError(0, f"cannot be read ({type(error).__name__})") from error
