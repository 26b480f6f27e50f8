"""Content codings of kept bodies. Recorders keep a body packed, or plain under the header field that says it is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from hpp_contract.model import Headers
from hpp_contract.model.exchange import MAX_CONTENT, decode, values

_MODEL: Final = ("gzip", "x-gzip", "deflate")
"""Codings that every reader of a Response undoes by itself."""

_EXTRA: Final = {"br": "brotli", "zstd": "zstandard"}
"""Codings that need a package, and which (`pip install 'hpp-contract[codings]'`)."""

_REPLACED: Final = "\ufffd".encode()
"""What a recorder writes for a byte that is no text."""


@dataclass(frozen=True)
class Undone:
    """A body; where it is `plain`, its coding has been undone, here or by the recorder."""

    body: bytes
    plain: bool


@dataclass(frozen=True)
class Packed:
    """A body whose `coding` cannot be undone, and `why`."""

    coding: str
    why: str


@dataclass(frozen=True)
class Lost:
    """A packed body whose bytes the recorder did not keep."""


def undone(fields: Headers, body: bytes) -> Undone | Packed | Lost:
    """The kept body under these header fields."""
    named = [name.strip().lower() for value in values(fields, "content-encoding") for name in value.split(",")]
    named = [name for name in named if name not in ("", "identity")]
    if not named or not {*named} <= {*_MODEL, *_EXTRA}:
        return Undone(body, plain=False)
    if len(named) == 1 and named[0] in _MODEL and body and decode(body, named[0]) is not None:
        return Undone(body, plain=False)
    if _is_text(body):
        return Undone(body, plain=True)
    if _REPLACED in body:
        return Lost()
    bytes_of = _as_bytes(body)
    unpacked = _unpacked(bytes_of, named)
    if isinstance(unpacked, bytes):
        return Undone(unpacked, plain=True)
    return unpacked if unpacked is not None else Undone(bytes_of, plain=False)


def _is_text(body: bytes) -> bool:
    """Whether this is a text, and so is packed no more."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return False
    return (
        not any(char < " " and char not in "\t\r\n" for char in text)
        and "\ufffd" not in text
        and not any("\x7f" <= char <= "\x9f" for char in text)
    )


def _as_bytes(body: bytes) -> bytes:
    """The bytes of a body that was kept as a text with a character for each byte."""
    try:
        return body.decode().encode("latin-1")
    except ValueError:
        return body


def _unpacked(body: bytes, named: list[str]) -> bytes | Packed | None:
    """The plain body; None where one of the common codings does not fit."""
    for name in reversed(named):
        if name in _MODEL:
            plain = decode(body, name)
            if plain is None:
                return None
        else:
            undo = _decoder(name)
            if undo is None:
                return Packed(name, f"and the package {_EXTRA[name]} is not installed")
            try:
                plain = undo(body)
            except Exception:  # each package has its own
                return Packed(name, "and cannot be unpacked")
        body = plain
    return body


def _decoder(name: str) -> Callable[[bytes], bytes] | None:
    try:
        return _brotli() if name == "br" else _zstandard()
    except ImportError:
        return None


def _brotli() -> Callable[[bytes], bytes]:
    import brotli  # type: ignore[import-untyped]  # it has no types; optional

    def undo(body: bytes) -> bytes:
        decoder, plain, rest = brotli.Decompressor(), b"", body
        plain = decoder.process(rest, output_buffer_limit=MAX_CONTENT)
        if not decoder.is_finished():
            raise ValueError("cut, or a bomb")
        return bytes(plain)

    return undo


def _zstandard() -> Callable[[bytes], bytes]:
    import zstandard  # optional

    def undo(body: bytes) -> bytes:
        reader: Any = zstandard.ZstdDecompressor().stream_reader(body)
        plain: bytes = reader.read(MAX_CONTENT + 1)
        if len(plain) > MAX_CONTENT:
            raise ValueError("a bomb")
        return plain

    return undo
