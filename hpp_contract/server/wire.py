"""HTTP/1.1 over real sockets: requests as bytes in, an application's exchanges as bytes out, faults included.

This is the standard library's server, because Werkzeug's closes every connection and adds 10 ms to each request. Here
connections stay open, a response is one write, paths arrive undecoded, and a fault can reset the connection, stall, or
send what is not HTTP.
"""

from __future__ import annotations

import contextlib
import io
import logging
import re
import select
import selectors
import socket
import socketserver
import ssl
import struct
import sys
import threading
import time
from collections.abc import Callable
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, BinaryIO, Final, cast

from hpp_contract.cases.responses import dated, refusal
from hpp_contract.engine.errors import SystemRefused, system_refusal
from hpp_contract.model import Exchange, Headers, Request, Response
from hpp_contract.model.clock import Clock, system_clock
from hpp_contract.model.exchange import first, reason_phrase

MAX_STALL_S: Final = 60.0
"""Seconds after which a stalled answer ends, when neither the client nor the server's closing ends it."""

MAX_BODY: Final = 1024 * 1024
"""Bytes of request body that are read. A GET has no body, so this is for clients that send one by mistake."""

PROMISED_MORE: Final = 30
"""Bytes that an incomplete response announces and never sends."""

_HANDSHAKE_LIMIT_S: Final = 10.0
_REFUSED_PAUSE_S: Final = 0.05
MAX_CONNECTIONS: Final = 256
"""Connections at a time, each with a thread: the next is answered with 503."""

"""Seconds until the next connection is accepted after one that the system refused to open."""

_MAX_LINE: Final = 65536
_MAX_TRAILERS: Final = 100
_LINE_BREAKS: Final = re.compile(r"[\r\n\0]")
_NOT_TOKEN: Final = re.compile(r"[^!#$%&'*+\-.^_`|~0-9A-Za-z]")

_GARBAGE: Final = b"\x15\x03\x01 this is not HTTP\r\n\r\n"
_HOST: Final = re.compile(r"[A-Za-z0-9.\-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)


LOOPBACK: Final = "127.0.0.1"
EVERY_ADDRESS: Final = "0.0.0.0"  # noqa: S104  only where somebody asks for it
"""What to listen on: what only this machine reaches, and every address of it."""


class Listener(ThreadingHTTPServer):
    """Accepts connections on IPv4, on loopback unless told, and answers each in a thread; `stop` ends them all. What
    is no request that an application could answer, and a connection too many, gets what `refuse` makes of a status, by
    default the reference server's error answer.

    `refused` is what the system refused to a connection, which was then closed; the others are served. `failed` counts
    the TLS handshakes that came to nothing; `spoken_to` says whether anything came that was meant for a server of HTTP,
    in a handshake's place or after it.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        port: int,
        application: Callable[[Request], Exchange],
        tls: ssl.SSLContext | None,
        clock: Clock = system_clock,
        host: str = LOOPBACK,
        refuse: Callable[[int], Response] | None = None,
    ) -> None:
        self.application = application
        self._refuse = refuse
        self.clock = clock
        self.tls = tls
        self._connections: dict[threading.Thread, socket.socket] = {}
        self._busy: set[threading.Thread] = set()
        self._accepts = False
        self._lock = threading.Lock()
        self.refused: SystemRefused | None = None
        self.failed = 0
        self.spoken_to = False
        self.timeout = 0
        with contextlib.ExitStack() as undo:
            self._waker, self._wake = map(undo.enter_context, socket.socketpair())
            # serve_forever() polls for its end and so takes up to half a second; a second socket ends this at once.
            self._selector = undo.enter_context(selectors.DefaultSelector())
            self._spare = undo.enter_context(socket.socket())
            super().__init__((host, port), _Connection)
            undo.callback(self.server_close)
            self._selector.register(self, selectors.EVENT_READ)
            self._selector.register(self._wake, selectors.EVENT_READ)
            self._accepting = threading.Thread(target=self._accept, name="hpp-contract server", daemon=True)
            self._accepting.start()
            undo.pop_all()

    def server_bind(self) -> None:
        """Bind without asking DNS for this machine's name, as HTTPServer would."""
        socketserver.TCPServer.server_bind(self)

    @property
    def origin(self) -> str:
        address, port = str(self.server_address[0]), self.server_address[1]
        return f"{'https' if self.tls else 'http'}://{LOOPBACK if address == EVERY_ADDRESS else address}:{port}"

    def _accept(self) -> None:
        with self._selector:
            while all(key.fileobj is not self._wake for key, _ in self._selector.select()):
                self._accepts = True
                self.handle_request()
                self._accepts = False

    @property
    def is_settled(self) -> bool:
        """Whether everything that was sent to this server so far has come to the application, and what was to be closed
        is.

        In this order: a connection that waits, one that is being accepted, one from which a request is being read.
        """
        waiting, _, _ = select.select([self.socket], [], [], 0)
        if waiting or self._accepts:
            return False
        with self._lock:
            idle = [connection for thread, connection in self._connections.items() if thread not in self._busy]
            return not self._busy and not _readable(idle)

    def mark(self, *, busy: bool) -> None:
        """Note whether this thread's connection may have something for the application."""
        with self._lock:
            if busy:
                self._busy.add(threading.current_thread())
            else:
                self._busy.discard(threading.current_thread())

    def get_request(self) -> tuple[socket.socket, Any]:
        """The next connection. Raises OSError, which the base class takes for a connection that came to nothing."""
        try:
            return super().get_request()
        except OSError as error:
            if refused := system_refusal(error):
                self.refused = refused
                self._turn_away()
            raise

    def _turn_away(self) -> None:
        """Close a connection that there is no file for, using the spare file, so that its client need not wait."""
        self._spare.close()
        with contextlib.suppress(OSError):
            super().get_request()[0].close()
        with contextlib.suppress(OSError):
            self._spare = socket.socket()
        time.sleep(_REFUSED_PAUSE_S)

    def process_request(self, request: Any, client_address: Any) -> None:
        if len(self._connections) >= MAX_CONNECTIONS:
            self._turn_down(request)
            return
        thread = threading.Thread(target=self._converse, args=(request, client_address), daemon=True)
        with self._lock:
            self._connections[thread] = request
            self._busy.add(thread)
        try:
            thread.start()
        except BaseException:
            with self._lock:
                del self._connections[thread]
                self._busy.discard(thread)
            raise

    def refusal(self, status: int) -> Response:
        """What is answered with this status to a request that the application does not get."""
        return self._refuse(status) if self._refuse is not None else dated(refusal(status), self.clock())

    def _turn_down(self, connection: socket.socket) -> None:
        """Answer a connection beyond the most with 503; over TLS just close it."""
        with contextlib.suppress(OSError):
            if self.tls is None:
                connection.settimeout(_REFUSED_PAUSE_S)
                connection.sendall(serialize(self.refusal(503), closing=True))
                connection.recv(_MAX_LINE)  # what is not read would reset the connection before its client has read
        self.shutdown_request(connection)

    def _converse(self, request: Any, client_address: Any) -> None:
        try:
            self.process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._connections.pop(threading.current_thread(), None)
                self._busy.discard(threading.current_thread())

    def secured(self, connection: socket.socket) -> None:
        """Note the TLS socket that took the place of this thread's plain one."""
        with self._lock:
            self._connections[threading.current_thread()] = connection

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  the base class's signature
        """Note what the system refused, or log in one line what went wrong here. A client that left is expected."""
        error = cast("BaseException", sys.exc_info()[1])
        if refused := system_refusal(error):
            self.refused = refused
        elif not isinstance(error, OSError):
            logging.getLogger("hpp_contract.server").error(
                "a connection ended by an internal error: %s", type(error).__name__
            )

    def stop(self) -> None:
        """End every connection and thread and free the port."""
        self._waker.close()
        self._accepting.join(timeout=5)  # without memory for a thread, starting one may never return
        self.server_close()
        self._spare.close()
        self._wake.close()
        with self._lock:
            open_connections = dict(self._connections)
        for connection in open_connections.values():
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)  # not SSLSocket's, which is not thread-safe
        for thread in open_connections:
            thread.join(timeout=5)


def _readable(connections: list[socket.socket]) -> bool:
    """Whether anything has come on one of these that nobody has read."""
    with selectors.DefaultSelector() as selector, contextlib.suppress(OSError, ValueError):  # one was closed meanwhile
        for connection in connections:
            selector.register(connection, selectors.EVENT_READ)
        return bool(selector.select(0))
    return False


class _Received(io.RawIOBase):
    """What comes on a connection. It is marked as busy before anything is taken from it, so that no request is ever
    neither on its way nor with the application."""

    def __init__(self, connection: socket.socket, listener: Listener) -> None:
        self._connection = connection
        self._listener = listener

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not getattr(self._connection, "pending", int)():  # what TLS has decrypted already
            self._listener.mark(busy=False)
            with selectors.DefaultSelector() as selector:
                selector.register(self._connection, selectors.EVENT_READ)
                selector.select()
            self._listener.mark(busy=True)
        count = self._connection.recv_into(buffer)
        self._listener.spoken_to |= count > 0
        return count


class _Connection(BaseHTTPRequestHandler):
    """One client's connection: reads requests, sends what the application answers."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @property
    def _listener(self) -> Listener:
        return cast("Listener", self.server)

    def setup(self) -> None:
        if self._listener.tls is not None:
            self.request = self._listener.tls.wrap_socket(self.request, server_side=True, do_handshake_on_connect=False)
            self._listener.secured(self.request)
            self.request.settimeout(_HANDSHAKE_LIMIT_S)
            try:
                self.request.do_handshake()
            except OSError as error:
                self._listener.spoken_to |= getattr(error, "reason", "") == "HTTP_REQUEST"
                self._listener.failed += 1
                self.request.close()
                raise
            self.request.settimeout(None)
        super().setup()
        self.rfile.close()
        self.rfile = io.BufferedReader(_Received(self.connection, self._listener))

    def finish(self) -> None:
        super().finish()
        if self._listener.tls is not None:
            self.request.close()  # the server closes only the plain socket that this one replaced

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(_MAX_LINE + 1)
        if len(self.raw_requestline) > _MAX_LINE:
            self.requestline, self.request_version, self.command = "", "", ""
            self.send_error(414)
        elif not self.raw_requestline:
            self.close_connection = True
        elif self.parse_request():
            self._answer()
            if self.close_connection:  # busy until it is closed
                self._listener.mark(busy=True)

    def _answer(self) -> None:
        try:
            body = read_body(cast("Any", self.rfile), self.headers)
        except Refused as refused:
            self.send_error(refused.status)
            return
        headers = tuple((name, str(value)) for name, value in self.headers.items())
        # Not self.path: parse_request() has merged its leading slashes.
        target = self.requestline.split()[1]
        exchange = self._listener.application(Request(self.command, self._url(target), headers, body))
        if exchange.elapsed or (exchange.response is not None and exchange.response.pauses):
            self._listener.mark(busy=False)  # nobody waits for what is sent late
        self._send(exchange)

    def _url(self, target: str) -> str:
        """The absolute URL asked for, nothing in it decoded or merged."""
        if not target.startswith("/"):
            return target if "://" in target else f"{self._listener.origin}/{target}"
        host = self.headers.get("Host", "")
        scheme, own = self._listener.origin.split("://")
        return f"{scheme}://{host if _HOST.fullmatch(host) else own}{target}"

    def _send(self, exchange: Exchange) -> None:
        if exchange.elapsed and self._interrupted(exchange.elapsed):
            self.close_connection = True
        elif exchange.response is None or self._respond(exchange.response):
            self._fail(exchange)

    def _respond(self, response: Response) -> bool:
        """Send the response, in pieces where it pauses; whether the client stayed to the end."""
        self.close_connection = self.close_connection or ends_connection(response)
        content = serialize(response, to_head=self.command == "HEAD", closing=self.close_connection)
        first, *further = pieces(content, len(response.pauses))
        self.connection.sendall(first)
        for seconds, piece in zip(response.pauses, further, strict=True):
            if self._interrupted(seconds):
                self.close_connection = True
                return False
            self.connection.sendall(piece)
        return True

    def _fail(self, exchange: Exchange) -> None:
        """Fail as the exchange failed, after whatever was sent. Does nothing when it did not fail."""
        failure = exchange.failure
        self.close_connection = self.close_connection or exchange.response is None or failure is not None
        if failure == "timeout":
            self._interrupted(MAX_STALL_S)
        elif failure == "garbage":
            self.connection.sendall(_GARBAGE)
        elif failure == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self.connection.close()

    def _interrupted(self, seconds: float) -> bool:
        """Wait; whether the client left or the server closed meanwhile, both of which make the socket readable."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.connection, selectors.EVENT_READ)
            return bool(selector.select(seconds))

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Refuse an unreadable request, with an error object and in one write."""
        self.close_connection = True
        self.connection.sendall(serialize(self._listener.refusal(int(code)), closing=True))

    def log_message(self, *_: object) -> None:
        """The request log is the application's."""


class Refused(Exception):
    """A request whose body cannot be read; `status` says why."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def read_body(stream: BinaryIO, headers: Message) -> bytes:
    """The request's body without its transfer coding. Raises Refused with 400 or 413."""
    coding = headers.get("Transfer-Encoding")
    if coding is not None:
        if coding.strip().lower() != "chunked":
            raise Refused(400)
        return _chunks(stream)
    lengths = {value.strip() for value in headers.get_all("Content-Length", ["0"])}
    length = lengths.pop()
    if lengths or not re.fullmatch("[0-9]{1,18}", length):
        raise Refused(400)
    return _exactly(stream, int(length))


def _chunks(stream: BinaryIO) -> bytes:
    body = bytearray()
    while size := _chunk_size(stream):
        body += _exactly(stream, size, already=len(body))
        if stream.readline(3) not in (b"\r\n", b"\n"):
            raise Refused(400)
    for _ in range(_MAX_TRAILERS):
        if stream.readline(_MAX_LINE) in (b"\r\n", b"\n", b""):
            return bytes(body)
    raise Refused(400)


def _chunk_size(stream: BinaryIO) -> int:
    match = re.match(rb"[0-9A-Fa-f]{1,15}(?=[\s;])", stream.readline(_MAX_LINE))
    if match is None:
        raise Refused(400)
    return int(match[0], 16)


def _exactly(stream: BinaryIO, size: int, already: int = 0) -> bytes:
    if already + size > MAX_BODY:
        raise Refused(413)
    content = stream.read(size)
    if len(content) < size:
        raise Refused(400)
    return content


def serialize(response: Response, *, to_head: bool = False, closing: bool = False) -> bytes:
    """The whole response as bytes, faults included, to be written at once: two writes cost some clients 40 ms.

    `to_head` leaves the body out; `closing` announces that the connection ends here.
    """
    bodiless = response.status < 200 or response.status in (204, 304)
    headers = list(response.headers)
    if closing and first(response.headers, "connection") is None:
        headers.append(("Connection", "close"))
    unknown = to_head and not response.body  # how long the body of a GET would be
    if not bodiless and not unknown and not _framed(response.headers):
        headers.append(("Content-Length", str(len(response.body) + (0 if response.complete else PROMISED_MORE))))
    reason = response.reason or reason_phrase(response.status) or "Unassigned"
    head = _encode(f"HTTP/1.1 {response.status} {_LINE_BREAKS.sub(' ', reason)}")
    lines = b"".join(_encode(f"{_NOT_TOKEN.sub('', name)}: {_LINE_BREAKS.sub(' ', value)}") for name, value in headers)
    return head + lines + b"\r\n" + (b"" if bodiless or to_head else _response_body(response))


def pieces(content: bytes, pauses: int) -> list[bytes]:
    """Serialized bytes cut for this many pauses: the first piece ends within the body, whose rest is cut evenly."""
    start = content.index(b"\r\n\r\n") + 4
    step = max(1, (len(content) - start) // (pauses + 1))
    cuts = [start + step * number for number in range(1, pauses + 1)]
    return [content[one:two] for one, two in zip([0, *cuts], [*cuts, len(content)], strict=True)]


def ends_connection(response: Response) -> bool:
    """Whether nothing more can follow this response on its connection."""
    asked = "close" in (first(response.headers, "connection") or "").lower()
    return asked or not response.complete or response.status < 200


def _framed(headers: Headers) -> bool:
    """Whether a fault has set where the body ends, rightly or not."""
    return first(headers, "content-length") is not None or first(headers, "transfer-encoding") is not None


def _response_body(response: Response) -> bytes:
    if (first(response.headers, "transfer-encoding") or "").strip().lower() != "chunked":
        return response.body
    chunk = b"%x\r\n%b\r\n" % (len(response.body), response.body) if response.body else b""
    return chunk + (b"0\r\n\r\n" if response.complete else b"")


def _encode(line: str) -> bytes:
    try:
        return line.encode("latin-1") + b"\r\n"
    except UnicodeEncodeError:
        return line.encode("utf-8", "surrogateescape") + b"\r\n"
