"""A: a response without a session is never a success to the caller."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from hpp_contract.engine.rule import Finding, Severity, rule
from hpp_contract.model.body import MISSING, Body
from hpp_contract.model.client_read import ClientRead
from hpp_contract.privacy.describe import describe
from hpp_contract.rules.answer.faults import (
    adapter_fault,
    adapter_variation,
    declare,
    omit,
    repeat_requests,
    return_error,
    return_nothing,
    return_other,
    return_session,
)
from hpp_contract.rules.served import (
    ServedKind,
    absent,
    changed_members,
    is_plain_text,
    judged,
    letters_of,
    outcome,
    served_kind,
    served_session,
    surfaced,
    when_served,
)
from hpp_contract.spec.page import HAPPY_FLOW, REFERENCE
from hpp_contract.spec.session import MEMBERS

_WAITING: Final = {"status": "WAITING"}
_DECIDES: Final = ("order_id", "authorization_token")
"""What a caller acts on, beside a status: a body without a session must not yield it."""

_KNOWS_NOTHING: Final = frozenset(map(letters_of, ("UNKNOWN", "UNDEFINED", "UNSPECIFIED", "NONE", "NULL")))
"""What clients say in the place of a status that they do not know."""

_DEEP: Final = 100
"""Arrays and objects within each other beyond which a client may do as it likes with a body (RFC 8259 §9)."""


def _taken_for_success(read: ClientRead, what: str, severity: Severity | None = None) -> Iterator[Finding]:
    """The finding that what the client got was no session. It weighs `severity`, or all that the rule can as soon as
    the caller gets anything that it would act on."""
    if read.result.failure is None:
        session = read.result.session or {}
        status = session.get("status")
        has_status = not absent(status) and letters_of(status) not in _KNOWS_NOTHING
        acted_on = has_status or any(not absent(session.get(name)) for name in _DECIDES)
        yield Finding("answer", f"an error: {what}", outcome(read), severity=None if acted_on else severity)


def _return_served(read: ClientRead) -> ClientRead:
    """Return the session as a lenient reader finds it."""
    return return_session({name: value for name, value in served_session(read).items() if name in MEMBERS})(read)


def _content(read: ClientRead) -> bytes:
    return (read.response.content or b"") if read.response is not None else b""


def _is_empty(read: ClientRead) -> bool:
    without_session = served_kind(read) in (ServedKind.NO_SESSION, ServedKind.REFUSAL)
    return judged(read) and read.status in (200, 204) and without_session and not _content(read).strip()


@rule(
    "HPP-A22", "empty-is-error", "must", "shown", HAPPY_FLOW, scope="answer", when=_is_empty,
    consequence="body", reach="{count} empty answers are/is taken for a success",
    faults=[adapter_fault("returns-nothing-for-empty", "empty-200", return_nothing, severity="should"),
            adapter_fault("reads-empty-as-waiting", "no-content-204", return_session(_WAITING))],
    variations=[adapter_variation("blames-itself-for-empty", "empty-200", return_error(kind="client"))],
)  # fmt: skip
def empty_is_error(read: ClientRead) -> Iterator[Finding]:
    """A success without a body is an error to the caller.

    A merchant acts on a status or an order that no server has sent: nothing is known about the order.

    Success with nothing in it, or an empty session, is a should: most clients return one.
    """
    yield from _taken_for_success(read, f"HTTP {read.status} without a body", Severity.SHOULD)


def _is_json(read: ClientRead) -> bool:
    return read.response is not None and read.response.json.value is not MISSING


def _is_page(read: ClientRead) -> bool:
    return when_served(ServedKind.NO_SESSION)(read) and read.response is not None and read.response.is_html


@rule(
    "HPP-A23", "page-is-error", "must", "inferred", REFERENCE, scope="answer", when=_is_page,
    consequence="body", reach="{count} HTML pages are/is taken for a success",
    faults=[adapter_fault("accepts-page", "html-200", return_nothing),
            adapter_fault("accepts-page-declared-as-json", "html-as-json", return_nothing, severity="should"),
            adapter_fault("reads-page-as-waiting", "html-as-json", return_session(_WAITING))],
    variations=[adapter_variation("takes-page-for-network-trouble", "html-200",
                    return_error(kind="network", http_status=None))],
)  # fmt: skip
def page_is_error(read: ClientRead) -> Iterator[Finding]:
    """An HTML page with status 200 is an error to the caller.

    Captive portals and gateways answer like this: a shop polls a login page to the end, and loses what was paid
    meanwhile.

    A page that is declared as JSON is a should, unless a status, an order id or a token comes out of it.
    """
    declared = read.response is not None and "html" in read.response.media_type
    yield from _taken_for_success(read, "the body is an HTML page", None if declared else Severity.SHOULD)


def _body(read: ClientRead) -> Body:
    return read.response.json if read.response is not None else Body()


def _is_broken_json(read: ClientRead) -> bool:
    """No session can be read from the body, or only by who is lenient about it."""
    unreadable = not _is_json(read) and not _body(read).is_beyond_us and not _is_empty(read) and not _is_page(read)
    return (when_served(ServedKind.NO_SESSION)(read) and unreadable) or _is_blemished(read)


def _is_blemished(read: ClientRead) -> bool:
    return when_served(ServedKind.ODD)(read) and not is_plain_text(read)


@rule(
    "HPP-A24", "broken-json-is-error", "must", "standard", "RFC 8259 §2 JSON Grammar", scope="answer",
    when=_is_broken_json,
    consequence="body", reach="{count} bodies that are no JSON text are/is taken for a success, or lose/loses members",
    faults=[adapter_fault("swallows-decode-error", "truncated-json", return_nothing),
            adapter_fault("repairs-json", "truncated-json", return_session(_WAITING)),
            adapter_fault("loses-status-before-garbage", "trailing-garbage", _return_served, omit("status")),
            adapter_fault("returns-nothing-for-mark", "byte-order-mark", return_nothing, severity="should")],
    variations=[adapter_variation("reads-what-garbage-follows", "trailing-garbage", _return_served),
                adapter_variation("refuses-byte-order-mark", "byte-order-mark", return_error(kind="decode"))],
)  # fmt: skip
def broken_json_is_error(read: ClientRead) -> Iterator[Finding]:
    """A body that is not one JSON text is read as it is meant, or is an error to the caller.

    A part of the body is missing, perhaps the order id: the merchant takes what is left for all there is.

    Of a body that is JSON but for a byte order mark, it is a should: parsers may skip that (RFC 8259 §8.1).
    """
    if not _is_blemished(read):
        yield from _taken_for_success(read, "the body is not JSON")
    elif read.result.failure is None and (changed := changed_members(read)):
        weight = Severity.SHOULD if _is_json(read) else None
        what = "after a byte order mark" if weight else "not plain JSON"
        found = f"lost or changed: {', '.join(changed)}" if surfaced(read) else outcome(read)
        yield Finding("answer", f"an error, or all of it: the body is {what}", found, severity=weight)


@rule(
    "HPP-A25", "refusal-is-error", "must", "referenced", REFERENCE, scope="answer",
    when=lambda read: when_served(ServedKind.REFUSAL)(read) and not _is_empty_success(read),
    consequence="refusal", reach="{count} refusals are/is reported as a session, or as nothing",
    faults=[adapter_fault("ignores-status-code", "not-found", return_session({})),
            adapter_fault("succeeds-on-outage", "unavailable-503-empty", return_nothing)],
    variations=[adapter_variation("raises-an-error-of-its-own", "not-found", declare(error=()),
                    return_error(kind="client", http_status=None, error_code=None, correlation_id=None))],
)  # fmt: skip
def refusal_is_error(read: ClientRead) -> Iterator[Finding]:
    """Any status code but 200 is an error to the caller, whatever the body.

    A merchant with a wrong key, or whose session is gone, sees sessions in which nothing happens, and loses each of
    them.
    """
    yield from _taken_for_success(read, f"HTTP {read.status}")


def _is_empty_success(read: ClientRead) -> bool:
    return read.status == 204


def _is_other_json(read: ClientRead) -> bool:
    """JSON that is no object, or too deep or long for us to tell."""
    readable = _is_json(read) or _body(read).is_beyond_us
    return when_served(ServedKind.NO_SESSION)(read) and readable and not _is_page(read)


@rule(
    "HPP-A26", "wrong-shape-is-error", "must", "shown", HAPPY_FLOW, scope="answer", when=_is_other_json,
    consequence="body", reach="{count} bodies that are no object are/is taken for a success",
    faults=[adapter_fault("accepts-list", "array-200", return_other("a list"), severity="should"),
            adapter_fault("accepts-null", "null-200", return_nothing, severity="should"),
            adapter_fault("unwraps-list", "array-200", return_session(_WAITING)),
            adapter_fault("says-unknown-for-list", "array-200", return_session({"status": "UNKNOWN"}),
                severity="should"),
            adapter_fault("accepts-deep-list", "deeply-nested-200", return_session({}), severity="info")],
    variations=[adapter_variation("blames-itself-for-list", "array-200", return_error(kind="client"))],
)  # fmt: skip
def wrong_shape_is_error(read: ClientRead) -> Iterator[Finding]:
    """JSON that is not an object is an error to the caller.

    A consumer's order is decided by a list, a number or a word that is no session: the caller acts on what was never
    said of it.

    Success without a status, an order id or a token is a should: most clients return something for such a body, and
    UNKNOWN is no status. Of what is nested very deeply, it is for information.
    """
    value = _body(read).value
    weight = Severity.INFO if _is_deep(value) or value is MISSING else Severity.SHOULD
    what = "nested very deeply" if value is MISSING else describe(value)
    yield from _taken_for_success(read, f"the body is {what}", weight)


def _is_deep(value: Any) -> bool:
    """Whether arrays are nested in it beyond `_DEEP`, in their first places."""
    depth = 0
    while isinstance(value, list) and value and depth <= _DEEP:
        value, depth = value[0], depth + 1
    return depth > _DEEP


@rule(
    "HPP-A27", "lost-answer-is-error", "must", "standard", "RFC 9112 §8 Handling Incomplete Messages", scope="answer",
    when=when_served(ServedKind.FAILURE),
    consequence="body", reach="{count} answers that were lost or cut are/is taken for a success",
    faults=[adapter_fault("swallows-reset", "reset-before-answer", return_nothing),
            adapter_fault("keeps-half-a-body", "breaks-off", return_session(_WAITING))],
    variations=[adapter_variation("retries-what-was-lost", "reset-before-answer", repeat_requests(3))],
)  # fmt: skip
def lost_answer_is_error(read: ClientRead) -> Iterator[Finding]:
    """An answer that never came, or not completely, is an error to the caller.

    An outage looks like a session at rest: a consumer pays during it, and the merchant stops polling.
    """
    yield from _taken_for_success(read, "no complete answer came")
