"""A: whatever the contract allows a server to answer, a client can read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hpp_contract.engine.rule import Finding, rule
from hpp_contract.model.client_read import ClientRead
from hpp_contract.privacy.describe import show
from hpp_contract.rules.answer.faults import adapter_fault, return_error, return_member, return_nothing
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


def _session_given(answer: ClientRead) -> bool:
    return judged(answer) and served_kind(answer) is ServedKind.SESSION


def _plain_session_given(answer: ClientRead) -> bool:
    """A session that every client knows how to read."""
    special = has_unknown_member(answer) or has_unknown_status(answer) or after_silent_close(answer)
    return _session_given(answer) and not special


def _lost(answer: ClientRead, where: str = "answer") -> Iterator[Finding]:
    if not surfaced(answer):
        yield Finding(where, "the session", outcome(answer))


def _gave_up(answer: ClientRead) -> bool:
    """It had asked for this session before, and now told of an error without asking."""
    silent = bool(answer.earlier) and not answer.served and not after_silent_close(answer)
    return silent and answer.result.failure is not None


@rule(
    "HPP-A17", "session-is-no-error", "must", "referenced", REFERENCE, scope="answer",
    when=lambda answer: _plain_session_given(answer) or _gave_up(answer),
    faults=[adapter_fault("refuses-status", "manual-id-check", return_error(kind="decode", type="ValueError")),
            adapter_fault("refuses-nanoseconds", "instant-nanoseconds", return_error(kind="decode", type="ValueError")),
            adapter_fault("returns-nothing-for-session", "waiting", return_nothing),
            adapter_fault("stays-broken", "reset-once",
                lambda answer: return_error(kind="network")(replace(answer, served=())))],
)  # fmt: skip
def session_is_no_error(answer: ClientRead) -> Iterator[Finding]:
    """A session as documented reaches the caller as a session, whatever its status, precision or coding.

    A client that throws on a documented status loses the session while it has that status. One that does not ask
    again after a failure loses it permanently.
    """
    yield from _lost(answer)


def _unknown_status_given(answer: ClientRead) -> bool:
    """A word that nobody knows, not a documented one misspelt: that is the server's fault, however it is taken."""
    is_new = has_unknown_status(answer) and letters_of(status_served(answer)) not in STATUS_LETTERS
    return _session_given(answer) and is_new and answer.can.status == "open"


@rule(
    "HPP-A18", "unknown-status-tolerated", "should", "inferred", "The enumeration grew before", scope="answer",
    when=_unknown_status_given,
    faults=[adapter_fault("throws-on-unknown-status", "unknown-status", return_error(kind="decode", type="KeyError"))],
)  # fmt: skip
def unknown_status_tolerated(answer: ClientRead) -> Iterator[Finding]:
    """A status the client does not know is no error.

    The callbacks page already has one that the API reference does not. A client that declares a closed enumeration
    is not judged by this.
    """
    yield from _lost(answer)


def _unknown_status_returned(answer: ClientRead) -> bool:
    return _unknown_status_given(answer) and surfaced(answer) and "status" in answer.can.fields


@rule(
    "HPP-A19", "unknown-status-visible", "should", "inferred", "The enumeration grew before", scope="answer",
    when=_unknown_status_returned,
    faults=[adapter_fault("reads-unknown-as-waiting", "unknown-status", return_member("status", "WAITING"))],
)  # fmt: skip
def unknown_status_visible(answer: ClientRead) -> Iterator[Finding]:
    """A status the client does not know is not shown as one that it knows.

    A person should look at a new status; it must not be handled as another one.
    """
    status = (answer.result.session or {}).get("status")
    if status is not None and letters_of(status) in STATUS_LETTERS:
        yield Finding("/status", "the status as sent, or a word of its own", show(status))


def _unknown_member_given(answer: ClientRead) -> bool:
    return _session_given(answer) and has_unknown_member(answer) and not has_unknown_status(answer)


@rule(
    "HPP-A20", "unknown-member-tolerated", "must", "referenced", REFERENCE, scope="answer", when=_unknown_member_given,
    faults=[adapter_fault("throws-on-unknown-member", "unknown-member", return_error(kind="decode", type="TypeError"))],
)  # fmt: skip
def unknown_member_tolerated(answer: ClientRead) -> Iterator[Finding]:
    """A member the client does not know is no error.

    The schema allows further members: the day one is added, a strict client loses every session at once.
    """
    yield from _lost(answer)


def _after_silent_close(answer: ClientRead) -> bool:
    return judged(answer) and after_silent_close(answer)


@rule(
    "HPP-A21", "survives-closed-connection", "should", "standard", "RFC 9112 §9.3.1 Retrying Requests", scope="answer",
    when=_after_silent_close,
    faults=[adapter_fault("dies-with-connection", "closed-between-polls",
                return_error(kind="network", type="ConnectionError"))],
)  # fmt: skip
def survives_closed_connection(answer: ClientRead) -> Iterator[Finding]:
    """If the server closed a keep-alive connection, the next read still works.

    Servers close idle connections all the time, and a GET may simply be sent again on a new one.
    """
    yield from _lost(answer)
