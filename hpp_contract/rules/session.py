"""S: a session in any status. Many of these are constraints of `schemas/session.json`, in words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from hpp_contract.engine.edits import Edit, body, drop, edit_json, header, member, rewrite, url
from hpp_contract.engine.fault import fault, variation
from hpp_contract.engine.recorded import call_back
from hpp_contract.engine.rule import Finding, Severity, rule
from hpp_contract.model import Exchange, Instant
from hpp_contract.model.exchange import response_of
from hpp_contract.model.instant import SECOND, is_unusual, seconds_of_http_date
from hpp_contract.privacy.describe import describe
from hpp_contract.privacy.names import shown_member, shown_part
from hpp_contract.rules.conditions import has, has_json, has_session
from hpp_contract.rules.schemas import broken_constraints, schema_rule
from hpp_contract.spec.page import CALLBACKS, DATA_TYPES, FIELD_TABLE, HAPPY_FLOW, REFERENCE, SESSION_LIFETIME
from hpp_contract.spec.session import FINAL, INSTANTS, LIFETIME, MEMBERS, SKEW, TIMEOUT_STATUS, UUID


def _changed(name: str, change: Callable[[str], str]) -> Edit:
    """Write a member's text in another way."""
    return edit_json(lambda session: session.update({name: change(session[name])}))


def _written(digits: int, zone: str = "Z") -> Edit:
    """Write both instants with so many fraction digits in this zone."""

    def rewritten(session: dict[str, Any]) -> None:
        for name in INSTANTS:
            session[name] = Instant((Instant.parse(session[name]) or Instant(0)).ns).format(digits, zone)

    return edit_json(rewritten)


def _later(**seconds: int) -> Edit:
    """Set members to instants so many seconds after the answer's Date."""

    def edit(exchange: Exchange) -> Exchange:
        now = _now(exchange) or 0
        for name, after in seconds.items():
            exchange = member(name, Instant(int(now + after) * SECOND).format(3))(exchange)
        return exchange

    return edit


def _documented(session: dict[str, Any]) -> None:
    """The dates of the documented examples."""
    session.update(updated_at="2019-05-13T14:54:04.675Z", expires_at="2019-05-15T13:51:43.507Z")


@schema_rule(
    "session", "HPP-S01", "body-is-object", "must", "shown", HAPPY_FLOW, when=has_json,
    faults=[fault("serves-list", "waiting", body(b'[{"status": "WAITING"}]')),
            fault("serves-null", "failed", body(b"null"))],
    variations=[variation("indents-session", "waiting",
                    rewrite(lambda text: json.dumps(json.loads(text), indent=4).encode()))],
)  # fmt: skip
def body_is_object(_: Exchange) -> None:
    """A session is one JSON object.

    A client that looks for a status in anything else crashes, and its merchant hears of no payment at all.
    """


@schema_rule(
    "session", "HPP-S02", "members-present", "must", "referenced", FIELD_TABLE, when=has_session,
    faults=[fault("omits-status", "waiting", drop("status")), fault("omits-expiry", "in-progress", drop("expires_at"))],
    variations=[variation("reorders-members", "in-progress",
                    rewrite(lambda text: json.dumps(dict(reversed(json.loads(text).items()))).encode()))],
)  # fmt: skip
def members_present(_: Exchange) -> None:
    """`session_id`, `status`, `updated_at` and `expires_at` are present.

    Without a status, a merchant's client takes the session for WAITING, polls on, and never ships what was paid.
    """


@schema_rule(
    "session", "HPP-S03", "members-typed", "must", "referenced", REFERENCE, when=has_session,
    faults=[fault("numbers-the-id", "waiting", member("session_id", 39173), also=("HPP-S04",)),
            fault("wraps-reference", "completed-with-order", member("klarna_reference", ["X438HG0Q"]))],
    variations=[variation("refers-by-digits", "completed-with-order", member("klarna_reference", "12345678"))],
)  # fmt: skip
def members_typed(_: Exchange) -> None:
    """Each documented member has its documented JSON type.

    A number where a text was promised stops every merchant whose client has types, all at once, until it is rewritten.
    """


def _asked(exchange: Exchange) -> bool:
    return has("session_id")(exchange) and exchange.request.session_id is not None


@rule(
    "HPP-S04", "id-echoed", "must", "referenced", FIELD_TABLE, when=_asked,
    faults=[fault("answers-another-session", "waiting", member("session_id", "7d0a3c55-1111-4222-8333-444455556666"))],
    variations=[variation("capitalizes-id", "waiting", _changed("session_id", str.upper)),
                variation("asks-in-capitals", "in-progress", url(lambda asked: asked[:-36] + asked[-36:].upper()),
                    source="recorder")],
)  # fmt: skip
def id_echoed(exchange: Exchange) -> Iterator[Finding]:
    """`session_id` in the answer is the id that was asked for; the digits of a UUID compare without case.

    Another id is another consumer's session: the merchant ships one cart on what was paid for another.
    """
    answered = (exchange.session or {}).get("session_id")
    if _comparable(answered) != _comparable(exchange.request.session_id):
        yield Finding("/session_id", "the id in the request", "another " + describe(answered).removeprefix("a "))


def _comparable(session_id: object) -> object:
    """An id as it compares: UUIDs are equal whatever their case (RFC 9562 §4)."""
    return session_id.lower() if isinstance(session_id, str) and UUID.fullmatch(session_id) else session_id


@schema_rule(
    "session", "HPP-S05", "status-known", "must", "referenced", REFERENCE, when=has("status"),
    drift_class="risky",
    faults=[fault("invents-status", "waiting", member("status", "CREATED")),
            fault("lowers-status", "completed-with-order", member("status", "completed"))],
    variations=[variation("times-out", "waiting", member("status", "TIMEOUT"), warns=("HPP-S06",)),
                variation("checks-identity-without-details", "manual-id-check",
                    drop("customer", "manual_identification"))],
)  # fmt: skip
def status_known(_: Exchange) -> None:
    """`status` is one of the nine documented values.

    By it a client decides whether the order is paid: one that takes a new value for paid gives the merchant's goods
    away, one that takes it for open leaves the consumer without them.
    """


def _with_status(exchange: Exchange) -> bool:
    return has("status")(exchange) and not exchange.context.callback


@rule(
    "HPP-S06", "status-of-a-read", "should", "referenced", CALLBACKS, when=_with_status,
    faults=[fault("answers-timeout-status", "waiting", member("status", "TIMEOUT"))],
    variations=[variation("fails-when-time-is-up", "in-progress", member("status", "ERROR")),
                variation("calls-back-when-time-is-up", "in-progress", member("status", "TIMEOUT"),
                    member("updated_at", "2019-05-13T14:53:57.540Z"), header("Date", None), call_back, since=1,
                    source="recorder")],
)  # fmt: skip
def status_of_a_read(exchange: Exchange) -> Iterator[Finding]:
    """`status` is not TIMEOUT, which is documented for callbacks only.

    Typed clients built from the API reference do not have it.
    """
    if (exchange.session or {}).get("status") == TIMEOUT_STATUS:
        yield Finding("/status", "one of the nine of the API reference", '"TIMEOUT"')


@schema_rule(
    "session", "HPP-S07", "session-id-shape", "must", "shown", HAPPY_FLOW, when=has("session_id"),
    faults=[fault("empties-id", "waiting", member("session_id", ""), also=("HPP-S04",)),
            fault("shortens-id", "waiting", member("session_id", "39a1c773"), also=("HPP-S04",), severity="should")],
    variations=[variation("mixes-case-of-id", "failed",
                    _changed("session_id", lambda text: text[:18].upper() + text[18:])),
                variation("names-session-without-hyphens", "waiting",
                    url(lambda asked: asked[:-36] + asked[-36:].replace("-", "")),
                    _changed("session_id", lambda text: text.replace("-", "")),
                    source="recorder", warns=("HPP-S07",))],
)  # fmt: skip
def session_id_shape(_: Exchange) -> None:
    """`session_id` is 8-4-4-4-12 hexadecimal digits, of any UUID version, and not empty.

    Merchants keep a sale under it: with an empty one, two consumers share a record, and one gets the other's order.

    Another notation weighs less: the reference says only that it is a string, but databases hold it in a UUID column.
    """


def _dated(exchange: Exchange) -> bool:
    return has("updated_at")(exchange) or has("expires_at")(exchange)


@rule(
    "HPP-S08", "instants", "must", "referenced", DATA_TYPES, when=_dated,
    faults=[fault("omits-zone", "waiting", member("updated_at", "2019-05-13T14:51:46.288")),
            fault("invents-day", "in-progress", member("expires_at", "2099-02-30T12:00:00Z")),
            fault("sends-epoch", "failed", member("updated_at", "1557759106")),
            fault("invents-leap-second", "back", member("updated_at", "2019-06-30T23:59:60Z")),
            fault("writes-zone-small", "waiting", _changed("updated_at", str.lower), severity="info")],
    variations=[variation("omits-fractions", "waiting", _written(0)),
                variation("dates-to-microseconds", "in-progress", _written(6)),
                variation("dates-to-nanoseconds", "waiting", _written(9)),
                variation("dates-in-another-zone", "completed-with-token", _written(3, "+05:45")),
                variation("dates-in-small-letters", "completed-with-order",
                    _changed("updated_at", str.lower), _changed("expires_at", str.lower)),
                variation("dates-in-a-leap-second", "failed", member("updated_at", "2016-12-31T23:59:60.5Z"))],
)  # fmt: skip
def instants(exchange: Exchange) -> Iterator[Finding]:
    """`updated_at` and `expires_at` are RFC 3339 instants with a zone and at most nine fraction digits.

    Without a zone, client and server read times that are hours apart: the merchant gives a session up that the consumer
    can still pay.

    A small `t` or `z` and a real leap second are RFC 3339: they are only reported, because many parsers refuse them.
    """
    yield from broken_constraints("session", "HPP-S08", exchange)
    for where, text in _instants(exchange.session or {}):
        if is_unusual(text) and Instant.parse(text) is not None:
            what = "a leap second" if ":60" in text else "a small t or z"
            yield Finding(where, "a notation that every parser reads", what, severity=Severity.INFO)


def _instants(session: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The texts that are to be instants, each with its place."""
    check = session.get("manual_identification")
    pairs = [(f"/{name}", session.get(name)) for name in INSTANTS]
    pairs += [("/manual_identification/expires_at", check.get("expires_at") if isinstance(check, dict) else None)]
    yield from ((where, text) for where, text in pairs if isinstance(text, str))


@rule(
    "HPP-S09", "no-unknown-member", "should", "referenced", REFERENCE, when=has_session,
    drift_class="additive",
    faults=[fault("adds-member", "waiting", member("risk_score", 3))],
    variations=[variation("extends-identification", "manual-id-check",
                    edit_json(lambda session: session["manual_identification"].update(method="video")))],
)  # fmt: skip
def no_unknown_member(exchange: Exchange) -> Iterator[Finding]:
    """No member is undocumented.

    Adding one is allowed, but it should be known before a strict client fails on it in production.
    """
    for name in exchange.session or {}:
        if name not in MEMBERS:
            yield Finding(f"/{shown_member(name)}", "only documented members", "an undocumented one")


@schema_rule(
    "session", "HPP-S10", "no-null", "must", "referenced", REFERENCE, when=has_session,
    drift_class="risky",
    faults=[fault("nulls-expiry", "in-progress", member("expires_at", None)),
            fault("nulls-absent-member", "manual-id-check", member("order_id", None), severity="should")],
    variations=[variation("empties-identification", "manual-id-check", member("manual_identification", {})),
                variation("nulls-order-while-waiting", "waiting", member("order_id", None), warns=("HPP-S10",)),
                variation("nulls-reference-beside-token", "completed-with-token", member("klarna_reference", None),
                    warns=("HPP-S10",)),
                variation("nulls-identification", "back", member("manual_identification", None), warns=("HPP-S10",))],
)  # fmt: skip
def no_null(_: Exchange) -> None:
    """No member is null: one that does not apply is left out.

    A client that finds a null status, id or instant crashes or waits for ever, and the merchant loses the session.

    Where the member may be left out, a null weighs less: most clients take both for absent.
    """


def _about_a_person(exchange: Exchange) -> bool:
    return has("customer")(exchange) or has("manual_identification")(exchange)


@schema_rule(
    "session", "HPP-S11", "customer-shape", "must", "referenced", REFERENCE, when=_about_a_person,
    faults=[fault("lists-customer", "manual-id-check", member("customer", ["Jane", "Doe"])),
            fault("counts-customers", "manual-id-check", member("manual_identification", {"customer": 1})),
            fault("writes-birth-date-out", "manual-id-check", member("customer", {"date_of_birth": "1 May 1980"}),
                severity="should")],
    variations=[variation("masks-birth-date", "manual-id-check",
                    edit_json(lambda session: session["manual_identification"]["customer_obfuscated"].update(
                        date_of_birth="****-**-28")))],
)  # fmt: skip
def customer_shape(_: Exchange) -> None:
    """`customer` is an object of optional strings, with `date_of_birth` as YYYY-MM-DD.

    A client that reads a list as a person compares nobody with the register, and the consumer is turned away.

    A date of birth in another notation weighs less. In `customer_obfuscated` it is masked, and may look like anything.
    """


@schema_rule(
    "session", "HPP-S12", "manual-identification-shape", "must", "referenced", REFERENCE,
    when=has("manual_identification"),
    faults=[fault("flattens-identification", "manual-id-check", member("manual_identification", "pending"))],
    variations=[variation("identifies-until-later", "manual-id-check",
                    member("manual_identification", {"expires_at": "2099-01-01T02:00:00+02:00"}))],
)  # fmt: skip
def manual_identification_shape(_: Exchange) -> None:
    """`manual_identification` is an object with optional `challenge`, `customer`, `customer_obfuscated`, `expires_at`.

    A client that reads there until when a person must be identified crashes, and the order that waited for it lapses.
    """


@schema_rule(
    "session", "HPP-S13", "strings-bounded", "should", "referenced", DATA_TYPES, when=has_session,
    faults=[fault("overflows-reference", "completed-with-order", member("klarna_reference", "X" * 256))],
    variations=[variation("fills-reference", "completed-with-order", member("klarna_reference", "X" * 255))],
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


def _payable(exchange: Exchange) -> bool:
    """A dated session that may still be paid: one that is over may have been updated after its end, by what it was paid
    with."""
    return has("updated_at", "expires_at")(exchange) and (exchange.session or {}).get("status") not in FINAL


@rule(
    "HPP-S14", "expires-after-update", "should", "inferred", SESSION_LIFETIME, when=_payable,
    faults=[fault("expires-before-update", "waiting", member("updated_at", "2001-01-01T00:00:01Z"),
                member("expires_at", "2001-01-01T00:00:00Z"), header("Date", None))],
    variations=[variation("expires-as-it-is-updated", "failed", _later(updated_at=-60, expires_at=-60))],
)  # fmt: skip
def expires_after_update(exchange: Exchange) -> Iterator[Finding]:
    """`expires_at` is not before `updated_at` while a session may still be paid.

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
    faults=[fault("adds-control-character", "completed-with-order", member("klarna_reference", "X438\u0000HG0Q")),
            fault("adds-lone-surrogate", "waiting", member("risk", "\ud800"), also=("HPP-S09",))],
    variations=[variation("refers-beyond-ascii", "completed-with-order",
                    member("klarna_reference", "X438\u00c5\U0001f600"))],
)  # fmt: skip
def strings_clean(exchange: Exchange) -> Iterator[Finding]:
    """No string holds a lone surrogate or a control character.

    Databases and parsers treat both differently; some refuse the whole body.
    """
    for path, text in _strings(exchange.session):
        if _UNSAFE.search(text):
            where = "".join(f"/{shown_part(name)}" for name in path)
            yield Finding(where, "characters that every parser keeps", "a lone surrogate or a control character")


def _now(exchange: Exchange) -> float | None:
    """When the server answered, in seconds since 1970: its own Date header. A callback is answered by the merchant."""
    if exchange.context.callback:
        return None
    return seconds_of_http_date(response_of(exchange).header("date") or "")


def _clocked(exchange: Exchange) -> bool:
    return has("updated_at", "expires_at")(exchange) and _now(exchange) is not None


def _expiring(exchange: Exchange) -> bool:
    """A dated session of which somebody could move the dates: the documented examples are of 2019 for ever."""
    return _clocked(exchange) and exchange.context.provenance != "documented"


@rule(
    "HPP-S16", "not-read-after-expiry", "info", "referenced", SESSION_LIFETIME, when=_expiring,
    reads=["response date"],
    faults=[fault("outlives-expiry", "waiting", member("updated_at", "2019-05-13T14:51:46.288Z"),
                member("expires_at", "2019-05-15T13:51:43.507Z"))],
    variations=[variation("serves-documented-dates", "completed-with-order", edit_json(_documented)),
                variation("waits-since-2019", "in-progress", edit_json(_documented)),
                variation("reads-paid-session-after-expiry", "completed-with-token",
                    _later(updated_at=-7200, expires_at=-3600)),
                variation("completes-after-expiry", "completed-with-order", _later(updated_at=-60, expires_at=-600))],
)  # fmt: skip
def not_read_after_expiry(exchange: Exchange) -> Iterator[Finding]:
    """A session is read before its `expires_at`.

    `expires_at` ends paying, and nothing says that it ends reading. But a stub whose dates stand still cannot test a
    client that gives up sessions at their end. Five minutes of clock skew are allowed.
    """
    expires, now = exchange.expires_at, _now(exchange)
    if expires and now and now - expires.ns / 1e9 > SKEW:
        day, ago = expires.format(0)[:10], _duration(now - expires.ns / 1e9)
        found = f"expired on {day}, {ago} before this answer: a stub? its dates must move"
        yield Finding("/expires_at", "after the Date of the answer", found)


@rule(
    "HPP-S17", "not-updated-in-future", "should", "inferred", "updated_at dates the last change", when=_clocked,
    reads=["response date"],
    faults=[fault("updates-in-future", "waiting", member("updated_at", "2099-01-01T00:00:00Z"),
                member("expires_at", "2099-01-02T00:00:00Z"))],
    variations=[variation("updates-by-a-clock-ahead", "in-progress", _later(updated_at=240, expires_at=7200))],
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
    variations=[variation("lives-two-days", "waiting", _later(updated_at=-60, expires_at=48 * 3600 - 60))],
)  # fmt: skip
def lifetime_bounded(exchange: Exchange) -> Iterator[Finding]:
    """`expires_at` is at most 48 hours after `updated_at`.

    The payment session lives 48 hours and the page ends an hour earlier. Whether an order update moves that is
    unknown.
    """
    updated, expires = exchange.updated_at, exchange.expires_at
    if updated and expires and expires - updated > LIFETIME:
        yield Finding("/expires_at", "within 48 h of updated_at", f"{_duration(expires - updated)} after it")
