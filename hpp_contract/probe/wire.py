"""One request, byte for byte: the URL goes out as given, and what comes back is kept as it came.

Requests' transport adapter without its Session: a Session would add cookies and netrc credentials, normalize the URL
and, on a redirect, read the body itself.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hpp_contract.engine.errors import UsageProblem
from hpp_contract.engine.refusal import SystemRefused, system_refusal
from hpp_contract.model import Exchange, Headers, Instant, Request, Response
from hpp_contract.model.clock import Clock, system_clock
from hpp_contract.probe.transport import TIMEOUT, TransportError, classify_error

MAX_BODY: Final = 10_000_000
"""Bytes of body that are read: a session has a few hundred."""

TOTAL: Final = 3
"""A whole exchange may take this many times the timeout for one of its steps."""

_CHUNK: Final = 65536


@dataclass(frozen=True, slots=True)
class Sent:
    """An exchange, and the `trouble` that took the place of its response, if any."""

    exchange: Exchange
    trouble: TransportError | None = None


class Wire:
    """Keeps a connection to the endpoint at `base_url`. `timeout` seconds are for connecting and for each read; an
    exchange as a whole ends after three times that."""

    def __init__(self, base_url: str, timeout: float, *, direct: bool, clock: Clock = system_clock) -> None:
        """`direct` bypasses any proxy that the environment names; `clock` dates the exchanges."""
        import requests

        settings = requests.Session().merge_environment_settings(base_url, {}, None, None, None)
        if isinstance(settings["verify"], str) and not Path(settings["verify"]).exists():
            raise UsageProblem("REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names a file of authorities that does not exist.")
        self._how = {"verify": settings["verify"], "proxies": {} if direct else settings["proxies"]}
        self._base_url = base_url
        self._timeout = timeout
        self._clock = clock
        self._adapter = self._connect()

    @staticmethod
    def _connect() -> Any:
        from requests.adapters import HTTPAdapter

        return HTTPAdapter(pool_connections=1, pool_maxsize=1, max_retries=0)

    def get(self, url: str, headers: Headers) -> Sent:
        """Send one GET and read its answer; never raises for what the network does. Raises SystemRefused."""
        return self.send(Request("GET", url, headers))

    def send(self, request: Request) -> Sent:
        """The same for any request. Whoever sends anything but GET must know that the session is its own."""
        at, start = Instant(self._clock(), 9), time.perf_counter()
        outcome: list[Response | TransportError | SystemRefused] = []
        # Only a thread bounds all of it: name resolution has no timeout, and a header that drips never exceeds one.
        worker = threading.Thread(target=self._work, args=(request, outcome), daemon=True)
        worker.start()
        worker.join(TOTAL * self._timeout)
        if not outcome:
            self._adapter = self._connect()  # the abandoned thread still uses the old one
        result = outcome[0] if outcome else TransportError(TIMEOUT)
        if isinstance(result, SystemRefused):
            raise result
        elapsed = time.perf_counter() - start
        if isinstance(result, TransportError):
            return Sent(Exchange(request, None, result.word, at=at, elapsed=elapsed), result)
        return Sent(Exchange(request, result, at=at, elapsed=elapsed))

    def close(self) -> None:
        """Close the connection."""
        self._adapter.close()

    def _work(self, request: Request, outcome: list[Response | TransportError | SystemRefused]) -> None:
        try:
            outcome.append(self._exchange(request))
        except Exception as error:  # whatever a library raises about the network becomes a word
            outcome.append(system_refusal(error) or classify_error(error))

    def _exchange(self, request: Request) -> Response | TransportError:
        import requests

        # Bytes where a raw key holds what Latin-1, the default for header fields, cannot write.
        fields = {name: value if value.isascii() else value.encode() for name, value in request.headers}
        prepared = requests.Request(request.method, self._base_url, fields, data=request.body or None).prepare()
        prepared.url = request.url
        answer = self._adapter.send(prepared, stream=True, timeout=self._timeout, **self._how)
        raw = answer.raw
        try:
            body, whole = _read(raw, time.monotonic() + TOTAL * self._timeout)
        finally:
            raw.close()
        if len(body) > MAX_BODY:
            return TransportError("oversized")
        return Response(raw.status, tuple(raw.headers.items()), body, raw.reason or "", whole)


def _read(raw: Any, deadline: float) -> tuple[bytes, bool]:
    """The body without its transfer coding, and whether all that was promised came."""
    import urllib3.exceptions

    body = bytearray()
    try:
        while len(body) <= MAX_BODY:
            piece = raw.read1(_CHUNK, decode_content=False)
            if not piece:
                return bytes(body), True
            body += piece
            if time.monotonic() > deadline:
                raise TimeoutError
    except urllib3.exceptions.ProtocolError:  # the connection ended before the body did
        pass
    return bytes(body), False
