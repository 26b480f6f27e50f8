"""An endpoint to watch, simulated: an honest one that differs from night to night in every way that means nothing.

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

from hpp_contract.cases.scenarios import CREDENTIALS, outcome, session_id, write_instant
from hpp_contract.drift import Accepted, Baseline, DriftResult, accept, compare_with_baseline
from hpp_contract.drift.situation import pool_of, situation_of
from hpp_contract.engine.fault import Fault
from hpp_contract.model import Exchange, Headers, Instant, Request, Response
from hpp_contract.model.instant import http_date
from hpp_contract.probe import ProbePlan, ProbeResult, Target, probe
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
"""Scenarios that a night may meet. Their spellings are made one here: a real endpoint has one."""

Disturbance = Callable[[int, Request], Response | TransportError | None]
"""What stands in the API's place at the n-th request of a night (from 0); None for the API itself."""


def seeded(seed: int | str) -> random.Random:
    """Luck that repeats itself."""
    return random.Random(seed)  # noqa: S311  a simulation, no secret


def undisturbed(_: int, __: Request) -> None:
    """Nothing stands between."""


@dataclass
class SimulatedEndpoint:
    """One night: sessions in some `states`, the `lies` of a changed server, the `disturbance`. Everything else is luck,
    which `seed` decides. A lie is told on its situation, or on all of SESSION or ERROR."""

    seed: int
    lies: tuple[Fault, ...] = ()
    disturbance: Disturbance = undisturbed
    states: tuple[str, ...] | None = None
    requests: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._luck = seeded(self.seed)
        self._skew = self._luck.uniform(-120, 120)
        some = ("waiting", *self._luck.sample(STATES, self._luck.randint(2, 8)))
        self.sessions = {self._uuid(self._luck): name for name in (some if self.states is None else self.states)}
        self._application = Application(CREDENTIALS, clock=noon)
        self._polls: Counter[tuple[str, str]] = Counter()

    def get(self, url: str, headers: Headers) -> Sent:
        """What the wire's `get` gives."""
        request = Request("GET", url, headers)
        instead = self.disturbance(len(self.requests), request)
        self.requests.append(request)
        at = Instant(NOON, 9)
        if isinstance(instead, TransportError):
            return Sent(Exchange(request, None, instead.word, at=at, elapsed=0.1), instead)
        if instead is not None:
            return Sent(Exchange(request, instead, at=at, elapsed=0.1))
        return Sent(replace(self._answer(request), at=at, elapsed=self._luck.uniform(0.01, 1.5)))

    def close(self) -> None:
        """Nothing is open."""

    def _answer(self, request: Request) -> Exchange:
        tonight = request.session_id or ""
        name = self.sessions.get(tonight)
        known = session_id(name) if name is not None else tonight
        played = self._application(replace(request, url=request.url.replace(tonight, known) if name else request.url))
        honest = replace(played, request=request, response=self._varied(played.response, known, tonight))
        situation = situation_of(honest)
        poll = self._polls[situation, tonight]
        self._polls[situation, tonight] += 1
        for lie in self.lies:
            if lie.scenario in (situation, pool_of(situation)) and lie.since <= poll < lie.until:
                honest = lie(honest)
        return honest

    def _varied(self, response: Response | None, known: str, tonight: str) -> Response | None:
        if response is None:
            return None
        body = response.body.replace(known.encode(), tonight.encode()) if known != tonight else response.body
        value = json.loads(body)
        if response.status == 200:
            self._vary(value, known, seeded(f"{self.seed} {tonight}"))
        return replace(response, headers=tuple(self._headers(response.headers)), body=json.dumps(value).encode())

    def _vary(self, session: dict[str, Any], known: str, luck: random.Random) -> None:
        """Other ids, other times, members that only some sessions have."""
        for member, value in outcome(known).items():
            other = f"{luck.getrandbits(40):010X}"[:8] if member == "klarna_reference" else self._uuid(luck)
            session |= {member: other} if session.get(member) == value else {}
        earlier = luck.randrange(40 * HOUR // 10**6) * 10**6
        for member in ("updated_at", "expires_at"):
            session[member] = _spelled(Instant.parse(session[member]), earlier)
        if session["status"] == "COMPLETED" and luck.random() < 0.5:
            session["customer"] = {"given_name": "Fiktiv", **({"title": "Testperson"} if luck.random() < 0.5 else {})}
        if luck.random() < 0.5:
            session["locale"] = luck.choice(["sv-SE", "en-GB"])

    def _headers(self, honest: Headers) -> Iterator[tuple[str, str]]:
        """Another order and case, other nodes, counters and clocks."""
        fields = [
            *((name, value) for name, value in honest if name != "Date"),
            ("Date", http_date(NOON + round(self._skew * SECOND))),
            ("X-Ratelimit-Limit", "50"),
            ("X-Ratelimit-Remaining", str(self._luck.randrange(50))),
            ("Server", f"edge/{self._luck.randrange(9)}.{self._luck.randrange(9)}"),
            ("X-Node", self._luck.choice(["a1", "17", "node-3.eu-west-1"])),
            ("Via", f"1.1 {self._luck.choice('abc')}"),
            *([("Set-Cookie", "lb=1")] if self._luck.random() < 0.3 else []),
        ]
        self._luck.shuffle(fields)
        spell = self._luck.choice([str.lower, str.upper, str.title])
        return ((spell(name), value) for name, value in fields)

    @staticmethod
    def _uuid(luck: random.Random) -> str:
        return str(uuid.UUID(int=luck.getrandbits(128)))


def _spelled(instant: Instant | None, earlier: int) -> str:
    """An instant of three fraction digits, less trailing zeros, as some serializers write it."""
    assert instant is not None
    second = instant.ns // 10**9 * 10**9  # of the clock only that: luck alone decides how many digits there are
    head, _, fraction = write_instant(second - earlier, 3, None).removesuffix("Z").partition(".")
    return f"{head}.{fraction.rstrip('0')}Z".replace(".Z", "Z")


def probed(endpoint: SimulatedEndpoint, plan: ProbePlan = ProbePlan()) -> ProbeResult:  # noqa: B008  immutable
    """What the real probe finds at this endpoint, without a socket and without waiting."""
    target = Target(BASE_URL, CREDENTIALS, tuple(endpoint.sessions))
    with (
        patch("hpp_contract.probe.sender.Wire", lambda *_, **__: endpoint),
        patch.object(RateLimiter, "for_host", lambda **_: RateLimiter(0, (0, 0))),
    ):
        return probe(target, plan)


def night_of(endpoint: SimulatedEndpoint, baseline: Baseline) -> DriftResult:
    """What the watch says of this night."""
    found = probed(endpoint)
    if found.unverified is not None:
        return DriftResult({}, (), found.unverified)
    return compare_with_baseline(baseline, found.exchanges)


def baseline_of(endpoints: Iterable[SimulatedEndpoint]) -> Baseline:
    """The baseline of somebody who accepted each of these nights."""
    baseline = Baseline({})
    for endpoint in endpoints:
        night = night_of(endpoint, baseline)
        assert night.unverified is None
        baseline = accept(baseline, night.facts, night.changes, Accepted("2026-01-01T00:00:00Z", "a night", BASE_URL))
    return baseline
