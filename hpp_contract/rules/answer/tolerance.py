"""A: a client can read every answer that the contract allows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hpp_contract.engine.rule import Finding, Severity, rule
from hpp_contract.model.client_read import ClientRead
from hpp_contract.privacy.describe import show
from hpp_contract.rules.answer.faults import (
    adapter_fault,
    adapter_variation,
    repeat_requests,
    return_error,
    return_member,
    return_nothing,
    return_session,
)
from hpp_contract.rules.served import (
    STATUS_LETTERS,
    ServedKind,
    after_silent_close,
    has_unknown_member,
    has_unknown_status,
    judged,
    letters_of,
    outcome,
    served_kind,
    status_served,
    surfaced,
)
from hpp_contract.spec.page import REFERENCE


def _session_given(read: ClientRead) -> bool:
    return judged(read) and served_kind(read) is ServedKind.SESSION


def _plain_session_given(read: ClientRead) -> bool:
    """A session that every client knows how to read; one that returns no session at all is another rule's business, and
    so is what a verdict is made of."""
    special = has_unknown_member(read) or has_unknown_status(read) or after_silent_close(read)
    return _session_given(read) and not special and read.result.other is None and read.can.answers == "session"


def _lost(read: ClientRead, severity: Severity | None = None) -> Iterator[Finding]:
    if not surfaced(read) and read.result.verdict is None:
        yield Finding("answer", "the session", outcome(read), severity=severity)


def _stopped_asking(read: ClientRead) -> bool:
    """The client had read this session before, and now reported an error without sending a request."""
    silent = bool(read.earlier) and not read.served and not after_silent_close(read)
    return silent and read.result.failure is not None


@rule(
    "HPP-A17", "session-is-no-error", "must", "referenced", REFERENCE, scope="answer",
    when=lambda read: _plain_session_given(read) or _stopped_asking(read),
    consequence="unreadable", reach="{count} documented sessions cannot be read",
    faults=[adapter_fault("refuses-status", "manual-id-check", return_error(kind="decode", type="ValueError")),
            adapter_fault("refuses-nanoseconds", "instant-nanoseconds", return_error(kind="decode", type="ValueError")),
            adapter_fault("returns-nothing-for-session", "waiting", return_nothing),
            adapter_fault("returns-session-without-members", "waiting", return_session({})),
            adapter_fault("stays-broken", "reset-once",
                lambda read: return_error(kind="network")(replace(read, served=()))),
            adapter_fault("refuses-capital-charset", "capital-charset", return_error(kind="decode", type="ValueError"),
                severity="info")],
    variations=[adapter_variation("asks-twice-for-a-session", "waiting", repeat_requests(2))],
)  # fmt: skip
def session_is_no_error(read: ClientRead) -> Iterator[Finding]:
    """A session as documented reaches the caller as a session, whatever its status, precision or coding.

    A caller that gets an error for a documented status loses the session while it has that status, and one whose client
    does not ask again after a failure loses it permanently.

    A media type that is written in capitals is no reason to refuse a session, but two large libraries do: that is for
    information.
    """
    yield from _lost(read, Severity.INFO if _is_in_capitals(read) else None)


def _is_in_capitals(read: ClientRead) -> bool:
    declared = (read.response.header("content-type") or "").partition(";")[0] if read.response is not None else ""
    return declared != declared.lower()


def _unknown_status_given(read: ClientRead) -> bool:
    """A new word. A misspelt documented status is a fault of the server, so it does not count."""
    is_new = has_unknown_status(read) and letters_of(status_served(read)) not in STATUS_LETTERS
    return _session_given(read) and is_new and read.can.status == "open"


@rule(
    "HPP-A18", "unknown-status-tolerated", "should", "inferred", "The enumeration grew before", scope="answer",
    when=_unknown_status_given,
    consequence="unreadable", reach="{count} sessions with a new status cannot be read",
    faults=[adapter_fault("throws-on-unknown-status", "unknown-status", return_error(kind="decode", type="KeyError"))],
    variations=[adapter_variation("writes-new-status-in-camel-case", "unknown-status",
                    return_member("status", "PendingReview"))],
)  # fmt: skip
def unknown_status_tolerated(read: ClientRead) -> Iterator[Finding]:
    """A status the client does not know is no error.

    The callbacks page already has one that the API reference does not. A client that declares a closed enumeration
    is not judged by this.
    """
    yield from _lost(read)


def _unknown_status_returned(read: ClientRead) -> bool:
    return _unknown_status_given(read) and surfaced(read) and "status" in read.can.fields


@rule(
    "HPP-A19", "unknown-status-visible", "should", "inferred", "The enumeration grew before", scope="answer",
    when=_unknown_status_returned,
    consequence="order", reach="{count} new statuses are/is shown as a known one",
    faults=[adapter_fault("reads-unknown-as-waiting", "unknown-status", return_member("status", "WAITING"))],
    variations=[adapter_variation("calls-new-status-unknown", "unknown-status", return_member("status", "UNKNOWN"))],
)  # fmt: skip
def unknown_status_visible(read: ClientRead) -> Iterator[Finding]:
    """A status the client does not know is not shown as one that it knows.

    A person should look at a new status; it must not be handled as another one.
    """
    status = (read.result.session or {}).get("status")
    if status is not None and letters_of(status) in STATUS_LETTERS:
        yield Finding("/status", "the status as sent, or a word of its own", show(status))


def _unknown_member_given(read: ClientRead) -> bool:
    return _session_given(read) and has_unknown_member(read) and not has_unknown_status(read)


@rule(
    "HPP-A20", "unknown-member-tolerated", "must", "referenced", REFERENCE, scope="answer", when=_unknown_member_given,
    consequence="unreadable", reach="{count} sessions with a new member cannot be read",
    faults=[adapter_fault("throws-on-unknown-member", "unknown-member", return_error(kind="decode", type="TypeError"))],
    variations=[adapter_variation("hands-on-the-unknown-member", "unknown-member",
                    return_member("risk_score", 3))],
)  # fmt: skip
def unknown_member_tolerated(read: ClientRead) -> Iterator[Finding]:
    """A member the client does not know is no error.

    The schema allows further members: on the day one is added, a shop with a strict client loses all its sales at once.
    """
    yield from _lost(read)


def _after_silent_close(read: ClientRead) -> bool:
    return judged(read) and after_silent_close(read)


@rule(
    "HPP-A21", "survives-closed-connection", "should", "standard", "RFC 9112 §9.3.1 Retrying Requests", scope="answer",
    when=_after_silent_close,
    consequence="unreadable", reach="{count} reads fail/fails after the server has closed the connection",
    faults=[adapter_fault("dies-with-connection", "closed-between-polls",
                return_error(kind="network", type="ConnectionError"))],
    variations=[adapter_variation("asks-again-after-a-close", "closed-between-polls", repeat_requests(2))],
)  # fmt: skip
def survives_closed_connection(read: ClientRead) -> Iterator[Finding]:
    """If the server closed a keep-alive connection, the next read still works.

    Servers close idle connections all the time, and a GET may simply be sent again on a new one.
    """
    yield from _lost(read)
