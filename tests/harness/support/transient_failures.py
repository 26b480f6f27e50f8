"""Weather: what stands between a probe and the API on some nights, and is never drift."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final

from hpp_contract.endpoint.failures import Trouble
from hpp_contract.exchange import Request, Response
from hpp_contract.server.answers import refusal
from tests.harness.support.simulated_endpoint import Weather, World, seeded

UNAVAILABLE: Final = Response(503)
LIMITED: Final = Response(429, (("X-Ratelimit-Remaining", "0"), ("Retry-After", "0")))
FIREWALL: Final = Response(403, (("Content-Type", "text/html"),), b"<html><body>Not from your country</body></html>")
GATEWAY: Final = Response(502, (("Content-Type", "text/html"),), b"<!DOCTYPE html><title>Bad gateway</title>")
TORN: Final = Response(200, (("Content-Type", "application/json"),), b'{"session_id": "39a1', complete=False)
PASSING: Final = (UNAVAILABLE, LIMITED, GATEWAY, TORN, Trouble("timeout"), Trouble("reset"))


def changeable(luck: random.Random) -> Weather:
    """Now and then a failure that heals on the first or second retry."""
    coming: list[Response | Trouble | None] = []

    def weather(_: int, __: Request) -> Response | Trouble | None:
        if not coming and luck.random() < 0.05:
            coming.extend([*luck.choices(PASSING, k=luck.randint(1, 2)), None])
        return coming.pop(0) if coming else None

    return weather


def after(start: int, what: Response | Trouble) -> Weather:
    """Fine up to a request, then always this."""
    return lambda number, _: what if number >= start else None


def for_one_session(world: World) -> Weather:
    """The last session's requests time out; every other is answered."""
    stuck = list(world.sessions)[-1]
    return lambda _, request: Trouble("timeout") if request.session_id == stuck else None


def revoked(_: int, request: Request) -> Response:
    """The key does not work any more."""
    return refusal(401)


@dataclass(frozen=True)
class Foul:
    """A night that cannot be verified: how the world is then, from its seed."""

    name: str
    world: Callable[[int], World]


def _under(weather: Weather, seed: int, states: tuple[str, ...] | None = None) -> World:
    return World(seed, weather=weather, states=states)


def _from_somewhere(what: Response | Trouble, seed: int) -> World:
    return World(seed, weather=after(seeded(seed).randint(0, 10), what))


def _one_session(seed: int) -> World:
    world = World(seed)
    world.weather = for_one_session(world)
    return world


FOUL: Final[tuple[Foul, ...]] = (
    Foul("outage", partial(_under, after(0, UNAVAILABLE))),
    Foul("firewall", partial(_under, after(0, FIREWALL))),
    Foul("gateway", partial(_under, after(0, GATEWAY))),
    Foul("rate limit", partial(_under, after(0, LIMITED))),
    Foul("silence", partial(_under, after(0, Trouble("timeout")))),
    Foul("no name", partial(_under, after(0, Trouble("dns")))),
    Foul("bad certificate", partial(_under, after(0, Trouble("tls")))),
    Foul("revoked key", partial(_under, revoked)),
    Foul("outage begins", partial(_from_somewhere, UNAVAILABLE)),
    Foul("firewall closes", partial(_from_somewhere, FIREWALL)),
    Foul("rate limit reached", partial(_from_somewhere, LIMITED)),
    Foul("one session hangs", _one_session),
    Foul("sessions ended", lambda seed: World(seed, states=("expired", "expired"))),
    Foul("no session ids", lambda seed: World(seed, states=())),
)


def year(nights: Iterable[int]) -> Iterable[tuple[World, str | None]]:
    """A world for each night, and the name of what keeps it from being verified, None on most nights."""
    for night in nights:
        luck = seeded(f"night {night}")
        foul = luck.choice(FOUL) if luck.random() < 0.12 else None
        yield (foul.world(night), foul.name) if foul else (World(night, weather=changeable(luck)), None)
