"""A: the members of a session reach the caller as they were sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final

from hpp_contract.engine.rule import Finding, rule
from hpp_contract.model import Instant
from hpp_contract.model.body import MISSING
from hpp_contract.model.client_read import ClientRead
from hpp_contract.model.instant import SECOND
from hpp_contract.privacy.describe import describe, show
from hpp_contract.rules.answer.faults import adapter_fault, adapter_variation, declare, omit, return_member, served
from hpp_contract.rules.served import (
    ServedKind,
    absent,
    has_unknown_status,
    instant,
    is_plain_text,
    is_same_instant,
    is_sound,
    mismatch,
    served_kind,
    served_session,
    surfaced,
)
from hpp_contract.spec.page import DATA_TYPES, HAPPY_FLOW, REFERENCE
from hpp_contract.spec.session import INSTANTS, MEMBERS


@cache
def _sent(*names: str) -> Callable[[ClientRead], bool]:
    """The server sent one of these members well-formed, in a body that is plain JSON, the client exposes it and gave
    its caller a session. What is lost of any other body is one defect, and told by the rule about such bodies."""

    def when(read: ClientRead) -> bool:
        session = served_session(read) if served_kind(read) in (ServedKind.SESSION, ServedKind.ODD) else {}
        return (surfaced(read) and is_plain_text(read)) and any(
            name in read.can.fields and not absent(session.get(name)) and is_sound(name, session[name])
            for name in names
        )

    return when


def _counted(name: str, unit: int) -> Callable[[ClientRead], int]:
    """The served instant as a whole number of units of which a second has so many."""

    def counted(read: ClientRead) -> int:
        moment = Instant.parse(served(name)(read))
        return 0 if moment is None else moment.ns * unit // SECOND

    return counted


def _unfaithful(read: ClientRead, *names: str) -> Iterator[Finding]:
    """Findings for members that were lost or changed on their way (values from other reads are for other rules)."""
    hows = {name: mismatch(read, name) for name in MEMBERS}
    other_read = "stale" in hows.values() or "mixed" in hows.values()
    for name in names:
        # In an answer that belongs to another read, a missing member was not dropped.
        if name in read.can.fields and (hows[name] == "altered" or (hows[name] == "dropped" and not other_read)):
            found = (read.result.session or {}).get(name)
            yield Finding(f"/{name}", f"{_expected(read, name)}, as sent", _found(name, found))


def _expected(read: ClientRead, name: str) -> str:
    return show(served_session(read).get(name))


def _found(name: str, value: Any) -> str:
    if absent(value):
        return "absent"
    if name in INSTANTS and instant(value) is None:
        return "not an instant with a zone"
    return (
        f"another value: {show(value)}"
        if name == "status" or name in INSTANTS
        else f"another value ({describe(value)})"
    )


@rule(
    "HPP-A01", "session-id-surfaced", "must", "shown", HAPPY_FLOW, scope="answer", when=_sent("session_id"),
    consequence="order", reach="{count} sessions come/comes out with another session_id, or with none",
    faults=[adapter_fault("drops-session-id", "waiting", omit("session_id")),
            adapter_fault("cuts-session-id", "waiting", return_member("session_id", lambda read: read.asked[:8]))],
    variations=[adapter_variation("writes-id-in-capitals", "waiting",
                    return_member("session_id", lambda read: read.asked.upper()))],
)  # fmt: skip
def session_id_surfaced(read: ClientRead) -> Iterator[Finding]:
    """The caller gets the `session_id` of the body, unchanged.

    A merchant's shop finds the cart by it: with one that is shortened or rewritten, the payment belongs to no cart.
    """
    yield from _unfaithful(read, "session_id")


def _known_status(read: ClientRead) -> bool:
    return _sent("status")(read) and not has_unknown_status(read)


@rule(
    "HPP-A02", "status-surfaced", "must", "referenced", REFERENCE, scope="answer", when=_known_status,
    consequence="order", reach="{count} sessions come/comes out with another status, or with none",
    faults=[adapter_fault("drops-status", "completed-with-order", omit("status")),
            adapter_fault("merges-statuses", "back", return_member("status", "WAITING")),
            adapter_fault("pays-in-progress", "in-progress", return_member("status", "COMPLETED"))],
    variations=[adapter_variation("writes-status-in-camel-case", "in-progress", return_member("status", "InProgress")),
                adapter_variation("adds-a-word-of-its-own", "back", return_member("is_paid", False))],
)  # fmt: skip
def status_surfaced(read: ClientRead) -> Iterator[Finding]:
    """Each of the nine statuses reaches the caller as itself.

    By it a merchant ships, waits or gives up: goods leave unpaid, or a consumer who paid gets nothing. Its notation is
    free: `InProgress` is IN_PROGRESS.
    """
    yield from _unfaithful(read, "status")


@rule(
    "HPP-A03", "updated-at-surfaced", "must", "shown", HAPPY_FLOW, scope="answer", when=_sent("updated_at"),
    consequence="set-up", reach="{count} sessions come/comes out with another updated_at, or with none",
    faults=[adapter_fault("drops-updated-at", "waiting", omit("updated_at")),
            adapter_fault("loses-zone", "waiting", return_member("updated_at", "2019-05-13T14:51:46.288"))],
    variations=[adapter_variation("counts-seconds", "waiting", return_member("updated_at", _counted("updated_at", 1)))],
)  # fmt: skip
def updated_at_surfaced(read: ClientRead) -> Iterator[Finding]:
    """`updated_at` reaches the caller as the same point in time.

    A caller that keeps the newest answer keeps the wrong one: without its zone a time is hours off in most of the
    world, and an older status overwrites the payment. Another notation or fewer digits are acceptable.
    """
    yield from _unfaithful(read, "updated_at")


@rule(
    "HPP-A04", "expires-at-surfaced", "must", "shown", HAPPY_FLOW, scope="answer", when=_sent("expires_at"),
    consequence="set-up", reach="{count} sessions come/comes out with another expires_at, or with none",
    faults=[adapter_fault("drops-expires-at", "waiting", omit("expires_at")),
            adapter_fault("ignores-offset", "instant-offset-east",
                return_member("expires_at", lambda read: served("expires_at")(read)[:19] + "Z"))],
    variations=[adapter_variation("counts-milliseconds", "in-progress",
                    return_member("expires_at", _counted("expires_at", 1000)))],
)  # fmt: skip
def expires_at_surfaced(read: ClientRead) -> Iterator[Finding]:
    """`expires_at` reaches the caller as the same point in time.

    A poller stops there: an hour early, and the order of a consumer who pays late is never fetched.
    """
    yield from _unfaithful(read, "expires_at")


@rule(
    "HPP-A05", "order-id-surfaced", "must", "shown", HAPPY_FLOW, scope="answer", when=_sent("order_id"),
    consequence="order", reach="{count} paid sessions come/comes out with another order_id, or with none",
    faults=[adapter_fault("drops-order-id", "completed-with-order", omit("order_id")),
            adapter_fault("truncates-order-id", "completed-with-order", return_member("order_id", "a1a8f727"))],
    variations=[adapter_variation("names-the-order-twice", "completed-with-order",
                    return_member("order", served("order_id")))],
)  # fmt: skip
def order_id_surfaced(read: ClientRead) -> Iterator[Finding]:
    """`order_id` reaches the caller.

    The consumer has paid, and the merchant can neither find the order nor capture the money.
    """
    yield from _unfaithful(read, "order_id")


@rule(
    "HPP-A06", "klarna-reference-surfaced", "must", "shown", HAPPY_FLOW, scope="answer", when=_sent("klarna_reference"),
    consequence="set-up", reach="{count} paid sessions come/comes out with another klarna_reference, or with none",
    faults=[adapter_fault("drops-klarna-reference", "completed-with-order", omit("klarna_reference"))],
    variations=[adapter_variation("writes-absent-token-as-null", "completed-with-order",
                    omit("authorization_token"))],
)  # fmt: skip
def klarna_reference_surfaced(read: ClientRead) -> Iterator[Finding]:
    """`klarna_reference` reaches the caller.

    A consumer who calls quotes it and the settlement file names it: support and bookkeeping look for it in vain.
    """
    yield from _unfaithful(read, "klarna_reference")


@rule(
    "HPP-A07", "authorization-token-surfaced", "must", "shown", HAPPY_FLOW, scope="answer",
    when=_sent("authorization_token"),
    consequence="order", reach="{count} paid sessions come/comes out with another authorization_token, or with none",
    faults=[adapter_fault("drops-authorization-token", "completed-with-token", omit("authorization_token"))],
    variations=[adapter_variation("writes-absent-order-as-empty", "completed-with-token",
                    return_member("order_id", ""))],
)  # fmt: skip
def authorization_token_surfaced(read: ClientRead) -> Iterator[Finding]:
    """`authorization_token` reaches the caller.

    Within sixty minutes it places the order; without it the authorization lapses and the merchant loses the sale.
    """
    yield from _unfaithful(read, "authorization_token")


@rule(
    "HPP-A08", "identification-surfaced", "should", "referenced", REFERENCE, scope="answer",
    when=_sent("customer", "manual_identification"),
    consequence="set-up", reach="{count} sessions lose/loses a part of customer or manual_identification",
    faults=[adapter_fault("drops-customer", "manual-id-check", omit("customer")),
            adapter_fault("drops-identification", "manual-id-check", omit("manual_identification")),
            adapter_fault("renames-customer", "manual-id-check",
                return_member("customer", {"name": "Fiktiv Exempelsson"}))],
    variations=[adapter_variation("fills-in-absent-names", "manual-id-check",
                    return_member("customer", lambda read: {**served("customer")(read), "middle_name": None}))],
)  # fmt: skip
def identification_surfaced(read: ClientRead) -> Iterator[Finding]:
    """`customer` and `manual_identification` are given to the caller completely.

    A person who identifies the consumer by hand has no other information.
    """
    yield from _unfaithful(read, "customer", "manual_identification")


_WITHOUT_INSTANTS: Final = tuple(name for name in MEMBERS if name not in INSTANTS)


def _introduced(read: ClientRead) -> bool:
    return read.case == "smoke" and read.can.answers == "session"


@rule(
    "HPP-A09", "all-members-exposed", "should", "referenced", REFERENCE, scope="answer", when=_introduced,
    consequence="set-up", reach="not every documented member is exposed",
    faults=[adapter_fault("exposes-no-instants", "smoke", declare(fields=_WITHOUT_INSTANTS))],
    variations=[adapter_variation("exposes-members-in-its-order", "smoke", declare(fields=MEMBERS[::-1]))],
)  # fmt: skip
def all_members_exposed(read: ClientRead) -> Iterator[Finding]:
    """A client exposes every documented member.

    Nobody who builds on the client can reach a member that it does not expose. What a client declares to leave out
    is reported here once, and nowhere else; but the order id has a rule of its own.
    """
    missing = [name for name in MEMBERS if name not in (*read.can.fields, "order_id")]
    if missing:
        yield Finding("hello fields", "every documented member", f"not exposed: {', '.join(missing)}")


@rule(
    "HPP-A10", "precision-kept", "info", "referenced", DATA_TYPES, scope="answer",
    when=_sent("updated_at", "expires_at"),
    consequence="set-up", reach="{count} sessions lose/loses fraction digits of an instant",
    faults=[adapter_fault("rounds-instants", "instant-nanoseconds",
                return_member("updated_at", lambda read: served("updated_at")(read)[:23] + "Z"))],
    variations=[adapter_variation("writes-more-zeros", "instant-one-digit",
                    return_member("updated_at", lambda read: served("updated_at")(read)[:-1] + "00Z"))],
)  # fmt: skip
def precision_kept(read: ClientRead) -> Iterator[Finding]:
    """Instants keep the fraction digits they were sent with.

    Two updates within one unit of the client's clock look like one. Languages differ too much to require more.
    """
    session = read.result.session or {}
    for name in sorted(set(INSTANTS) & set(read.can.fields)):
        sent, kept = served_session(read).get(name), session.get(name, MISSING)
        one, two = Instant.parse(sent), instant(kept)
        if one and two and one.ns != two.ns and is_same_instant(kept, str(sent)):
            yield Finding(f"/{name}", f"{one.digits} fraction digits, as sent", f"{two.digits}")


@rule(
    "HPP-A38", "order-id-exposed", "should", "shown", HAPPY_FLOW, scope="answer", when=_introduced,
    consequence="no-order", reach="order_id is not exposed: no caller can tell which order was paid",
    faults=[adapter_fault("exposes-no-order-id", "smoke",
                declare(fields=tuple(name for name in MEMBERS if name != "order_id")))],
    variations=[adapter_variation("exposes-the-order-alone", "smoke",
                    declare(fields=("session_id", "status", "order_id")), warns=("HPP-A09",))],
)  # fmt: skip
def order_id_exposed(read: ClientRead) -> Iterator[Finding]:
    """A client exposes `order_id`.

    Whoever builds on the client learns that a consumer has paid, and not what. A client that does not declare this, and
    drops the member, breaks the rule that it reaches the caller.
    """
    if "order_id" not in read.can.fields:
        yield Finding("hello fields", "order_id among them", "not exposed: order_id")
