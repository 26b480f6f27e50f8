"""The proxy's connections to the endpoint: kept, replaced, tunnelled, refused by the system."""

from __future__ import annotations

import contextlib
import errno
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from hpp_contract.cases.scenarios import CREDENTIALS
from hpp_contract.engine.errors import Unverifiable
from hpp_contract.model import Exchange, Request, Response
from hpp_contract.proxy import upstream as module
from hpp_contract.proxy.cassettes import MAX_CASSETTES, Cassettes
from hpp_contract.proxy.secrets import Secrets
from hpp_contract.proxy.upstream import Failure, Upstream
from hpp_contract.recordings.write import Persister
from hpp_contract.server import Server, simulate_server
from hpp_contract.server.tls import OTHER_HOST, throwaway
from tests.harness.support.fake_time import noon
from tests.harness.support.not_none import not_none
from tests.harness.support.sockets import WAITING, speaking

pytestmark = pytest.mark.socket

READ = Request("GET", f"http://x{WAITING}", (("Host", "x"), ("Authorization", CREDENTIALS.authorization)))


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def accepted(server: Server, monkeypatch: pytest.MonkeyPatch) -> list[socket.socket]:
    """The connections that a server gets from here on."""
    found: list[socket.socket] = []
    accept = server._listener.get_request

    def get_request() -> tuple[socket.socket, object]:
        connection, address = accept()
        found.append(connection)
        return connection, address

    monkeypatch.setattr(server._listener, "get_request", get_request)
    return found


def read(upstream: Upstream) -> str:
    answer = upstream.send(READ, WAITING)
    return str(answer.status) if isinstance(answer, Response) else answer.word


@pytest.mark.parametrize(("most", "connections"), [(64, 1), (0, 3)])
def test_connections_are_kept(most: int, connections: int, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """One connection serves read after read, while not too many are kept."""
    monkeypatch.setattr(module, "MAX_IDLE", most)
    found, upstream = accepted(server, monkeypatch), Upstream(server.url)
    assert [read(upstream) for _ in range(3)] == ["200"] * 3
    assert len(found) == connections
    upstream.close()


def test_a_connection_that_ended_is_replaced(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that the endpoint closed while nobody used it is not used again; one that closes under a read costs none."""
    found, upstream = accepted(server, monkeypatch), Upstream(server.url)
    assert read(upstream) == "200"
    found[0].shutdown(socket.SHUT_RDWR)
    assert read(upstream) == "200"
    monkeypatch.setattr(module, "_is_quiet", lambda _: True)
    found[1].shutdown(socket.SHUT_RDWR)
    assert read(upstream) == "200"
    assert len(found) == 3
    upstream.close()


def test_what_may_change_something_is_sent_once() -> None:
    """A POST gets a connection of its own, and is not sent again when that is lost."""
    got: list[bytes] = []

    def speak(connection: socket.socket) -> None:
        got.append(b"one")
        connection.close()

    with speaking(speak) as url:
        upstream = Upstream(url)
        answer = upstream.send(Request("POST", url, (("Host", "x"), ("Content-Length", "0"))), "/")
        upstream.close()
    assert isinstance(answer, Failure)
    assert (answer.word, got) == ("reset", [b"one"])


def test_nothing_is_sent_after_the_end(server: Server) -> None:
    """Whoever asks after the end gets no answer."""
    upstream = Upstream(server.url)
    upstream.close()
    assert read(upstream) == "reset"
    assert server.log == ()


@pytest.mark.parametrize("before", [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: "])
def test_an_answer_that_drips_ends(before: bytes) -> None:
    """An answer whose bytes come one by one is waited for three times as long as for one of them."""

    def speak(connection: socket.socket) -> None:
        connection.sendall(before)
        with contextlib.suppress(OSError):
            while True:
                connection.sendall(b" ")
                time.sleep(0.01)

    with speaking(speak) as url:
        upstream = Upstream(url, timeout=0.1)
        assert read(upstream) == "timeout"
        upstream.close()


def test_a_fold_is_a_space() -> None:
    """A field that goes on in the next line goes on in its own."""
    assert module._line(("X", "a\r\n  b\x85c\x0bd")) == "X: a b\x85c\x0bd\r\n"


def test_the_system_refuses(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the system refuses is the client's 502 too, with the remedy."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(socket, "create_connection", refuse)
    answer = Upstream(server.url).send(READ, WAITING)
    assert isinstance(answer, Failure)
    assert answer.sentence.startswith("the system refused to open another file or connection: raise the limit")


# --- TLS, and a proxy on the way


@pytest.mark.parametrize("folder", [False, True])
def test_whom_it_trusts(folder: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The endpoint's certificate is verified with the authorities that the environment names."""
    tls = throwaway(tmp_path)
    with Server(tls=tls) as server:
        assert read(Upstream(server.url)) == "tls"
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path if folder else tls.ca_file))
        # A folder needs links that are named by hashes, which are not made here.
        assert read(Upstream(server.url)) == ("tls" if folder else "200")


@contextlib.contextmanager
def tunnelling(port: int, answer: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A proxy that connects everybody to this port; yields where it listens, and what it was asked."""
    asked: list[bytes] = []

    def pump(one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)

    def serve() -> None:
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            with connection, socket.create_connection(("127.0.0.1", port)) as other:
                asked.append(connection.recv(65536))
                connection.sendall(answer)
                back = threading.Thread(target=pump, args=(other, connection), daemon=True)
                back.start()
                pump(connection, other)
                other.shutdown(socket.SHUT_RDWR)
                back.join(60)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}", asked
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(60)


@pytest.mark.parametrize(("user", "allowed"), [("", True), ("me:word@", True), ("", False)])
def test_a_proxy_of_the_environment(user: str, allowed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTPS_PROXY is asked for a tunnel, in which the endpoint itself is spoken to."""
    tls = throwaway(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tls.ca_file))
    monkeypatch.delenv("NO_PROXY", raising=False)
    with Server(tls=not_none(tls.other_host)) as server:
        port = server._listener.server_address[1]
        answer = b"HTTP/1.1 200 OK\r\n\r\n" if allowed else b"HTTP/1.1 407 No\r\n\r\n"
        with tunnelling(port, answer) as (place, asked):
            monkeypatch.setenv("HTTPS_PROXY", f"http://{user}{place}")
            upstream = Upstream(f"https://{OTHER_HOST}:{port}")
            assert read(upstream) == ("200" if allowed else "proxy")
            upstream.close()
    assert asked[0].startswith(f"CONNECT {OTHER_HOST}:{port} HTTP/1.".encode())
    assert (b"roxy-" in asked[0] and b"uthorization: Basic " in asked[0]) is bool(user)


def test_the_context_is_strict(tmp_path: Path) -> None:
    """Certificates are verified, with their names."""
    context = module._trusting(str(throwaway(tmp_path).ca_file))
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


# --- Cassettes


class Picky(Persister):
    """Finds something in a cassette of waiting sessions: always, or in the first attempt only."""

    always = True
    attempts = 0

    def write(self, path: Path, exchanges: Sequence[Exchange], provenance: str) -> None:
        if path.name.startswith("waiting") and (self.always or not Picky.attempts):
            Picky.attempts += 1
            raise Unverifiable(f"{path.name} was not written: an id was left in it.")
        super().write(path, exchanges, provenance)


@pytest.mark.parametrize("always", [True, False])
def test_a_cassette_that_is_refused(always: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried again by itself; then the others are written, and the problem says which is not."""
    monkeypatch.setattr("hpp_contract.proxy.cassettes.Persister", Picky)
    monkeypatch.setattr(Picky, "always", always)
    monkeypatch.setattr(Picky, "attempts", 0)
    cassettes = Cassettes(tmp_path, "hpp.example", Secrets(), noon)
    for _ in range(2):
        cassettes.write([*simulate_server("waiting", clock=noon), *simulate_server("failed", clock=noon)])
    names = sorted(path.stem for path in tmp_path.iterdir())
    assert names == ["failed", "failed-2", *([] if always else ["waiting", "waiting-2"])]
    problem = "waiting.yaml was not written: an id was left in it. And 1 further cassette."
    assert cassettes.problem == (problem if always else None)


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), Unverifiable("another run.")])
def test_a_folder_that_fails_later(error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes wrong while clients are served is said in the end."""

    def locked(_: object) -> None:
        raise error

    cassettes = Cassettes(tmp_path, "hpp.example", Secrets(), noon)
    monkeypatch.setattr("hpp_contract.proxy.cassettes.locked", locked)
    cassettes.write(simulate_server("waiting", clock=noon))
    full = f"{tmp_path} could not be written (No space left on device): name another folder."
    assert cassettes.problem == (full if isinstance(error, OSError) else "another run.")


def test_a_run_writes_so_many_cassettes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then it counts what it does not record; of many files a note names the first."""
    assert MAX_CASSETTES == 1_000
    monkeypatch.setattr("hpp_contract.proxy.cassettes.MAX_CASSETTES", 2)
    monkeypatch.setattr("hpp_contract.proxy.cassettes._LISTED", 1)
    cassettes = Cassettes(tmp_path, "hpp.example", Secrets(), noon)
    for scenario in ("waiting", "failed", "in-progress"):
        cassettes.write(simulate_server(scenario, clock=noon))
    assert cassettes.notes == [
        f"Recorded into 2 cassettes in {tmp_path}, scrubbed: waiting.yaml and 1 more.",
        "1 read not recorded: one run writes 2 cassettes.",
    ]


def test_an_answer_that_came_too_late() -> None:
    """Nothing more is read when the time for all of an answer is over."""
    reading, writing = socket.socketpair()
    with reading, writing:
        writing.sendall(b"HTTP/1.1 200 OK")
        with pytest.raises(TimeoutError):
            module._Received(reading, 0.0).readinto(bytearray(8))
