"""Honest peculiarities: endpoints that differ from the reference in ways the documentation allows. Whoever says no to
one of them raises a false alarm.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import cycle
from types import MappingProxyType
from typing import Any, Final

from benchmarks.detection.spread import REFUSED, everywhere
from hpp_contract.cases.scenarios import SCENARIOS, Scenario, Step, session_id
from hpp_contract.engine.edits import body, header
from hpp_contract.engine.fault import Fault
from hpp_contract.model import Exchange, Headers
from hpp_contract.spec.schema_files import SHAPES

_TIME_FORMATS: Final = ((9, "Z"), (0, "+05:30"), (6, "-08:00"), (1, "Z"), (7, "+00:00"))
"""Fraction digits and zone, none of them those of the documented examples."""

_LIVES: Final[Mapping[str, tuple[str, ...]]] = {
    "waiting": ("waiting", "completed-with-order"),
    "in-progress": ("in-progress", "failed", "completed-with-token"),
    "back": ("back", "cancelled"),
    "failed": ("failed", "disabled"),
    "error": ("error", "in-progress", "error"),
}
"""Sessions that move while they are polled; some of their states are never seen."""

_OTHER_IDS: Final = {
    "order_id": "017F22E2-79B0-7CC3-98C4-DC0C0C07398F",
    "klarna_reference": "ffc25786",
}
"""Version 7 and in capitals; a reference in small letters, as another official sample has it."""


def _time_formats() -> Mapping[str, Scenario]:
    formats = zip(SHAPES, cycle(_TIME_FORMATS), strict=False)
    return {session_id(shape): replace(SCENARIOS[shape], digits=digits, zone=zone) for shape, (digits, zone) in formats}


def _lives() -> Mapping[str, Scenario]:
    moving = {shape: Scenario(shape, tuple(map(_step, steps, range(10)))) for shape, steps in _LIVES.items()}
    ordered = replace(SCENARIOS["completed-with-order"], members=_OTHER_IDS)
    return {session_id(name): scenario for name, scenario in (moving | {ordered.name: ordered}).items()}


def _step(shape: str, number: int) -> Step:
    return Step(shape, number * 30.0)


def _respond(change: Callable[[Headers, bytes], tuple[Headers, bytes]]) -> Callable[[Exchange], Exchange]:
    def edit(exchange: Exchange) -> Exchange:
        if exchange.response is None:
            return exchange
        headers, content = change(exchange.response.headers, exchange.response.body)
        return replace(exchange, response=replace(exchange.response, headers=headers, body=content))

    return edit


def _through_gateway(headers: Headers, content: bytes) -> tuple[Headers, bytes]:
    """Another gateway's headers, names in small letters and in another order; the body spread out and turned round."""
    kept = [(name.lower(), "application/json" if name == "Content-Type" else value) for name, value in headers]
    own = (("strict-transport-security", "max-age=31536000"), ("via", "1.1 edge"), ("x-request-id", "7f3a"))
    turned = dict(reversed(json.loads(content).items()))
    return (*own, *reversed(kept), ("transfer-encoding", "chunked")), _spread_out(turned)


def _spread_out(value: Any) -> bytes:
    text = json.dumps(value, indent=2)
    return text.replace("-", "\\u002d").encode() + b"\n"


HONEST: Final[Mapping[str, tuple[tuple[Fault, ...], Mapping[str, Scenario]]]] = MappingProxyType(
    {
        "other-spellings-of-time": ((), _time_formats()),
        "another-gateway": (everywhere("another-gateway", (*SHAPES, *REFUSED), _respond(_through_gateway)), {}),
        "other-lives": ((), _lives()),
        "refusals-without-a-body": (
            everywhere("bare", REFUSED, body(b""), header("Content-Type", None)),
            {},
        ),
    }
)
"""Faults (which are none) and sessions that the embedded server serves otherwise, by name."""
