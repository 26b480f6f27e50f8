"""Both ends of a socket, for tests: servers that misbehave, and a client that sends exactly what it is given."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

from hpp_contract.cases.scenarios import CREDENTIALS, session_id
from hpp_contract.engine.edits import Edit
from hpp_contract.engine.fault import fault
from hpp_contract.model import Exchange, Request, Response
from hpp_contract.server import Server
from hpp_contract.server.wire import Listener

WAITING = f"/hpp/v1/sessions/{session_id('waiting')}"
AUTHORIZATION = f"Authorization: {CREDENTIALS.authorization}\r\n"
HANG = 60.0
"""Seconds that nothing here needs, however loaded the machine is."""

Speak = Callable[[socket.socket], None]
"""What a server does with a connection."""


@contextlib.contextmanager
def faulty_server(*edits: Edit) -> Iterator[Server]:
    """A server with these edits of `waiting`."""
    with Server([fault("test-fault", "waiting", *edits)]) as running:
        yield running


@contextlib.contextmanager
def speaking(speak: Speak) -> Iterator[str]:
    """A server that reads a request and then does what `speak` does; yields its URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    opened = [listener]

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                opened.append(connection)
                with connection, contextlib.suppress(OSError):
                    connection.recv(65536)
                    speak(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        for each in opened:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(HANG)


@contextlib.contextmanager
def answering(response: Response | None, failure: str | None = None) -> Iterator[tuple[str, list[Request]]]:
    """A server that answers every request alike; yields its URL and the requests it got."""
    got: list[Request] = []

    def application(request: Request) -> Exchange:
        got.append(request)
        return Exchange(request, response, failure)

    listener = Listener(0, application, None)
    try:
        yield listener.origin, got
    finally:
        listener.stop()


def connect(server: Server) -> socket.socket:
    host, port = server.url.split("//")[1].split(":")
    return socket.create_connection((host, int(port)), timeout=HANG)


def converse(server: Server, request: str | bytes) -> bytes:
    """Everything the server sends for these bytes until it closes."""
    with connect(server) as connection:
        connection.sendall(request.encode() if isinstance(request, str) else request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def asking(target: str = WAITING, headers: str = AUTHORIZATION, method: str = "GET") -> str:
    """A request as text, after which the server closes."""
    return f"{method} {target} HTTP/1.1\r\nHost: x\r\n{headers}Connection: close\r\n\r\n"


def wait_for(condition: Callable[[], object]) -> None:
    """Return as soon as the condition holds; fail after a minute, which no load of a machine explains."""
    deadline = time.monotonic() + HANG
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.005)
