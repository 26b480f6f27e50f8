"""The reference server on real sockets: what it reads and what it writes."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.cases.scenarios import CREDENTIALS, SCENARIOS, session_id
from hpp_contract.engine.edits import body, header
from hpp_contract.model import Exchange, Response
from hpp_contract.server import Sandbox, Server, wire
from hpp_contract.server.tls import throwaway
from hpp_contract.server.wire import serialize
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


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def seen(server: Server) -> Exchange:
    return server.log[-1]


# --- what it reads


@pytest.mark.socket
def test_one_connection_serves_many_requests(server: Server) -> None:
    """A connection stays open from request to request, also across errors."""
    client = http.client.HTTPConnection(server.url.split("//")[1], timeout=10)
    sockets = set()
    for headers in [{"Authorization": CREDENTIALS.authorization}, {}] * 10:
        client.request("GET", WAITING, headers=headers)
        sockets.add(client.sock)
        assert client.getresponse().read()
    client.close()
    assert len(sockets) == 1


@pytest.mark.socket
@pytest.mark.parametrize(
    "target",
    [
        "/a%2fb/%2E%2e/hpp/v1/sessions/%c3%A9%2F..",
        "//double//hpp/v1/sessions/x",
        "/hpp/v1/sessions/../x/./y",
        "/hpp/v1/sessions/x?query=%3F&a=b",
        "/" + "x" * 60_000,
        "http://elsewhere.example/hpp/v1/sessions/x",
    ],
    ids=lambda target: target[:20],
)
def test_targets_arrive_as_sent(server: Server, target: str) -> None:
    """No byte of the request target is decoded, merged or cut."""
    converse(server, asking(target))
    expected = target if "://" in target else f"http://x{target}"
    assert seen(server).request.url == expected


@pytest.mark.socket
def test_headers_arrive_as_sent(server: Server) -> None:
    """Order, case and repetition of header fields are kept, and a body under GET is."""
    converse(server, asking(headers="x-B: 1\r\nX-a: two\r\nx-b: 3\r\nContent-Length: 3\r\n", target="/x") + "abc")
    request = seen(server).request
    assert request.headers == (
        ("Host", "x"), ("x-B", "1"), ("X-a", "two"), ("x-b", "3"), ("Content-Length", "3"), ("Connection", "close"),
    )  # fmt: skip
    assert request.body == b"abc"


@pytest.mark.socket
def test_odd_host_is_not_an_address(server: Server) -> None:
    """A Host header that is no host does not get into the URL, and breaks nothing."""
    converse(server, "GET /x HTTP/1.1\r\nHost: [::1 @evil\r\nConnection: close\r\n\r\n")
    assert seen(server).request.url == f"{server.url}/x"


@pytest.mark.socket
@given(chunks=st.lists(st.binary(min_size=1, max_size=40), max_size=5))
def test_chunked_bodies_are_joined(chunks: list[bytes]) -> None:
    """A chunked request body arrives whole, with extensions and trailers ignored, and the next request is found."""
    coded = b"".join(b"%X;x=y\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\nTrailer: t\r\n\r\n"
    request = b"POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + coded
    with Server() as server:
        converse(server, request + asking("/next").encode())
        bodies = [exchange.request.body for exchange in server.log]
    assert bodies == [b"".join(chunks), b""]


LONG_CHUNK = f"{600_000:x}\r\n{600_000 * 'x'}\r\n"

UNREADABLE = {
    "a long body": ("POST /x HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", 413),
    "a long chunk": ("POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFF\r\n", 413),
    "many long chunks": ("POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + 2 * LONG_CHUNK, 413),
    "a negative chunk": ("POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", 400),
    "a chunk too short": ("POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n", 400),
    "an unknown coding": ("POST /x HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 400),
    "two lengths": ("POST /x HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
    "a negative length": ("POST /x HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
    "a space in the target": ("GET /a b HTTP/1.1\r\n\r\n", 400),
    "an odd version": ("GET /x HTTP/nonsense\r\n\r\n", 400),
    "a long target": (f"GET /{'x' * 70_000} HTTP/1.1\r\n\r\n", 414),
    "many headers": ("GET /x HTTP/1.1\r\n" + "X: y\r\n" * 200 + "\r\n", 431),
}


@pytest.mark.socket
@pytest.mark.parametrize("name", UNREADABLE)
def test_unreadable_requests_are_refused(server: Server, name: str) -> None:
    """What is no readable request gets an error object and a closed connection, and is not taken for an exchange."""
    request, code = UNREADABLE[name]
    head, _, content = converse(server, request).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % code)
    assert json.loads(content)["error_code"]
    assert server.log == ()


# --- what it writes


@pytest.mark.socket
def test_response_is_one_write(server: Server) -> None:
    """Head and body arrive together: two writes cost some clients 40 ms a call."""
    with connect(server) as connection:
        connection.sendall(asking().encode())
        first = connection.recv(65536)
    assert first.endswith(b"}")


@pytest.mark.socket
@pytest.mark.parametrize("name", SCENARIOS)
def test_scenarios_over_the_wire(server: Server, name: str) -> None:
    """Each scenario's well-known id answers what the scenario says."""
    head, _, content = converse(server, asking(f"/hpp/v1/sessions/{session_id(name)}")).partition(b"\r\n\r\n")
    assert int(head.split()[1]) == (SCENARIOS[name].refused or 200)
    assert isinstance(json.loads(content), dict)


@pytest.mark.socket
def test_head_has_no_body(server: Server) -> None:
    """The answer to HEAD ends with its header."""
    assert converse(server, asking(method="HEAD")).endswith(b"\r\n\r\n")


@pytest.mark.socket
def test_http_1_0_is_closed(server: Server) -> None:
    """A client of HTTP/1.0 gets its answer and the end of the connection."""
    assert converse(server, f"GET {WAITING} HTTP/1.0\r\n{AUTHORIZATION}\r\n").endswith(b"}")


@pytest.mark.socket
def test_fault_may_frame_its_own_body() -> None:
    """A Content-Length that a fault gives goes out as it is, and the only one."""
    with faulty_server(header("Content-Length", "5"), body(b"hello, world")) as server:
        answer = converse(server, asking())
    assert re.findall(rb"Content-Length: (\d+)", answer) == [b"5"]
    assert answer.endswith(b"hello, world")


@pytest.mark.socket
def test_fault_may_be_chunked() -> None:
    """A response that says it is chunked is."""
    with faulty_server(header("Transfer-Encoding", "chunked"), body(b"{}")) as server:
        answer = converse(server, asking())
    assert answer.endswith(b"\r\n\r\n2\r\n{}\r\n0\r\n\r\n")
    assert b"Content-Length" not in answer


@given(name=st.text(max_size=10), value=st.text(max_size=30), reason=st.text(max_size=10))
def test_headers_never_split(name: str, value: str, reason: str) -> None:
    """No header name, value or reason can start another header or the body."""
    answer = serialize(Response(200, ((name, value),), b"body", reason))
    head, _, content = answer.partition(b"\r\n\r\n")
    assert content == b"body"
    assert len(head.split(b"\r\n")) == 3
    assert head.count(b"\r") == head.count(b"\n") == 2


@pytest.mark.parametrize("code", [204, 304])
def test_bodiless_statuses_have_no_body(code: int) -> None:
    """204 and 304 end with their header, whatever body a fault gives: the next answer must not be misread."""
    assert serialize(Response(code, (), b"{}")).endswith(b"\r\n\r\n")


@pytest.mark.socket
@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 404), ("localhost", 404), ("LOCALHOST:99", 404), ("[::1]:8080", 404), ("shop.localhost", 404),
        ("127.0.0.2", 404), ("evil.example", 421), ("127.0.0.1.evil.example", 421), ("192.0.2.1", 421),
        ("localhost.evil.example:80", 421),
    ],
)  # fmt: skip
def test_a_sandbox_answers_to_names_of_this_machine(host: str, status: int) -> None:
    """A request whose Host is no loopback name gets 421 from a sandbox on loopback, and nothing is done or logged."""

    def asked(server: Server) -> int:
        port = int(server.url.rpartition(":")[2])
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=HANG)) as connection:
            connection.request("POST", "/elsewhere", headers={"Host": host})
            return connection.getresponse().status

    with Server(sandbox=Sandbox()) as server:
        assert asked(server) == status
        assert server.application.log.count == (status == 404)
    with Server(sandbox=Sandbox(), host="0.0.0.0") as everywhere, Server() as plain:  # noqa: S104  what `--host` may be
        assert {asked(everywhere), asked(plain)} == {404}


@pytest.mark.socket
@pytest.mark.parametrize("tls", [False, True])
def test_connections_beyond_the_most_are_refused(tls: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The next connection is answered with 503, and those before it go on."""
    monkeypatch.setattr(wire, "MAX_CONNECTIONS", 2)
    with Server(tls=throwaway(tmp_path) if tls else None) as server, contextlib.ExitStack() as opened:
        address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
        kept = [opened.enter_context(socket.create_connection(address, HANG)) for _ in range(2)]
        wait_for(lambda: len(server._listener._connections) == 2)
        further = opened.enter_context(socket.create_connection(address, HANG))
        further.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        content = b""
        with contextlib.suppress(ConnectionError):
            while piece := further.recv(4096):
                content += piece
        assert content.startswith(b"" if tls else b"HTTP/1.1 503 Service Unavailable\r\n")
        if not tls:
            kept[0].sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert kept[0].recv(12) == b"HTTP/1.1 404"
        kept[1].close()
        wait_for(lambda: len(server._listener._connections) == 1)
