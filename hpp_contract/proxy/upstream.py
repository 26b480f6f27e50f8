"""The endpoint's side of the proxy: one request as bytes, and the answer as it came.

This is the standard library's reader of responses over sockets of our own: Requests and urllib3 put header fields in
another order and add some, and `http.client` refuses targets that a wrong client sends and the endpoint is to see.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import re
import selectors
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import urlsplit

import requests
import requests.utils
from urllib3.exceptions import ProxyError
from urllib3.util import make_headers

from hpp_contract.engine.errors import UsageProblem, system_refusal
from hpp_contract.model import Request, Response
from hpp_contract.model.exchange import is_loopback
from hpp_contract.probe.wire import MAX_BODY, TOTAL_TIMEOUT_FACTOR, TransportError, classify_error

LIMIT_S: Final = 60.0
"""Seconds without a byte after which the endpoint counts as silent. Kustom's own gateway gives up after 30."""

MAX_IDLE: Final = 64
"""Connections to the endpoint that are kept open for the next request."""

_CHUNK: Final = 65536
_FOLD: Final = re.compile(r"\r?\n[ \t]*|[\r\0]")
"""What continues a field on the next line: it is passed on as a space (RFC 9112 §5.2)."""

_SAFE: Final = ("GET", "HEAD", "OPTIONS")
"""Methods that may be sent again when a kept connection turns out to be closed (RFC 9110 §9.2.2)."""


@dataclass(frozen=True)
class Failure:
    """No response came: why, as one `word`, and as a `sentence` that is safe to print."""

    word: str
    sentence: str


class Upstream:
    """Connections to the endpoint at `base_url`, opened when needed; safe to use from any thread.

    `timeout` seconds are for connecting and for each read. Raises UsageProblem when the environment names a file of
    authorities that does not exist.
    """

    def __init__(self, base_url: str, timeout: float = LIMIT_S) -> None:
        parts = urlsplit(base_url)
        self.netloc = parts.netloc
        self._host, self._tls = parts.hostname or "", parts.scheme == "https"
        self._port = parts.port or (443 if self._tls else 80)
        self._timeout = timeout
        settings = requests.Session().merge_environment_settings(base_url, {}, None, None, None)
        self._context = _trusting(settings["verify"]) if self._tls else None
        proxies = {} if is_loopback(self._host) else settings["proxies"]
        self._proxy = requests.utils.select_proxy(base_url, proxies) if self._tls else None
        self._lock = threading.Lock()
        self._idle: list[socket.socket] = []
        self._busy: set[socket.socket] = set()
        self._closed = False

    def send(self, request: Request, target: str) -> Response | Failure:
        """Send the request's method, header fields and body with this target, and read the response to it. Nothing that
        the network does is raised."""
        head = f"{request.method} {target} HTTP/1.1\r\n" + "".join(map(_line, request.headers)) + "\r\n"
        content = head.encode("latin-1") + request.body
        kept = self._kept() if request.method in _SAFE else None
        try:
            if kept is not None:
                with contextlib.suppress(ConnectionError, ssl.SSLError):  # it was closed meanwhile: nothing came of it
                    return self._exchange(kept, request.method, content)
            return self._exchange(self._opened(), request.method, content)
        except Exception as error:  # whatever a library raises about the network
            return self._failure(error)

    def close(self) -> None:
        """Close every connection, also those on which an answer is awaited."""
        with self._lock:
            self._closed = True
            connections = [*self._idle, *self._busy]
        for connection in connections:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)  # not SSLSocket's, which is not thread-safe
        for connection in self._idle:
            connection.close()

    def _failure(self, error: Exception) -> Failure:
        if refused := system_refusal(error):
            return Failure("failed", str(refused))
        found = classify_error(error)
        return Failure(found.word, found.sentence(self.netloc))

    def _kept(self) -> socket.socket | None:
        """A connection of an earlier request on which the endpoint said nothing since, such as that it is closed."""
        while True:
            with self._lock:
                if not self._idle:
                    return None
                connection = self._idle.pop()
                self._busy.add(connection)
            if _is_quiet(connection):
                return connection
            self._drop(connection)

    def _opened(self) -> socket.socket:
        connection = self._connection()
        try:
            connection.connect()
        except OSError as error:
            if self._proxy is None or isinstance(error, ssl.SSLError):
                raise
            raise ProxyError("no tunnel", error) from error
        opened: socket.socket = connection.sock
        with self._lock:
            if not self._closed:
                self._busy.add(opened)
                return opened
        opened.close()
        raise ConnectionAbortedError

    def _connection(self) -> http.client.HTTPConnection:
        if self._context is None:
            return http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
        if self._proxy is None:
            return http.client.HTTPSConnection(self._host, self._port, timeout=self._timeout, context=self._context)
        place = urlsplit(self._proxy)
        tunnel = http.client.HTTPSConnection(
            place.hostname or "", place.port or 80, timeout=self._timeout, context=self._context
        )
        known = ":".join(requests.utils.get_auth_from_url(self._proxy))
        tunnel.set_tunnel(self._host, self._port, make_headers(proxy_basic_auth=known) if known != ":" else {})
        return tunnel

    def _exchange(self, connection: socket.socket, method: str, content: bytes) -> Response | Failure:
        reusable = False
        try:
            connection.settimeout(self._timeout)
            connection.sendall(content)
            received = _Received(connection, self._timeout)
            answer = http.client.HTTPResponse(cast("socket.socket", received), method=method)
            try:
                response = self._read(answer)
            finally:
                answer.close()
            reusable = isinstance(response, Response) and response.complete and not answer.will_close
            return response
        finally:
            if reusable:
                self._keep(connection)
            else:
                self._drop(connection)

    def _read(self, answer: http.client.HTTPResponse) -> Response | Failure:
        answer.begin()
        while 100 <= answer.status < 200 and answer.status != http.client.SWITCHING_PROTOCOLS:
            answer.headers = answer.msg = None  # type: ignore[assignment]  # it begins anew, with what follows
            answer.begin()
        body, whole = _read(answer)
        if len(body) > MAX_BODY:
            return Failure("oversized", TransportError("oversized").sentence(self.netloc))
        return Response(answer.status, tuple(answer.headers.items()), body, answer.reason, whole)

    def _keep(self, connection: socket.socket) -> None:
        with self._lock:
            self._busy.discard(connection)
            if len(self._idle) < MAX_IDLE and not self._closed:
                self._idle.append(connection)
                return
        connection.close()

    def _drop(self, connection: socket.socket) -> None:
        with self._lock:
            self._busy.discard(connection)
        connection.close()


def _trusting(verify: bool | str | None) -> ssl.SSLContext:
    """A context that trusts what Requests would: the authorities that the environment names, else Mozilla's."""
    place = verify if isinstance(verify, str) else requests.utils.DEFAULT_CA_BUNDLE_PATH
    if not Path(place).exists():
        raise UsageProblem("REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names a file of authorities that does not exist.")
    if Path(place).is_dir():
        return ssl.create_default_context(capath=place)
    return ssl.create_default_context(cafile=place)


def _is_quiet(connection: socket.socket) -> bool:
    """Whether nothing has come on this connection, not even its end."""
    with selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_READ)
        return not selector.select(0)


def _line(field: tuple[str, str]) -> str:
    return f"{field[0]}: {_FOLD.sub(' ', field[1])}\r\n"


class _Received(io.RawIOBase):
    """What comes on a connection: waited for at most `timeout` seconds, and for all of it three times as long."""

    def __init__(self, connection: socket.socket, timeout: float) -> None:
        self._connection, self._timeout = connection, timeout
        self._end = time.monotonic() + TOTAL_TIMEOUT_FACTOR * timeout

    def makefile(self, _mode: str) -> io.BufferedReader:
        """As a socket's."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        remaining = self._end - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        self._connection.settimeout(min(self._timeout, remaining))
        return self._connection.recv_into(buffer)


def _read(answer: http.client.HTTPResponse) -> tuple[bytes, bool]:
    """The body without its transfer coding, and whether it is complete."""
    body = bytearray()
    try:
        while len(body) <= MAX_BODY:
            piece = answer.read1(_CHUNK)
            if not piece:
                return bytes(body), not answer.length
            body += piece
    except (http.client.IncompleteRead, ConnectionError, ssl.SSLError):  # the connection ended before the body did
        return bytes(body), False
    return bytes(body), True
