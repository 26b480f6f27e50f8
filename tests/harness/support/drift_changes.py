"""Single changes to a server, as data: what it does differently, and how drift must class it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from hpp_contract.drift.facts import ERROR, SESSION
from hpp_contract.engine.edits import body, drop, edit_json, header, member, rewrite, status
from hpp_contract.engine.fault import Fault, fault
from hpp_contract.model import Exchange, Instant
from hpp_contract.server import simulate_server


@dataclass(frozen=True)
class Case:
    """A change `fault` to the server, the class it must have, and the fact that must say so."""

    fault: Fault
    change_class: str
    fact: str

    @property
    def name(self) -> str:
        return self.fault.name


def respell(digits: int, zone: str = "Z") -> Any:
    """Write both instants with so many digits, in this zone."""

    def edit(session: dict[str, Any]) -> None:
        for name in ("updated_at", "expires_at"):
            instant = Instant.parse(session[name])
            assert instant is not None
            session[name] = Instant(instant.ns + 123_456_789).format(digits, zone)

    return edit_json(edit)


def _retyped(name: str, change: Any) -> Any:
    return edit_json(lambda value: value.__setitem__(name, change(value[name])))


def _append(name: str, value: str) -> Any:
    def edit(exchange: Exchange) -> Exchange:
        response = exchange.response
        return header(name, f"{response.header(name)}{value}" if response else value)(exchange)

    return edit


def _as_session(exchange: Exchange) -> Exchange:
    (honest,) = simulate_server("waiting")
    session = {**(honest.session or {}), "session_id": exchange.request.session_id}
    return body(json.dumps(session).encode())(exchange)


CASES = (
    # status codes
    Case(fault("session-202", "waiting", status(202)), "breaking", "waiting · status code"),
    Case(fault("session-500", SESSION, status(500), body(b"")), "breaking", "known session · answer"),
    Case(fault("session-redirects", "waiting", status(302), body(b"")), "breaking", "known session · answer"),
    Case(fault("session-forbidden", "waiting", status(403)), "breaking", "known session · answer"),
    Case(fault("session-empty", "waiting", body(b"")), "breaking", "known session · answer"),
    Case(
        fault("session-in-envelope", SESSION, rewrite(lambda text: b'{"session": ' + text + b"}")),
        "breaking",
        "known session · answer",
    ),
    Case(fault("unknown-410", "unknown-id", status(410)), "breaking", "unknown-id · status code"),
    Case(fault("unknown-500", "unknown-id", status(500)), "breaking", "unknown-id · status code"),
    Case(fault("unknown-200", "unknown-id", status(200)), "breaking", "unknown-id · status code"),
    Case(fault("malformed-400", "malformed-id", status(400)), "cosmetic", "malformed-id · status code"),
    Case(fault("malformed-500", "malformed-id", status(500)), "breaking", "malformed-id · status code"),
    Case(fault("expired-410", "gone-session", status(410)), "breaking", "known session · answer"),
    Case(
        fault("open-without-key", "no-credentials", status(200), _as_session), "risky", "no-credentials · status code"
    ),
    Case(fault("open-with-any-key", "wrong-credentials", status(404)), "risky", "wrong-credentials · status code"),
    Case(fault("forbids-instead", "no-credentials", status(403)), "breaking", "no-credentials · status code"),
    # headers and media types
    Case(
        fault("no-challenge", "no-credentials", header("WWW-Authenticate", None)),
        "risky",
        "no-credentials · header www-authenticate",
    ),
    Case(
        fault("bearer-challenge", "no-credentials", header("WWW-Authenticate", "Bearer")),
        "breaking",
        "no-credentials · header www-authenticate",
    ),
    Case(fault("cacheable", SESSION, header("Cache-Control", "max-age=60")), "risky", "waiting · header cache-control"),
    Case(fault("no-cache-control", SESSION, header("Cache-Control", None)), "risky", "waiting · header cache-control"),
    Case(
        fault("stricter-caching", SESSION, header("Cache-Control", "no-store")),
        "cosmetic",
        "waiting · header cache-control",
    ),
    Case(fault("new-header", SESSION, header("X-Region", "eu")), "additive", "waiting · header x-region"),
    Case(
        fault("no-correlation-header", SESSION, header("Klarna-Correlation-Id", None)),
        "cosmetic",
        "waiting · header klarna-correlation-id",
    ),
    Case(fault("text-plain", SESSION, header("Content-Type", "text/plain")), "breaking", "waiting · media type"),
    Case(
        fault("problem-json", ERROR, header("Content-Type", "application/problem+json")),
        "risky",
        "unknown-id · media type",
    ),
    Case(fault("no-charset", SESSION, header("Content-Type", "application/json")), "cosmetic", "waiting · charset"),
    Case(
        fault("latin-1", SESSION, header("Content-Type", "application/json;charset=iso-8859-1")),
        "breaking",
        "waiting · charset",
    ),
    # members of a session
    Case(fault("new-member", SESSION, member("channel", "web")), "additive", "waiting · /channel"),
    Case(fault("new-nested-member", "waiting", member("links", {"self": "x"})), "additive", "waiting · /links"),
    Case(fault("no-expiry", SESSION, drop("expires_at")), "breaking", "waiting · /expires_at"),
    Case(
        fault("no-reference", "completed-with-order", drop("klarna_reference")),
        "risky",
        "completed-with-order · HPP-C02",
    ),
    Case(
        fault("early-order", "in-progress", member("order_id", "a1a8f727-2756-6058-bd3c-40069be0994b")),
        "risky",
        "in-progress · HPP-P02",
    ),
    Case(
        fault("no-order", "completed-with-order", drop("order_id")),
        "breaking",
        "completed-with-order · HPP-C01",
    ),
    Case(
        fault("early-reference", "in-progress", member("klarna_reference", "X438HG0Q")),
        "breaking",
        "in-progress · HPP-P02",
    ),
    Case(
        fault("null-reference", "completed-with-order", member("klarna_reference", None)),
        "risky",
        "completed-with-order · /klarna_reference",
    ),
    Case(fault("epoch-expiry", SESSION, member("expires_at", 1_900_000_000)), "breaking", "waiting · /expires_at"),
    Case(
        fault("local-time", SESSION, _retyped("updated_at", lambda text: text.removesuffix("Z"))),
        "breaking",
        "waiting · /updated_at class",
    ),
    Case(fault("another-zone", SESSION, respell(3, "+02:00")), "risky", "waiting · /updated_at zone"),
    Case(fault("nanoseconds", SESSION, respell(9)), "cosmetic", "any session · /updated_at precision"),
    Case(
        fault("short-ids", SESSION, _retyped("session_id", lambda text: text.replace("-", ""))),
        "breaking",
        "waiting · /session_id class",
    ),
    Case(
        fault("capital-order", "completed-with-order", member("order_id", "A1A8F727-2756-6058-BD3C-40069BE0994B")),
        "cosmetic",
        "completed-with-order · /order_id class",
    ),
    Case(fault("another-status", "failed", member("status", "EXPIRED")), "risky", "any session · /status value"),
    Case(fault("lower-case-status", "failed", member("status", "failed")), "risky", "any session · /status value"),
    # errors
    Case(
        fault("renamed-code", "unknown-id", member("error_code", "NO_SUCH_SESSION")),
        "risky",
        "unknown-id · /error_code value",
    ),
    Case(fault("no-code", ERROR, drop("error_code")), "risky", "unknown-id · /error_code"),
    Case(fault("no-messages", "unknown-id", drop("error_messages")), "risky", "unknown-id · /error_messages"),
    Case(
        fault("one-message", ERROR, _retyped("error_messages", lambda texts: texts[0])),
        "breaking",
        "unknown-id · /error_messages",
    ),
    Case(fault("error-with-hint", ERROR, member("hint", "see the documentation")), "additive", "unknown-id · /hint"),
    Case(fault("empty-error", "unknown-id", body(b"")), "risky", "unknown-id · body"),
    # relations that only rules see
    Case(
        fault("byte-order-mark", SESSION, rewrite(lambda text: b"\xef\xbb\xbf" + text)), "breaking", "waiting · HPP-H07"
    ),
    Case(
        fault("another-id", "waiting", member("session_id", "39a1c773-bafd-754d-af1f-b30c592f1267")),
        "breaking",
        "waiting · HPP-S04",
    ),
    Case(
        fault("reopened", "disabled", member("status", "IN_PROGRESS"), since=1), "breaking", "known session · HPP-L01"
    ),
)
"""Each is there in every run from the first, at an endpoint that has all STATES."""
