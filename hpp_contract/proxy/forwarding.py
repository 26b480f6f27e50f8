"""What the proxy passes on, and how: byte for byte, but for Host and the fields of a connection (RFC 9110 §7.6.1)."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Final, Protocol
from urllib.parse import urlsplit

from hpp_contract.model import Context, Exchange, Headers, Instant, Request, Response
from hpp_contract.model.clock import Clock, system_clock
from hpp_contract.model.credentials import key_of
from hpp_contract.model.exchange import first, reason_phrase, values, without
from hpp_contract.proxy.upstream import Failure, Upstream
from hpp_contract.spec.endpoint import LIVE_KEY, METHOD, SESSION_PATH

_OF_A_CONNECTION: Final = ("connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade")
_PLAIN: Final = ("Content-Type", "text/plain; charset=utf-8")

NOT_PASSED: Final = (
    f"hpp-contract proxy passes on {METHOD} …{SESSION_PATH} only; start it with --pass to let other requests through."
)
LIVE: Final = (
    f"hpp-contract proxy does not pass on a live key ({LIVE_KEY}…): use a test key, or start it with "
    "--allow-production."
)
LIVE_OTHER: Final = (
    f"hpp-contract proxy passes on reads only with a live key ({LIVE_KEY}…): nothing else is done there."
)


class Watching(Protocol):
    """What is told of everything that the proxy does."""

    def read(self, exchange: Exchange, failure: Failure | None) -> None:
        """A read was passed on, and answered unless it has a `failure`."""

    def other(self, exchange: Exchange) -> None:
        """Another request was let through."""

    def refused(self, exchange: Exchange) -> None:
        """A request was not passed on: the proxy itself answered it."""


class Proxy:
    """Answers requests with what the endpoint at `base_url` answers to them. Call it from any thread.

    With `pass_others` it lets requests through that read no session; with `allow_production` those with a live key.
    `clock` dates the exchanges.
    """

    def __init__(
        self,
        base_url: str,
        watching: Watching,
        *,
        pass_others: bool = False,
        allow_production: bool = False,
        upstream: Upstream | None = None,
        clock: Clock = system_clock,
    ) -> None:
        self._base_url = base_url
        self._watching = watching
        self._pass_others = pass_others
        self._allow_production = allow_production
        self._upstream = upstream or Upstream(base_url)
        self._clock = clock
        self._base_path = urlsplit(base_url).path or None
        self._closed = False

    def __call__(self, request: Request) -> Exchange:
        """The exchange to send to the client."""
        target = _target(request.url)
        sent = replace(request, url=f"{self._base_url}{target}", headers=_passed_on(request, self._upstream.netloc))
        is_read = request.method == METHOD and sent.session_id is not None
        refusal = self._refusal(sent, is_read)
        if refusal is not None:
            self._watching.refused(Exchange(sent, refusal, at=Instant(self._clock(), 9), context=self._context(sent)))
            return Exchange(request, refusal)
        at, start = Instant(self._clock(), 9), time.perf_counter()
        answer = self._upstream.send(sent, f"{self._base_path or ''}{target}")
        elapsed = time.perf_counter() - start
        failure = answer if isinstance(answer, Failure) else None
        response = answer if isinstance(answer, Response) else None
        if not self._closed:
            word = failure.word if failure is not None else None
            exchange = Exchange(sent, response, word, at, elapsed, context=self._context(sent))
            if is_read:
                self._watching.read(exchange, failure)
            else:
                self._watching.other(exchange)
        return Exchange(request, _answered(response, request.method) if response else _own(502, failure_text(failure)))

    def close(self) -> None:
        """End what is under way, which nobody is to be blamed for."""
        self._closed = True
        self._upstream.close()

    def _refusal(self, request: Request, is_read: bool) -> Response | None:
        keys = map(key_of, values(request.headers, "authorization"))
        if any(key.startswith(LIVE_KEY) for key in keys) and not (self._allow_production and is_read):
            return _own(403, LIVE_OTHER if self._allow_production else LIVE)
        if is_read or self._pass_others:
            return None
        if request.session_id is None:
            return _own(404, NOT_PASSED)
        return _own(405, NOT_PASSED, ("Allow", METHOD))

    def _context(self, request: Request) -> Context:
        """What is known of a request: the proxy sees all of it, and does not know whether its credentials are right."""
        sent = values(request.headers, "authorization")
        return Context(recorded=True, credentials=None if sent else "none", base_path=self._base_path)


def failure_text(failure: Failure | None) -> str:
    """What a client is told in the place of an answer."""
    return f"hpp-contract proxy: {failure.sentence if failure is not None else 'no answer.'}"


def refusal(status: int) -> Response:
    """What the proxy answers to what is no request, or to a connection too many."""
    return _own(status, f"hpp-contract proxy: {reason_phrase(status)}.")


def _own(status: int, sentence: str, *further: tuple[str, str]) -> Response:
    return Response(status, (_PLAIN, *further), f"{sentence}\n".encode())


def _target(url: str) -> str:
    """What follows the origin, exactly as it was sent."""
    return f"/{'/'.join(url.split('/')[3:])}"


def end_to_end(fields: Headers) -> Headers:
    """The header fields that are not about one connection only."""
    named = (name.strip().lower() for value in values(fields, "connection") for name in value.split(","))
    return without(fields, *_OF_A_CONNECTION, *named)


def _passed_on(request: Request, host: str) -> Headers:
    """The header fields for the endpoint: its Host in the place of ours, and the length of a body that came in
    chunks."""
    chunked = first(request.headers, "transfer-encoding") is not None
    fields = tuple((name, host if name.lower() == "host" else value) for name, value in end_to_end(request.headers))
    fields = fields if first(fields, "host") is not None else (("Host", host), *fields)
    return (*without(fields, "content-length"), ("Content-Length", str(len(request.body)))) if chunked else fields


def _answered(response: Response, method: str) -> Response:
    """The response for the client. One that came in chunks gets a length instead; a connection ends after one whose
    length is not as it says."""
    fields = end_to_end(response.headers)
    if first(response.headers, "transfer-encoding") is not None:
        fields = without(fields, "content-length")
    says = first(fields, "content-length")
    bodiless = method == "HEAD" or response.status in (204, 304)
    if says is not None and says != str(len(response.body)) and not bodiless:
        fields = (*fields, ("Connection", "close"))
    return replace(response, headers=fields)
