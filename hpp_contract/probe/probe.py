"""Probing: sends the planned reads one after the other and keeps what came back, with what is known about it.

What the answers mean is for the rules; whether there were any is for `verify`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from hpp_contract import __version__
from hpp_contract.engine import Subject
from hpp_contract.model import Context, Exchange, Headers, Request
from hpp_contract.model.clock import steady
from hpp_contract.model.credentials import Credentials
from hpp_contract.probe.open_questions import Question, learned
from hpp_contract.probe.plan import PlannedRead, ProbePlan, reads
from hpp_contract.probe.provision import ProvisionResult, provision
from hpp_contract.probe.rate_limit import RateLimiter
from hpp_contract.probe.target import EMBEDDED, Target
from hpp_contract.probe.transport import HOST_WIDE, TIMEOUT, TransportError
from hpp_contract.probe.verify import blocked_by, unverified
from hpp_contract.probe.wire import Sent, Wire

GIVE_UP: Final = 3
"""Reads, of different kinds, that fail before anything succeeded: then nothing else is asked."""

_DOCUMENTED: Final[Headers] = (
    ("Content-Type", "application/json"),
    ("Cache-Control", "no-cache"),
    ("Accept-Encoding", "identity"),
    ("User-Agent", f"hpp-contract/{__version__}"),
)

Progress = Callable[[int, int], None]
"""Called with the reads done and the reads planned."""


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What a probe found: `exchanges` to judge, in the order they happened.

    `unverified` says why nothing can be concluded; then `exchanges` is empty and `unjudged` holds them. `learned` are
    the documentation's open questions, each with what this endpoint answers. `secrets` must be kept out of every
    report.
    """

    subject: Subject
    exchanges: tuple[Exchange, ...]
    unverified: str | None = None
    unjudged: tuple[Exchange, ...] = ()
    notes: tuple[str, ...] = ()
    secrets: tuple[str, ...] = field(default=(), repr=False)
    learned: Question = ()


def probe(target: Target, plan: ProbePlan = ProbePlan(), on_progress: Progress | None = None) -> ProbeResult:  # noqa: B008  immutable
    """Probe `target` by `plan`. An embedded target without a URL is started for as long as that takes.

    Raises UsageProblem where the environment makes probing impossible, and for nothing that the network does.
    """
    if target.base_url is not None:
        return _probe(target, target.base_url, plan, on_progress)
    from hpp_contract.probe.embedded import POLLS, running  # a server is what a probe of an endpoint does not need

    with running(target, plan.clock) as own:
        return _probe(own, own.base_url or "", replace(plan, polls=max(plan.polls, POLLS)), on_progress)


def _probe(target: Target, base_url: str, plan: ProbePlan, on_progress: Progress | None) -> ProbeResult:
    prober = _Prober(target, base_url, plan, RateLimiter.for_host(loopback=target.is_loopback))
    planned = reads(plan, target.session_ids)
    exchanges: list[Exchange] = []
    stalled: set[str] = set()
    for done, read in enumerate(planned, start=1):
        if read.segment in stalled:  # it would stall again, for minutes, and tell nothing new
            continue
        exchanges.extend(prober.ask(read))
        if exchanges[-1].failure == TIMEOUT:
            stalled.add(read.segment)
        if on_progress is not None:
            on_progress(done, len(planned))
        if prober.is_hopeless(done, exchanges):
            break
    trail = None
    if plan.provision and unverified(exchanges, prober.trouble, target) is None:
        trail = provision(prober, plan.order, browser=plan.browser)
        exchanges.extend(trail.reads)
    prober.close()
    return _concluded(target, base_url, exchanges, prober.trouble, trail)


def _concluded(
    target: Target,
    base_url: str,
    exchanges: list[Exchange],
    trouble: TransportError | None,
    trail: ProvisionResult | None,
) -> ProbeResult:
    subject = Subject("endpoint", EMBEDDED if target.embedded else base_url, target.embedded)
    seen, why, secrets = tuple(exchanges), unverified(exchanges, trouble, target), target.credentials.secrets
    if why is not None:
        return ProbeResult(subject, (), why, seen, target.notes, secrets)
    notes = (*target.notes, *_unread(seen), *(trail.notes if trail else ()))
    answers = () if target.embedded and trail is None else learned(seen, trail)
    return ProbeResult(subject, seen, None, (), notes, secrets, answers)


def _unread(exchanges: tuple[Exchange, ...]) -> Iterator[str]:
    """A note when every session there was refused to be read."""
    asked = [x for x in exchanges if x.context.session == "known" and x.context.credentials == "right"]
    if asked and all(exchange.status in (403, 404) for exchange in asked):
        yield (
            "No session could be read: every id was answered with 403 or 404. Sessions end after 48 hours, and belong "
            "to one merchant and one environment."
        )


class _Prober:
    """Sends reads to one endpoint, each until it is answered or has failed for good."""

    def __init__(self, target: Target, base_url: str, plan: ProbePlan, pace: RateLimiter) -> None:
        self.base_url = base_url
        self._plan = plan
        self._pace = pace
        self._wire = Wire(base_url, plan.timeout, direct=target.is_loopback, clock=steady(plan.clock))
        self._own = target.credentials.authorization
        self._credentials = {"right": target.credentials, "wrong": _wrong(target.credentials), "none": None}
        self.trouble: TransportError | None = None

    def close(self) -> None:
        self._wire.close()

    def wait_for_turn(self) -> None:
        """Return when the next request may be sent, to whomever."""
        self._pace.wait_for_turn()

    def ask(self, read: PlannedRead) -> list[Exchange]:
        """The exchanges of one read that count: the answer, after the failures that healed; or the last failure."""
        failures: list[Exchange] = []
        while True:
            sent = self._send(read, len(failures))
            if not is_passing(sent.exchange):
                return [*map(_healed, failures), sent.exchange]
            failures.append(sent.exchange)
            self.trouble = sent.trouble or self.trouble
            again = sent.trouble is None or sent.trouble.word != "tls"  # a bad certificate does not get better
            if not again or not self._pace.wait_before_retry(sent.exchange, len(failures) - 1):
                return [sent.exchange]

    def send(self, method: str, path: str, body: bytes = b"") -> Sent:
        """Send what is no read, with credentials; again where that is safe because it was refused and nothing done."""
        request = Request(method, self.base_url + path, (("Authorization", self._own), *_DOCUMENTED), body)
        attempt = 0
        while True:
            self.wait_for_turn()
            sent = self._wire.send(request)
            safe = method == "DELETE" or sent.exchange.status in (429, 503)
            if not (safe and is_passing(sent.exchange) and self._pace.wait_before_retry(sent.exchange, attempt)):
                return sent
            attempt += 1

    def is_hopeless(self, done: int, exchanges: list[Exchange]) -> bool:
        """Whether nothing was answered so far and nothing is likely to be."""
        if any(blocked_by(exchange) is None for exchange in exchanges):
            return False
        return done >= GIVE_UP or (self.trouble is not None and self.trouble.word in HOST_WIDE)

    def _send(self, read: PlannedRead, attempt: int) -> Sent:
        credentials = self._credentials[read.credentials]
        headers = (("Authorization", credentials.authorization), *_DOCUMENTED) if credentials else _DOCUMENTED
        self.wait_for_turn()
        sent = self._wire.get(f"{self.base_url}/hpp/v1/sessions/{read.segment}", headers)
        again = f", attempt {attempt + 1}" if attempt else ""
        return replace(sent, exchange=replace(sent.exchange, evidence=read.evidence + again, context=self._known(read)))

    def _known(self, read: PlannedRead) -> Context:
        used = self._credentials[read.credentials] or self._credentials["right"]
        return Context(
            credentials=read.credentials,
            session=read.session,
            max_latency=self._plan.max_latency,
            secrets=used.secrets if used else (),
        )


def is_passing(exchange: Exchange) -> bool:
    """Whether this may be a passing failure, worth another try."""
    response = exchange.response
    return response is None or not response.complete or response.status == 429 or response.status >= 500


def _healed(exchange: Exchange) -> Exchange:
    return replace(exchange, context=replace(exchange.context, retried=True))


def _wrong(right: Credentials) -> Credentials:
    """Credentials of the same form that are certainly not right."""
    return Credentials("kco_test_api_made-up-and-wrong", right.username)
