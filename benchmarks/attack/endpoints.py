"""Hostile endpoints: what a server may do to whoever reads from it. Each is what it does with one connection after a
request has come; it ends when the other side closes."""

from __future__ import annotations

import contextlib
import gzip
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final

DRIP_S: Final = 0.2
"""Seconds between two bytes of those that drip: the name says one a second, and this is less patient."""

Speak = Callable[[socket.socket], None]

_HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
_CHUNKED: Final = _HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
_SESSION: Final = (
    b'{"session_id":"39a1c773-bafd-754d-af1f-b30c592f1267","status":"WAITING",'
    b'"updated_at":"2026-05-13T14:51:46.288Z","expires_at":"2126-05-15T13:51:43.507Z"}'
)


def _whole(body: bytes, fields: bytes = b"", status: bytes = b"200 OK") -> bytes:
    head = b"HTTP/1.1 " + status + b"\r\nContent-Type: application/json\r\n" + fields
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def _says(data: bytes) -> Speak:
    return lambda connection: connection.sendall(data)


def _drips(before: bytes, piece: bytes = b" ") -> Speak:
    """Send `before`, then a piece every now and then, without end."""

    def speak(connection: socket.socket) -> None:
        connection.sendall(before)
        while True:
            time.sleep(DRIP_S)
            connection.sendall(piece)

    return speak


def _floods(before: bytes, piece: bytes) -> Speak:
    """Send `before`, then pieces as fast as they are taken, without end."""

    def speak(connection: socket.socket) -> None:
        connection.sendall(before)
        while True:
            connection.sendall(piece)

    return speak


def _silent(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while connection.recv(65536):
            pass


def _resets(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _late(seconds: float) -> Speak:
    def speak(connection: socket.socket) -> None:
        time.sleep(seconds)
        connection.sendall(_whole(_SESSION))

    return speak


def _bomb(levels: int) -> bytes:
    data = b" " * 50_000_000
    for _ in range(levels):
        data = gzip.compress(data, 6)
    return data


def _nested(opening: bytes, closing: bytes, depth: int = 1_000_000) -> bytes:
    return opening * depth + closing * depth


def _members(count: int) -> bytes:
    return b"{" + b",".join(b'"m%d":%d' % (number, number) for number in range(count)) + b"}"


def _status(text: bytes) -> Speak:
    return _says(b"HTTP/1.1 " + text + b"\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")


ENDLESS: Final[dict[str, Speak]] = {
    "silent": _silent,
    "a status line of one byte a second": _drips(b"HTTP/1.1", b"1"),
    "a header of one byte a second": _drips(_HEAD + b"X-A: ", b"a"),
    "headers, one a second": _drips(_HEAD, b"X-A: a\r\n"),
    "a body of one byte a second": _drips(_HEAD + b"Content-Length: 100000\r\n\r\n{"),
    "a body of one byte a second, without a length": _drips(_HEAD + b"\r\n{"),
    "a chunk of one byte a second": _drips(_CHUNKED, b"1\r\n \r\n"),
    "a trailer of one byte a second": _drips(_CHUNKED + b"0\r\nX-A: ", b"a"),
    "a chunk size of one byte a second": _drips(_CHUNKED, b"0"),
    "100 Continue, one a second": _drips(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a storm of 100 Continue": _floods(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    "a storm of 103 Early Hints": _floods(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 1000),
    "endless headers in 100 Continue": _floods(b"HTTP/1.1 100 Continue\r\n", b"X-A: a\r\n" * 1000),
    "endless headers": _floods(_HEAD, b"X-A: a\r\n" * 1000),
    "an endless header": _floods(_HEAD + b"X-A: ", b"a" * 65536),
    "an endless status line": _floods(b"HTTP/1.1 200 ", b"a" * 65536),
    "endless chunks": _floods(_CHUNKED, b"1000\r\n" + b" " * 4096 + b"\r\n"),
    "endless chunks of one byte": _floods(_CHUNKED, b"1\r\n \r\n" * 1000),
    "an endless chunk": _floods(_CHUNKED + b"ffffffffffff\r\n", b" " * 65536),
    "an endless chunk size": _floods(_CHUNKED, b"0" * 65536),
    "an endless chunk extension": _floods(_CHUNKED + b"1;a=", b"a" * 65536),
    "endless trailers": _floods(_CHUNKED + b"0\r\n", b"X-A: a\r\n" * 1000),
    "an endless trailer": _floods(_CHUNKED + b"0\r\nX-A: ", b"a" * 65536),
    "an endless body": _floods(_HEAD + b"\r\n", b" " * 65536),
    "an endless body of a length": _floods(_HEAD + b"Content-Length: 99999999999999\r\n\r\n", b" " * 65536),
    "endless garbage": _floods(b"", b"\x00\xff" * 32768),
}
"""What never ends by itself."""

ODD: Final[dict[str, Callable[[], Speak]]] = {
    "closes at once": lambda: lambda _: None,
    "resets": lambda: _resets,
    "answers after 3 s": lambda: _late(3),
    "no HTTP": lambda: _says(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "HTTP/0.9": lambda: _says(_SESSION),
    "HTTP/9.9": lambda: _says(b"HTTP/9.9 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
    "status 99999": lambda: _status(b"99999 OK"),
    "status 000": lambda: _status(b"000 OK"),
    "status -1": lambda: _status(b"-1 OK"),
    "status in other digits": lambda: _status("٢٠٠ OK".encode()),
    "a status without a reason": lambda: _status(b"200"),
    "a reason that is a command": lambda: _status(b"200 ::error::\x1b[31mred"),
    "a reason of 60,000 bytes": lambda: _status(b"200 " + b"a" * 60_000),
    "99 headers of 60,000 bytes": lambda: _says(_HEAD + (b"X-A: " + b"a" * 60_000 + b"\r\n") * 90 + b"\r\n{}"),
    "a header without a colon": lambda: _says(_HEAD + b"nothing\r\nContent-Length: 2\r\n\r\n{}"),
    "a header with a NUL": lambda: _says(_whole(_SESSION, b"X-\x00A: \x00\x01\x7f\r\n")),
    "a folded header": lambda: _says(_whole(_SESSION, b"X-A: a\r\n b\r\n\tc\r\n")),
    "two lengths": lambda: _says(_whole(_SESSION, b"Content-Length: 1\r\n")),
    "a length that is no number": lambda: _says(_HEAD + b"Content-Length: many\r\n\r\n{}"),
    "a length below zero": lambda: _says(_HEAD + b"Content-Length: -5\r\n\r\n{}"),
    "a length of 5,000 digits": lambda: _says(_HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n{}"),
    "a chunk size that is no number": lambda: _says(_CHUNKED + b"many\r\n{}\r\n0\r\n\r\n"),
    "a chunk size below zero": lambda: _says(_CHUNKED + b"-5\r\n{}\r\n0\r\n\r\n"),
    "a chunked body cut": lambda: _says(_CHUNKED + b"ff\r\n{"),
    "two answers to one request": lambda: _says(_whole(_SESSION) + _whole(b'{"status":"COMPLETED"}')),
    "101 Switching Protocols": lambda: _says(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n\x00\x01"),
    "a redirect to itself": lambda: _says(_whole(b"", b"Location: /hpp/v1/sessions/x\r\n", b"302 Found")),
    "a redirect to a file": lambda: _says(_whole(b"", b"Location: file:///etc/passwd\r\n", b"302 Found")),
    "come back in 300 years": lambda: _says(_whole(b"{}", b"Retry-After: 9999999999\r\n", b"503 No")),
    "come back at a date": lambda: _says(_whole(b"{}", b"Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n", b"429 No")),
    "come back in no seconds": lambda: _says(_whole(b"{}", b"Retry-After: -1e309\r\n", b"503 No")),
    "a gzip bomb": lambda: _says(_whole(_bomb(1), b"Content-Encoding: gzip\r\n")),
    "a gzip bomb, packed three times": lambda: _says(_whole(_bomb(3), b"Content-Encoding: gzip, gzip, gzip\r\n")),
    "a hundred content codings": lambda: _says(_whole(b"x", b"Content-Encoding: " + b"gzip, " * 100 + b"gzip\r\n")),
    "broken gzip": lambda: _says(_whole(b"\x1f\x8b\x08\x00broken", b"Content-Encoding: gzip\r\n")),
    "a million open brackets": lambda: _says(_whole(_nested(b"[", b""))),
    "a million brackets": lambda: _says(_whole(_nested(b"[", b"]"))),
    "a million objects in objects": lambda: _says(_whole(_nested(b'{"a":', b"}", 900_000))),
    "a number of nine million digits": lambda: _says(_whole(b'{"status":' + b"9" * 9_000_000 + b"}")),
    "a number beyond all": lambda: _says(_whole(b'{"status":1e999999999,"updated_at":-1E-999999999}')),
    "500,000 members": lambda: _says(_whole(_members(500_000))),
    "one member 800,000 times": lambda: _says(_whole(b"{" + b",".join([b'"a":1'] * 800_000) + b"}")),
    "a text of nine million characters": lambda: _says(_whole(b'{"status":"' + b"a" * 9_000_000 + b'"}')),
    "a text of nine million escapes": lambda: _says(_whole(b'{"status":"' + b"\\u0001" * 1_500_000 + b'"}')),
    "lone surrogates": lambda: _says(_whole(b'{"status":"\\ud800","\\udfff":"\\udfff\\ud800"}')),
    "NaN and Infinity": lambda: _says(_whole(b'{"status":NaN,"updated_at":-Infinity}')),
    "UTF-16": lambda: _says(_whole(_SESSION.decode().encode("utf-16"))),
    "bytes that are no text": lambda: _says(_whole(bytes(range(256)) * 1000)),
    "a date in the year 99999": lambda: _says(_whole(_SESSION.replace(b"2026-", b"99999-"))),
    "a date of 9,000 fraction digits": lambda: _says(_whole(_SESSION.replace(b".288Z", b"." + b"1" * 9000 + b"Z"))),
    "ten million spaces": lambda: _says(_whole(b" " * 9_999_999)),
    "an HTML page of nine megabytes": lambda: _says(_whole(b"<html>" + b"<p>a" * 2_250_000)),
}
"""What ends, and is none of what a client expects. Each is made when it is needed: some are big."""


@contextlib.contextmanager
def speaking(speak: Speak) -> Iterator[str]:
    """A server on loopback that reads a request and then speaks, each connection in a thread of its own; its URL."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    opened: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def serve(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.recv(65536)
            speak(connection)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                opened.append(connection)
                threads.append(threading.Thread(target=serve, args=(connection,), daemon=True))
                threads[-1].start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        for each in (listener, *opened):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        listener.close()
        for thread in (accepting, *threads):
            thread.join(10)
