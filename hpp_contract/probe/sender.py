"""Sending: one request after the other, rate limited, with the documented headers, again after transient failures."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from hpp_contract import __version__
from hpp_contract.engine.deadline import NEVER, Deadline, OutOfTime
from hpp_contract.model import Context, Exchange, Headers, Request
from hpp_contract.model.clock import steady
from hpp_contract.model.credentials import Credentials
from hpp_contract.model.instant import SECOND, seconds_of_http_date
from hpp_contract.probe.plan import PlannedRead, ProbePlan
from hpp_contract.probe.target import Target
from hpp_contract.probe.wire import TIMEOUT, Sent, TransportError, Wire
from hpp_contract.spec.endpoint import SESSIONS_PATH

RATE: Final = 10
"""Requests a second that an endpoint on another machine gets at most."""

RETRIES: Final = 2
"""Times that a request is sent again after a transient failure."""

MAX_RETRY_AFTER_S: Final = 10.0
"""Seconds that a Retry-After may ask for. After an answer that asks for more, the request is not sent again."""

WRONG_USERNAME: Final = "M000000-of-nobody"

_DOCUMENTED: Final[Headers] = (
    ("Content-Type", "application/json"),
    ("Cache-Control", "no-cache"),
    ("Accept-Encoding", "identity"),
    ("User-Agent", f"hpp-contract/{__version__}"),
)


@dataclass(slots=True)
class RateLimiter:
    """Spaces requests at least `spacing` seconds apart, whichever threads send them. `clock` gives seconds, `sleep`
    waits them, not longer than to the `deadline`."""

    spacing: float
    backoff: tuple[float, ...]
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    deadline: Deadline = NEVER
    _next: float = -math.inf
    _turn: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def for_host(cls, *, loopback: bool) -> RateLimiter:
        """No spacing on loopback, `RATE` anywhere else."""
        return cls(0, (0.02, 0.05)) if loopback else cls(1 / RATE, (0.5, 1.5))

    def wait_for_turn(self) -> None:
        """Return when the next request may be sent."""
        with self._turn:
            pause = self._next - self.clock()
            if pause > 0:
                self.sleep(pause)
            self._next = self.clock() + self.spacing

    def wait_before_retry(self, failed: Exchange, attempt: int) -> bool:
        """Wait before sending again what failed for the `attempt`-th time (from 0); False when not to send it again."""
        asked = retry_after(failed)
        if attempt >= RETRIES or asked > MAX_RETRY_AFTER_S:
            return False
        self.pause(max(self.backoff[attempt], asked))
        return True

    def pause(self, seconds: float) -> None:
        """Wait. Raises OutOfTime when the run ends meanwhile."""
        self.sleep(min(seconds, self.deadline.left))
        self.deadline.check()


def retry_after(exchange: Exchange) -> float:
    """Seconds that the answer asks to wait; 0 when it does not."""
    value = (exchange.response.header("retry-after") or "").strip() if exchange.response else ""
    if value.isascii() and value.isdigit():
        return float(value[:10])
    until = seconds_of_http_date(value)
    if until is None or exchange.at is None:  # in neither form, or without a time to count from: treated as absent
        return 0.0
    return until - exchange.at.ns / SECOND - (exchange.elapsed or 0.0)


def is_transient(exchange: Exchange) -> bool:
    """Whether this may be a transient failure, worth another attempt."""
    response = exchange.response
    return response is None or not response.complete or response.status == 429 or response.status >= 500


class Sender:
    """Sends to one endpoint, below its base URL only. `target.base_url` must be known.

    `error` is the last transport error. With `retry_timeouts` a read without an answer in time is sent again. Whatever
    sends raises OutOfTime when the `deadline` is there.
    """

    def __init__(
        self, target: Target, plan: ProbePlan, deadline: Deadline = NEVER, *, retry_timeouts: bool = True
    ) -> None:
        self.base_url = target.base_url or ""
        self.error: TransportError | None = None
        self.deadline = deadline
        self._own = target.credentials
        self._wrong = Credentials("kco_test_api_made-up-and-wrong", self._own.username)
        self._forms = {
            "key alone": Credentials(self._own.api_key),
            "wrong username": Credentials(self._own.api_key, WRONG_USERNAME),
        }
        self._max_latency = plan.max_latency
        self._retry_timeouts = retry_timeouts
        self._limiter = RateLimiter.for_host(loopback=target.is_loopback)
        self._limiter.deadline = deadline
        self._new_wire = partial(Wire, self.base_url, plan.timeout, direct=target.is_loopback, clock=steady(plan.clock))
        self._wires = [self._new_wire()]
        self._free = [*self._wires]

    def close(self) -> None:
        for wire in self._wires:
            wire.close()

    def allow(self, seconds: float) -> None:
        """Let the run last that long from now, if it would end before: to clean up."""
        if self.deadline.left < seconds:
            self.deadline = self._limiter.deadline = Deadline.after(seconds)

    def wait_for_turn(self) -> None:
        """Return when the next request may be sent, to any host."""
        self._limiter.wait_for_turn()

    def ask(self, read: PlannedRead) -> list[Exchange]:
        """The exchanges of one read that count: the answer, after the failures before it; or the last failure."""
        return self._ask(read, self._retry_timeouts)

    def ask_together(self, reads: Sequence[PlannedRead]) -> Iterator[tuple[PlannedRead, list[Exchange]]]:
        """Each read with what `ask` gives for it, in order. All are in flight at the same time, so no two of them may
        be of one session. Raises OutOfTime after the last that ended in time."""
        if len(reads) == 1:
            yield reads[0], self.ask(reads[0])
            return
        over: OutOfTime | None = None
        with ThreadPoolExecutor(len(reads), "hpp-contract read") as threads:
            asked = [threads.submit(self._ask, read, self._retry_timeouts, len(reads)) for read in reads]
            try:
                for read, each in zip(reads, asked, strict=True):
                    try:
                        yield read, each.result()
                    except OutOfTime as end:
                        over = end
            except BaseException:  # Ctrl-C: nothing in flight is waited for
                self._stop()
                raise
        if over is not None:
            raise over

    def _stop(self) -> None:
        self.deadline = self._limiter.deadline = Deadline.after(0)
        for wire in self._wires:
            wire.cut()

    def ask_again(self, read: PlannedRead) -> list[Exchange]:
        """The same for a read that was not answered before: what stalls is not waited for again and again."""
        return self._ask(read, False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every text that must not be in any report."""
        return tuple({text: None for who in (self._own, *self._forms.values()) for text in who.secrets})

    def pause(self, seconds: float) -> None:
        """Wait."""
        self._limiter.pause(seconds)

    @property
    def is_local(self) -> bool:
        """Whether the endpoint is on this machine: nothing takes long there."""
        return self._limiter.spacing == 0

    def _ask(self, read: PlannedRead, retry_timeouts: bool, together: int = 1) -> list[Exchange]:
        failures: list[Exchange] = []
        while True:
            sent = self._send(read, len(failures), together)
            if not is_transient(sent.exchange):
                return [*map(_retried, failures), sent.exchange]
            failures.append(sent.exchange)
            self.error = sent.error or self.error
            if not _may_retry(sent, retry_timeouts) or not self._limiter.wait_before_retry(
                sent.exchange, len(failures) - 1
            ):
                return [sent.exchange]

    def send(self, method: str, path: str, body: bytes = b"") -> Sent:
        """Send what is no read, with credentials; again only where the endpoint has done nothing yet."""
        headers = (("Authorization", self._own.authorization), *_DOCUMENTED)
        request = Request(method, self.base_url + path, headers, body)
        attempt = 0
        while True:
            self.wait_for_turn()
            with self._wire() as wire:
                sent = wire.send(request, self.deadline)
            safe = method == "DELETE" or sent.exchange.status in (429, 503)
            if not (safe and is_transient(sent.exchange) and self._limiter.wait_before_retry(sent.exchange, attempt)):
                return sent
            attempt += 1

    @contextmanager
    def _wire(self) -> Iterator[Wire]:
        """A connection that nobody uses, for as long as the block runs."""
        try:
            wire = self._free.pop()
        except IndexError:
            wire = self._new_wire()
            self._wires.append(wire)
        try:
            yield wire
        finally:
            self._free.append(wire)

    def _send(self, read: PlannedRead, attempt: int, together: int) -> Sent:
        usual = {"right": self._own, "wrong": self._wrong, "none": None}[read.credentials]
        who = self._forms[read.form] if read.form is not None else usual
        authorization = read.authorization or (who.authorization if who else None)
        replaced = {name.lower() for name, _ in read.headers}
        headers = (
            *([("Authorization", authorization)] if authorization is not None else []),
            *read.headers,
            *(field for field in _DOCUMENTED if field[0].lower() not in replaced),
        )
        self.wait_for_turn()
        with self._wire() as wire:
            sent = wire.get(f"{self.base_url}{SESSIONS_PATH}{read.segment}", headers, self.deadline)
        suffix = f", attempt {attempt + 1}" if attempt else ""
        suffix += f", with {together - 1} others at the same time" if together > 1 else ""
        context = Context(
            credentials=read.credentials,
            session=read.session,
            max_latency=self._max_latency * together,  # of an endpoint that answers one request after the other
            # Of the made-up user name nothing is secret, but of the key beside it.
            secrets=tuple(
                text
                for text in (self._own if read.authorization or who is None else who).secrets
                if text != WRONG_USERNAME
            ),
            form=read.form,
            created=read.created,
        )
        return replace(sent, exchange=replace(sent.exchange, evidence=read.evidence + suffix, context=context))


def _may_retry(sent: Sent, retry_timeouts: bool) -> bool:
    """Whether another attempt may end otherwise: a bad certificate stays bad."""
    word = sent.error.word if sent.error is not None else None
    return word != "tls" and (word != TIMEOUT or retry_timeouts)


def _retried(exchange: Exchange) -> Exchange:
    return replace(exchange, context=replace(exchange.context, retried=True))
