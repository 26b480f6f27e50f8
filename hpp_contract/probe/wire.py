"""One request, byte for byte: the URL is sent as given, and the answer is kept as it came. Transport errors become one
word and one sentence each.

This uses Requests' transport adapter without its Session: a Session would add cookies and netrc credentials, normalize
the URL and, on a redirect, read the body itself. The sentences name the host and the remedy. They quote nothing that
came from the wire or from an exception, because that may hold credentials.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import requests
import urllib3.exceptions

from hpp_contract.engine.deadline import NEVER, Deadline
from hpp_contract.engine.errors import SystemRefused, UsageProblem, causes, system_refusal
from hpp_contract.model import Exchange, Headers, Instant, Request, Response
from hpp_contract.model.clock import Clock, system_clock
from hpp_contract.probe.connection import Connection

MAX_BODY: Final = 1_000_000
"""Bytes of body that are read: a session has a few hundred."""

MAX_IN_ALL: Final = 50_000_000
SMALL_BODY: Final = 20_000
"""Bytes of all bodies after which no more than SMALL_BODY is read of one: all of them are in memory."""

TOTAL_TIMEOUT_FACTOR: Final = 3
"""A whole exchange may take this many times the timeout for one of its steps."""

CUT_LIMIT_S: Final = 5.0
"""Seconds to wait for a thread whose connection was cut. One that resolves a name, or is about to connect, has none."""

_CHUNK: Final = 65536

TIMEOUT: Final = "timeout"
PLAIN: Final = "plain"

_NO_TLS: Final = frozenset(("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"))
"""What OpenSSL, in its versions, says of an answer that is no TLS."""

_WORDS: Final[tuple[tuple[str, tuple[type[BaseException], ...]], ...]] = (
    ("proxy", (urllib3.exceptions.ProxyError,)),
    ("tls", (ssl.SSLError, urllib3.exceptions.SSLError)),
    ("dns", (socket.gaierror, urllib3.exceptions.NameResolutionError, UnicodeError)),
    ("refused", (ConnectionRefusedError,)),
    (TIMEOUT, (TimeoutError, urllib3.exceptions.TimeoutError)),
    ("reset", (ConnectionError, http.client.RemoteDisconnected)),
    ("garbage", (http.client.HTTPException,)),
    ("unreachable", (OSError,)),
)
"""The first match names the failure. An error is matched together with its causes."""

_SENTENCES: Final = {
    "proxy": "the proxy in the environment did not let the request through to {host}: check HTTPS_PROXY and NO_PROXY.",
    "tls": "the TLS handshake with {host} failed{detail}: check its certificate, or let REQUESTS_CA_BUNDLE name the "
    "file of the authority that issued it.",
    PLAIN: "{host} speaks no TLS on this port: check the port, or write http:// before an address of this machine.",
    "dns": "the name {host} does not resolve: check the spelling, and DNS on this machine.",
    "refused": "{host} refuses connections: check host and port, and that the endpoint is running.",
    TIMEOUT: "{host} did not answer in time: check that this machine may reach it (firewall, proxy, VPN).",
    "reset": "{host} closed the connection without an answer: check that it speaks http or https on this port.",
    "garbage": "{host} answers something that is not HTTP: check the port.",
    "oversized": "{host} answers with more bytes than any session has: check that it is the API.",
    "unreachable": "{host} cannot be reached from here: check the network.",
    "failed": "{host} could not be read{detail}.",
}

HOST_WIDE: Final = frozenset({"proxy", "tls", PLAIN, "dns", "refused", "unreachable"})
"""Failures that no id or header causes: every other request would fail in the same way."""


@dataclass(frozen=True, slots=True)
class TransportError:
    """A transport error: its `word`, and a `detail` (such as why a certificate was refused) that is safe to print."""

    word: str
    detail: str = ""

    def sentence(self, host: str) -> str:
        """What happened and what to do, about `host`."""
        detail = f" ({self.detail})" if self.detail else ""
        return _SENTENCES[self.word].format(host=host, detail=detail)


def classify_error(error: BaseException) -> TransportError:
    """What kind of transport error an exception is."""
    chain = list(causes(error))
    for word, types in _WORDS:
        if any(isinstance(cause, types) for cause in chain):
            is_plain = any(
                isinstance(cause, ssl.SSLError) and getattr(cause, "reason", None) in _NO_TLS for cause in chain
            )
            return TransportError(PLAIN if is_plain else word, _certificate_problem(chain) if word == "tls" else "")
    return TransportError("failed", type(error).__name__)


def _certificate_problem(chain: list[BaseException]) -> str:
    found = next((cause for cause in chain if isinstance(cause, ssl.SSLCertVerificationError)), None)
    return (found.verify_message or "").split(",")[0] if found is not None else ""


@dataclass(frozen=True, slots=True)
class Sent:
    """An exchange, and the `error` in place of its response, if any."""

    exchange: Exchange
    error: TransportError | None = None


class Wire:
    """Keeps a connection to the endpoint at `base_url`. `timeout` seconds are for connecting and for each read; an
    exchange as a whole ends after three times that."""

    def __init__(self, base_url: str, timeout: float, *, direct: bool, clock: Clock = system_clock) -> None:
        """`direct` bypasses any proxy that the environment names; `clock` dates the exchanges."""
        settings = requests.Session().merge_environment_settings(base_url, {}, None, None, None)
        if isinstance(settings["verify"], str) and not Path(settings["verify"]).exists():
            raise UsageProblem("REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names a file of authorities that does not exist.")
        self._how: dict[str, Any] = {"verify": settings["verify"], "proxies": {} if direct else settings["proxies"]}
        self._base_url = base_url
        self._timeout = timeout
        self._clock = clock
        self._connection = Connection()
        self._received = 0

    def get(self, url: str, headers: Headers, deadline: Deadline = NEVER) -> Sent:
        """Send one GET and read its answer; never raises for what the network does. Raises SystemRefused, and OutOfTime
        when the time of the run is over before the answer is there."""
        return self.send(Request("GET", url, headers), deadline)

    def send(self, request: Request, deadline: Deadline = NEVER) -> Sent:
        """The same for any request. Anything but GET may only be sent to a session that this run created."""
        deadline.check()
        at, start = Instant(self._clock(), 9), time.perf_counter()
        outcome: list[Response | TransportError | SystemRefused] = []
        # Only a thread bounds all of this: name resolution has no timeout, and headers that drip never exceed one.
        worker = threading.Thread(target=self._work, args=(self._connection, request, outcome), daemon=True)
        worker.start()
        worker.join(min(TOTAL_TIMEOUT_FACTOR * self._timeout, deadline.left))
        result = outcome[0] if outcome else TransportError(TIMEOUT)
        if worker.is_alive():
            self._give_up(worker)
            deadline.check()
        if isinstance(result, SystemRefused):
            raise result
        elapsed = time.perf_counter() - start
        if isinstance(result, TransportError):
            return Sent(Exchange(request, None, result.word, at=at, elapsed=elapsed), result)
        return Sent(Exchange(request, result, at=at, elapsed=elapsed))

    def _give_up(self, worker: threading.Thread) -> None:
        """End the connection under the thread that waits for an answer, so that the thread ends too."""
        self._connection.cut()
        worker.join(CUT_LIMIT_S)
        self._connection.close()
        self._connection = Connection()

    def cut(self) -> None:
        """End the request that another thread waits for, if any."""
        self._connection.cut()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _work(
        self, connection: Connection, request: Request, outcome: list[Response | TransportError | SystemRefused]
    ) -> None:
        try:
            outcome.append(self._exchange(connection, request))
        except Exception as error:  # whatever a library raises about the network becomes a TransportError
            outcome.append(system_refusal(error) or classify_error(error))
        finally:
            connection.done()

    def _exchange(self, connection: Connection, request: Request) -> Response | TransportError:
        # Bytes where a key sent alone holds characters outside Latin-1, the default for header fields.
        fields = {name: value if value.isascii() else value.encode() for name, value in request.headers}
        prepared = requests.Request(request.method, self._base_url, fields, data=request.body or None).prepare()
        prepared.url = request.url
        answer = connection.adapter.send(prepared, stream=True, timeout=self._timeout, **self._how)
        raw = answer.raw
        try:
            limit = MAX_BODY if self._received < MAX_IN_ALL else SMALL_BODY
            body, whole = _read(raw, limit, time.monotonic() + TOTAL_TIMEOUT_FACTOR * self._timeout)
        finally:
            raw.close()
        self._received += len(body)
        if len(body) > limit:
            return TransportError("oversized")
        return Response(raw.status, tuple(raw.headers.items()), body, raw.reason or "", whole)


def _read(raw: Any, limit: int, deadline: float) -> tuple[bytes, bool]:
    """The body without its transfer coding, and whether it is complete; of more bytes than `limit` only the first."""
    body = bytearray()
    try:
        while len(body) <= limit:
            piece = raw.read1(_CHUNK, decode_content=False)
            if not piece:
                return bytes(body), True
            body += piece
            if time.monotonic() > deadline:
                raise TimeoutError
    except urllib3.exceptions.ProtocolError:  # the connection ended before the body did
        pass
    return bytes(body), False
