"""E: what an error must be, and what it must not give away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from hpp_contract.engine.edits import body, drop, edit_json, header, member, status
from hpp_contract.engine.fault import fault
from hpp_contract.engine.rule import Finding, rule
from hpp_contract.model import Exchange
from hpp_contract.model.exchange import response_of, values
from hpp_contract.privacy.redact import encodings, is_placeholder
from hpp_contract.rules.conditions import api_responded, failed, failed_with_json, responded
from hpp_contract.rules.schemas import schema_rule
from hpp_contract.spec.endpoint import API_KEY
from hpp_contract.spec.fields import INTERNALS
from hpp_contract.spec.page import AUTHENTICATION, ERROR_OBJECT, REFERENCE

_SESSION = b'{"session_id": "39a1c773-bafd-754d-af1f-b30c592f1267", "status": "WAITING"}'


def _without_credentials(exchange: Exchange) -> bool:
    return api_responded(exchange) and exchange.context.credentials == "none"


def _with_wrong_credentials(exchange: Exchange) -> bool:
    return api_responded(exchange) and exchange.context.credentials == "wrong"


def _judged_as(exchange: Exchange, session: str) -> bool:
    context = exchange.context
    return api_responded(exchange) and context.credentials == "right" and context.session == session


def _for_unknown_id(exchange: Exchange) -> bool:
    return _judged_as(exchange, "unknown")


def _for_malformed_id(exchange: Exchange) -> bool:
    return _judged_as(exchange, "malformed")


def _for_known_id(exchange: Exchange) -> bool:
    return _judged_as(exchange, "known")


@rule(
    "HPP-E01", "no-credentials-401", "must", "referenced", AUTHENTICATION, when=_without_credentials,
    drift_class="risky",
    faults=[fault("lets-anybody-in", "no-credentials", status(200), body(_SESSION), also=("HPP-S02", "HPP-S04")),
            fault("forbids-instead", "no-credentials", status(403))],
)  # fmt: skip
def no_credentials_401(exchange: Exchange) -> Iterator[Finding]:
    """Without credentials the answer is 401.

    Anything else lets anybody read sessions, or hides from a client that its credentials were not sent.
    """
    if exchange.status != 401:
        yield Finding("status", "401", str(exchange.status))


@rule(
    "HPP-E02", "wrong-credentials-401", "must", "referenced", AUTHENTICATION, when=_with_wrong_credentials,
    drift_class="risky",
    faults=[fault("trusts-any-key", "wrong-credentials", status(404), header("WWW-Authenticate", None)),
            fault("fails-on-wrong-key", "wrong-credentials", status(400), also=("HPP-H01",))],
)  # fmt: skip
def wrong_credentials_401(exchange: Exchange) -> Iterator[Finding]:
    """With wrong credentials the answer is 401.

    If a revoked key is answered with 404, the session seems to have expired.
    """
    if exchange.status != 401:
        yield Finding("status", "401", str(exchange.status))


@rule(
    "HPP-E03", "unknown-id-404", "must", "referenced", REFERENCE, when=_for_unknown_id,
    faults=[fault("invents-session", "unknown-id", status(200), body(_SESSION), also=("HPP-S02", "HPP-S04"))],
)  # fmt: skip
def unknown_id_404(exchange: Exchange) -> Iterator[Finding]:
    """An id that no session has is answered with 404.

    Pollers stop on 404; after any other answer they keep polling for a session that does not exist.
    """
    if exchange.status != 404 and (exchange.status or 0) < 500:
        yield Finding("status", "404", str(exchange.status))


@rule(
    "HPP-E04", "malformed-id-refused", "must", "inferred", "Not documented: 400 or 404", when=_for_malformed_id,
    faults=[fault("accepts-anything", "malformed-id", status(204), body(b""))],
)  # fmt: skip
def malformed_id_refused(exchange: Exchange) -> Iterator[Finding]:
    """A malformed session id is refused with a 4xx.

    A success or a redirect means that the id was read as a path, or not at all.
    """
    if (exchange.status or 0) < 400:
        yield Finding("status", "4xx", str(exchange.status))


@rule(
    "HPP-E05", "right-credentials-accepted", "must", "referenced", AUTHENTICATION, when=_for_known_id,
    faults=[fault("forgets-key", "waiting", status(401), body(b""), also=("HPP-E10",))],
)  # fmt: skip
def right_credentials_accepted(exchange: Exchange) -> Iterator[Finding]:
    """Credentials that work for one session are not refused with 401 for another.

    A client that drops its key on 401 loses every session.
    """
    if exchange.status == 401:
        yield Finding("status", "anything but 401", "401 where the same credentials are accepted elsewhere")


@schema_rule(
    "error-object", "HPP-E06", "error-members-typed", "must", "referenced", ERROR_OBJECT, when=failed_with_json,
    faults=[fault("serves-error-list", "unknown-id", body(b'["NOT_FOUND"]')),
            fault("joins-messages", "unknown-id", member("error_messages", "No such session")),
            fault("numbers-error", "no-credentials", member("error_code", 401))],
)  # fmt: skip
def error_members_typed(_: Exchange) -> None:
    """A JSON error is an object whose members have their documented types.

    Clients that fail while reading an error hide which error it was.
    """


@schema_rule(
    "error-object", "HPP-E07", "error-members-present", "should", "referenced", ERROR_OBJECT, when=failed_with_json,
    faults=[fault("omits-error-code", "unknown-id", drop("error_code")),
            fault("omits-correlation-id", "no-credentials", drop("correlation_id"), also=("HPP-E14",))],
)  # fmt: skip
def error_members_present(_: Exchange) -> None:
    """A JSON error has `error_code` and `correlation_id`.

    The code is what programs branch on, the id is what support asks for first.
    """


@schema_rule(
    "error-object", "HPP-E08", "error-code-caps", "should", "referenced", ERROR_OBJECT, when=failed_with_json,
    faults=[fault("writes-code-as-prose", "unknown-id", member("error_code", "Not found"))],
)  # fmt: skip
def error_code_caps(_: Exchange) -> None:
    """`error_code` is ALL_CAPS_SNAKE.

    It is an identifier, and programs compare it letter by letter.
    """


_SESSION_MEMBERS = ("session_id", "order_id", "authorization_token", "klarna_reference", "updated_at")


@rule(
    "HPP-E09", "errors-are-no-sessions", "must", "inferred", ERROR_OBJECT, when=failed_with_json,
    faults=[fault("sends-session-with-error", "unknown-id",
                edit_json(lambda error: error.update(session_id="x", order_id="y")))],
)  # fmt: skip
def errors_are_no_sessions(exchange: Exchange) -> Iterator[Finding]:
    """An error has no member of a session.

    Clients that look at the body before the status take it for the session, and session data leaks to a caller who
    was refused.
    """
    value = response_of(exchange).json.value
    for name in _SESSION_MEMBERS:
        if isinstance(value, dict) and name in value:
            yield Finding(f"/{name}", "absent from an error", "present")


@rule(
    "HPP-E10", "challenge-named", "should", "standard", "RFC 9110 §15.5.2 401 Unauthorized",
    when=lambda exchange: failed(exchange) and exchange.status == 401,
    reads=["response www-authenticate"],
    faults=[fault("omits-challenge", "no-credentials", header("WWW-Authenticate", None))],
)  # fmt: skip
def challenge_named(exchange: Exchange) -> Iterator[Finding]:
    """A 401 has a `WWW-Authenticate` header.

    Clients that authenticate on challenge never send their credentials without it.
    """
    if not values(response_of(exchange).headers, "www-authenticate"):
        yield Finding("header WWW-Authenticate", "Basic with a realm", "absent")


@rule(
    "HPP-E11", "error-media-type", "should", "inferred", ERROR_OBJECT, when=failed_with_json,
    faults=[fault("mislabels-error", "unknown-id", header("Content-Type", "text/plain"))],
)  # fmt: skip
def error_media_type(exchange: Exchange) -> Iterator[Finding]:
    """A JSON error is declared as JSON.

    Clients that choose their parser by type show the caller the raw text instead of the code.
    """
    if "json" not in response_of(exchange).media_type:
        yield Finding("header Content-Type", "application/json", "another type, or none")


@lru_cache(maxsize=256)
def _any_form(secrets: tuple[str, ...]) -> re.Pattern[bytes] | None:
    """Finds any encoding of a secret that can be recognized; None when there is none."""
    forms = {
        form.encode("utf-8", "surrogatepass")
        for secret in secrets
        if _is_recognizable(secret)
        for form in encodings(secret)
    }
    return re.compile(b"|".join(map(re.escape, sorted(forms)))) if forms else None


def _is_recognizable(secret: str) -> bool:
    """Whether this text in an answer is no coincidence: it is long, and no placeholder that recorders write."""
    return len(secret) >= 8 and (not is_placeholder(secret) or API_KEY.fullmatch(secret) is not None)


def _secrets(exchange: Exchange) -> tuple[str, ...]:
    sent = (value.partition(" ")[2] for value in values(exchange.request.headers, "authorization"))
    return (*exchange.context.secrets, *sent)


def _echo_possible(exchange: Exchange) -> bool:
    return responded(exchange) and bool(_secrets(exchange))


@rule(
    "HPP-E12", "credentials-never-echoed", "must", "inferred", AUTHENTICATION, when=_echo_possible,
    reads=["request authorization", "response *"],
    faults=[fault("echoes-credentials", "wrong-credentials",
                lambda exchange: header("X-Debug", exchange.request.header("authorization"))(exchange))],
)  # fmt: skip
def credentials_never_echoed(exchange: Exchange) -> Iterator[Finding]:
    """No answer repeats the credentials it was asked with, in any encoding.

    Answers are logged where requests are not.
    """
    response, form = response_of(exchange), _any_form(_secrets(exchange))
    if form is None:
        return
    for name, value in response.headers:
        if form.search(value.encode("utf-8", "surrogatepass")):
            yield Finding(f"header {name[:40]}", "no credentials", "the credentials of the request")
    if form.search(response.content or response.body):
        yield Finding("body", "no credentials", "the credentials of the request")


@rule(
    "HPP-E13", "no-internals", "should", "inferred", ERROR_OBJECT, when=failed,
    faults=[fault("shows-stack-trace", "unknown-id", member("error_messages", ["Traceback (most recent call last)"]))],
)  # fmt: skip
def no_internals(exchange: Exchange) -> Iterator[Finding]:
    """No error shows a stack trace or a database message.

    It helps attackers and no client.
    """
    if INTERNALS.search(response_of(exchange).content or b""):
        yield Finding("body", "no stack trace or database message", "a stack trace or database message")


@rule(
    "HPP-E14", "correlation-id-reachable", "info", "referenced", ERROR_OBJECT, when=failed,
    reads=["response *"],
    faults=[fault("drops-correlation-id", "unknown-id", drop("correlation_id"), header("klarna-correlation-id", None),
                also=("HPP-E07",))],
)  # fmt: skip
def correlation_id_reachable(exchange: Exchange) -> Iterator[Finding]:
    """An error has a correlation id, in its body or in a header.

    Support cannot find the request without it.
    """
    response = response_of(exchange)
    value = response.json.value
    in_body = isinstance(value, dict) and "correlation_id" in value
    if not in_body and not any("correlation-id" in name.lower() for name, _ in response.headers):
        yield Finding("body", "a correlation_id, or a header with one", "no correlation id in body or headers")
