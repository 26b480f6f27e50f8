"""The reference server over TLS."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from hpp_contract.engine.edits import fail
from hpp_contract.engine.fault import fault
from hpp_contract.model import Exchange
from hpp_contract.server import Server
from hpp_contract.server.tls import throwaway
from tests.harness.support.sockets import WAITING, asking, connect, converse, wait_for

pytestmark = pytest.mark.socket


def seen(server: Server) -> Exchange:
    return server.log[-1]


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
        connection.sendall(asking().encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.endswith(b"}")
    assert seen(server).request.url == f"https://x{WAITING}"


def test_tls_is_refused_without_the_authority(trusted: tuple[Server, ssl.SSLContext]) -> None:
    """Who does not trust the authority gets no session, and disturbs nobody."""
    server, context = trusted
    with pytest.raises(ssl.SSLCertVerificationError):
        ssl.create_default_context().wrap_socket(connect(server), server_hostname="localhost")
    with contextlib.suppress(OSError):
        converse(server, asking())  # plain http to a TLS port
    test_tls((server, context), "localhost")


def test_stalled_handshake_blocks_nobody(trusted: tuple[Server, ssl.SSLContext]) -> None:
    """A client that never finishes its handshake keeps no other waiting."""
    with connect(trusted[0]):
        test_tls(trusted, "localhost")


def test_reset_over_tls(tmp_path: Path) -> None:
    """A reset under TLS ends the connection without an answer and without TLS's own farewell."""
    tls = throwaway(tmp_path)
    context = ssl.create_default_context(cafile=str(tls.ca_file))
    with Server([fault("resets", "waiting", fail("reset"))], tls=tls) as server:
        connection = context.wrap_socket(connect(server), server_hostname="localhost", suppress_ragged_eofs=False)
        with connection:
            connection.sendall(asking().encode())
            with pytest.raises((ConnectionResetError, ssl.SSLEOFError)):
                connection.recv(100)


def test_more_than_is_read_at_once(trusted: tuple[Server, ssl.SSLContext]) -> None:
    """What TLS has decrypted already is read without waiting for more."""
    server, context = trusted
    body = "x" * 12_000
    asked = asking().replace("\r\n\r\n", f"\r\nContent-Length: {len(body)}\r\n\r\n{body}")
    with context.wrap_socket(connect(server), server_hostname="localhost") as connection:
        connection.sendall(asked.encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.endswith(b"}")
    assert len(seen(server).request.body) == len(body)
    wait_for(lambda: server.is_settled)  # the end of the connection may be read just now


def test_handshakes_that_fail_are_counted(trusted: tuple[Server, ssl.SSLContext]) -> None:
    """A handshake that came to nothing is counted, and plain HTTP in its place is a word that was said."""
    server, _ = trusted
    with pytest.raises(ssl.SSLCertVerificationError):
        ssl.create_default_context().wrap_socket(connect(server), server_hostname="localhost")
    wait_for(lambda: server.failed_handshakes == 1)
    assert not server.spoken_to
    with contextlib.suppress(OSError):
        converse(server, asking())
    wait_for(lambda: server.failed_handshakes == 2)
    assert server.spoken_to
