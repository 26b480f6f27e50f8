"""A: an error says which one it is, correctly, and holds no credentials."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import astuple
from functools import lru_cache
from typing import Any

from hpp_contract.engine.rule import Finding, rule
from hpp_contract.model.client_read import STATUS_CODES, ClientRead, Failure
from hpp_contract.privacy.redact import encodings, is_placeholder
from hpp_contract.rules.answer.faults import adapter_fault, adapter_variation, repeat_requests, return_error
from hpp_contract.rules.served import ServedKind, served_kind
from hpp_contract.spec.page import AUTHENTICATION, ERROR_OBJECT, REFERENCE


def _refused(read: ClientRead) -> bool:
    return read.result.failure is not None and served_kind(read) is ServedKind.REFUSAL


def _sent(read: ClientRead, name: str) -> list[Any]:
    """The values of error member `name` that this read's refusals carried, in their bodies."""
    values = (
        exchange.response.json.value for exchange in (*read.served, *read.other_host_requests) if exchange.response
    )
    return [value[name] for value in values if isinstance(value, dict) and isinstance(value.get(name), str)]


def _last_sent(read: ClientRead, name: str) -> str | None:
    value = read.response.json.value if read.response is not None else None
    member = value.get(name) if isinstance(value, dict) else None
    return member if isinstance(member, str) else None


def _status_declared(read: ClientRead) -> bool:
    return _refused(read) and (read.status or 0) >= 300 and "http_status" in read.can.error


@rule(
    "HPP-A28", "http-status-reachable", "should", "referenced", REFERENCE, scope="answer", when=_status_declared,
    consequence="set-up", reach="{count} refusals hide/hides their status code",
    faults=[adapter_fault("hides-http-status", "not-found", return_error(http_status=None)),
            adapter_fault("hides-unauthorized", "unauthorized", return_error(http_status=None))],
    variations=[adapter_variation("tells-only-the-status", "not-found-404-empty", return_error(message=""))],
)  # fmt: skip
def http_status_reachable(read: ClientRead) -> Iterator[Finding]:
    """The caller can tell which status code refused the read.

    A 401 needs another key, a 404 another session, a 503 another attempt. With one error for all, a person has to
    look each time.
    """
    if read.result.failure is not None and not read.result.failure.http_status:
        yield Finding("error http_status", str(read.status), "absent")


def _code_declared(read: ClientRead) -> bool:
    return _refused(read) and "error_code" in read.can.error and _last_sent(read, "error_code") is not None


@rule(
    "HPP-A29", "error-code-reachable", "should", "referenced", ERROR_OBJECT, scope="answer", when=_code_declared,
    consequence="set-up", reach="{count} refusals hide/hides their error_code",
    faults=[adapter_fault("hides-error-code", "not-found", return_error(error_code=None))],
    variations=[adapter_variation("keeps-messages-to-itself", "not-found", return_error(error_messages=None))],
)  # fmt: skip
def error_code_reachable(read: ClientRead) -> Iterator[Finding]:
    """The caller can reach the `error_code` of an error object.

    Programs branch on it where one status code has several reasons.
    """
    if read.result.failure is not None and not read.result.failure.error_code:
        yield Finding("error error_code", "as sent", "absent")


def _correlation_declared(read: ClientRead) -> bool:
    sent = _last_sent(read, "correlation_id") is not None
    return _refused(read) and "correlation_id" in read.can.error and sent


@rule(
    "HPP-A30", "correlation-id-kept", "should", "referenced", ERROR_OBJECT, scope="answer", when=_correlation_declared,
    consequence="set-up", reach="{count} refusals hide/hides their correlation_id",
    faults=[adapter_fault("hides-correlation-id", "unauthorized", return_error(correlation_id=None))],
    variations=[adapter_variation("asks-again-when-refused", "forbidden", repeat_requests(2))],
)  # fmt: skip
def correlation_id_kept(read: ClientRead) -> Iterator[Finding]:
    """The caller can reach the `correlation_id` of an error object.

    Support asks for it first, and it cannot be found out afterwards.
    """
    if read.result.failure is not None and not read.result.failure.correlation_id:
        yield Finding("error correlation_id", "as sent", "absent")


def _failed(read: ClientRead) -> bool:
    return read.result.failure is not None


def _failure_of(read: ClientRead) -> Failure:
    """The error of a read whose rule applies to errors only. Raises LookupError when there is none."""
    if read.result.failure is None:
        raise LookupError("a rule read an error that its condition did not ask for")
    return read.result.failure


@rule(
    "HPP-A31", "errors-tell-the-truth", "must", "inferred", ERROR_OBJECT, scope="answer", when=_failed,
    consequence="set-up", reach="{count} errors name/names a status or code that the server did not send",
    faults=[adapter_fault("maps-all-to-404", "unauthorized", return_error(http_status=404)),
            adapter_fault("makes-up-status", "reset-before-answer", return_error(http_status=500)),
            adapter_fault("makes-up-error-code", "not-found", return_error(error_code="UNKNOWN_ERROR"))],
    variations=[adapter_variation("writes-no-status-as-zero", "reset-before-answer", return_error(http_status=0)),
                adapter_variation("writes-no-status-as-minus-one", "closed-before-answer",
                    return_error(http_status=-1))],
)  # fmt: skip
def errors_tell_the_truth(read: ClientRead) -> Iterator[Finding]:
    """An error's `http_status`, `error_code` and `correlation_id`, where given, are those the server sent.

    A caller that is told 404 for a 401 drops a session that is alive, and one that is told 200 for a lost answer
    believes it.
    """
    failure = _failure_of(read)
    statuses = {exchange.status for exchange in (*read.served, *read.other_host_requests)} - {None}
    if failure.http_status in STATUS_CODES and failure.http_status not in statuses:
        sent = " or ".join(map(str, sorted(filter(None, statuses)))) or "none: nothing was answered"
        yield Finding("error http_status", sent, str(failure.http_status))
    for name, surfaced in (("error_code", failure.error_code), ("correlation_id", failure.correlation_id)):
        if _sent(read, name) and surfaced and surfaced not in _sent(read, name):
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
    consequence="credentials", reach="{count} errors show/shows the credentials",
    faults=[adapter_fault("prints-request-with-error", "unauthorized",
                lambda read: return_error(message=f"401 for Authorization: Basic {read.secrets[0]}")(read))],
    variations=[adapter_variation("names-the-header-in-an-error", "unauthorized",
                    return_error(message="401: look at the Authorization header"))],
)  # fmt: skip
def no_credentials_in_errors(read: ClientRead) -> Iterator[Finding]:
    """No error text holds the credentials, in any encoding.

    Errors are logged, mailed and pasted into tickets: whoever reads them has the API key of the merchant.
    """
    text = "\n".join(_texts(astuple(_failure_of(read))))
    if any(form in text for form in _forms(read.secrets)):
        yield Finding("error message", "no credentials", "the credentials of the request")
