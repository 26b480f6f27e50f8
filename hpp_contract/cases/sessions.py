"""Cases in which the server answers with a session: every status, instant, id and member a client must cope with."""

from __future__ import annotations

import json
from calendar import isleap
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from hpp_contract.cases.case import Case, case
from hpp_contract.cases.scenarios import session_id
from hpp_contract.engine.edits import OTHER_UUID, Edit, drop, edit_json, member, rewrite
from hpp_contract.model import Instant
from hpp_contract.model.instant import SECOND
from hpp_contract.spec import session

FAITHFUL: Final = ("HPP-A01", "HPP-A02", "HPP-A03", "HPP-A04")
_WORDS: Final = ("HPP-R03",)


def _shape(name: str, description: str, *rules: str) -> Case:
    return case(name, description, (*rules, "HPP-A17", *FAITHFUL), scenario=name)


SHAPES: Final = (
    case("smoke", "A completed session with an order: does the adapter work at all?", ("HPP-A37", "HPP-A38", "HPP-A09"),
         scenario="completed-with-order"),
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
)  # fmt: skip


def _unescape(text: str) -> Callable[[bytes], bytes]:
    """Write this text as it is, not in escapes, which a decoder of another coding would read as well."""
    return lambda body: body.replace(json.dumps(text).encode(), json.dumps(text, ensure_ascii=False).encode())


def _instants(change: Callable[[Instant], str]) -> Edit:
    """Write both instants otherwise. They stay near the time of the read: a client may look whether it is over."""

    def rewrite(served: dict[str, Any]) -> None:
        moments = {name: Instant.parse(served[name]) for name in session.INSTANTS}
        served |= {name: change(moment) for name, moment in moments.items() if moment is not None}

    return edit_json(rewrite)


def _instant(name: str, fraction: str, zone: str, description: str) -> Case:
    """Both instants have this fraction of a second, in digits, and this zone."""

    def change(moment: Instant) -> str:
        nanoseconds = int(fraction.ljust(9, "0"))
        return Instant(moment.ns // SECOND * SECOND + nanoseconds).format(len(fraction), zone)

    about = ("HPP-A03", "HPP-A04", "HPP-A17")
    return case(f"instant-{name}", description, about, _instants(change), scenario="waiting")


def _on_leap_day(served: dict[str, Any]) -> None:
    """Update it on the next 29 February, late in the evening of a zone where UTC is a day ahead."""
    year = int(served["updated_at"][:4]) + 1
    leap = next(each for each in range(year, year + 9) if isleap(each))
    served |= {"updated_at": f"{leap}-02-29T23:30:00-02:00", "expires_at": f"{leap}-03-02T22:30:00-02:00"}


INSTANTS: Final = (
    _instant("whole-seconds", "", "Z", "Instants without a fraction."),
    _instant("one-digit", "5", "Z", "Instants with one fraction digit."),
    _instant("microseconds", "288001", "Z", "Instants with six fraction digits."),
    _instant("nanoseconds", "288001002", "Z", "Instants with nine fraction digits."),
    _instant("trailing-zeros", "000", "Z", "Instants whose fraction is zero."),
    _instant("offset-zero", "288", "+00:00", "Instants with the offset +00:00."),
    _instant("offset-east", "288", "+05:30", "Instants five and a half hours east of UTC."),
    _instant("offset-west", "", "-03:30", "Instants west of UTC, without a fraction."),
    case("instant-far-future", "A session that expires beyond the year 2038.", ("HPP-A04", "HPP-A17"),
         member("expires_at", "2099-12-31T23:59:59.999Z"), scenario="waiting"),
    case("instant-leap-day", "A session updated on 29 February, across midnight in its zone.", ("HPP-A03", "HPP-A17"),
         edit_json(_on_leap_day), scenario="waiting"),
)  # fmt: skip


def _id(name: str, id_template: str, description: str) -> Case:
    return case(f"id-{name}", description, _WORDS, id_template=id_template, exempt_rules=("HPP-R02",))


IDS: Final = (
    case("id-uppercase", "A session id in capitals: ids are compared letter by letter.", ("HPP-A01", "HPP-R02"),
         id_template="{upper}"),
    _id("with-space", "{id} x", "A session id with a space in it."),
    _id("with-slash", "{id}/x", "A session id with a slash in it."),
    _id("with-dot-segments", "{id}/../{decoy}",
        "A session id with ../ in it, which unencoded asks for another resource."),
    _id("with-question-mark", "{id}?x=1", "A session id with a question mark in it."),
    _id("with-hash", "{id}#x", "A session id with a hash in it."),
    _id("with-percent", "{id}%2Fx", "A session id with a percent sign in it."),
    _id("with-line-break", "{id}\n", "A session id that ends in a line break, which may be cut off."),
    _id("with-umlaut", "{id}-ö", "A session id with a letter outside ASCII."),
)  # fmt: skip


_completed = partial(case, scenario="completed-with-order")
_SECOND_ID: Final = session_id("somebody-else")

MEMBERS: Final = (
    case("unknown-member", "A member that no documentation has.", ("HPP-A20",), member("risk_score", 3)),
    case("unknown-object", "An undocumented member with objects and lists in it.", ("HPP-A20",),
         member("links", {"self": [{"href": "https://shop.example", "status": "FAILED"}]})),
    case("misleading-members", "Undocumented members with the names that other APIs would give.",
         ("HPP-A12", "HPP-A20"), member("id", _SECOND_ID), member("state", "WAITING"),
         member("orderId", _SECOND_ID), member("sessionId", _SECOND_ID), member("reference", "Z999ZZ9Z")),
    case("unknown-status", "A status that no documentation has.", ("HPP-A18", "HPP-A19"),
         member("status", "PENDING_REVIEW")),
    case("timeout-status", "TIMEOUT, which is documented for callbacks only.", ("HPP-A18", "HPP-A19"),
         member("status", "TIMEOUT")),
    case("null-order-id", "order_id is null instead of absent.", ("HPP-A11",), member("order_id", None)),
    case("null-optional-members", "Every optional member is null instead of absent.", ("HPP-A11",),
         *(member(name, None) for name in session.MEMBERS if name not in session.REQUIRED)),
    case("missing-status", "There is no status.", ("HPP-A16",), drop("status")),
    case("null-status", "The status is null.", ("HPP-A16",), member("status", None)),
    case("empty-status", "The status is an empty string.", ("HPP-A16",), member("status", "")),
    case("numeric-status", "The status is a number.", ("HPP-A16",), member("status", 0)),
    case("missing-session-id", "There is no session_id.", ("HPP-A13",), drop("session_id")),
    case("null-session-id", "The session_id is null.", ("HPP-A13",), member("session_id", None)),
    case("missing-updated-at", "There is no updated_at.", ("HPP-A11",), drop("updated_at")),
    case("missing-expires-at", "There is no expires_at.", ("HPP-A11",), drop("expires_at")),
    case("impossible-instant", "updated_at is on 30 February.", ("HPP-A11",),
         member("updated_at", "2026-02-30T12:00:00Z")),
    case("instant-without-zone", "updated_at has no zone.", ("HPP-A11",),
         member("updated_at", "2026-02-03T12:00:00.000")),
    _completed("missing-outcome", "A completed session with neither order nor token.", ("HPP-A11",),
         drop("order_id", "klarna_reference")),
    _completed("missing-reference", "A completed session with an order but no reference.", ("HPP-A11", "HPP-A12"),
         drop("klarna_reference")),
    _completed("numeric-order-id", "The order_id is a number.", ("HPP-A12",), member("order_id", 1234567)),
    _completed("order-and-token", "A completed session with an order and a token.", ("HPP-A05", "HPP-A07"),
         member("authorization_token", OTHER_UUID)),
    case("another-session-id", "The body is another session's.", ("HPP-A13",), member("session_id", _SECOND_ID)),
    _completed("longest-strings", "A reference of 255 characters.", ("HPP-A06", "HPP-A17"),
         member("klarna_reference", "X" * 255)),
    case("non-ascii-names", "Names with accents, emoji and another script, one as it is and one in escapes.",
         ("HPP-A08", "HPP-A17"), member("customer", {"given_name": "Zoë 🦊", "family_name": "Ñandú-王"}),
         rewrite(_unescape("Zoë 🦊")), scenario="manual-id-check"),
)  # fmt: skip
