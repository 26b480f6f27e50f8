"""The reference server on real sockets: how it misbehaves on request, and how it ends."""

from __future__ import annotations

import contextlib
import http.client
import logging
import re
import socket
import threading
import time
from collections.abc import Iterator, Sized
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hpp_contract.cases.scenarios import CREDENTIALS, SCENARIOS, session_id
from hpp_contract.engine.edits import Edit, cut, fail, header, slow, status
from hpp_contract.engine.fault import Fault
from hpp_contract.model import Exchange
from hpp_contract.rules import FAULTS
from hpp_contract.server import Server
from hpp_contract.server.tls import throwaway
from hpp_contract.server.wire import Listener
from tests.harness.support.leftovers import open_files
from tests.harness.support.not_none import not_none
from tests.harness.support.sockets import (
    AUTHORIZATION,
    HANG,
    WAITING,
    asking,
    connect,
    converse,
    faulty_server,
    wait_for,
)

pytestmark = pytest.mark.socket


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


# --- how it misbehaves


def test_reset() -> None:
    """A reset is one: the client's read fails."""
    with faulty_server(fail("reset")) as server, pytest.raises(ConnectionResetError):
        converse(server, asking())


def test_garbage() -> None:
    """Garbage is no HTTP."""
    with faulty_server(fail("garbage")) as server:
        client = http.client.HTTPConnection(server.url.split("//")[1], timeout=HANG)
        client.request("GET", WAITING, headers={"Authorization": CREDENTIALS.authorization})
        with contextlib.closing(client), pytest.raises(http.client.BadStatusLine):
            client.getresponse()


def test_truncation() -> None:
    """A truncated answer promises more than it sends, and closes."""
    with faulty_server(cut(10)) as server:
        head, _, content = converse(server, asking()).partition(b"\r\n\r\n")
    promised = int(not_none(re.search(rb"Content-Length: (\d+)", head))[1])
    assert promised > len(content)
    assert content.startswith(b"{")
    assert not content.endswith(b"}")


def test_slowness() -> None:
    """A late answer comes after its time, and not before."""
    with faulty_server(slow(0.2)) as server:
        begin = time.perf_counter()
        assert converse(server, asking()).endswith(b"}")
        assert time.perf_counter() - begin >= 0.2


@pytest.mark.parametrize("fault", [fail("timeout"), slow(60)], ids=["never", "late"])
def test_silence_ends_with_the_client(fault: Edit) -> None:
    """A server that says nothing lets go when its client does, and has logged the request by then."""
    with faulty_server(fault) as server:
        threads = threading.active_count()
        with connect(server) as connection:
            connection.sendall(asking().encode())
            wait_for(lambda: server.log)
        wait_for(lambda: threading.active_count() <= threads)


@pytest.mark.parametrize("fault", [fail("timeout"), slow(60)], ids=["never", "late"])
def test_silence_ends_with_the_server(fault: Edit) -> None:
    """Closing a server that keeps a client waiting ends the wait: its thread has ended, and the client knows."""
    before = set(threading.enumerate())
    with faulty_server(fault) as server:
        connection = connect(server)
        connection.sendall(asking().encode())
        wait_for(lambda: server.log)
    assert set(threading.enumerate()) <= before
    assert connection.recv(1) == b""
    connection.close()


def test_closed_after_an_answer() -> None:
    """A fault that announces the end of the connection ends it."""
    with faulty_server(header("Connection", "close")) as server:
        assert converse(server, asking().replace("Connection: close\r\n", "")).endswith(b"}")


def test_interim_status_ends_the_connection() -> None:
    """A 1xx in the place of an answer is followed by nothing."""
    with faulty_server(status(102)) as server:
        assert converse(server, asking().replace("Connection: close\r\n", "")).startswith(b"HTTP/1.1 102 ")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_every_fault_leaves_the_server_alive(server: Server, fault: Fault) -> None:
    """After any fault under its own id, the next request is answered honestly."""
    authorization = {"no-credentials": "", "wrong-credentials": "Authorization: Basic x\r\n"}
    with contextlib.suppress(OSError):
        converse(
            server,
            asking(f"/hpp/v1/sessions/{session_id(fault.name)}", authorization.get(fault.scenario, AUTHORIZATION)),
        )
    assert converse(server, asking()).startswith(b"HTTP/1.1 200 ")


def test_our_own_mistake_is_one_line(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    """An application that fails ends the connection and prints no traceback."""

    def broken(_: object) -> Exchange:
        raise KeyError("secret")

    listener = Listener(0, broken, None)
    host, port, *_ = listener.server_address
    with socket.create_connection((str(host), port)) as connection, caplog.at_level(logging.ERROR):
        connection.sendall(asking().encode())
        assert connection.recv(10) == b""
    listener.stop()
    assert [record.getMessage() for record in caplog.records] == ["a connection ended by an internal error: KeyError"]
    assert capfd.readouterr() == ("", "")


# --- how it serves many, and ends


def test_parallel_clients(server: Server) -> None:
    """Eight clients at once get each their own session, and no request is lost from the log."""
    names = [name for name, scenario in SCENARIOS.items() if len(scenario.steps) == 1]

    def read(number: int) -> bool:
        wanted = session_id(names[number % len(names)])
        return f'"{wanted}"'.encode() in converse(server, asking(f"/hpp/v1/sessions/{wanted}"))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(read, range(160)))
    assert len(server.log) == 160


def wait_until_it_has(accepted: Sized, number: int) -> None:
    wait_for(lambda: len(accepted) == number)


def test_closing_leaves_nothing(tmp_path: Path) -> None:
    """After closing, no thread, no socket and no open port are left, also with clients still connected."""
    before, files = threading.active_count(), open_files()
    for tls in (None, throwaway(tmp_path)):
        running = Server(tls=tls)
        clients = [connect(running) for _ in range(5)]
        clients[0].sendall(b"GET / HT" if tls is None else b"\x16\x03")  # as far as a request, or a handshake, goes
        wait_until_it_has(running._listener._connections, 5)
        running.close()
        for client in clients:
            client.close()
        with pytest.raises(ConnectionRefusedError):
            connect(running)
    assert threading.active_count() <= before
    assert open_files() == files


def test_port_is_free_again_at_once(server: Server) -> None:
    """A taken port is an OSError; a closed server's port can be taken again."""
    port = int(server.url.rsplit(":", 1)[1])
    with pytest.raises(OSError, match="in use"):
        Server(port=port)
    converse(server, asking())
    server.close()
    with Server(port=port) as second:
        assert converse(second, asking()).startswith(b"HTTP/1.1 200 ")


def test_close_twice_is_once(server: Server) -> None:
    """Closing a closed server does nothing."""
    server.close()
    server.close()
