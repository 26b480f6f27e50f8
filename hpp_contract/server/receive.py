"""Reading a request's body from a connection, bounded."""

from __future__ import annotations

import re
from email.message import Message
from typing import BinaryIO, Final

MAX_BODY: Final = 1024 * 1024
"""Bytes of request body that are read: a GET has none, so this is for clients that are wrong."""

_MAX_LINE: Final = 65536
_MAX_TRAILERS: Final = 100


class Refused(Exception):
    """A request whose body cannot be read; `status` says why."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def read_body(stream: BinaryIO, headers: Message) -> bytes:
    """The request's body, free of transfer coding; raises Refused with 400 or 413."""
    coding = headers.get("Transfer-Encoding")
    if coding is not None:
        if coding.strip().lower() != "chunked":
            raise Refused(400)
        return _chunks(stream)
    lengths = {value.strip() for value in headers.get_all("Content-Length", ["0"])}
    length = lengths.pop()
    if lengths or not re.fullmatch("[0-9]{1,18}", length):
        raise Refused(400)
    return _exactly(stream, int(length))


def _chunks(stream: BinaryIO) -> bytes:
    body = bytearray()
    while size := _chunk_size(stream):
        body += _exactly(stream, size, already=len(body))
        if stream.readline(3) not in (b"\r\n", b"\n"):
            raise Refused(400)
    for _ in range(_MAX_TRAILERS):
        if stream.readline(_MAX_LINE) in (b"\r\n", b"\n", b""):
            return bytes(body)
    raise Refused(400)


def _chunk_size(stream: BinaryIO) -> int:
    match = re.match(rb"[0-9A-Fa-f]{1,15}(?=[\s;])", stream.readline(_MAX_LINE))
    if match is None:
        raise Refused(400)
    return int(match[0], 16)


def _exactly(stream: BinaryIO, size: int, already: int = 0) -> bytes:
    if already + size > MAX_BODY:
        raise Refused(413)
    content = stream.read(size)
    if len(content) < size:
        raise Refused(400)
    return content
