"""A: what reaches the caller was in the answer to this read, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator

from hpp_contract.engine.edits import OTHER_UUID
from hpp_contract.engine.rule import Finding, rule
from hpp_contract.model.client_read import ClientRead
from hpp_contract.privacy.describe import describe, show
from hpp_contract.rules.answer.faults import adapter_fault, return_member, return_session, served
from hpp_contract.rules.served import (
    STATUS_LETTERS,
    ServedKind,
    judged,
    letters_of,
    mismatch,
    served_kind,
    served_session,
    sessions,
    status_served,
    surfaced,
)
from hpp_contract.spec.page import HAPPY_FLOW
from hpp_contract.spec.session import INSTANTS, MEMBERS


def _readable(read: ClientRead) -> bool:
    """The caller got a session, and the server sent one or got no request."""
    return surfaced(read) and served_kind(read) in (ServedKind.SESSION, ServedKind.ODD, ServedKind.NOTHING)


def _pointers(names: list[str]) -> str:
    return ", ".join(f"/{name}" for name in names)


def _mismatched(read: ClientRead, how: str) -> list[str]:
    return [name for name in MEMBERS if mismatch(read, name) == how]


@rule(
    "HPP-A11", "nothing-invented", "must", "shown", HAPPY_FLOW, scope="answer", when=_readable,
    faults=[adapter_fault("invents-order-id", "waiting", return_member("order_id", OTHER_UUID)),
            adapter_fault("writes-null-as-text", "null-order-id", return_member("order_id", "null")),
            adapter_fault("invents-instant", "missing-expires-at",
                return_member("expires_at", "1970-01-01T00:00:00Z"))],
)  # fmt: skip
def nothing_invented(read: ClientRead) -> Iterator[Finding]:
    """A member that was not sent, or was null, is not in the answer.

    The caller would look for an order that does not exist. An empty string is treated as absent.
    """
    for name in _mismatched(read, "invented"):
        if name != "status":
            found = (read.result.session or {}).get(name)
            shown = show(found) if name in INSTANTS else describe(found)
            yield Finding(f"/{name}", "absent: it was not sent", shown)


@rule(
    "HPP-A12", "members-not-swapped", "must", "shown", HAPPY_FLOW, scope="answer", when=_readable,
    faults=[adapter_fault("quotes-order-as-reference", "completed-with-order",
                return_member("klarna_reference", served("order_id"))),
            adapter_fault("takes-order-for-token", "completed-with-order",
                return_member("authorization_token", served("order_id"))),
            adapter_fault("expires-when-updated", "waiting", return_member("expires_at", served("updated_at")))],
)  # fmt: skip
def members_not_swapped(read: ClientRead) -> Iterator[Finding]:
    """No member is filled from another one.

    The mistake shows late: a reference that is an order id is found in no settlement file.
    """
    for name in _mismatched(read, "swapped"):
        yield Finding(f"/{name}", "its own value, or absent", "the value of another member")


def _other_id_served(read: ClientRead) -> bool:
    return _readable(read) and bool(read.served) and served_session(read).get("session_id") != read.asked


_return_asked = return_member("session_id", lambda read: read.asked)


@rule(
    "HPP-A13", "session-id-from-body", "must", "shown", HAPPY_FLOW, scope="answer", when=_other_id_served,
    faults=[adapter_fault("overwrites-session-id", "another-session-id", _return_asked),
            adapter_fault("fills-in-session-id", "missing-session-id", _return_asked)],
)  # fmt: skip
def session_id_from_body(read: ClientRead) -> Iterator[Finding]:
    """The `session_id` a caller gets is the one in the body, never the one that was asked for.

    Otherwise the caller cannot notice that a gateway or a cache answered with another session.
    """
    if "session_id" in _mismatched(read, "requested"):
        sent = "the id in the body" if "session_id" in served_session(read) else "absent: it was not sent"
        yield Finding("/session_id", sent, "the id that was asked for")


def _among_others(read: ClientRead) -> bool:
    return surfaced(read) and bool(sessions(read.others))


@rule(
    "HPP-A14", "sessions-not-mixed", "must", "inferred", "Two sessions read in turn", scope="answer",
    when=_among_others,
    faults=[adapter_fault("mixes-sessions", "interleaved",
                return_member("order_id", lambda read: sessions(read.others)[-1]["order_id"]))],
)  # fmt: skip
def sessions_not_mixed(read: ClientRead) -> Iterator[Finding]:
    """What reaches the caller belongs to the session that was asked for, not to another one read before.

    One consumer's order would be booked to another one's cart.
    """
    if names := _mismatched(read, "mixed"):
        yield Finding(_pointers(names), "what belongs to this session", "what belongs to another one, read before")


def _remembered(read: ClientRead) -> ClientRead:
    return return_session(sessions(read.earlier)[0])(read)


def _polled(read: ClientRead) -> bool:
    return judged(read) and bool(sessions(read.earlier))


@rule(
    "HPP-A15", "not-stale", "must", "stated", "Read Session speaks of polling", scope="answer", when=_polled,
    faults=[adapter_fault("answers-from-cache", "lifecycle-paid", _remembered),
            adapter_fault("hides-refusal-behind-cache", "revoked-between-polls", _remembered, also=("HPP-A25",))],
)  # fmt: skip
def not_stale(read: ClientRead) -> Iterator[Finding]:
    """Every read gives what the server answers now, never an earlier answer.

    A poller that is answered from memory waits for a payment that has already happened.
    """
    if names := _mismatched(read, "stale"):
        yield Finding(_pointers(names), "what this read gave", "what an earlier read gave")


def _without_status(read: ClientRead) -> bool:
    return _readable(read) and status_served(read) is None


@rule(
    "HPP-A16", "missing-status-stays-missing", "must", "shown", HAPPY_FLOW, scope="answer", when=_without_status,
    faults=[adapter_fault("assumes-waiting", "missing-status", return_member("status", "WAITING")),
            adapter_fault("completes-null-status", "null-status", return_member("status", "COMPLETED"))],
)  # fmt: skip
def missing_status_stays_missing(read: ClientRead) -> Iterator[Finding]:
    """A missing or non-string status is not reported as a documented one.

    A caller that gets WAITING waits permanently, and one that gets COMPLETED ships.
    """
    status = (read.result.session or {}).get("status")
    remembered = mismatch(read, "status") in ("stale", "mixed")
    if status is not None and letters_of(status) in STATUS_LETTERS and not remembered:
        yield Finding("/status", "absent, or an error", show(status))
