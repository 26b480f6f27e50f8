"""S: a session in any status. Many of these are constraints of `schemas/session.json`, in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from hpp_contract.engine.edits import body, drop, header, member
from hpp_contract.engine.fault import fault
from hpp_contract.engine.rule import Finding, rule
from hpp_contract.model import Exchange
from hpp_contract.model.exchange import response_of
from hpp_contract.model.instant import seconds_of_http_date
from hpp_contract.privacy.describe import describe
from hpp_contract.rules.conditions import has, has_json, has_session
from hpp_contract.rules.schemas import schema_rule
from hpp_contract.spec.page import DATA_TYPES, HAPPY_FLOW, REFERENCE, SESSION_LIFETIME
from hpp_contract.spec.session import LIFETIME, MEMBERS, SKEW, TIMEOUT_STATUS


@schema_rule(
    "session", "HPP-S01", "body-is-object", "must", "shown", HAPPY_FLOW, when=has_json,
    faults=[fault("serves-list", "waiting", body(b'[{"status": "WAITING"}]')),
            fault("serves-null", "failed", body(b"null"))],
)  # fmt: skip
def body_is_object(_: Exchange) -> None:
    """A session is one JSON object.

    Anything else with status 200 is not a session, and a client that indexes into it fails far from the cause.
    """


@schema_rule(
    "session", "HPP-S02", "members-present", "must", "shown", HAPPY_FLOW, when=has_session,
    faults=[fault("omits-status", "waiting", drop("status")), fault("omits-expiry", "in-progress", drop("expires_at"))],
)  # fmt: skip
def members_present(_: Exchange) -> None:
    """`session_id`, `status`, `updated_at` and `expires_at` are present.

    Clients with typed sessions fail on a missing one; careless ones read a missing status as WAITING and poll
    permanently.
    """


@schema_rule(
    "session", "HPP-S03", "members-typed", "must", "referenced", REFERENCE, when=has_session,
    faults=[fault("numbers-the-id", "waiting", member("session_id", 39173), also=("HPP-S04",)),
            fault("wraps-reference", "completed-with-order", member("klarna_reference", ["X438HG0Q"]))],
)  # fmt: skip
def members_typed(_: Exchange) -> None:
    """Each documented member has its documented JSON type.

    A number where a string was promised breaks every typed client at once.
    """


def _asked(exchange: Exchange) -> bool:
    return has("session_id")(exchange) and exchange.request.session_id is not None


@rule(
    "HPP-S04", "id-echoed", "must", "shown", HAPPY_FLOW, when=_asked,
    faults=[fault("answers-another-session", "waiting", member("session_id", "7d0a3c55-1111-4222-8333-444455556666"))],
)  # fmt: skip
def id_echoed(exchange: Exchange) -> Iterator[Finding]:
    """`session_id` in the answer is the id that was asked for.

    A different id means another consumer's session: an order would be booked to the wrong cart.
    """
    answered = (exchange.session or {}).get("session_id")
    if answered != exchange.request.session_id:
        yield Finding("/session_id", "the id in the request", "another " + describe(answered).removeprefix("a "))


@schema_rule(
    "session", "HPP-S05", "status-known", "must", "referenced", REFERENCE, when=has("status"),
    drift_class="risky",
    faults=[fault("invents-status", "waiting", member("status", "CREATED")),
            fault("lowers-status", "completed-with-order", member("status", "completed"))],
)  # fmt: skip
def status_known(_: Exchange) -> None:
    """`status` is one of the nine documented values.

    Clients decide by it whether the order is paid, and each client reads an unknown value differently.
    """


@rule(
    "HPP-S06", "status-of-a-read", "should", "referenced", "Callbacks page", when=has("status"),
    faults=[fault("answers-timeout-status", "waiting", member("status", "TIMEOUT"))],
)  # fmt: skip
def status_of_a_read(exchange: Exchange) -> Iterator[Finding]:
    """`status` is not TIMEOUT, which is documented for callbacks only.

    Typed clients built from the API reference do not have it.
    """
    if (exchange.session or {}).get("status") == TIMEOUT_STATUS:
        yield Finding("/status", "one of the nine of the API reference", '"TIMEOUT"')


@schema_rule(
    "session", "HPP-S07", "session-id-shape", "must", "shown", HAPPY_FLOW, when=has("session_id"),
    faults=[fault("shortens-id", "waiting", member("session_id", "39a1c773"), also=("HPP-S04",))],
)  # fmt: skip
def session_id_shape(_: Exchange) -> None:
    """`session_id` is 8-4-4-4-12 hexadecimal digits, of any UUID version.

    Databases and typed clients hold it in a UUID column.
    """


def _dated(exchange: Exchange) -> bool:
    return has("updated_at")(exchange) or has("expires_at")(exchange)


@schema_rule(
    "session", "HPP-S08", "instants", "must", "referenced", DATA_TYPES, when=_dated,
    faults=[fault("omits-zone", "waiting", member("updated_at", "2019-05-13T14:51:46.288")),
            fault("invents-day", "in-progress", member("expires_at", "2099-02-30T12:00:00Z")),
            fault("sends-epoch", "failed", member("updated_at", "1557759106"))],
)  # fmt: skip
def instants(_: Exchange) -> None:
    """`updated_at` and `expires_at` are RFC 3339 instants with a zone and at most nine fraction digits.

    Without a zone, server and client read different times, hours apart, and sessions expire early or never.
    """


@rule(
    "HPP-S09", "no-unknown-member", "should", "referenced", REFERENCE, when=has_session,
    drift_class="additive",
    faults=[fault("adds-member", "waiting", member("risk_score", 3))],
)  # fmt: skip
def no_unknown_member(exchange: Exchange) -> Iterator[Finding]:
    """No member is undocumented.

    Adding one is allowed, but it should be known before a strict client fails on it in production.
    """
    for name in exchange.session or {}:
        if name not in MEMBERS:
            yield Finding(f"/{_printable(name)}", "only documented members", "an undocumented one")


def _printable(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_\-.]", "?", name)[:40]


@schema_rule(
    "session", "HPP-S10", "no-null", "must", "shown", HAPPY_FLOW, when=has_session,
    drift_class="risky",
    faults=[fault("nulls-absent-member", "manual-id-check", member("order_id", None))],
)  # fmt: skip
def no_null(_: Exchange) -> None:
    """A member that does not apply is left out, never null.

    Clients check whether `order_id` is there: with null it is, and an order without an id is confirmed.
    """


def _about_a_person(exchange: Exchange) -> bool:
    return has("customer")(exchange) or has("manual_identification")(exchange)


@schema_rule(
    "session", "HPP-S11", "customer-shape", "must", "referenced", REFERENCE, when=_about_a_person,
    faults=[fault("lists-customer", "manual-id-check", member("customer", ["Jane", "Doe"])),
            fault("counts-customers", "manual-id-check", member("manual_identification", {"customer": 1})),
            fault("writes-birth-date-out", "manual-id-check", member("customer", {"date_of_birth": "1 May 1980"}))],
)  # fmt: skip
def customer_shape(_: Exchange) -> None:
    """`customer` is an object of optional strings, with `date_of_birth` as YYYY-MM-DD.

    Identity checks compare these with a national register.
    """


@schema_rule(
    "session", "HPP-S12", "manual-identification-shape", "must", "referenced", REFERENCE,
    when=has("manual_identification"),
    faults=[fault("flattens-identification", "manual-id-check", member("manual_identification", "pending"))],
)  # fmt: skip
def manual_identification_shape(_: Exchange) -> None:
    """`manual_identification` is an object with optional `challenge`, `customer`, `customer_obfuscated`, `expires_at`.

    It tells whether a person still has to be identified by hand before the order counts.
    """


@schema_rule(
    "session", "HPP-S13", "strings-bounded", "must", "referenced", DATA_TYPES, when=has_session,
    faults=[fault("overflows-reference", "completed-with-order", member("klarna_reference", "X" * 256))],
)  # fmt: skip
def strings_bounded(_: Exchange) -> None:
    """Strings have at most 255 characters.

    Merchants store them in columns of that size; a longer one is cut or refused.
    """


def _duration(seconds: float) -> str:
    """A time span for a person, in the largest unit of which there are two or more."""
    for unit, size in (("years", 365.25 * 86400), ("days", 86400), ("hours", 3600)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


@rule(
    "HPP-S14", "expires-after-update", "should", "inferred", SESSION_LIFETIME, when=has("updated_at", "expires_at"),
    faults=[fault("expires-before-update", "waiting", member("updated_at", "2001-01-01T00:00:01Z"),
                member("expires_at", "2001-01-01T00:00:00Z"), header("Date", None))],
)  # fmt: skip
def expires_after_update(exchange: Exchange) -> Iterator[Finding]:
    """`expires_at` is not before `updated_at`.

    One of the two instants must be wrong.
    """
    updated, expires = exchange.updated_at, exchange.expires_at
    if updated and expires and expires - updated < 0:
        yield Finding("/expires_at", "at or after updated_at", f"{_duration(updated - expires)} before updated_at")


def _strings(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every string in a JSON value, with the names and indexes that lead to it."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for name, inner in pairs:
            yield from _strings(inner, (*path, name))


_UNSAFE = re.compile(r"[\ud800-\udfff\x00-\x1f\x7f]")


@rule(
    "HPP-S15", "strings-clean", "should", "standard", "RFC 8259 §8.2 Unicode Characters", when=has_session,
    faults=[fault("adds-control-character", "completed-with-order", member("klarna_reference", "X438\u0000HG0Q"))],
)  # fmt: skip
def strings_clean(exchange: Exchange) -> Iterator[Finding]:
    """No string holds a lone surrogate or a control character.

    Databases and parsers treat both differently; some refuse the whole body.
    """
    for path, text in _strings(exchange.session):
        if _UNSAFE.search(text):
            where = "".join(f"/{_printable(str(name))}" for name in path)
            yield Finding(where, "characters that every parser keeps", "a lone surrogate or a control character")


def _now(exchange: Exchange) -> float | None:
    """When the server answered, in seconds since 1970: its own Date header."""
    return seconds_of_http_date(response_of(exchange).header("date") or "")


def _clocked(exchange: Exchange) -> bool:
    return has("updated_at", "expires_at")(exchange) and _now(exchange) is not None


@rule(
    "HPP-S16", "not-read-after-expiry", "must", "referenced", SESSION_LIFETIME, when=_clocked,
    reads=["response date"],
    faults=[fault("outlives-expiry", "waiting", member("updated_at", "2019-05-13T14:51:46.288Z"),
                member("expires_at", "2019-05-15T13:51:43.507Z"))],
)  # fmt: skip
def not_read_after_expiry(exchange: Exchange) -> Iterator[Finding]:
    """A session is answered with 200 only until `expires_at`; afterwards it is 404.

    A client stops polling at `expires_at` and does not see what happens later. Five minutes of clock skew are
    allowed.
    """
    expires, now = exchange.expires_at, _now(exchange)
    if expires and now and now - expires.ns / 1e9 > SKEW:
        found = f"{expires.format(0)[:10]}, {_duration(now - expires.ns / 1e9)} before the answer"
        yield Finding("/expires_at", "after the Date of the answer", found)


@rule(
    "HPP-S17", "not-updated-in-future", "should", "inferred", "updated_at dates the last change", when=_clocked,
    reads=["response date"],
    faults=[fault("updates-in-future", "waiting", member("updated_at", "2099-01-01T00:00:00Z"),
                member("expires_at", "2099-01-02T00:00:00Z"))],
)  # fmt: skip
def not_updated_in_future(exchange: Exchange) -> Iterator[Finding]:
    """`updated_at` is not after the answer's own Date.

    A client that orders events by it puts this one after all that follow. Five minutes of clock skew are allowed.
    """
    updated, now = exchange.updated_at, _now(exchange)
    if updated and now and updated.ns / 1e9 - now > SKEW:
        found = f"{updated.format(0)[:10]}, {_duration(updated.ns / 1e9 - now)} after the answer"
        yield Finding("/updated_at", "no later than the Date of the answer", found)


@rule(
    "HPP-S18", "lifetime-bounded", "info", "referenced", SESSION_LIFETIME, when=has("updated_at", "expires_at"),
    faults=[fault("lives-a-week", "waiting", member("updated_at", "2019-05-06T13:51:43Z"),
                member("expires_at", "2019-05-13T13:51:43Z"), header("Date", None))],
)  # fmt: skip
def lifetime_bounded(exchange: Exchange) -> Iterator[Finding]:
    """`expires_at` is at most 48 hours after `updated_at`.

    The payment session lives 48 hours and the page ends an hour earlier. Whether an order update moves that is
    unknown.
    """
    updated, expires = exchange.updated_at, exchange.expires_at
    if updated and expires and expires - updated > LIFETIME:
        yield Finding("/expires_at", "within 48 h of updated_at", f"{_duration(expires - updated)} after it")
