"""A: what reaches the caller was in the answer to this read, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator

from hpp_contract.engine.edits import OTHER_UUID
from hpp_contract.engine.rule import Finding, Severity, rule
from hpp_contract.model.body import MISSING
from hpp_contract.model.client_read import ClientRead
from hpp_contract.privacy.describe import describe, show
from hpp_contract.rules.answer.faults import (
    adapter_fault,
    adapter_variation,
    repeat_requests,
    return_member,
    return_session,
    served,
)
from hpp_contract.rules.served import (
    STATUS_LETTERS,
    ServedKind,
    absent,
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
    answered = read.result.session is not None
    return answered and served_kind(read) in (ServedKind.SESSION, ServedKind.ODD, ServedKind.NOTHING)


def _pointers(names: list[str]) -> str:
    return ", ".join(f"/{name}" for name in names)


def _mismatched(read: ClientRead, how: str) -> list[str]:
    return [name for name in MEMBERS if mismatch(read, name) == how]


@rule(
    "HPP-A11", "nothing-invented", "must", "inferred", HAPPY_FLOW, scope="answer", when=_readable,
    consequence="order", reach="{count} sessions come/comes out with a member that was not sent",
    faults=[adapter_fault("invents-order-id", "waiting", return_member("order_id", OTHER_UUID)),
            adapter_fault("writes-null-as-text", "null-order-id", return_member("order_id", "null")),
            adapter_fault("invents-instant", "missing-expires-at",
                return_member("expires_at", "1970-01-01T00:00:00Z"))],
    variations=[adapter_variation("writes-absent-as-empty-list", "waiting", return_member("order_id", [])),
                adapter_variation("writes-null-as-empty-text", "null-order-id", return_member("order_id", ""))],
)  # fmt: skip
def nothing_invented(read: ClientRead) -> Iterator[Finding]:
    """A member that was not sent, or was null, is not in the answer.

    A merchant ships for an order that does not exist, and captures nothing. An empty string, object or list is treated
    as absent.
    """
    for name in _mismatched(read, "invented"):
        if name != "status":
            found = (read.result.session or {}).get(name)
            shown = show(found) if name in INSTANTS else describe(found)
            yield Finding(f"/{name}", f"absent: it was {_how_absent(read, name)}", shown)


def _how_absent(read: ClientRead, name: str) -> str:
    sent = served_session(read).get(name, MISSING)
    return "not sent" if sent is MISSING else "null" if sent is None else "empty"


@rule(
    "HPP-A12", "members-not-swapped", "must", "inferred", HAPPY_FLOW, scope="answer", when=_readable,
    consequence="order", reach="{count} sessions come/comes out with one member in place of another",
    faults=[adapter_fault("quotes-order-as-reference", "completed-with-order",
                return_member("klarna_reference", served("order_id"))),
            adapter_fault("takes-order-for-token", "completed-with-order",
                return_member("authorization_token", served("order_id"))),
            adapter_fault("expires-when-updated", "waiting", return_member("expires_at", served("updated_at")))],
    variations=[adapter_variation("gives-the-order-a-name-of-its-own", "completed-with-order",
                    return_member("reference", served("order_id")))],
)  # fmt: skip
def members_not_swapped(read: ClientRead) -> Iterator[Finding]:
    """No member is filled from another one.

    It shows late, when the bookkeeping of a merchant matches its settlement file: a reference that is an order id is in
    none.
    """
    for name in _mismatched(read, "swapped"):
        yield Finding(f"/{name}", "its own value, or absent", "the value of another member")


def _other_id_served(read: ClientRead) -> bool:
    return _readable(read) and bool(read.served) and served_session(read).get("session_id") != read.asked


_return_asked = return_member("session_id", lambda read: read.asked)


@rule(
    "HPP-A13", "session-id-from-body", "must", "inferred", HAPPY_FLOW, scope="answer", when=_other_id_served,
    consequence="order", reach="{count} sessions with another id come/comes out under the id that was asked for",
    faults=[adapter_fault("overwrites-session-id", "another-session-id", _return_asked),
            adapter_fault("fills-in-session-id", "missing-session-id", _return_asked, severity="should")],
    variations=[adapter_variation("writes-missing-id-as-empty", "missing-session-id",
                    return_member("session_id", ""))],
)  # fmt: skip
def session_id_from_body(read: ClientRead) -> Iterator[Finding]:
    """The `session_id` a caller gets is the one in the body, never the one that was asked for.

    When a gateway or a cache answers with another session, one consumer gets what another has paid for, and no caller
    can notice it.

    An id that is filled in where the body has none is a should.
    """
    if "session_id" not in _mismatched(read, "requested"):
        return
    if absent(served_session(read).get("session_id")):
        sent, weight = f"absent: it was {_how_absent(read, 'session_id')}", Severity.SHOULD
    else:
        sent, weight = "the id in the body", None
    yield Finding("/session_id", sent, "the id that was asked for", severity=weight)


def _among_others(read: ClientRead) -> bool:
    return surfaced(read) and bool(sessions(read.others))


@rule(
    "HPP-A14", "sessions-not-mixed", "must", "inferred", "Two sessions read in turn", scope="answer",
    when=_among_others,
    consequence="order", reach="{count} reads are/is answered with another session",
    faults=[adapter_fault("mixes-sessions", "interleaved",
                return_member("order_id", lambda read: sessions(read.others)[-1]["order_id"]))],
    variations=[adapter_variation("retries-between-two-sessions", "interleaved", repeat_requests(2))],
)  # fmt: skip
def sessions_not_mixed(read: ClientRead) -> Iterator[Finding]:
    """What reaches the caller belongs to the session that was asked for, not to another one read before.

    The order of one consumer is booked to the cart of another: both get the wrong goods, and one sees the other's data.
    """
    if names := _mismatched(read, "mixed"):
        yield Finding(_pointers(names), "what belongs to this session", "what belongs to another one, read before")


def _remembered(read: ClientRead) -> ClientRead:
    return return_session(sessions(read.earlier)[0])(read)


def _polled(read: ClientRead) -> bool:
    return judged(read) and bool(sessions(read.earlier))


@rule(
    "HPP-A15", "not-stale", "must", "inferred", "Read Session speaks of polling", scope="answer", when=_polled,
    consequence="order", reach="{count} reads are/is answered with an earlier answer",
    faults=[adapter_fault("answers-from-cache", "lifecycle-paid", _remembered),
            adapter_fault("hides-refusal-behind-cache", "revoked-between-polls", _remembered, also=("HPP-A25",))],
    variations=[adapter_variation("polls-twice-for-one-read", "read-twice", repeat_requests(2))],
)  # fmt: skip
def not_stale(read: ClientRead) -> Iterator[Finding]:
    """Every read gives what the server answers now, never an earlier answer.

    A poller that is answered from memory gives up on a payment that has happened: the consumer pays, the cart is
    dropped.
    """
    if names := _mismatched(read, "stale"):
        yield Finding(_pointers(names), "what this read gave", "what an earlier read gave")


def _without_status(read: ClientRead) -> bool:
    return _readable(read) and status_served(read) is None


@rule(
    "HPP-A16", "missing-status-stays-missing", "must", "inferred", HAPPY_FLOW, scope="answer", when=_without_status,
    consequence="order", reach="{count} sessions without a status come/comes out with one",
    faults=[adapter_fault("assumes-waiting", "missing-status", return_member("status", "WAITING")),
            adapter_fault("completes-null-status", "null-status", return_member("status", "COMPLETED"))],
    variations=[adapter_variation("calls-missing-status-unknown", "missing-status",
                    return_member("status", "UNKNOWN"))],
)  # fmt: skip
def missing_status_stays_missing(read: ClientRead) -> Iterator[Finding]:
    """A missing or non-string status is not reported as a documented one.

    A caller that gets COMPLETED ships what nobody paid for, and one that gets WAITING waits without an end.
    """
    status = (read.result.session or {}).get("status")
    remembered = mismatch(read, "status") in ("stale", "mixed")
    if status is not None and letters_of(status) in STATUS_LETTERS and not remembered:
        yield Finding("/status", "absent, or an error", show(status))
