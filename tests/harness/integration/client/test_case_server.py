"""What a client sent is in the log before it is judged, however busy the machine is."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from hpp_contract.cases import CASES
from hpp_contract.client import case_server
from hpp_contract.client.case_server import CaseServer
from hpp_contract.model import Exchange, Request
from hpp_contract.server import Server
from hpp_contract.server.application import Application, Log
from hpp_contract.server.wire import _readable
from tests.harness.support.sockets import HANG, wait_for

pytestmark = pytest.mark.socket
CASE = CASES["waiting"]


@pytest.fixture
def server() -> Iterator[CaseServer]:
    with CaseServer([CASE]) as server:
        yield server


def connected(server: CaseServer) -> socket.socket:
    host, _, port = server.base_url(CASE).removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=HANG)


def request() -> bytes:
    return f"GET /hpp/v1/sessions/{CASE.sessions[0]} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


def test_a_request_that_is_on_its_way_is_waited_for(server: CaseServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that was sent before the client answered is in the log, though the server was slow to take it."""
    taken = Application.__call__

    def slowly(application: Application, request: Request) -> Exchange:
        time.sleep(0.3)
        return taken(application, request)

    monkeypatch.setattr(Application, "__call__", slowly)
    with connected(server) as client:
        client.sendall(request())
        assert len(server.seen(CASE.uuids[0], at_least=1)) == 1


def test_what_is_on_its_way_settles(server: CaseServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a server has settled, what was sent before is answered, and a connection that it closes is closed."""
    taken, free = Application.__call__, threading.Event()

    def slowly(application: Application, request: Request) -> Exchange:
        free.wait(HANG)
        return taken(application, request)

    monkeypatch.setattr(Application, "__call__", slowly)
    with connected(server) as client:
        client.sendall(request().replace(b"Host: x", b"Host: x\r\nConnection: close"))
        threading.Timer(0.1, free.set).start()
        server.settle()
        client.setblocking(False)
        assert client.recv(100_000).startswith(b"HTTP/1.1 401 ")
        assert client.recv(1) == b""


def test_who_sends_nothing_is_not_waited_for(server: CaseServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection on which nothing was sent, and none at all, keep nobody waiting."""
    monkeypatch.setattr(case_server, "ARRIVAL_WAIT_S", 10 * HANG)
    with connected(server):
        assert server.seen(CASE.uuids[0], at_least=1) == ()


def test_a_stalled_answer_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that is in the log and not answered yet is no longer on its way."""
    monkeypatch.setattr(case_server, "ARRIVAL_WAIT_S", 10 * HANG)
    stalled = CASES["stalls-before-answer"]
    with CaseServer([stalled]) as server:
        host, _, port = server.base_url(stalled).removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=HANG) as client:
            client.sendall(request().replace(CASE.sessions[0].encode(), stalled.sessions[0].encode()))
            assert len(server.seen(stalled.uuids[0], at_least=1)) == 1
            assert len(server.seen(stalled.uuids[0], at_least=2)) == 1


def test_a_settled_server_has_logged_everything() -> None:
    """A server that says that it is settled has logged what was sent before."""
    with Server() as server:
        assert server.is_settled
        host, _, port = server.url.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=HANG) as client:
            for count in range(1, 6):
                client.sendall(request())
                wait_for(lambda: server.is_settled)
                assert len(server.log) == count
                client.recv(10_000)


def test_nothing_is_lost_while_the_log_is_read() -> None:
    """Whoever reads a log that is being written to gets each exchange once."""
    log, got = Log(), list[Any]()

    def write() -> None:
        for number in range(3000):
            log.add(Exchange(Request("GET", f"u{number}"), None))

    writing = threading.Thread(target=write)
    writing.start()
    count = 0
    while writing.is_alive() or log.count > count:
        count, fresh = log.after(count)
        got += [exchange.request.url for exchange in fresh]
    writing.join()
    assert got == [f"u{number}" for number in range(3000)]


def test_a_connection_that_was_closed_has_nothing() -> None:
    """A connection that is closed while it is looked at is no reason to wait."""
    one, other = socket.socketpair()
    with other:
        other.sendall(b"x")
        assert _readable([one])
        one.close()
        assert not _readable([one])
