"""A simulated endpoint: an honest one that differs from run to run in every way that means nothing.

The probe is the real one; only its wire ends in an Application here instead of in a socket.
"""

from __future__ import annotations

import json
import random
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from unittest.mock import patch

from hpp_contract.cases.scenarios import CREDENTIALS, outcome, session_id
from hpp_contract.drift import Accepted, Baseline, DriftResult, accept, compare_with_baseline
from hpp_contract.drift.facts import pool_of, situation_of
from hpp_contract.engine.fault import Fault
from hpp_contract.model import Exchange, Headers, Instant, Request, Response
from hpp_contract.model.instant import http_date
from hpp_contract.probe import ProbePlan, ProbeResult, Target, probe
from hpp_contract.probe.probe import SLOW_S
from hpp_contract.probe.sender import RateLimiter
from hpp_contract.probe.wire import Sent, TransportError
from hpp_contract.server import Application
from tests.harness.support.fake_time import NOON, SECOND, noon

BASE_URL = "http://127.0.0.1:9"
HOUR = 3600 * 10**9
STATES = (
    "waiting", "in-progress", "completed-with-order", "failed", "back", "cancelled", "disabled", "error",
    "lifecycle-paid", "lifecycle-retried", "lifecycle-disabled", "expired",
)  # fmt: skip
"""Scenarios that a run may meet. Their instants have one format here, as those of a real endpoint have."""

Disturbance = Callable[[int, Request], Response | TransportError | None]
"""What stands in the API's place at the n-th request of a run (from 0); None for the API itself."""


def seeded(seed: int | str) -> random.Random:
    """Chance that repeats itself."""
    return random.Random(seed)  # noqa: S311  a simulation, no secret


def undisturbed(_: int, __: Request) -> None:
    """Nothing stands between."""


@dataclass
class SimulatedEndpoint:
    """One run's endpoint: sessions in some `states`, the `faults` of a changed server, the `disturbance`. The rest is
    chance, which `seed` decides. A fault applies to its situation, or to all of SESSION or ERROR."""

    seed: int
    faults: tuple[Fault, ...] = ()
    disturbance: Disturbance = undisturbed
    states: tuple[str, ...] | None = None
    requests: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._chance = seeded(self.seed)
        self._skew = self._chance.uniform(-120, 120)
        some = ("waiting", *self._chance.sample(STATES, self._chance.randint(2, 8)))
        self.sessions = {self._uuid(self._chance): name for name in (some if self.states is None else self.states)}
        self._application = Application(CREDENTIALS, clock=noon)
        self._polls: Counter[tuple[str, str]] = Counter()

    def get(self, url: str, headers: Headers, _: object = None) -> Sent:
        """What the wire's `get` gives, which never lasts until a deadline here."""
        request = Request("GET", url, headers)
        instead = self.disturbance(len(self.requests), request)
        at = Instant(NOON + len(self.requests) * 2 * SECOND, 9)  # after the end of the one before
        self.requests.append(request)
        if isinstance(instead, TransportError):
            return Sent(Exchange(request, None, instead.word, at=at, elapsed=0.1), instead)
        if instead is not None:
            return Sent(Exchange(request, instead, at=at, elapsed=0.1))
        # Never so slow that a probe asks for several sessions at a time: a seed asks and answers in one order.
        return Sent(replace(self._answer(request), at=at, elapsed=self._chance.uniform(0.01, 0.9 * SLOW_S)))

    def close(self) -> None:
        """Nothing is open."""

    def _answer(self, request: Request) -> Exchange:
        tonight = request.session_id or ""
        name = self.sessions.get(tonight)
        known = session_id(name) if name is not None else tonight
        answered = self._application(replace(request, url=request.url.replace(tonight, known) if name else request.url))
        honest = replace(answered, request=request, response=self._varied(answered.response, known, tonight))
        situation = situation_of(honest)
        poll = self._polls[situation, tonight]
        self._polls[situation, tonight] += 1
        for fault in self.faults:
            if fault.scenario in (situation, pool_of(situation)) and fault.since <= poll < fault.until:
                honest = fault(honest)
        return honest

    def _varied(self, response: Response | None, known: str, tonight: str) -> Response | None:
        if response is None:
            return None
        body = response.body.replace(known.encode(), tonight.encode()) if known != tonight else response.body
        value = json.loads(body)
        if response.status == 200:
            self._vary(value, known, seeded(f"{self.seed} {tonight}"))
        return replace(response, headers=tuple(self._headers(response.headers)), body=json.dumps(value).encode())

    def _vary(self, session: dict[str, Any], known: str, chance: random.Random) -> None:
        """Other ids, other times, members that only some sessions have."""
        for member, value in outcome(known).items():
            other = f"{chance.getrandbits(40):010X}"[:8] if member == "klarna_reference" else self._uuid(chance)
            session |= {member: other} if session.get(member) == value else {}
        earlier = chance.randrange(40 * HOUR // 10**6) * 10**6
        for member in ("updated_at", "expires_at"):
            session[member] = _written(Instant.parse(session[member]), earlier)
        if session["status"] == "COMPLETED" and chance.random() < 0.5:
            session["customer"] = {"given_name": "Fiktiv", **({"title": "Testperson"} if chance.random() < 0.5 else {})}
        if chance.random() < 0.5:
            session["locale"] = chance.choice(["sv-SE", "en-GB"])

    def _headers(self, honest: Headers) -> Iterator[tuple[str, str]]:
        """Another order and case, other nodes, counters and clocks."""
        fields = [
            *((name, value) for name, value in honest if name != "Date"),
            ("Date", http_date(NOON + round(self._skew * SECOND))),
            ("X-Ratelimit-Limit", "50"),
            ("X-Ratelimit-Remaining", str(self._chance.randrange(50))),
            ("Server", f"edge/{self._chance.randrange(9)}.{self._chance.randrange(9)}"),
            ("X-Node", self._chance.choice(["a1", "17", "node-3.eu-west-1"])),
            ("Via", f"1.1 {self._chance.choice('abc')}"),
            *([("Set-Cookie", "lb=1")] if self._chance.random() < 0.3 else []),
        ]
        self._chance.shuffle(fields)
        write_case = self._chance.choice([str.lower, str.upper, str.title])
        return ((write_case(name), value) for name, value in fields)

    @staticmethod
    def _uuid(chance: random.Random) -> str:
        return str(uuid.UUID(int=chance.getrandbits(128)))


def _written(instant: Instant | None, earlier: int) -> str:
    """An instant of three fraction digits, less trailing zeros, as some serializers write it."""
    assert instant is not None
    second = instant.ns // 10**9 * 10**9  # of the clock only that: chance alone decides how many digits there are
    head, _, fraction = Instant(second - earlier).format(3).removesuffix("Z").partition(".")
    return f"{head}.{fraction.rstrip('0')}Z".replace(".Z", "Z")


def probe_simulated(endpoint: SimulatedEndpoint, plan: ProbePlan = ProbePlan()) -> ProbeResult:  # noqa: B008  immutable
    """What the real probe finds at this endpoint, without a socket and without waiting."""
    target = Target(BASE_URL, CREDENTIALS, tuple(endpoint.sessions))
    with (
        patch("hpp_contract.probe.sender.Wire", lambda *_, **__: endpoint),
        patch.object(RateLimiter, "for_host", lambda **_: RateLimiter(0, (0, 0))),
    ):
        return probe(target, plan)


def run_drift(endpoint: SimulatedEndpoint, baseline: Baseline) -> DriftResult:
    """What drift says of this run."""
    found = probe_simulated(endpoint)
    if not found.answered:
        return DriftResult({}, (), found.unverified)
    result = compare_with_baseline(baseline, found.exchanges)
    return replace(result, unverified=" ".join(filter(None, (found.unverified, result.unverified))) or None)


def baseline_of(endpoints: Iterable[SimulatedEndpoint]) -> Baseline:
    """The baseline of somebody who accepted each of these runs."""
    baseline = Baseline({})
    for endpoint in endpoints:
        result = run_drift(endpoint, baseline)
        assert result.unverified is None
        baseline = accept(baseline, result.facts, result.changes, Accepted("2026-01-01T00:00:00Z", "a run", BASE_URL))
    return baseline
