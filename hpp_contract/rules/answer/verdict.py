"""A: a client that says no more than paid, open, failed or gone says it rightly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from hpp_contract.engine.rule import Finding, Severity, rule
from hpp_contract.model.client_read import ClientRead
from hpp_contract.privacy.describe import show
from hpp_contract.rules.answer.faults import adapter_fault, adapter_variation, return_verdict
from hpp_contract.rules.served import ServedKind, served_kind, served_session, status_served
from hpp_contract.spec.page import SESSION_LIFECYCLE
from hpp_contract.spec.session import STATUSES

_ERROR: Final = "an error"
_FINE, _SHOULD = None, Severity.SHOULD

Weights = Mapping[str, Severity | None]
"""What may be said: without a finding, or with one that weighs less than the rule. Everything else breaks it."""

_PAID: Final[Weights] = {"paid": _FINE}
_OPEN: Final[Weights] = {"open": _FINE, _ERROR: _FINE}
_RETRY: Final[Weights] = {"open": _FINE, "failed": _SHOULD, _ERROR: _SHOULD}
_OVER: Final[Weights] = {"failed": _FINE, "gone": _FINE, _ERROR: _FINE, "open": _SHOULD}
_NOT_THERE: Final[Weights] = {"gone": _FINE, "failed": _FINE, _ERROR: _FINE, "open": _SHOULD}
_PAGE: Final[Weights] = {"open": _FINE, _ERROR: _FINE, "gone": _SHOULD, "failed": _SHOULD}

_BY_STATUS: Final[Mapping[str, Weights]] = {
    "COMPLETED": _PAID,
    **dict.fromkeys(("BACK", "FAILED", "ERROR"), _RETRY),
    **dict.fromkeys(("CANCELLED", "DISABLED"), _OVER),
}
"""What each status is; any other one may still be paid."""


def _answered(read: ClientRead) -> bool:
    """The client gave a verdict, or gives nothing else and gave an error."""
    only = read.can.answers == "verdict" and read.result.failure is not None
    return (read.result.verdict is not None or only) and read.unproven is None


@rule(
    "HPP-A40", "verdict-follows-status", "must", "referenced", SESSION_LIFECYCLE, scope="answer", when=_answered,
    consequence="order", reach="{count} sessions get/gets a wrong word",
    faults=[adapter_fault("says-paid-in-progress", "in-progress", return_verdict("paid")),
            adapter_fault("says-open-for-completed", "completed-with-order", return_verdict("open")),
            adapter_fault("says-paid-when-refused", "not-found", return_verdict("paid")),
            adapter_fault("says-gone-when-unavailable", "unavailable-503", return_verdict("gone")),
            adapter_fault("says-failed-for-failed", "failed", return_verdict("failed"), severity="should"),
            adapter_fault("says-open-for-cancelled", "cancelled", return_verdict("open"), severity="should"),
            adapter_fault("says-gone-for-a-page", "not-found-404-html", return_verdict("gone"), severity="should")],
    variations=[adapter_variation("says-open-without-a-status", "missing-status", return_verdict("open")),
                adapter_variation("says-gone-for-disabled", "disabled", return_verdict("gone")),
                adapter_variation("says-open-for-a-new-status", "unknown-status", return_verdict("open"))],
)  # fmt: skip
def verdict_follows_status(read: ClientRead) -> Iterator[Finding]:
    """A client that only says paid, open, failed or gone says paid for COMPLETED alone, and never for anything else.

    Goods leave a shop that nobody has paid for, or the sale of a consumer who did pay is given up. BACK, FAILED and
    ERROR are open, since a consumer may retry; CANCELLED and DISABLED are failed or gone. Whatever says nothing of the
    session is open, or an error.

    Failed or an error for what a consumer may retry, open for what is over, open for a 404, and failed or gone for a
    404 that is an HTML page, are a should.
    """
    said = read.result.verdict or _ERROR
    allowed = _allowed(read)
    weight = allowed.get(said, Severity.MUST)
    if weight is not _FINE:
        right = " or ".join(word for word, finding in allowed.items() if finding is _FINE)
        found = said if read.result.verdict is None else f"the verdict {said}"
        yield Finding("verdict", f"{right}, for {_served(read)}", found, severity=weight)


def _allowed(read: ClientRead) -> Weights:
    kind, response = served_kind(read), read.response
    if kind is ServedKind.REFUSAL and response is not None and response.status in (404, 410):
        return _PAGE if response.is_html else _NOT_THERE
    status = status_served(read)
    if kind not in (ServedKind.SESSION, ServedKind.ODD) or status is None or _is_anothers(read):
        return _OPEN
    allowed = _BY_STATUS.get(status, _OPEN)
    return allowed if kind is ServedKind.SESSION else {**allowed, "open": _FINE, _ERROR: _FINE}


def _is_anothers(read: ClientRead) -> bool:
    named = served_session(read).get("session_id")
    return isinstance(named, str) and named.lower() != read.asked.lower()


def _served(read: ClientRead) -> str:
    kind, status = served_kind(read), status_served(read)
    if kind is ServedKind.REFUSAL:
        return f"HTTP {read.status}"
    if kind not in (ServedKind.SESSION, ServedKind.ODD):
        return "an answer without a session" if kind is ServedKind.NO_SESSION else "no complete answer"
    if _is_anothers(read):
        return "another session"
    return (
        "a session without a status"
        if status is None
        else f"the status {status if status in STATUSES else show(status)}"
    )
