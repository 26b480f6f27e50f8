"""Temporary failures: what stands between a probe and the API in some runs, and is never drift."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final

from hpp_contract.cases.responses import refusal
from hpp_contract.model import Request, Response
from hpp_contract.probe.wire import TransportError
from tests.harness.support.simulated_endpoint import Disturbance, SimulatedEndpoint, seeded

UNAVAILABLE: Final = Response(503)
LIMITED: Final = Response(429, (("X-Ratelimit-Remaining", "0"), ("Retry-After", "0")))
FIREWALL: Final = Response(403, (("Content-Type", "text/html"),), b"<html><body>Not from your country</body></html>")
GATEWAY: Final = Response(502, (("Content-Type", "text/html"),), b"<!DOCTYPE html><title>Bad gateway</title>")
TORN: Final = Response(200, (("Content-Type", "application/json"),), b'{"session_id": "39a1', complete=False)
PASSING: Final = (UNAVAILABLE, LIMITED, GATEWAY, TORN, TransportError("timeout"), TransportError("reset"))


def changeable(chance: random.Random) -> Disturbance:
    """Now and then a failure that is over on the first or second retry."""
    coming: list[Response | TransportError | None] = []

    def disturbance(_: int, __: Request) -> Response | TransportError | None:
        if not coming and chance.random() < 0.05:
            coming.extend([*chance.choices(PASSING, k=chance.randint(1, 2)), None])
        return coming.pop(0) if coming else None

    return disturbance


def after(start: int, what: Response | TransportError) -> Disturbance:
    """Fine up to a request, then always this."""
    return lambda number, _: what if number >= start else None


def for_one_session(endpoint: SimulatedEndpoint) -> Disturbance:
    """The last session's requests time out; every other is answered."""
    stuck = list(endpoint.sessions)[-1]
    return lambda _, request: TransportError("timeout") if request.session_id == stuck else None


def revoked(_: int, request: Request) -> Response:
    """The key does not work any more."""
    return refusal(401)


@dataclass(frozen=True)
class UnverifiableRun:
    """A run that cannot be verified: how the endpoint is then, from its seed."""

    name: str
    endpoint: Callable[[int], SimulatedEndpoint]


def _under(disturbance: Disturbance, seed: int, states: tuple[str, ...] | None = None) -> SimulatedEndpoint:
    return SimulatedEndpoint(seed, disturbance=disturbance, states=states)


def _from_some_request(what: Response | TransportError, seed: int) -> SimulatedEndpoint:
    return SimulatedEndpoint(seed, disturbance=after(seeded(seed).randint(0, 10), what))


def _one_session(seed: int) -> SimulatedEndpoint:
    endpoint = SimulatedEndpoint(seed)
    endpoint.disturbance = for_one_session(endpoint)
    return endpoint


UNVERIFIABLE_RUNS: Final[tuple[UnverifiableRun, ...]] = (
    UnverifiableRun("outage", partial(_under, after(0, UNAVAILABLE))),
    UnverifiableRun("firewall", partial(_under, after(0, FIREWALL))),
    UnverifiableRun("gateway", partial(_under, after(0, GATEWAY))),
    UnverifiableRun("rate limit", partial(_under, after(0, LIMITED))),
    UnverifiableRun("silence", partial(_under, after(0, TransportError("timeout")))),
    UnverifiableRun("no name", partial(_under, after(0, TransportError("dns")))),
    UnverifiableRun("bad certificate", partial(_under, after(0, TransportError("tls")))),
    UnverifiableRun("revoked key", partial(_under, revoked)),
    UnverifiableRun("outage begins", partial(_from_some_request, UNAVAILABLE)),
    UnverifiableRun("firewall closes", partial(_from_some_request, FIREWALL)),
    UnverifiableRun("rate limit reached", partial(_from_some_request, LIMITED)),
    UnverifiableRun("one session hangs", _one_session),
    UnverifiableRun("sessions ended", lambda seed: SimulatedEndpoint(seed, states=("expired", "expired"))),
    UnverifiableRun("no session ids", lambda seed: SimulatedEndpoint(seed, states=())),
)


def year(days: Iterable[int]) -> Iterable[tuple[SimulatedEndpoint, str | None]]:
    """An endpoint for each day, and the name of what keeps it from being verified, None on most days."""
    for day in days:
        chance = seeded(f"night {day}")
        failure = chance.choice(UNVERIFIABLE_RUNS) if chance.random() < 0.12 else None
        if failure:
            yield failure.endpoint(day), failure.name
        else:
            yield SimulatedEndpoint(day, disturbance=changeable(chance)), None
