"""Cases in which the server answers with a session: every status, instant, id and member a client must cope with."""

from __future__ import annotations

from functools import partial
from typing import Final

from hpp_contract.cases.case import Case
from hpp_contract.cases.edits import edits
from hpp_contract.cases.scenarios import session_id
from hpp_contract.engine.fault import Edit, drop, member

FAITHFUL: Final = ("HPP-A01", "HPP-A02", "HPP-A03", "HPP-A04")
_WORDS: Final = ("HPP-R03",)


def _shape(name: str, says: str, *rules: str) -> Case:
    return Case(name, says, (*rules, "HPP-A17", *FAITHFUL), name)


SHAPES: Final = (
    Case(
        "smoke",
        "A completed session with an order: does the adapter work at all?",
        ("HPP-A37", "HPP-A09"),
        "completed-with-order",
    ),
    _shape("waiting", "A session that nobody has opened yet.", "HPP-A02"),
    _shape("in-progress", "A session whose page the consumer has opened.", "HPP-A02"),
    _shape("completed-with-token", "A completed session with an authorization token.", "HPP-A07"),
    _shape("completed-with-order", "A completed session with an order.", "HPP-A05", "HPP-A06"),
    _shape("back", "A session whose consumer went back to the shop.", "HPP-A02"),
    _shape("manual-id-check", "A session that waits for an identity check, with all that belongs to it.", "HPP-A08"),
    _shape("cancelled", "A cancelled session.", "HPP-A02"),
    _shape("failed", "A declined session.", "HPP-A02"),
    _shape("disabled", "A session that the merchant disabled.", "HPP-A02"),
    _shape("error", "A session that failed while paying.", "HPP-A02"),
)


def _instant(name: str, written: str, says: str) -> Case:
    """`written` is the second half of both instants."""
    both = edits(
        member("updated_at", f"2026-05-13T14:51:46{written}"), member("expires_at", f"2026-05-15T13:51:43{written}")
    )
    return Case(f"instant-{name}", says, ("HPP-A03", "HPP-A04", "HPP-A17"), "waiting", (both,))


INSTANTS: Final = (
    _instant("whole-seconds", "Z", "Instants without a fraction."),
    _instant("one-digit", ".5Z", "Instants with one fraction digit."),
    _instant("microseconds", ".288001Z", "Instants with six fraction digits."),
    _instant("nanoseconds", ".288001002Z", "Instants with nine fraction digits."),
    _instant("trailing-zeros", ".000Z", "Instants whose fraction is zero."),
    _instant("offset-zero", ".288+00:00", "Instants with the offset +00:00."),
    _instant("offset-east", ".288+05:30", "Instants five and a half hours east of UTC."),
    _instant("offset-west", "-03:30", "Instants west of UTC, without a fraction."),
    Case(
        "instant-far-future",
        "A session that expires beyond the year 2038.",
        ("HPP-A04", "HPP-A17"),
        "waiting",
        (member("expires_at", "2099-12-31T23:59:59.999Z"),),
    ),
    Case(
        "instant-leap-day",
        "A session updated on 29 February, across midnight in its zone.",
        ("HPP-A03", "HPP-A17"),
        "waiting",
        (member("updated_at", "2028-02-29T23:30:00-02:00"), member("expires_at", "2028-03-02T22:30:00-02:00")),
    ),
)


def _id(name: str, form: str, says: str) -> Case:
    return Case(f"id-{name}", says, _WORDS, id_template=form, exempt_rules=("HPP-R02",))


IDS: Final = (
    Case(
        "id-uppercase",
        "A session id in capitals: ids are compared letter by letter.",
        ("HPP-A01", "HPP-R02"),
        id_template="{upper}",
    ),
    _id("with-space", "{id} x", "A session id with a space in it."),
    _id("with-slash", "{id}/x", "A session id with a slash in it."),
    _id(
        "with-dot-segments",
        "{id}/../{decoy}",
        "A session id with ../ in it, which unencoded asks for another resource.",
    ),
    _id("with-question-mark", "{id}?x=1", "A session id with a question mark in it."),
    _id("with-hash", "{id}#x", "A session id with a hash in it."),
    _id("with-percent", "{id}%2Fx", "A session id with a percent sign in it."),
    _id("with-umlaut", "{id}-ö", "A session id with a letter outside ASCII."),
)


def _member(name: str, says: str, rules: tuple[str, ...], *steps: Edit, scenario: str = "in-progress") -> Case:
    return Case(name, says, rules, scenario, steps)


_completed = partial(_member, scenario="completed-with-order")
_ANOTHER: Final = session_id("somebody-else")

MEMBERS: Final = (
    _member("unknown-member", "A member that no documentation has.", ("HPP-A20",), member("risk_score", 3)),
    _member("unknown-object", "An undocumented member with objects and lists in it.", ("HPP-A20",),
            member("links", {"self": [{"href": "https://shop.example", "status": "FAILED"}]})),
    _member("misleading-members", "Undocumented members with the names that other APIs would give.",
            ("HPP-A12", "HPP-A20"), member("id", _ANOTHER), member("state", "WAITING"),
            member("orderId", _ANOTHER), member("sessionId", _ANOTHER), member("reference", "Z999ZZ9Z")),
    _member("unknown-status", "A status that no documentation has.", ("HPP-A18", "HPP-A19"),
             member("status", "PENDING_REVIEW")),
    _member("timeout-status", "TIMEOUT, which only the callbacks page knows.", ("HPP-A18", "HPP-A19"),
             member("status", "TIMEOUT")),
    _member("null-order-id", "order_id is null instead of absent.", ("HPP-A11",), member("order_id", None)),
    _member("null-optional-members", "Every optional member is null instead of absent.", ("HPP-A11",),
             *(member(name, None) for name in ("order_id", "klarna_reference", "authorization_token", "customer",
                                               "manual_identification"))),
    _member("missing-status", "There is no status.", ("HPP-A16",), drop("status")),
    _member("null-status", "The status is null.", ("HPP-A16",), member("status", None)),
    _member("empty-status", "The status is an empty string.", ("HPP-A16",), member("status", "")),
    _member("numeric-status", "The status is a number.", ("HPP-A16",), member("status", 0)),
    _member("missing-session-id", "There is no session_id.", ("HPP-A13",), drop("session_id")),
    _member("null-session-id", "The session_id is null.", ("HPP-A13",), member("session_id", None)),
    _member("missing-updated-at", "There is no updated_at.", ("HPP-A11",), drop("updated_at")),
    _member("missing-expires-at", "There is no expires_at.", ("HPP-A11",), drop("expires_at")),
    _member("impossible-instant", "updated_at is on 30 February.", ("HPP-A11",),
             member("updated_at", "2026-02-30T12:00:00Z")),
    _member("instant-without-zone", "updated_at has no zone.", ("HPP-A11",),
             member("updated_at", "2026-02-03T12:00:00.000")),
    _completed("missing-outcome", "A completed session with neither order nor token.", ("HPP-A11",),
            drop("order_id", "klarna_reference")),
    _completed("missing-reference", "A completed session with an order but no reference.", ("HPP-A11", "HPP-A12"),
            drop("klarna_reference")),
    _completed("numeric-order-id", "The order_id is a number.", ("HPP-A12",), member("order_id", 1234567)),
    _completed("order-and-token", "A completed session with an order and a token.", ("HPP-A05", "HPP-A07"),
            member("authorization_token", "b2c9d0aa-0000-4111-8222-333344445555")),
    _member("another-session-id", "The body is another session's.", ("HPP-A13",), member("session_id", _ANOTHER)),
    _completed("longest-strings", "A reference of 255 characters.", ("HPP-A06", "HPP-A17"),
            member("klarna_reference", "X" * 255)),
    _member("non-ascii-names", "Names with accents, emoji and another script.", ("HPP-A08", "HPP-A17"),
            member("customer", {"given_name": "Zoë 🦊", "family_name": "Ñandú-王"}), scenario="manual-id-check"),
)  # fmt: skip
