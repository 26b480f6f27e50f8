"""Every way in which nothing comes back has a word, and a sentence with the remedy."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from hpp_contract.cases.scenarios import CREDENTIALS
from hpp_contract.engine.edits import fail
from hpp_contract.engine.errors import UsageProblem
from hpp_contract.model import Response
from hpp_contract.probe.wire import Sent, TransportError, Wire, classify_error
from hpp_contract.server import Server
from hpp_contract.server.tls import throwaway
from tests.harness.support.not_none import not_none
from tests.harness.support.sockets import HANG, WAITING, Speak, faulty_server, speaking

HEADERS = (("Authorization", CREDENTIALS.authorization), ("X-Order", "1"), ("Accept-Encoding", "identity"))


def get(base_url: str, path: str = WAITING, *, timeout: float = HANG) -> Sent:
    wire = Wire(base_url, timeout, direct=True)
    with contextlib.closing(wire):
        return wire.get(base_url + path, HEADERS)


def drip(piece: bytes) -> Speak:
    """Sends `piece` every 20 ms for as long as anybody listens."""

    def speak(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            connection.sendall(piece)
            time.sleep(0.02)

    return speak


def flood(connection: socket.socket) -> None:
    """Sends a body for as long as anybody listens."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b" " * 65536)


@pytest.mark.socket
def test_huge_body_is_abandoned() -> None:
    """A body larger than any session is not read to its end, and not kept."""
    with speaking(flood) as url:
        sent = get(url)
    assert sent.error == TransportError("oversized")
    assert sent.exchange.response is None


@pytest.mark.socket
@pytest.mark.parametrize("piece", [b"X-Header: drip\r\n", b"Content-Length: 9999\r\n\r\n" + b"x" * 9])
def test_dripping_is_bounded(piece: bytes) -> None:
    """A header or a body that never ends ends after three timeouts, though no single read exceeds one."""
    with speaking(drip(piece)) as url:
        sent = get(url, timeout=0.15)  # that it ends proves it: the server does not
    assert sent.error == TransportError("timeout")


def closed_port() -> str:
    """The URL of a port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.socket
@pytest.mark.parametrize(
    ("speak", "word", "timeout"),
    {
        "garbage": (lambda connection: connection.sendall(b"this is not HTTP\r\n\r\n"), "garbage", HANG),
        "odd status": (lambda connection: connection.sendall(b"HTTP/1.1 9999 X\r\n\r\n"), "garbage", HANG),
        "nothing": (lambda connection: connection.close(), "reset", HANG),
        "silence": (lambda connection: connection.recv(1), "timeout", 0.2),  # until the client has gone
    }.values(),
    ids=["garbage", "odd status", "nothing", "silence"],
)
def test_servers_that_do_not_answer(speak: Speak, word: str, timeout: float) -> None:
    """Garbage, a closed connection and silence each have their word."""
    with speaking(speak) as url:
        sent = get(url, timeout=timeout)
    assert (sent.exchange.failure, sent.exchange.response) == (word, None)


@pytest.mark.socket
def test_reset() -> None:
    """A reset connection has its word."""
    with faulty_server(fail("reset")) as server:
        assert get(server.url).error == TransportError("reset")


@pytest.mark.socket
def test_closed_port() -> None:
    """A port on which nobody listens refuses."""
    assert get(closed_port()).error == TransportError("refused")


@pytest.mark.socket
def test_name_that_does_not_resolve() -> None:
    """A host that DNS does not know is named as such."""
    assert get("https://no-such-host.invalid").error == TransportError("dns")


@pytest.fixture
def self_signed(tmp_path: Path) -> Iterator[Server]:
    """A server whose certificate nobody vouches for but itself."""
    authority = trustme.CA()
    (tmp_path / "self.pem").write_bytes(authority.private_key_pem.bytes() + authority.cert_pem.bytes())
    tls = throwaway(tmp_path)
    tls.context.load_cert_chain(tmp_path / "self.pem")
    with Server(tls=tls) as running:
        yield running


@pytest.mark.socket
def test_self_signed_certificate(self_signed: Server) -> None:
    """A certificate that is not trusted is a TLS failure, which says why, and the server gets no request."""
    error = not_none(get(self_signed.url).error)
    assert error.word == "tls"
    assert "certificate" in error.detail
    assert self_signed.log == ()


@pytest.mark.socket
def test_authority_file_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """REQUESTS_CA_BUNDLE names the authority to trust, as the failure's sentence says; a missing one is refused."""
    tls = throwaway(tmp_path)
    with Server(tls=tls) as server:
        error = not_none(get(server.url).error)
        assert "REQUESTS_CA_BUNDLE" in error.sentence("host.example")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tls.ca_file))
        assert get(server.url).exchange.status == 200
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "missing.pem"))
        with pytest.raises(UsageProblem, match="REQUESTS_CA_BUNDLE"):
            get(server.url)


@pytest.mark.socket
def test_https_to_a_plain_port() -> None:
    """Speaking TLS to a server that does not is a failure with a word of its own."""
    with Server() as server:
        assert not_none(get(server.url.replace("http:", "https:")).error).word == "plain"


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (OSError(113, "No route to host"), "unreachable"),
        (TimeoutError(), "timeout"),
        (ssl.SSLError("odd"), "tls"),
        (KeyError("a fault of ours"), "failed"),
    ],
    ids=["route", "timeout", "tls", "ours"],
)
def test_words_for_errors(error: Exception, word: str) -> None:
    """An error means the same however deeply a library has wrapped it, even in a circle."""
    assert classify_error(error).word == word
    wrapped = RuntimeError(ValueError(error))
    wrapped.__context__ = wrapped
    assert (
        classify_error(wrapped).word == word if word != "failed" else classify_error(wrapped).detail == "RuntimeError"
    )


@pytest.mark.parametrize(
    "word", ["proxy", "tls", "dns", "refused", "timeout", "reset", "garbage", "oversized", "unreachable", "failed"]
)
def test_every_word_has_its_sentence(word: str) -> None:
    """Each failure is one sentence that names the host."""
    sentence = TransportError(word).sentence("host.example")
    assert "host.example" in sentence or word == "proxy"
    assert sentence.endswith(".")
    assert "{" not in sentence


@pytest.mark.socket
def test_response_is_no_error() -> None:
    """A sent request has a response or a error, never both."""
    with Server() as server:
        sent = get(server.url)
    assert isinstance(sent.exchange.response, Response)
    assert sent.error is None
    assert sent.exchange.failure is None
