"""A: the members of a session reach the caller as they were sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from hpp_contract.engine.rule import Finding, rule
from hpp_contract.model import Instant
from hpp_contract.model.body import MISSING
from hpp_contract.model.client_read import ClientRead
from hpp_contract.privacy.describe import describe, show
from hpp_contract.rules.answer.faults import adapter_fault, declare, omit, return_member, served
from hpp_contract.rules.served import (
    ServedKind,
    absent,
    has_unknown_status,
    instant,
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
    """The server sent one of these members well-formed, the client exposes it and gave its caller a session."""

    def when(read: ClientRead) -> bool:
        session = served_session(read) if served_kind(read) in (ServedKind.SESSION, ServedKind.ODD) else {}
        return surfaced(read) and any(
            name in read.can.fields and not absent(session.get(name)) and is_sound(name, session[name])
            for name in names
        )

    return when


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
    faults=[adapter_fault("drops-session-id", "waiting", omit("session_id")),
            adapter_fault("cuts-session-id", "waiting", return_member("session_id", lambda read: read.asked[:8]))],
)  # fmt: skip
def session_id_surfaced(read: ClientRead) -> Iterator[Finding]:
    """The caller gets the `session_id` of the body, unchanged.

    It ties the answer to the cart; one that is shortened or rewritten ties it to nothing.
    """
    yield from _unfaithful(read, "session_id")


def _known_status(read: ClientRead) -> bool:
    return _sent("status")(read) and not has_unknown_status(read)


@rule(
    "HPP-A02", "status-surfaced", "must", "referenced", REFERENCE, scope="answer", when=_known_status,
    faults=[adapter_fault("drops-status", "completed-with-order", omit("status")),
            adapter_fault("merges-statuses", "back", return_member("status", "WAITING")),
            adapter_fault("pays-in-progress", "in-progress", return_member("status", "COMPLETED"))],
)  # fmt: skip
def status_surfaced(read: ClientRead) -> Iterator[Finding]:
    """Each of the nine statuses reaches the caller as itself.

    Callers decide by it whether to ship, to wait or to give up. Its notation is free: `InProgress` is IN_PROGRESS.
    """
    yield from _unfaithful(read, "status")


@rule(
    "HPP-A03", "updated-at-surfaced", "must", "shown", HAPPY_FLOW, scope="answer", when=_sent("updated_at"),
    faults=[adapter_fault("drops-updated-at", "waiting", omit("updated_at")),
            adapter_fault("loses-zone", "waiting", return_member("updated_at", "2019-05-13T14:51:46.288"))],
)  # fmt: skip
def updated_at_surfaced(read: ClientRead) -> Iterator[Finding]:
    """`updated_at` reaches the caller as the same point in time.

    Another notation or fewer digits are acceptable; without its zone it is hours off in most of the world.
    """
    yield from _unfaithful(read, "updated_at")


@rule(
    "HPP-A04", "expires-at-surfaced", "must", "shown", HAPPY_FLOW, scope="answer", when=_sent("expires_at"),
    faults=[adapter_fault("drops-expires-at", "waiting", omit("expires_at")),
            adapter_fault("ignores-offset", "instant-offset-east",
                return_member("expires_at", lambda read: served("expires_at")(read)[:19] + "Z"))],
)  # fmt: skip
def expires_at_surfaced(read: ClientRead) -> Iterator[Finding]:
    """`expires_at` reaches the caller as the same point in time.

    Pollers stop there: an hour early loses orders, an hour late polls a session that is gone.
    """
    yield from _unfaithful(read, "expires_at")


@rule(
    "HPP-A05", "order-id-surfaced", "must", "shown", HAPPY_FLOW, scope="answer", when=_sent("order_id"),
    faults=[adapter_fault("drops-order-id", "completed-with-order", omit("order_id")),
            adapter_fault("truncates-order-id", "completed-with-order", return_member("order_id", "a1a8f727"))],
)  # fmt: skip
def order_id_surfaced(read: ClientRead) -> Iterator[Finding]:
    """`order_id` reaches the caller.

    The consumer has paid, and without it the merchant cannot find the order.
    """
    yield from _unfaithful(read, "order_id")


@rule(
    "HPP-A06", "klarna-reference-surfaced", "must", "shown", HAPPY_FLOW, scope="answer", when=_sent("klarna_reference"),
    faults=[adapter_fault("drops-klarna-reference", "completed-with-order", omit("klarna_reference"))],
)  # fmt: skip
def klarna_reference_surfaced(read: ClientRead) -> Iterator[Finding]:
    """`klarna_reference` reaches the caller.

    It is what the consumer quotes and what the settlement file names.
    """
    yield from _unfaithful(read, "klarna_reference")


@rule(
    "HPP-A07", "authorization-token-surfaced", "must", "shown", HAPPY_FLOW, scope="answer",
    when=_sent("authorization_token"),
    faults=[adapter_fault("drops-authorization-token", "completed-with-token", omit("authorization_token"))],
)  # fmt: skip
def authorization_token_surfaced(read: ClientRead) -> Iterator[Finding]:
    """`authorization_token` reaches the caller.

    It places the order within sixty minutes; without it the authorization lapses.
    """
    yield from _unfaithful(read, "authorization_token")


@rule(
    "HPP-A08", "identification-surfaced", "should", "referenced", REFERENCE, scope="answer",
    when=_sent("customer", "manual_identification"),
    faults=[adapter_fault("drops-customer", "manual-id-check", omit("customer")),
            adapter_fault("drops-identification", "manual-id-check", omit("manual_identification")),
            adapter_fault("renames-customer", "manual-id-check",
                return_member("customer", {"name": "Fiktiv Exempelsson"}))],
)  # fmt: skip
def identification_surfaced(read: ClientRead) -> Iterator[Finding]:
    """`customer` and `manual_identification` are given to the caller completely.

    A person who identifies the consumer by hand has no other information.
    """
    yield from _unfaithful(read, "customer", "manual_identification")


def _introduced(read: ClientRead) -> bool:
    return read.case == "smoke"


@rule(
    "HPP-A09", "all-members-exposed", "should", "referenced", REFERENCE, scope="answer", when=_introduced,
    faults=[adapter_fault("exposes-status-only", "smoke", declare(fields=("session_id", "status")))],
)  # fmt: skip
def all_members_exposed(read: ClientRead) -> Iterator[Finding]:
    """A client exposes every documented member.

    Nobody who builds on the client can reach a member that it does not expose. What a client declares to leave out
    is reported here once, and nowhere else.
    """
    missing = [name for name in MEMBERS if name not in read.can.fields]
    if missing:
        yield Finding("hello fields", "every documented member", f"not exposed: {', '.join(missing)}")


@rule(
    "HPP-A10", "precision-kept", "info", "referenced", DATA_TYPES, scope="answer",
    when=_sent("updated_at", "expires_at"),
    faults=[adapter_fault("rounds-instants", "instant-nanoseconds",
                return_member("updated_at", lambda read: served("updated_at")(read)[:23] + "Z"))],
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
