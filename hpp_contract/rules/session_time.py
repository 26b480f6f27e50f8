"""S: what the two instants of a session say about each other and about now."""

from __future__ import annotations

from collections.abc import Iterator

from hpp_contract.engine.edits import header, member
from hpp_contract.engine.fault import fault
from hpp_contract.engine.rule import Finding, rule
from hpp_contract.model import Exchange
from hpp_contract.model.exchange import response_of
from hpp_contract.model.instant import seconds_of_http_date
from hpp_contract.rules.conditions import has
from hpp_contract.spec.session import SKEW

LIFETIME = "Session lifetime"


@rule(
    "HPP-S14", "expires-after-update", "should", "inferred", LIFETIME, when=has("updated_at", "expires_at"),
    faults=[fault("expires-before-update", "waiting", member("updated_at", "2001-01-01T00:00:01Z"),
                member("expires_at", "2001-01-01T00:00:00Z"), header("Date", None))],
)  # fmt: skip
def expires_after_update(exchange: Exchange) -> Iterator[Finding]:
    """`expires_at` is not before `updated_at`.

    A session that changed after it ended has one of the two wrong.
    """
    updated, expires = exchange.updated_at, exchange.expires_at
    if updated and expires and expires - updated < 0:
        yield Finding("/expires_at", "at or after updated_at", f"{updated - expires:.0f} s before it")


def _now(exchange: Exchange) -> float | None:
    """When the server answered, in seconds since 1970: its own Date header."""
    return seconds_of_http_date(response_of(exchange).header("date") or "")


def _clocked(exchange: Exchange) -> bool:
    return has("updated_at", "expires_at")(exchange) and _now(exchange) is not None


@rule(
    "HPP-S16", "not-read-after-expiry", "must", "referenced", LIFETIME, when=_clocked,
    reads=["response date"],
    faults=[fault("outlives-expiry", "waiting", member("updated_at", "2019-05-13T14:51:46.288Z"),
                member("expires_at", "2019-05-15T13:51:43.507Z"))],
)  # fmt: skip
def not_read_after_expiry(exchange: Exchange) -> Iterator[Finding]:
    """A session answers 200 only until `expires_at`; afterwards it is 404.

    A client stops polling at `expires_at`: what happens later it never learns. Five minutes of clock skew are allowed.
    """
    expires, now = exchange.expires_at, _now(exchange)
    if expires and now and now - expires.ns / 1e9 > SKEW:
        yield Finding("/expires_at", "after the Date of the answer", f"{now - expires.ns / 1e9:.0f} s before it")


@rule(
    "HPP-S17", "not-updated-in-future", "should", "inferred", "updated_at dates the last change", when=_clocked,
    reads=["response date"],
    faults=[fault("updates-in-future", "waiting", member("updated_at", "2099-01-01T00:00:00Z"),
                member("expires_at", "2099-01-02T00:00:00Z"))],
)  # fmt: skip
def not_updated_in_future(exchange: Exchange) -> Iterator[Finding]:
    """`updated_at` is not after the answer's own Date.

    Whoever orders events by it puts this one after everything that follows. Five minutes of skew are allowed.
    """
    updated, now = exchange.updated_at, _now(exchange)
    if updated and now and updated.ns / 1e9 - now > SKEW:
        yield Finding("/updated_at", "no later than the Date of the answer", f"{updated.ns / 1e9 - now:.0f} s after it")


@rule(
    "HPP-S18", "lifetime-bounded", "info", "referenced", LIFETIME, when=has("updated_at", "expires_at"),
    faults=[fault("lives-a-week", "waiting", member("updated_at", "2019-05-06T13:51:43Z"),
                member("expires_at", "2019-05-13T13:51:43Z"), header("Date", None))],
)  # fmt: skip
def lifetime_bounded(exchange: Exchange) -> Iterator[Finding]:
    """`expires_at` is at most 48 hours after `updated_at`.

    The payment session lives 48 hours and the page ends an hour earlier; whether an order update moves that is unknown.
    """
    updated, expires = exchange.updated_at, exchange.expires_at
    if updated and expires and expires - updated > 48 * 3600:
        yield Finding("/expires_at", "within 48 h of updated_at", f"{(expires - updated) / 3600:.1f} h after it")
