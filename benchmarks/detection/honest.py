"""Honest peculiarities: endpoints that differ from the reference in ways the documentation allows. Whoever says no to
one of them raises a false alarm.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import cycle
from types import MappingProxyType
from typing import Any, Final

from benchmarks.detection.spread import REFUSED, everywhere, on_sessions
from hpp_contract.cases.scenarios import SCENARIOS, Scenario, Step, session_id
from hpp_contract.engine.edits import body, compress, drop, edit_json, fail, header, member, send_json, status
from hpp_contract.engine.fault import Fault, fault
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


_CHARSETS: Final = ("application/json; charset=UTF-8", "Application/JSON", 'application/json; charset="utf-8"')
_LONG_AGO: Final = {"updated_at": "2019-05-13T14:51:46.288Z", "expires_at": "2019-05-15T13:51:43.507Z"}
_GATEWAY_ERROR: Final = {"code": 404, "message": "no such resource", "request": "7f3a"}
_MASKED: Final = {"given_name": "A*****", "family_name": "L********", "date_of_birth": "19**-**-**"}
_PAGE: Final = b"<!DOCTYPE html><html><head><title>403</title></head><body>Request blocked</body></html>"
_ALL: Final = (*SHAPES, *REFUSED)


def _charsets() -> tuple[Fault, ...]:
    """Each shape with one of the forms of the media type."""
    forms = zip(SHAPES, cycle(_CHARSETS), strict=False)
    return tuple(fault(f"charset-on-{shape}", shape, header("Content-Type", form)) for shape, form in forms)


def _page(status_code: int) -> tuple[Callable[[Exchange], Exchange], ...]:
    return (status(status_code), header("Content-Type", "text/html"), header("WWW-Authenticate", None), body(_PAGE))


def _limited() -> tuple[Callable[[Exchange], Exchange], ...]:
    return (status(429), header("Retry-After", "60"), header("WWW-Authenticate", None), body(b""))


def _etag(exchange: Exchange) -> Exchange:
    tag = f'"{zlib.crc32(exchange.response.body):08x}"' if exchange.response is not None else '""'
    return header("Last-Modified", "Thu, 26 Nov 2026 05:00:00 GMT")(header("ETag", tag)(exchange))


Peculiarity = tuple[tuple[Fault, ...], Mapping[str, Scenario]]

HONEST: Final[Mapping[str, Peculiarity]] = MappingProxyType(
    {
        "other-spellings-of-time": ((), _time_formats()),
        "another-gateway": (everywhere("another-gateway", _ALL, _respond(_through_gateway)), {}),
        "other-lives": ((), _lives()),
        "refusals-without-a-body": (everywhere("bare", REFUSED, body(b""), header("Content-Type", None)), {}),
        "gzip-when-asked": (everywhere("gzip", _ALL, compress), {}),
        "other-forms-of-the-media-type": (_charsets(), {}),
        "validators-of-caches": (everywhere("etag", _ALL, _etag), {}),
        "cookies-of-a-load-balancer": (everywhere("cookie", _ALL, header("Set-Cookie", "lb=a1; Path=/; Secure")), {}),
        "no-correlation-id": (
            everywhere("uncorrelated", _ALL, header("Klarna-Correlation-Id", None)),
            {},
        ),
        "the-documented-dates": (on_sessions("dated-2019", edit_json(lambda session: session.update(_LONG_AGO))), {}),
        "ids-in-capitals": (
            on_sessions(
                "capitals", edit_json(lambda session: session.update(session_id=session["session_id"].upper()))
            ),
            {},
        ),
        "an-order-id-that-is-there-early": (
            everywhere("early", ("waiting", "in-progress"), member("order_id", _OTHER_IDS["order_id"].lower())),
            {},
        ),
        "a-reference-that-comes-late": (
            everywhere("late", ("completed-with-order",), drop("klarna_reference"), until=1),
            {},
        ),
        "masked-people": (
            everywhere(
                "masked", ("manual-id-check",), member("manual_identification", {"customer_obfuscated": _MASKED})
            ),
            {},
        ),
        "an-error-object-of-a-gateway": (everywhere("gateway-error", ("unknown-id",), send_json(_GATEWAY_ERROR)), {}),
        "a-page-for-no-credentials": (everywhere("page", ("no-credentials",), *_page(403)), {}),
        "a-limit-for-wrong-keys": (everywhere("limited", ("wrong-credentials",), *_limited()), {}),
        "a-firewall-that-closes": (everywhere("closed", ("malformed-id",), fail("reset")), {}),
        "one-poll-unavailable": (everywhere("unavailable", ("waiting",), status(503), body(b""), until=1), {}),
        "an-expiry-that-moves": (
            everywhere("moved", ("in-progress",), member("expires_at", "2099-01-02T03:04:05.678Z"), since=1),
            {},
        ),
    }
)
"""Faults (which are none) and sessions that the embedded server serves otherwise, by name."""
