"""Sending generated requests: one after the other, paced, retried where a failure may pass, and checked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import unquote

from hpp_contract import __version__
from hpp_contract.model import Context, Exchange, Headers
from hpp_contract.model.clock import steady
from hpp_contract.privacy.describe import abbreviate
from hpp_contract.probe.fuzz.check import broken_rules
from hpp_contract.probe.fuzz.requests import GeneratedRequest
from hpp_contract.probe.fuzz.schema import PREFIX, objections
from hpp_contract.probe.fuzz.text import curl
from hpp_contract.probe.plan import ProbePlan
from hpp_contract.probe.probe import is_passing
from hpp_contract.probe.rate_limit import RateLimiter
from hpp_contract.probe.target import Target
from hpp_contract.probe.transport import TIMEOUT
from hpp_contract.probe.wire import Wire

TIMEOUT_EACH: Final = 5.0
"""Seconds for connecting and for each read: an odd id that is not answered in this time will not be."""

_USUAL: Final[Headers] = (
    ("Content-Type", "application/json"),
    ("Cache-Control", "no-cache"),
    ("Accept-Encoding", "identity"),
    ("User-Agent", f"hpp-contract/{__version__}"),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt: the `command` that repeats it, the exchanges that count, rule and place of what the
    last one breaks, and what only Schemathesis objects to."""

    attempt: GeneratedRequest
    command: str
    exchanges: tuple[Exchange, ...]
    broken: frozenset[tuple[str, str]] = frozenset()
    objections: tuple[str, ...] = ()


class Sender:
    """Sends attempts to `target`, whose URL must be known. `plan` says how long an answer may take."""

    def __init__(self, target: Target, plan: ProbePlan) -> None:
        self._target = target
        self._base_url = target.base_url or ""
        self._plan = plan
        self._pace = RateLimiter.for_host(loopback=target.is_loopback)
        self._pace.wait_for_turn()  # the probe before this may have sent its last request just now
        timeout = min(plan.timeout, TIMEOUT_EACH)
        self._wire = Wire(self._base_url, timeout, direct=target.is_loopback, clock=steady(plan.clock))

    def close(self) -> None:
        self._wire.close()

    def outcome(self, attempt: GeneratedRequest, number: int) -> Outcome:
        """Send `attempt`, number `number`, until it is answered or has failed for good, and have the answer checked."""
        command = curl(attempt, self._base_url, self._target.credentials.username)
        asked = f"GET …{PREFIX}{abbreviate(unquote(attempt.segment))} (generated request {number})"
        exchanges = tuple(self._ask(attempt, f"{asked}: {command}"))
        last = exchanges[-1]
        broken = frozenset((rule.id, finding.where) for rule, finding in broken_rules(last))
        return Outcome(attempt, command, exchanges, broken, objections(attempt.case, last) if last.response else ())

    def _ask(self, attempt: GeneratedRequest, evidence: str) -> Iterator[Exchange]:
        failed: list[Exchange] = []
        while is_passing(exchange := self._send(attempt, evidence)):
            # An answer that stalls does so again, for as long.
            if exchange.failure == TIMEOUT or not self._pace.wait_before_retry(exchange, len(failed)):
                break
            failed.append(exchange)
        else:
            yield from (replace(exchange, context=replace(exchange.context, retried=True)) for exchange in failed)
        yield exchange

    def _send(self, attempt: GeneratedRequest, evidence: str) -> Exchange:
        own = self._target.credentials
        who = own.authorization if attempt.credentials_override is None else attempt.credentials_override
        given = {name.lower() for name, _ in attempt.headers}
        headers = (*attempt.headers, *(field for field in _USUAL if field[0].lower() not in given))
        self._pace.wait_for_turn()
        sent = self._wire.get(
            f"{self._base_url}{PREFIX}{attempt.segment}", (("Authorization", who), *headers) if who else headers
        )
        return replace(sent.exchange, evidence=evidence, context=self._known(attempt))

    def _known(self, attempt: GeneratedRequest) -> Context:
        return Context(
            credentials=attempt.credentials,
            session=attempt.session,
            max_latency=self._plan.max_latency,
            secrets=self._target.credentials.secrets,
        )
