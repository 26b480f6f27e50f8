"""The reference server on real sockets: what it reads, what it writes, how it misbehaves on request, how it ends."""

from __future__ import annotations

import contextlib
import http.client
import json
import logging
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.exchange import Exchange, Response
from hpp_contract.rules.fault import body, cut, fail, header, lie, slow, status
from hpp_contract.server import CREDENTIALS, FAULTS, SCENARIOS, Server, session_id
from hpp_contract.server.http import Listener
from hpp_contract.server.play import serialize
from hpp_contract.server.tls import throwaway

WAITING = f"/hpp/v1/sessions/{session_id('waiting')}"
AUTHORIZATION = f"Authorization: {CREDENTIALS.authorization}\r\n"


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@contextlib.contextmanager
def telling(*edits: Callable[[Exchange], Exchange]) -> Iterator[Server]:
    """A server that lies about `waiting`."""
    with Server([lie("test-lie", "waiting", *edits)]) as running:
        yield running


def connect(server: Server) -> socket.socket:
    host, port = server.url.split("//")[1].split(":")
    return socket.create_connection((host, int(port)), timeout=10)


def converse(server: Server, request: str | bytes) -> bytes:
    """Everything the server sends for these bytes until it closes."""
    with connect(server) as connection:
        connection.sendall(request.encode() if isinstance(request, str) else request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def get(target: str = WAITING, headers: str = AUTHORIZATION, method: str = "GET") -> str:
    return f"{method} {target} HTTP/1.1\r\nHost: x\r\n{headers}Connection: close\r\n\r\n"


def seen(server: Server) -> Exchange:
    return server.log[-1]


# --- what it reads


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
    converse(server, get(target))
    expected = target if "://" in target else f"http://x{target}"
    assert seen(server).request.url == expected


def test_headers_arrive_as_sent(server: Server) -> None:
    """Order, case and repetition of header fields are kept, and a body under GET is."""
    converse(server, get(headers="x-B: 1\r\nX-a: two\r\nx-b: 3\r\nContent-Length: 3\r\n", target="/x") + "abc")
    request = seen(server).request
    assert request.headers == (
        ("Host", "x"), ("x-B", "1"), ("X-a", "two"), ("x-b", "3"), ("Content-Length", "3"), ("Connection", "close"),
    )  # fmt: skip
    assert request.body == b"abc"


def test_odd_host_is_not_an_address(server: Server) -> None:
    """A Host header that is no host does not get into the URL, and breaks nothing."""
    converse(server, "GET /x HTTP/1.1\r\nHost: [::1 @evil\r\nConnection: close\r\n\r\n")
    assert seen(server).request.url == f"{server.url}/x"


@given(chunks=st.lists(st.binary(min_size=1, max_size=40), max_size=5))
def test_chunked_bodies_are_joined(chunks: list[bytes]) -> None:
    """A chunked request body arrives whole, with extensions and trailers ignored, and the next request is found."""
    coded = b"".join(b"%X;x=y\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\nTrailer: t\r\n\r\n"
    request = b"POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + coded
    with Server() as server:
        converse(server, request + get("/next").encode())
        bodies = [exchange.request.body for exchange in server.log]
    assert bodies == [b"".join(chunks), b""]


UNREADABLE = {
    "a long body": ("POST /x HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", 413),
    "a long chunk": ("POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFF\r\n", 413),
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


@pytest.mark.parametrize("name", UNREADABLE)
def test_unreadable_requests_are_refused(server: Server, name: str) -> None:
    """What is no readable request gets an error object and a closed connection, and is not taken for an exchange."""
    request, code = UNREADABLE[name]
    head, _, content = converse(server, request).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % code)
    assert json.loads(content)["error_code"]
    assert server.log == ()


# --- what it writes


def test_response_is_one_write(server: Server) -> None:
    """Head and body arrive together: two writes cost some clients 40 ms a call."""
    with connect(server) as connection:
        connection.sendall(get().encode())
        first = connection.recv(65536)
    assert first.endswith(b"}")


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenarios_over_the_wire(server: Server, name: str) -> None:
    """Each scenario's well-known id answers what the scenario says."""
    head, _, content = converse(server, get(f"/hpp/v1/sessions/{session_id(name)}")).partition(b"\r\n\r\n")
    assert int(head.split()[1]) == (SCENARIOS[name].refused or 200)
    assert isinstance(json.loads(content), dict)


def test_head_has_no_body(server: Server) -> None:
    """The answer to HEAD ends with its header."""
    assert converse(server, get(method="HEAD")).endswith(b"\r\n\r\n")


def test_http_1_0_is_closed(server: Server) -> None:
    """A client of HTTP/1.0 gets its answer and the end of the connection."""
    assert converse(server, f"GET {WAITING} HTTP/1.0\r\n{AUTHORIZATION}\r\n").endswith(b"}")


def test_fault_may_frame_its_own_body() -> None:
    """A Content-Length that a fault gives goes out as it is, and the only one."""
    with telling(header("Content-Length", "5"), body(b"hello, world")) as server:
        answer = converse(server, get())
    assert re.findall(rb"Content-Length: (\d+)", answer) == [b"5"]
    assert answer.endswith(b"hello, world")


def test_fault_may_be_chunked() -> None:
    """A response that says it is chunked is."""
    with telling(header("Transfer-Encoding", "chunked"), body(b"{}")) as server:
        answer = converse(server, get())
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


# --- how it misbehaves


def test_reset() -> None:
    """A reset is one: the client's read fails."""
    with telling(fail("reset")) as server, pytest.raises(ConnectionResetError):
        converse(server, get())


def test_garbage() -> None:
    """Garbage is no HTTP."""
    with telling(fail("garbage")) as server:
        client = http.client.HTTPConnection(server.url.split("//")[1], timeout=10)
        client.request("GET", WAITING, headers={"Authorization": CREDENTIALS.authorization})
        with contextlib.closing(client), pytest.raises(http.client.BadStatusLine):
            client.getresponse()


def test_truncation() -> None:
    """A truncated answer promises more than it sends, and closes."""
    with telling(cut(10)) as server:
        head, _, content = converse(server, get()).partition(b"\r\n\r\n")
    promised = int(re.search(rb"Content-Length: (\d+)", head)[1])
    assert promised > len(content)
    assert content.startswith(b"{")
    assert not content.endswith(b"}")


def test_slowness() -> None:
    """A late answer comes after its time, and not before."""
    with telling(slow(0.2)) as server:
        begin = time.perf_counter()
        assert converse(server, get()).endswith(b"}")
        assert time.perf_counter() - begin >= 0.2


@pytest.mark.parametrize("fault", [fail("timeout"), slow(60)], ids=["never", "late"])
def test_silence_ends_with_the_client(fault: Callable[[Exchange], Exchange]) -> None:
    """A server that says nothing lets go when its client does, and has logged the request by then."""
    with telling(fault) as server:
        threads = threading.active_count()
        with connect(server) as connection:
            connection.sendall(get().encode())
            wait_for(lambda: server.log)
        wait_for(lambda: threading.active_count() <= threads)


@pytest.mark.parametrize("fault", [fail("timeout"), slow(60)], ids=["never", "late"])
def test_silence_ends_with_the_server(fault: Callable[[Exchange], Exchange]) -> None:
    """Closing a server that keeps a client waiting takes no longer than closing any other."""
    with telling(fault) as server:
        connection = connect(server)
        connection.sendall(get().encode())
        wait_for(lambda: server.log)
        begin = time.perf_counter()
    assert time.perf_counter() - begin < 5
    assert connection.recv(1) == b""
    connection.close()


def test_closed_after_an_answer() -> None:
    """A fault that announces the end of the connection ends it."""
    with telling(header("Connection", "close")) as server:
        assert converse(server, get().replace("Connection: close\r\n", "")).endswith(b"}")


def test_interim_status_ends_the_connection() -> None:
    """A 1xx in the place of an answer is followed by nothing."""
    with telling(status(102)) as server:
        assert converse(server, get().replace("Connection: close\r\n", "")).startswith(b"HTTP/1.1 102 ")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_every_fault_leaves_the_server_alive(server: Server, fault: object) -> None:
    """After any fault told under its own id, the next request is answered honestly."""
    authorization = {"no-credentials": "", "wrong-credentials": "Authorization: Basic x\r\n"}
    with contextlib.suppress(OSError):
        converse(server, get(f"/hpp/v1/sessions/{session_id(fault.name)}", authorization.get(fault.on, AUTHORIZATION)))
    assert converse(server, get()).startswith(b"HTTP/1.1 200 ")


def test_our_own_mistake_is_one_line(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    """An application that fails ends the connection and prints no traceback."""

    def broken(_: object) -> Exchange:
        raise KeyError("secret")

    listener = Listener(0, broken, None)
    with socket.create_connection(listener.server_address) as connection, caplog.at_level(logging.ERROR):
        connection.sendall(get().encode())
        assert connection.recv(10) == b""
    listener.stop()
    assert [record.getMessage() for record in caplog.records] == ["a connection ended by our own KeyError"]
    assert capfd.readouterr() == ("", "")


# --- how it serves many, and ends


def test_parallel_clients(server: Server) -> None:
    """Eight clients at once get each their own session, and no request is lost from the log."""
    names = [name for name, scenario in SCENARIOS.items() if len(scenario.steps) == 1]

    def read(number: int) -> bool:
        wanted = session_id(names[number % len(names)])
        return f'"{wanted}"'.encode() in converse(server, get(f"/hpp/v1/sessions/{wanted}"))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(read, range(160)))
    assert len(server.log) == 160


def test_closing_leaves_nothing(tmp_path: Path) -> None:
    """After closing, no thread, no socket and no open port are left, also with clients still connected."""
    before, files = threading.active_count(), open_files()
    for tls in (None, throwaway(tmp_path)):
        running = Server(tls=tls)
        clients = [connect(running) for _ in range(5)]
        clients[0].sendall(b"GET / HT")
        time.sleep(0.05)
        running.close()
        for client in clients:
            client.close()
        with pytest.raises(ConnectionRefusedError):
            connect(running)
    assert threading.active_count() <= before
    assert open_files() == files


def open_files() -> int:
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


def test_port_is_free_again_at_once(server: Server) -> None:
    """A taken port is an OSError; a closed server's port can be taken again."""
    port = int(server.url.rsplit(":", 1)[1])
    with pytest.raises(OSError, match="in use"):
        Server(port=port)
    converse(server, get())
    server.close()
    with Server(port=port) as again:
        assert converse(again, get()).startswith(b"HTTP/1.1 200 ")


def test_close_twice_is_once(server: Server) -> None:
    """Closing a closed server does nothing."""
    server.close()
    server.close()


# --- TLS


@pytest.fixture
def trusted(tmp_path: Path) -> Iterator[tuple[Server, ssl.SSLContext]]:
    """A server over TLS, and a context that trusts its authority."""
    tls = throwaway(tmp_path)
    with Server(tls=tls) as running:
        yield running, ssl.create_default_context(cafile=str(tls.ca_file))


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_tls(trusted: tuple[Server, ssl.SSLContext], name: str) -> None:
    """Who trusts the authority can read a session over https, by address and by name."""
    server, context = trusted
    with context.wrap_socket(connect(server), server_hostname=name) as connection:
        connection.sendall(get().encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.endswith(b"}")
    assert seen(server).request.url == f"https://x{WAITING}"


def test_tls_is_refused_by_strangers(trusted: tuple[Server, ssl.SSLContext]) -> None:
    """Who does not trust the authority gets no session, and disturbs nobody."""
    server, context = trusted
    with pytest.raises(ssl.SSLCertVerificationError):
        ssl.create_default_context().wrap_socket(connect(server), server_hostname="localhost")
    with contextlib.suppress(OSError):
        converse(server, get())  # plain http to a TLS port
    test_tls((server, context), "localhost")


def test_stalled_handshake_blocks_nobody(trusted: tuple[Server, ssl.SSLContext]) -> None:
    """A client that never finishes its handshake keeps no other waiting."""
    with connect(trusted[0]):
        test_tls(trusted, "localhost")


def test_reset_over_tls(tmp_path: Path) -> None:
    """A reset under TLS ends the connection without an answer and without TLS's own farewell."""
    tls = throwaway(tmp_path)
    context = ssl.create_default_context(cafile=str(tls.ca_file))
    with Server([lie("resets", "waiting", fail("reset"))], tls=tls) as server:
        connection = context.wrap_socket(connect(server), server_hostname="localhost", suppress_ragged_eofs=False)
        with connection:
            connection.sendall(get().encode())
            with pytest.raises((ConnectionResetError, ssl.SSLEOFError)):
                connection.recv(100)


def wait_for(condition: Callable[[], object]) -> None:
    """Return as soon as the condition holds; fail after ten seconds."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.005)
