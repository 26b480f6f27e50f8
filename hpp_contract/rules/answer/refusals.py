"""A: a response without a session is never a success to the caller."""

from __future__ import annotations

from collections.abc import Iterator

from hpp_contract.engine.rule import Finding, rule
from hpp_contract.model.body import MISSING
from hpp_contract.model.client_read import ClientRead
from hpp_contract.privacy.describe import describe
from hpp_contract.rules.answer.faults import adapter_fault, return_nothing, return_session
from hpp_contract.rules.served import ServedKind, judged, outcome, served_kind, when_served
from hpp_contract.spec.page import HAPPY_FLOW, REFERENCE

_WAITING = {"status": "WAITING"}


def _taken_for_success(read: ClientRead, what: str) -> Iterator[Finding]:
    if read.result.failure is None:
        yield Finding("answer", f"an error: {what}", outcome(read))


def _content(read: ClientRead) -> bytes:
    return (read.response.content or b"") if read.response is not None else b""


def _is_empty(read: ClientRead) -> bool:
    without_session = served_kind(read) in (ServedKind.NO_SESSION, ServedKind.REFUSAL)
    return judged(read) and read.status in (200, 204) and without_session and not _content(read).strip()


@rule(
    "HPP-A22", "empty-is-error", "must", "shown", HAPPY_FLOW, scope="answer", when=_is_empty,
    faults=[adapter_fault("returns-nothing-for-empty", "empty-200", return_nothing),
            adapter_fault("reads-empty-as-waiting", "no-content-204", return_session(_WAITING))],
)  # fmt: skip
def empty_is_error(read: ClientRead) -> Iterator[Finding]:
    """A success without a body is an error to the caller.

    A client that reports it as success, or as an empty session, hides that nothing is known about the order.
    """
    yield from _taken_for_success(read, f"HTTP {read.status} without a body")


def _is_json(read: ClientRead) -> bool:
    return read.response is not None and read.response.json.value is not MISSING


def _is_page(read: ClientRead) -> bool:
    return when_served(ServedKind.NO_SESSION)(read) and read.response is not None and read.response.is_html


@rule(
    "HPP-A23", "page-is-error", "must", "referenced", REFERENCE, scope="answer", when=_is_page,
    faults=[adapter_fault("accepts-page", "html-200", return_nothing)],
)  # fmt: skip
def page_is_error(read: ClientRead) -> Iterator[Finding]:
    """An HTML page with status 200 is an error to the caller.

    Captive portals and gateways answer like this, and no session is in it.
    """
    yield from _taken_for_success(read, "the body is an HTML page")


def _is_broken_json(read: ClientRead) -> bool:
    unreadable = not _is_json(read) and not _is_empty(read) and not _is_page(read)
    return when_served(ServedKind.NO_SESSION)(read) and unreadable


@rule(
    "HPP-A24", "broken-json-is-error", "must", "standard", "RFC 8259 §2 JSON Grammar", scope="answer",
    when=_is_broken_json,
    faults=[adapter_fault("swallows-decode-error", "truncated-json", return_nothing),
            adapter_fault("repairs-json", "truncated-json", return_session(_WAITING))],
)  # fmt: skip
def broken_json_is_error(read: ClientRead) -> Iterator[Finding]:
    """A body that is not one JSON text is an error to the caller.

    Part of the body, maybe the order id, is missing.
    """
    yield from _taken_for_success(read, "the body is not JSON")


@rule(
    "HPP-A25", "refusal-is-error", "must", "referenced", REFERENCE, scope="answer",
    when=lambda read: when_served(ServedKind.REFUSAL)(read) and not _is_empty_success(read),
    faults=[adapter_fault("ignores-status-code", "not-found", return_session({})),
            adapter_fault("succeeds-on-outage", "unavailable-503-empty", return_nothing)],
)  # fmt: skip
def refusal_is_error(read: ClientRead) -> Iterator[Finding]:
    """Any status code but 200 is an error to the caller, whatever the body.

    A 401 or 404 that looks like a session without a status makes pollers poll for nothing.
    """
    yield from _taken_for_success(read, f"HTTP {read.status}")


def _is_empty_success(read: ClientRead) -> bool:
    return read.status == 204


def _is_other_json(read: ClientRead) -> bool:
    return when_served(ServedKind.NO_SESSION)(read) and _is_json(read) and not _is_page(read)


@rule(
    "HPP-A26", "wrong-shape-is-error", "must", "shown", HAPPY_FLOW, scope="answer", when=_is_other_json,
    faults=[adapter_fault("accepts-list", "array-200", return_session({})),
            adapter_fault("accepts-null", "null-200", return_nothing)],
)  # fmt: skip
def wrong_shape_is_error(read: ClientRead) -> Iterator[Finding]:
    """JSON that is not an object is an error to the caller.

    A session is one object; anything else with status 200 is not a session.
    """
    what = describe(read.response.json.value) if read.response is not None else "nothing"
    yield from _taken_for_success(read, f"the body is {what}")


@rule(
    "HPP-A27", "lost-answer-is-error", "must", "standard", "RFC 9112 §8 Handling Incomplete Messages", scope="answer",
    when=when_served(ServedKind.FAILURE),
    faults=[adapter_fault("swallows-reset", "reset-before-answer", return_nothing),
            adapter_fault("keeps-half-a-body", "breaks-off", return_session(_WAITING))],
)  # fmt: skip
def lost_answer_is_error(read: ClientRead) -> Iterator[Finding]:
    """An answer that never came, or not completely, is an error to the caller.

    Otherwise an outage looks like a session in which nothing happens.
    """
    yield from _taken_for_success(read, "no complete answer came")
