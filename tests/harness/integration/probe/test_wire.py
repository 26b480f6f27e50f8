"""One GET over real sockets: what goes out, and what comes back."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.cases.scenarios import CREDENTIALS
from hpp_contract.engine.edits import body, cut, header, status
from hpp_contract.model.clock import system_clock
from hpp_contract.model.credentials import Credentials
from hpp_contract.probe.wire import Sent, TransportError, Wire
from hpp_contract.server import Server
from tests.harness.support.not_none import not_none
from tests.harness.support.sockets import WAITING, faulty_server, speaking

pytestmark = pytest.mark.socket

HEADERS = (("Authorization", CREDENTIALS.authorization), ("X-Order", "1"), ("Accept-Encoding", "identity"))


def get(base_url: str, path: str = WAITING, *, timeout: float = 5.0) -> Sent:
    wire = Wire(base_url, timeout, direct=True)
    with contextlib.closing(wire):
        return wire.get(base_url + path, HEADERS)


# --- what goes out


@given(
    path=st.lists(
        st.from_regex(r"([A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-F]{2}){1,8}", fullmatch=True)
        | st.sampled_from(["..", "."]),
        min_size=1,
        max_size=5,
    ).map(lambda parts: "/" + "/".join(parts))
)
def test_path_goes_out_as_given(path: str) -> None:
    """Dot segments and percent-encodings reach the server byte for byte."""
    with Server() as server:
        get(server.url, path)
        assert [exchange.request.url for exchange in server.log] == [server.url + path]


def test_request_is_what_was_asked() -> None:
    """The method is GET, the header fields are those given, without cookies or coding of our own, and no body."""
    with Server() as server:
        sent = get(server.url)
        request = server.log[0].request
    given_names = {name for name, _ in HEADERS}
    assert {(name, value) for name, value in request.headers if name in given_names} == set(HEADERS)
    assert {name for name, _ in request.headers} - given_names <= {"Host", "User-Agent", "Connection", "Accept"}
    assert (request.method, request.body) == ("GET", b"")
    assert sent.exchange.request.headers == HEADERS


@pytest.mark.parametrize("username", ["Bjørn", None])
def test_credentials_beyond_ascii(username: str | None) -> None:
    """Both forms of credentials arrive whole when they hold more than ASCII."""
    with Server(credentials=Credentials("nøgle-✓", "Bjørn")) as server:
        wire = Wire(server.url, 5.0, direct=True)
        headers = (("Authorization", Credentials("nøgle-✓", username).authorization),)
        assert wire.get(server.url + WAITING, headers).exchange.status == 200
        wire.close()


def test_netrc_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials in a netrc file do not take the place of those given."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with Server() as server:
        assert get(server.url).exchange.status == 200


def test_connection_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many requests go over one connection."""
    ports = set()
    with Server() as server:
        connections = server._listener.process_request

        def counted(request: Any, address: Any) -> None:
            ports.add(address)
            connections(request, address)

        monkeypatch.setattr(server._listener, "process_request", counted)
        wire = Wire(server.url, 5.0, direct=True)
        assert [wire.get(server.url + path, HEADERS).exchange.status for path in (WAITING, "/x") * 10] == [
            200,
            404,
        ] * 10
        wire.close()
    assert len(ports) == 1


def test_redirect_is_not_followed() -> None:
    """A redirect is an answer like any other: nobody is sent to where it leads, least of all credentials."""
    with (
        Server() as other_host,
        faulty_server(status(302), header("Location", other_host.url + WAITING), body(b"moved")) as server,
    ):
        sent = get(server.url)
        assert (sent.exchange.status, not_none(sent.exchange.response).body) == (302, b"moved")
        assert other_host.log == ()


@pytest.mark.parametrize("location", ["", "://", "http://[", "\x01"])
def test_odd_redirect_is_an_answer(location: str) -> None:
    """A Location that is no URL is not our problem."""
    with faulty_server(status(302), header("Location", location)) as server:
        assert get(server.url).exchange.status == 302


def test_loopback_goes_past_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy in the environment is not asked for this machine, and is asked for others."""
    with speaking(lambda connection: connection.sendall(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")) as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy)
        monkeypatch.setenv("NO_PROXY", "")
        with Server() as server:
            assert get(server.url).exchange.status == 200
        wire = Wire("https://host.example", 5.0, direct=False)
        assert wire.get("https://host.example/x", HEADERS).error == TransportError("proxy")
        wire.close()


# --- what comes back


@given(content=st.binary(max_size=2000), coding=st.sampled_from(["gzip", "br", "x-hpp", ""]))
def test_body_comes_back_as_it_was(content: bytes, coding: str) -> None:
    """The body's bytes are kept, whatever content coding they claim."""
    with faulty_server(body(content), header("Content-Encoding", coding)) as server:
        response = not_none(get(server.url).exchange.response)
    assert response.body == content
    assert response.complete


def test_headers_come_back_as_they_were() -> None:
    """Repeated header fields are kept apart and in order, with their names' case."""
    answer = (
        b"HTTP/1.1 200 Fine\r\nX-b: 1\r\nSet-Cookie: a=b\r\nset-cookie: c=d\r\nX-A: \xe9\r\nContent-Length: 2\r\n\r\n{}"
    )
    with speaking(lambda connection: connection.sendall(answer)) as url:
        response = not_none(get(url).exchange.response)
    assert [value for name, value in response.headers if name.lower() == "set-cookie"] == ["a=b", "c=d"]
    assert dict(response.headers)["X-A"] == "é"
    assert (response.status, response.reason, response.body) == (200, "Fine", b"{}")


def test_interim_answers_are_not_the_answer() -> None:
    """100 Continue, 102 Processing and 103 Early Hints come before the answer, as often as they like."""
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" + 2 * hints
    answer = interim + b"HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 2\r\n\r\n{}"
    with speaking(lambda connection: connection.sendall(answer)) as url:
        response = not_none(get(url).exchange.response)
    assert (response.status, response.headers, response.body) == (200, (("X-A", "1"), ("Content-Length", "2")), b"{}")


@pytest.mark.parametrize(
    "rest", [b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", b"\r\n{}"], ids=["chunked", "closed"]
)
def test_transfer_codings_are_undone(rest: bytes) -> None:
    """A chunked body, and one that ends with its connection, come back whole."""
    with speaking(lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\n" + rest)) as url:
        response = not_none(get(url).exchange.response)
    assert (response.body, response.complete) == (b"{}", True)


@pytest.mark.parametrize("chunked", [True, False])
def test_truncation_keeps_what_came(chunked: bool) -> None:
    """A body that breaks off is an incomplete response with the bytes that came."""
    with faulty_server(cut(10), header("Transfer-Encoding", "chunked" if chunked else None)) as server:
        sent = get(server.url)
    assert sent.error is None
    response = not_none(sent.exchange.response)
    assert not response.complete
    assert response.body.startswith(b'{"session_id"')


def test_reset_in_the_body_is_truncation() -> None:
    """A connection that dies inside the body leaves an incomplete response."""
    with speaking(lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")) as url:
        response = not_none(get(url).exchange.response)
    assert (response.body, response.complete) == (b"{", False)


def test_times_are_taken() -> None:
    """An exchange knows when it began and how long it took."""
    before = system_clock()
    with Server() as server:
        exchange = get(server.url).exchange
    assert before <= not_none(exchange.at).ns <= system_clock()
    assert 0 < not_none(exchange.elapsed) < 5
