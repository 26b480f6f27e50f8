"""What passes through the proxy is what was sent, in both directions."""

from __future__ import annotations

import contextlib
import gzip
import socket
import string
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.cases.scenarios import CREDENTIALS, SCENARIOS, session_id
from hpp_contract.model import Exchange, Headers, Request, Response
from hpp_contract.model.exchange import values
from hpp_contract.proxy.forwarding import end_to_end
from hpp_contract.server import Server
from hpp_contract.server.wire import Listener
from tests.harness.support.not_none import not_none
from tests.harness.support.proxying import proxying, sent_to
from tests.harness.support.sockets import WAITING, answering, asking, speaking, wait_for

pytestmark = pytest.mark.socket

OF_A_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "upgrade", "te", "proxy-connection"}
OURS = "hpp-contract proxy"


def parsed(answer: bytes) -> tuple[bytes, list[tuple[str, str]], bytes]:
    """Status line, header fields but for those of the connection, and body without chunks."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    fields = [(name, value) for name, _, value in (line.partition(": ") for line in lines)]
    if ("transfer-encoding", "chunked") in [(name.lower(), value) for name, value in fields]:
        body = unchunked(body)
        fields = [*fields, ("Content-Length", str(len(body)))]
    return first.encode(), [field for field in fields if field[0].lower() not in OF_A_CONNECTION], body


def unchunked(body: bytes) -> bytes:
    plain = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        plain += rest[: int(size, 16)]
        body = rest[int(size, 16) + 2 :]
    return plain


NAMES = st.text(string.ascii_letters + string.digits + "-_.!#$%&'*+^`|~", min_size=1, max_size=20).filter(
    lambda name: name.lower() not in {*OF_A_CONNECTION, "content-length", "host", "expect"}
)
VALUES = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_categories=["Cc"]),
    max_size=40,
)
FIELDS = st.lists(st.tuples(NAMES, VALUES), max_size=8).map(tuple)


class Endpoint:
    """Answers every request with what it is told to; keeps the requests."""

    def __init__(self) -> None:
        self.response = Response(200)
        self.got: list[Request] = []

    def __call__(self, request: Request) -> Exchange:
        self.got.append(request)
        return Exchange(request, self.response)


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[Endpoint, str, str]]:
    """An endpoint, its URL, and that of a proxy to it."""
    endpoint = Endpoint()
    listener = Listener(0, endpoint, None)
    try:
        with proxying(listener.origin, pass_others=True) as proxied:
            yield endpoint, listener.origin, proxied.url
    finally:
        listener.stop()


@given(
    status=st.sampled_from([200, 204, 301, 304, 401, 403, 404, 418, 429, 500, 503, 599]),
    fields=FIELDS,
    body=st.binary(max_size=300),
    chunked=st.booleans(),
    coding=st.sampled_from([None, "gzip", "unknown"]),
    reason=st.sampled_from(["", "OK", "Something else"]),
)
def test_a_client_sees_what_it_would_see_directly(
    both: tuple[Endpoint, str, str],
    status: int,
    fields: Headers,
    body: bytes,
    chunked: bool,
    coding: str | None,
    reason: str,
) -> None:
    """Status, header fields in their order and case, and body of any answer are the same through the proxy."""
    endpoint, url, through = both
    framing = (("Transfer-Encoding", "chunked"),) if chunked and status not in (204, 304) else ()
    coded = (("Content-Encoding", coding),) if coding else ()
    packed = gzip.compress(body, mtime=0) if coding == "gzip" else body
    endpoint.response = Response(status, (*fields, *coded, *framing), packed, reason)
    assert parsed(sent_to(through, asking())) == parsed(sent_to(url, asking()))


@given(
    fields=FIELDS,
    raw_id=st.text(string.printable[:94] + "é", min_size=1, max_size=30),
    method=st.sampled_from(["GET", "POST"]),
    body=st.binary(max_size=200),
)
def test_the_endpoint_gets_what_was_sent(
    both: tuple[Endpoint, str, str], fields: Headers, raw_id: str, method: str, body: bytes
) -> None:
    """Method, target, header fields in their order and case, and body of any request; only Host is another."""
    endpoint, _, through = both
    endpoint.response = Response(200)
    target = f"/hpp/v1/sessions/{raw_id}"
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields)
    lines += f"Content-Length: {len(body)}\r\nConnection: close\r\n"
    request = f"{method} {target} HTTP/1.1\r\nHost: client.example\r\n{lines}\r\n"
    sent_to(through, request.encode("latin-1") + body)
    got = endpoint.got[-1]
    assert (got.method, got.url.partition("/hpp/")[2], got.body) == (method, target.partition("/hpp/")[2], body)
    host = values(got.headers, "host")
    assert got.headers == (("Host", host[0]), *fields, ("Content-Length", str(len(body))))
    assert host != ["client.example"]


def test_fields_of_a_connection_end_here() -> None:
    """What is about one connection, and what Connection names, is not passed on (RFC 9110 §7.6.1)."""
    fields = (
        ("Connection", "close, X-Hop"),
        ("x-hop", "1"),
        ("Keep-Alive", "timeout=5"),
        ("TE", "trailers"),
        ("Upgrade", "h2c"),
        ("Proxy-Connection", "close"),
        ("Transfer-Encoding", "chunked"),
        ("Via", "1.1 other"),
    )
    assert end_to_end(fields) == (("Via", "1.1 other"),)


def test_a_request_in_chunks_gets_a_length() -> None:
    """Chunks are of a connection; the body is the same."""
    with answering(Response(200)) as (url, got), proxying(url) as proxied:
        chunks = "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
        sent_to(proxied.url, f"GET {WAITING} HTTP/1.1\r\nHost: x\r\n{chunks}")
    assert got[0].body == b"abc"
    assert got[0].headers[1:] == (("Content-Length", "3"),)


@pytest.mark.parametrize("target", ["http://other.example/hpp/v1/sessions/x", "/hpp/v1/sessions/x?a=b#c"])
def test_the_target_is_passed_on(target: str) -> None:
    """A target in its absolute form goes to the endpoint all the same; a query stays."""
    with answering(Response(200)) as (url, got), proxying(url) as proxied:
        sent_to(proxied.url, asking(target))
    assert got[0].url == url + "/" + target.partition("://")[2].partition("/")[2] if "://" in target else url + target


def test_a_path_of_the_endpoint_comes_first() -> None:
    """What `--to` has of a path is put before the client's, and its own prefix is known to be wrong then."""
    with Server() as server, proxying(f"{server.url}/eu") as proxied:
        assert b"WAITING" in sent_to(proxied.url, asking())
        assert b"WAITING" in sent_to(proxied.url, asking(f"/x{WAITING}"))
    assert {rule.id for rule, found in proxied.announced if "request 2" in found.evidence} == {"HPP-R02"}
    assert [each.request.path for each in server.log] == [f"/eu{WAITING}", f"/eu/x{WAITING}"]


def test_no_field_is_added() -> None:
    """A response has no Date, Server or Via that the endpoint did not send."""
    with answering(Response(200, (), b"{}")) as (url, _), proxying(url) as proxied:
        answer = sent_to(proxied.url, asking())
    assert answer == b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


def test_an_old_client_gets_no_chunks() -> None:
    """A client of HTTP/1.0 can read what came in chunks."""
    with answering(Response(200, (("Transfer-Encoding", "chunked"),), b"{}")) as (url, _), proxying(url) as proxied:
        answer = sent_to(proxied.url, f"GET {WAITING} HTTP/1.0\r\n\r\n")
    assert answer == b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"


@pytest.mark.parametrize(
    "framing", ["Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n4\r\nfour\r\n0\r\n\r\n", "\r\nfour"]
)
def test_a_length_that_is_wrong_or_missing(framing: str) -> None:
    """A length beside chunks does not count (RFC 9112 §6.3), and a body that ends with its connection has none."""

    def speak(connection: socket.socket) -> None:
        connection.sendall(f"HTTP/1.1 200 OK\r\nX: 1\r\n{framing}".encode())

    with speaking(speak) as url, proxying(url) as proxied:
        answer = sent_to(proxied.url, asking())
    assert parsed(answer)[1:] == ([("X", "1"), ("Content-Length", "4")], b"four")


def test_a_length_that_is_no_number_ends_the_connection() -> None:
    """It reaches the client as it is, which must not take the next answer for a part of this one."""

    def speak(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: four\r\n\r\nfour")

    with speaking(speak) as url, proxying(url) as proxied:
        answer = sent_to(proxied.url, f"GET {WAITING} HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer == b"HTTP/1.1 200 OK\r\nContent-Length: four\r\nConnection: close\r\n\r\nfour"


def test_interim_answers_are_passed_over() -> None:
    """The answer is what comes after early hints."""

    def speak(connection: socket.socket) -> None:
        hint = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        connection.sendall(hint + hint + b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    with speaking(speak) as url, proxying(url) as proxied:
        assert parsed(sent_to(proxied.url, asking())) == (b"HTTP/1.1 200 OK", [("Content-Length", "2")], b"{}")


# --- What is refused


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("HEAD", WAITING, 405),
        ("POST", WAITING, 405),
        ("DELETE", WAITING, 405),
        ("OPTIONS", "*", 404),
        ("GET", "/hpp/v1/sessions", 404),
        ("GET", "/checkout/v3/orders/1", 404),
        ("POST", "/hpp/v1/sessions", 404),
    ],
)
def test_other_requests_are_refused(method: str, target: str, status: int) -> None:
    """The endpoint gets none of them, and the client one sentence; nothing was read."""
    with answering(Response(200)) as (url, got), proxying(url) as proxied:
        answer = sent_to(proxied.url, asking(target, method=method))
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert answer.endswith(b"--pass to let other requests through.\n") is (method != "HEAD")
    assert (b"\r\nAllow: GET\r\n" in answer) is (status == 405)
    assert got == []
    report = proxied.report
    assert f"1 other request not passed on ({status}: 1): --pass lets them through, unjudged." in report.notes
    assert report.exit_code == (1 if method == "POST" and target == WAITING else 3)
    assert not_none(report.unverified).startswith("no read came through the proxy: point a client at http://127.0.0.1:")


@pytest.mark.parametrize(("method", "target"), [("HEAD", WAITING), ("POST", WAITING), ("GET", "/checkout/v3/orders/1")])
def test_other_requests_are_let_through(method: str, target: str) -> None:
    """With --pass the endpoint answers them, and nobody judges that."""
    with answering(Response(201, (("X-Odd", "1"),), b"no session")) as (url, got):
        with proxying(url, pass_others=True) as proxied:
            answer = sent_to(proxied.url, asking(target, method=method))
        assert parsed(answer)[0] == b"HTTP/1.1 201 Created"
        assert answer.endswith(b"no session") is (method != "HEAD")
        assert [each.method for each in got] == [method]
    assert proxied.announced == []
    assert proxied.report.notes == ("1 other request let through, unjudged.",)
    assert proxied.report.exit_code == 3


def test_the_answer_to_head_has_no_length_of_ours() -> None:
    """How long the body of a GET would be, the proxy does not know."""

    def speak(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX: 1\r\nTransfer-Encoding: chunked\r\n\r\n")

    with speaking(speak) as url, proxying(url, pass_others=True) as proxied:
        answer = sent_to(proxied.url, asking(method="HEAD"))
    assert answer == b"HTTP/1.1 200 OK\r\nX: 1\r\nConnection: close\r\n\r\n"


def test_what_is_no_request_is_refused_by_the_proxy() -> None:
    """It says so itself, and not in the endpoint's name."""
    with answering(Response(200)) as (url, got), proxying(url) as proxied:
        refused = sent_to(proxied.url, "nonsense\r\n\r\n")
    assert refused.startswith(b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n")
    assert refused.endswith(b"\r\n\r\nhpp-contract proxy: Bad Request.\n")
    assert got == []


LIVE = "Authorization: Basic kco_live_api_0123456789\r\n"


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("allowed", [False, True])
def test_live_keys_are_for_production_only(allowed: bool, method: str) -> None:
    """A live key goes nowhere unless --allow-production says so, and then with reads only."""
    with answering(Response(200)) as (url, got), proxying(url, allow_production=allowed, pass_others=True) as proxied:
        answer = sent_to(proxied.url, asking(headers=LIVE, method=method))
    passed = allowed and method == "GET"
    assert len(got) == passed
    assert answer.startswith(b"HTTP/1.1 200" if passed else b"HTTP/1.1 403")
    assert (b"kco_live_api_\xe2\x80\xa6): use a test key" in answer) is not allowed
    assert (b"kco_live_api_\xe2\x80\xa6): nothing else is done there" in answer) is (allowed and not passed)


# --- An endpoint that fails, and a client that leaves


def closes(connection: socket.socket) -> None:
    connection.close()


def garbage(connection: socket.socket) -> None:
    connection.sendall(b"SSH-2.0-OpenSSH\r\n\r\n")


def halts(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")
    connection.recv(9)


def is_silent(connection: socket.socket) -> None:
    connection.recv(9)


def floods(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b" " * 1_000_000)


@pytest.mark.parametrize(
    ("speak", "word"),
    [(closes, "reset"), (garbage, "garbage"), (halts, "timeout"), (is_silent, "timeout"), (floods, "oversized")],
    ids=lambda each: getattr(each, "__name__", each),
)
def test_an_endpoint_that_fails(speak: object, word: str) -> None:
    """It is the client's 502, with one sentence, and nobody's broken rule."""
    with speaking(speak) as url, proxying(url, timeout=0.2 if word == "timeout" else 60) as proxied:  # type: ignore[arg-type]
        answer = sent_to(proxied.url, asking())
    assert answer.startswith(b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain; charset=utf-8\r\n")
    assert parsed(answer)[2].startswith(b"hpp-contract proxy: 127.0.0.1:")
    report = proxied.report
    assert report.exit_code == 3
    assert proxied.reported == set()
    assert report.notes[1] == f"1 read got 502 from the proxy, because the endpoint did not answer ({word}: 1)."
    assert not_none(report.unverified).startswith("no session was read: 127.0.0.1:")


def test_nobody_listens() -> None:
    """So is an endpoint that is not there."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with proxying(f"http://127.0.0.1:{port}") as proxied:
        answer = sent_to(proxied.url, asking())
    assert b"refuses connections: check host and port" in answer
    assert proxied.report.exit_code == 3


@pytest.mark.parametrize("framing", ["Content-Length: 90\r\n\r\n{", "Transfer-Encoding: chunked\r\n\r\n9\r\n{"])
def test_half_a_body_reaches_the_client_and_is_judged(framing: str) -> None:
    """An answer that is cut is the API's own: the client gets as much as it would have got, and the rule is broken."""

    def speak(connection: socket.socket) -> None:
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{framing}".encode())

    with speaking(speak) as url, proxying(url) as proxied:
        answer = sent_to(proxied.url, f"GET {WAITING} HTTP/1.1\r\nHost: x\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert body == b"{"
    assert int(head.lower().partition(b"content-length: ")[2].split()[0]) > 1
    assert "HPP-H14" in proxied.broken & proxied.reported


def test_a_connection_that_was_closed_meanwhile_costs_no_read() -> None:
    """A kept connection that the endpoint closed is replaced by another one."""
    with Server() as server, proxying(server.url) as proxied:
        assert b"WAITING" in sent_to(proxied.url, asking())
        server._listener.stop()
        port = server._listener.server_address[1]
        with Server(port=port):
            assert b"WAITING" in sent_to(proxied.url, asking())
    assert proxied.report.exit_code == 0


def test_a_client_that_hangs_up() -> None:
    """Nobody is to be blamed, the endpoint's answer is judged, and the next client is served."""
    asked, answered = threading.Event(), threading.Event()

    def application(request: Request) -> Exchange:
        asked.set()
        assert answered.wait(60)
        return server.application(request)

    with Server() as server:
        listener = Listener(0, application, None)
        try:
            with proxying(listener.origin) as proxied:
                with socket.create_connection(("127.0.0.1", int(proxied.url.rpartition(":")[2]))) as connection:
                    connection.sendall(asking().encode())
                    assert asked.wait(60)
                answered.set()
                assert b"WAITING" in sent_to(proxied.url, asking())
                wait_for(lambda: proxied.observer._reads == 2)  # the answer to nobody may come last
        finally:
            listener.stop()
    assert proxied.report.exit_code == 0
    assert proxied.report.notes == ("2 reads passed through the proxy.",)


def test_the_end_waits_for_no_answer() -> None:
    """A proxy that ends while the endpoint is silent blames nobody, and leaves no thread behind."""
    before = threading.active_count()
    asked = threading.Event()

    def speak(connection: socket.socket) -> None:
        asked.set()
        connection.recv(9)

    with speaking(speak) as url:
        with proxying(url) as proxied:
            connection = socket.create_connection(("127.0.0.1", int(proxied.url.rpartition(":")[2])))
            connection.sendall(asking().encode())
            assert asked.wait(60)
        connection.close()
        assert proxied.report.notes == ()
    wait_for(lambda: threading.active_count() <= before)


@pytest.fixture
def _untraced() -> Iterator[None]:
    """Threads that coverage does not follow: where hundreds start at once, it ends some of them by an error."""
    before = threading.gettrace()
    threading.settrace(None)
    yield
    threading.settrace(before)


@pytest.mark.usefixtures("_untraced")
def test_two_hundred_connections_at_once() -> None:
    """Each client gets the session that it asked for, and the right number was judged."""
    names = [name for name in SCENARIOS if SCENARIOS[name].refused is None]
    with Server() as server, proxying(server.url) as proxied:
        place = ("127.0.0.1", int(proxied.url.rpartition(":")[2]))
        wanted = [session_id(names[number % len(names)]) for number in range(200)]
        with contextlib.ExitStack() as opened:
            clients = [opened.enter_context(socket.create_connection(place, timeout=60)) for _ in wanted]
            for client, each in zip(clients, wanted, strict=True):
                client.sendall(asking(f"/hpp/v1/sessions/{each}").encode())
            answers = [b"".join(iter(lambda: client.recv(65536), b"")) for client in clients]  # noqa: B023  called at once
    for answer, each in zip(answers, wanted, strict=True):
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert each.encode() in answer
    assert proxied.report.notes == ("200 reads passed through the proxy.",)
    assert CREDENTIALS.api_key not in repr(proxied.report)
