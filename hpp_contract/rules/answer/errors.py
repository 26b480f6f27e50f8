"""A: an error says which one it is, correctly, and holds no credentials."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import astuple
from functools import lru_cache
from typing import Any

from hpp_contract.engine.rule import Finding, rule
from hpp_contract.model.client_read import ClientRead, Failure
from hpp_contract.privacy.redact import encodings, is_placeholder
from hpp_contract.rules.answer.faults import adapter_fault, return_error
from hpp_contract.rules.served import ServedKind, served_kind
from hpp_contract.spec.page import AUTHENTICATION, ERROR_OBJECT, REFERENCE


def _refused(answer: ClientRead) -> bool:
    return answer.result.failure is not None and served_kind(answer) is ServedKind.REFUSAL


def _sent(answer: ClientRead, name: str) -> list[Any]:
    """The values of error member `name` that this read's refusals carried, in their bodies."""
    values = (
        exchange.response.json.value for exchange in (*answer.served, *answer.other_host_requests) if exchange.response
    )
    return [value[name] for value in values if isinstance(value, dict) and isinstance(value.get(name), str)]


def _last_sent(answer: ClientRead, name: str) -> str | None:
    value = answer.last.response.json.value if answer.last is not None and answer.last.response is not None else None
    member = value.get(name) if isinstance(value, dict) else None
    return member if isinstance(member, str) else None


def _status_declared(answer: ClientRead) -> bool:
    refused = _refused(answer) and answer.last is not None and (answer.last.status or 0) >= 300
    return refused and "http_status" in answer.can.error


@rule(
    "HPP-A28", "http-status-reachable", "should", "referenced", REFERENCE, scope="answer", when=_status_declared,
    faults=[adapter_fault("hides-http-status", "not-found", return_error(http_status=None)),
            adapter_fault("hides-unauthorized", "unauthorized", return_error(http_status=None))],
)  # fmt: skip
def http_status_reachable(answer: ClientRead) -> Iterator[Finding]:
    """The caller can tell which status code refused the read.

    A 401 needs another key, a 404 another session, a 503 another attempt. With one error for all, a person has to
    look each time.
    """
    if answer.result.failure is not None and not answer.result.failure.http_status:
        yield Finding("error http_status", str(answer.last.status if answer.last else ""), "absent")


def _code_declared(answer: ClientRead) -> bool:
    return _refused(answer) and "error_code" in answer.can.error and _last_sent(answer, "error_code") is not None


@rule(
    "HPP-A29", "error-code-reachable", "should", "referenced", ERROR_OBJECT, scope="answer", when=_code_declared,
    faults=[adapter_fault("hides-error-code", "not-found", return_error(error_code=None))],
)  # fmt: skip
def error_code_reachable(answer: ClientRead) -> Iterator[Finding]:
    """The caller can reach the `error_code` of an error object.

    Programs branch on it where one status code has several reasons.
    """
    if answer.result.failure is not None and not answer.result.failure.error_code:
        yield Finding("error error_code", "as sent", "absent")


def _correlation_declared(answer: ClientRead) -> bool:
    sent = _last_sent(answer, "correlation_id") is not None
    return _refused(answer) and "correlation_id" in answer.can.error and sent


@rule(
    "HPP-A30", "correlation-id-kept", "should", "referenced", ERROR_OBJECT, scope="answer", when=_correlation_declared,
    faults=[adapter_fault("hides-correlation-id", "unauthorized", return_error(correlation_id=None))],
)  # fmt: skip
def correlation_id_kept(answer: ClientRead) -> Iterator[Finding]:
    """The caller can reach the `correlation_id` of an error object.

    Support asks for it first, and it cannot be found out afterwards.
    """
    if answer.result.failure is not None and not answer.result.failure.correlation_id:
        yield Finding("error correlation_id", "as sent", "absent")


def _failed(answer: ClientRead) -> bool:
    return answer.result.failure is not None


def _failure_of(answer: ClientRead) -> Failure:
    """The error that a rule's condition has already made sure of."""
    if answer.result.failure is None:
        raise LookupError("a rule read an error that its condition did not ask for")
    return answer.result.failure


@rule(
    "HPP-A31", "errors-tell-the-truth", "must", "inferred", ERROR_OBJECT, scope="answer", when=_failed,
    faults=[adapter_fault("maps-all-to-404", "unauthorized", return_error(http_status=404)),
            adapter_fault("makes-up-status", "reset-before-answer", return_error(http_status=500)),
            adapter_fault("makes-up-error-code", "not-found", return_error(error_code="UNKNOWN_ERROR"))],
)  # fmt: skip
def errors_tell_the_truth(answer: ClientRead) -> Iterator[Finding]:
    """An error's `http_status`, `error_code` and `correlation_id`, where given, are those the server sent.

    If 401 is reported as 404, the caller thinks the session expired.
    """
    failure = _failure_of(answer)
    statuses = {exchange.status for exchange in (*answer.served, *answer.other_host_requests)} - {None}
    if failure.http_status and failure.http_status not in statuses:  # many languages write none as 0
        sent = " or ".join(map(str, sorted(filter(None, statuses)))) or "none: nothing was answered"
        yield Finding("error http_status", sent, str(failure.http_status))
    for name, surfaced in (("error_code", failure.error_code), ("correlation_id", failure.correlation_id)):
        if _sent(answer, name) and surfaced and surfaced not in _sent(answer, name):
            yield Finding(f"error {name}", "as sent", "another value")


@lru_cache(maxsize=64)
def _forms(secrets: tuple[str, ...]) -> frozenset[str]:
    return frozenset(form for secret in secrets if not is_placeholder(secret) for form in encodings(secret))


def _texts(parts: Iterable[Any]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, str):
            yield part
        elif isinstance(part, tuple):
            yield from _texts(part)


@rule(
    "HPP-A32", "no-credentials-in-errors", "must", "inferred", AUTHENTICATION, scope="answer", when=_failed,
    faults=[adapter_fault("prints-request-with-error", "unauthorized",
                lambda answer: return_error(message=f"401 for Authorization: Basic {answer.secrets[0]}")(answer))],
)  # fmt: skip
def no_credentials_in_errors(answer: ClientRead) -> Iterator[Finding]:
    """No error text holds the credentials, in any encoding.

    Errors are logged, mailed and pasted into tickets.
    """
    text = "\n".join(_texts(astuple(_failure_of(answer))))
    if any(form in text for form in _forms(answer.secrets)):
        yield Finding("error message", "no credentials", "the credentials of the request")
