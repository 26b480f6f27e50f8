"""E: what an error must be, and what it must not give away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from hpp_contract.engine.edits import OTHER_UUID, body, drop, edits, header, knowing, member, send_json, status
from hpp_contract.engine.fault import fault, variation
from hpp_contract.engine.rule import Finding, Severity, rule
from hpp_contract.model import Exchange
from hpp_contract.model.credentials import decoded
from hpp_contract.model.exchange import AnsweredBy, response_of, values
from hpp_contract.privacy.names import shown_header, shown_part
from hpp_contract.privacy.redact import encodings, is_placeholder
from hpp_contract.rules.conditions import (
    api_responded,
    failed,
    failed_with_json,
    is_redirected_refusal,
    responded,
)  # fmt: skip
from hpp_contract.rules.schemas import schema_rule
from hpp_contract.spec.endpoint import API_KEY
from hpp_contract.spec.fields import INTERNALS
from hpp_contract.spec.page import AUTHENTICATION, ERROR_OBJECT, REFERENCE

_SESSION = b'{"session_id": "39a1c773-bafd-754d-af1f-b30c592f1267", "status": "WAITING"}'
_UNAVAILABLE = (status(503), body(b""), header("Content-Type", None))
_LIMITED = (status(429), body(b""), header("Content-Type", None), header("X-Ratelimit-Reset", "1"))


# --- What is refused


def _refusal(exchange: Exchange) -> bool:
    """The API said something of what was asked: no error of its own, and nothing that only sends elsewhere."""
    return api_responded(exchange) and exchange.is_answered and not is_redirected_refusal(exchange)


def _without_credentials(exchange: Exchange) -> bool:
    return _refusal(exchange) and exchange.context.credentials == "none"


def _with_wrong_credentials(exchange: Exchange) -> bool:
    return _refusal(exchange) and exchange.context.credentials == "wrong" and exchange.context.form is None


def _judged_as(exchange: Exchange, session: str) -> bool:
    context = exchange.context
    return _refusal(exchange) and context.credentials == "right" and context.session == session


def _for_unknown_id(exchange: Exchange) -> bool:
    return _judged_as(exchange, "unknown")


def _for_malformed_id(exchange: Exchange) -> bool:
    return _judged_as(exchange, "malformed")


def _for_known_id(exchange: Exchange) -> bool:
    return _judged_as(exchange, "known") and exchange.context.form is None


@rule(
    "HPP-E01", "no-credentials-401", "must", "referenced", AUTHENTICATION, when=_without_credentials,
    drift_class="risky",
    faults=[fault("lets-anybody-in", "no-credentials", status(200), body(_SESSION), also=("HPP-S02", "HPP-S04")),
            fault("forbids-instead", "no-credentials", status(403))],
    variations=[variation("refuses-with-nothing", "no-credentials", body(b""), header("Content-Type", None)),
                variation("fails-once-without-credentials", "no-credentials", *_UNAVAILABLE, until=1,
                          warns=("HPP-H03",))],
)  # fmt: skip
def no_credentials_401(exchange: Exchange) -> Iterator[Finding]:
    """Without credentials the answer is 401.

    Anything else lets anybody read what a consumer buys, or hides from a client that its credentials were never sent.
    """
    if exchange.status != 401:
        yield Finding("status", "401", str(exchange.status))


@rule(
    "HPP-E02", "wrong-credentials-401", "must", "referenced", AUTHENTICATION, when=_with_wrong_credentials,
    drift_class="risky",
    faults=[fault("trusts-any-key", "wrong-credentials", status(404), header("WWW-Authenticate", None)),
            fault("fails-on-wrong-key", "wrong-credentials", status(400), also=("HPP-H01",))],
    variations=[variation("limits-wrong-key-once", "wrong-credentials", *_LIMITED, until=1, warns=("HPP-H03",)),
                variation("refuses-in-another-object", "wrong-credentials", send_json({"message": "Unauthorized"}))],
)  # fmt: skip
def wrong_credentials_401(exchange: Exchange) -> Iterator[Finding]:
    """With wrong credentials the answer is 401.

    If a revoked key is answered with 404, every session of its merchant seems to have expired, paid ones too.
    """
    if exchange.status != 401:
        yield Finding("status", "401", str(exchange.status))


@rule(
    "HPP-E03", "unknown-id-404", "must", "referenced", REFERENCE, when=_for_unknown_id,
    faults=[fault("invents-session", "unknown-id", status(200), body(_SESSION), also=("HPP-S02", "HPP-S04"))],
    variations=[variation("finds-nothing-in-nothing", "unknown-id", body(b""), header("Content-Type", None)),
                variation("limits-unknown-id-once", "unknown-id", *_LIMITED, until=1, warns=("HPP-H03",))],
)  # fmt: skip
def unknown_id_404(exchange: Exchange) -> Iterator[Finding]:
    """An id that no session has is answered with 404.

    Pollers stop on 404; after any other answer they keep polling for a session that does not exist, or believe in one
    that nobody pays.
    """
    if exchange.status != 404:
        yield Finding("status", "404", str(exchange.status))


@rule(
    "HPP-E04", "malformed-id-refused", "should", "inferred", "Not documented: 400 or 404", when=_for_malformed_id,
    faults=[fault("accepts-anything", "malformed-id", status(204), body(b""))],
    variations=[variation("calls-malformed-id-bad", "malformed-id", status(400))],
)  # fmt: skip
def malformed_id_refused(exchange: Exchange) -> Iterator[Finding]:
    """A malformed session id is refused with a 4xx.

    A success means that the id was read as a path, or not at all.
    """
    if (exchange.status or 0) < 400:
        yield Finding("status", "4xx", str(exchange.status))


@rule(
    "HPP-E05", "right-credentials-accepted", "must", "referenced", AUTHENTICATION, when=_for_known_id,
    faults=[fault("forgets-key", "waiting", status(401), body(b""), also=("HPP-E10",))],
    variations=[variation("forbids-session", "failed", status(403), send_json({"error_code": "FORBIDDEN",
        "error_messages": ["Of another merchant"], "correlation_id": "6f0f2a6e-6d0c-4a5e-9a53-0d2f7c1b8e44"}))],
)  # fmt: skip
def right_credentials_accepted(exchange: Exchange) -> Iterator[Finding]:
    """Credentials that work for one session are not refused with 401 for another.

    A client that drops its key on 401 loses every session of the merchant, not only this one.
    """
    if exchange.status == 401:
        yield Finding("status", "anything but 401", "401 where the same credentials are accepted elsewhere")


# --- The object of an error


def _with_error_object(exchange: Exchange) -> bool:
    """The API answered an error with an object that means to be the documented one: a gateway has its own."""
    value = response_of(exchange).json.value if failed_with_json(exchange) else None
    return isinstance(value, dict) and any(name in value for name in _DOCUMENTED)


_DOCUMENTED = ("error_code", "error_messages", "correlation_id")


@schema_rule(
    "error-object", "HPP-E06", "error-members-typed", "should", "referenced", ERROR_OBJECT, when=failed_with_json,
    faults=[fault("serves-error-list", "unknown-id", body(b'["NOT_FOUND"]')),
            fault("joins-messages", "unknown-id", member("error_messages", "No such session")),
            fault("numbers-error", "no-credentials", member("error_code", 401))],
    variations=[variation("numbers-correlation", "unknown-id", member("correlation_id", 7), warns=("HPP-E06",)),
                variation("adds-member-to-error", "unknown-id", member("internal", {"code": 7})),
                variation("sends-one-message", "unknown-id", drop("error_messages"), member("error_message", "None"))],
)  # fmt: skip
def error_members_typed(_: Exchange) -> None:
    """A JSON error is an object whose members have their documented types.

    Clients that fail while reading an error hide which error it was.
    """


@schema_rule(
    "error-object", "HPP-E07", "error-members-present", "should", "referenced", ERROR_OBJECT, when=_with_error_object,
    faults=[fault("omits-error-code", "unknown-id", drop("error_code")),
            fault("omits-correlation-id", "no-credentials", drop("correlation_id"), also=("HPP-E14",))],
    variations=[variation("omits-messages", "unknown-id", drop("error_messages"))],
)  # fmt: skip
def error_members_present(_: Exchange) -> None:
    """A JSON error has `error_code` and `correlation_id`.

    The code is what programs branch on, the id is what support asks for first.
    """


@schema_rule(
    "error-object", "HPP-E08", "error-code-caps", "should", "referenced", ERROR_OBJECT, when=failed_with_json,
    faults=[fault("writes-code-as-prose", "unknown-id", member("error_code", "Not found"))],
    variations=[variation("numbers-code", "unknown-id", member("error_code", "NOT_FOUND_404"))],
)  # fmt: skip
def error_code_caps(_: Exchange) -> None:
    """`error_code` is ALL_CAPS_SNAKE.

    It is an identifier, and programs compare it letter by letter.
    """


_PRIVATE = ("authorization_token", "customer", "manual_identification", "order_id", "klarna_reference")
"""The members of a session that show a stranger the order or the consumer; its id and its times show nothing."""


def _shown(value: object) -> Iterator[str]:
    """Where an error says something of a session, as JSON Pointers: whatever is null or empty says nothing."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in parts:
        if name in _PRIVATE and inner:
            yield f"/{name}"
        else:
            yield from (f"/{shown_part(name)}{where}" for where in _shown(inner))


def _is_unauthorized(exchange: Exchange) -> bool:
    """Whether whoever asked had no right to this session: no or wrong credentials, or another merchant's."""
    return exchange.context.credentials in ("none", "wrong") or exchange.status in (401, 403)


@rule(
    "HPP-E09", "errors-are-no-sessions", "must", "inferred", ERROR_OBJECT, when=failed_with_json,
    faults=[fault("shows-order-to-strangers", "no-credentials", member("order_id", OTHER_UUID)),
            fault("shows-consumer-to-strangers", "wrong-credentials",
                  member("session", {"customer": {"given_name": "Fiktiv"}})),
            fault("sends-session-with-error", "unknown-id", member("klarna_reference", "X438HG0Q"),
                  severity="should")],
    variations=[variation("names-id-in-error", "unknown-id", member("session_id", OTHER_UUID)),
                variation("dates-error", "no-credentials", member("updated_at", "2026-11-22T12:00:00Z"),
                          member("expires_at", "2026-11-22T12:00:00Z"), member("order_id", None))],
)  # fmt: skip
def errors_are_no_sessions(exchange: Exchange) -> Iterator[Finding]:
    """An error shows nothing of a session: no order, no reference, no token and nobody.

    A stranger who was refused learns what a consumer bought, who that is, or the token that places the order.

    An error that answers the merchant's own credentials: should. The id of the session and its times show nothing.
    """
    weight = None if _is_unauthorized(exchange) else Severity.SHOULD
    for where in _shown(response_of(exchange).json.value):
        yield Finding(where, "absent from an error", "present", severity=weight)


@rule(
    "HPP-E10", "challenge-named", "should", "standard", "RFC 9110 §15.5.2 401 Unauthorized",
    when=lambda exchange: failed(exchange) and exchange.status == 401,
    reads=["response www-authenticate"],
    faults=[fault("omits-challenge", "no-credentials", header("WWW-Authenticate", None))],
    variations=[variation("challenges-twice", "no-credentials", header("WWW-Authenticate", 'Bearer, Basic realm="x"'))],
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
    variations=[variation("names-problem-type", "unknown-id", header("Content-Type", "application/problem+json"))],
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
    variations=[variation("names-scheme-and-realm", "wrong-credentials",
                    header("WWW-Authenticate", 'Basic realm="kco_test", charset="UTF-8"'))],
)  # fmt: skip
def credentials_never_echoed(exchange: Exchange) -> Iterator[Finding]:
    """No answer repeats the credentials it was asked with, in any encoding, whoever gave it.

    Answers are logged where requests are not: whoever reads such a log can read and cancel the merchant's orders.
    """
    response, form = response_of(exchange), _any_form(_secrets(exchange))
    if form is None:
        return
    for name, value in response.headers:
        if form.search(value.encode("utf-8", "surrogatepass")):
            yield Finding(f"header {shown_header(name)}", "no credentials", "the credentials of the request")
    if form.search(response.content or response.body):
        yield Finding("body", "no credentials", "the credentials of the request")


def _no_session(exchange: Exchange) -> bool:
    """An error or a page, whoever gave it."""
    return responded(exchange) and ((exchange.status or 0) >= 300 or response_of(exchange).is_html)


def _texts(value: object) -> Iterator[str]:
    """Every text in a JSON value, names included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for pair in value.items() for part in pair for text in _texts(part))
    elif isinstance(value, list):
        yield from (text for part in value for text in _texts(part))


_ESCAPED_TRACE = "java.lang.IllegalStateException: no row\n\tat com.example.Sessions.read(Sessions.java:41)"


@rule(
    "HPP-E13", "no-internals", "should", "inferred", ERROR_OBJECT, when=_no_session,
    faults=[fault("shows-stack-trace", "unknown-id", member("error_messages", ["Traceback (most recent call last)"])),
            fault("shows-escaped-trace", "unknown-id", member("error_messages", [_ESCAPED_TRACE]))],
    variations=[variation("speaks-of-places", "unknown-id", member("error_messages", ["Look at the Portal (Swedish)"])),
                variation("breaks-lines", "unknown-id", member("error_messages", ["Not found.\n  Ask at support."]))],
)  # fmt: skip
def no_internals(exchange: Exchange) -> Iterator[Finding]:
    """No error shows a stack trace or a database message, in its bytes or in a text inside its JSON.

    It helps attackers and no client.
    """
    response = response_of(exchange)
    texts = (text.encode("utf-8", "surrogatepass") for text in _texts(response.json.value))
    if INTERNALS.search(response.content or b"") or any(map(INTERNALS.search, texts)):
        yield Finding("body", "no stack trace or database message", "a stack trace or database message")


@rule(
    "HPP-E14", "correlation-id-reachable", "info", "referenced", ERROR_OBJECT, when=failed,
    reads=["response *"],
    faults=[fault("drops-correlation-id", "unknown-id", drop("correlation_id"), header("klarna-correlation-id", None),
                also=("HPP-E07",))],
    variations=[variation("names-request-in-header", "unknown-id",
                    drop("correlation_id", "error_code", "error_messages"), header("X-Correlation-ID", "7f3a"))],
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


# --- What a probe finds out about refusals


def _never_refused(exchange: Exchange) -> bool:
    """A question of a probe that has an answer to be refused by, but for a session that there is."""
    context = exchange.context
    asks = context.credentials in ("none", "wrong") or context.session in ("unknown", "malformed")
    return asks and exchange.is_read and exchange.response is not None and context.unanswered != "outage"


@rule(
    "HPP-E15", "refusals-from-the-api", "should", "inferred", AUTHENTICATION, when=_never_refused,
    faults=[
        fault("sends-strangers-to-login", "no-credentials", status(302), body(b""), header("Location", "/login")),
        fault("shows-login-as-json", "wrong-credentials", body(b"<!DOCTYPE html><html><body>Sign in</body></html>")),
        fault("shows-page-for-unknown-id", "unknown-id", body(b"<html><body>Not found</body></html>"),
              header("Content-Type", "text/html")),
        fault("redirects-malformed-id", "malformed-id", status(301), body(b""), header("Location", "/"),
              severity="info"),
    ],
    variations=[variation("cleans-malformed-path", "malformed-id", status(308), body(b""), header("Location", "/hpp")),
                variation("shows-page-once", "no-credentials", status(502), body(b"<html>Bad gateway</html>"),
                          header("Content-Type", "text/html"), until=1, warns=("HPP-H03",))],
)  # fmt: skip
def refusals_from_the_api(exchange: Exchange) -> Iterator[Finding]:
    """A refusal comes from the API, and is no page and no redirect.

    A client cannot tell the page of a gateway from an outage, and one that follows a redirect to a login takes its page
    for an answer.

    A malformed id: info.
    """
    redirected = is_redirected_refusal(exchange)
    if not redirected and exchange.answered_by is not AnsweredBy.PAGE:
        return
    malformed = exchange.context.session == "malformed" and exchange.context.credentials == "right"
    if malformed or exchange.context.unanswered == "alone":
        found = f"a redirect ({exchange.status})" if redirected else f"an HTML page ({exchange.status})"
        yield Finding("response", "an answer of the API", found, severity=Severity.INFO if malformed else None)


def _with_only_key(exchange: Exchange) -> bool:
    return _refusal(exchange) and exchange.context.form == "key alone"


def _pair(exchange: Exchange) -> tuple[str, str] | None:
    """User name and key of a request that has both."""
    token = (exchange.request.header("authorization") or "").partition(" ")[2]
    username, colon, key = (decoded(token) or "").partition(":")
    return (username, key) if colon else None


def _refuse_only_key(exchange: Exchange) -> Exchange:
    return exchange if _pair(exchange) else edits(status(401), body(b""), header("WWW-Authenticate", "Basic"))(exchange)


@rule(
    "HPP-E16", "both-forms-accepted", "must", "referenced", AUTHENTICATION, when=_with_only_key,
    faults=[fault("demands-username", "waiting", _refuse_only_key)],
    variations=[variation("forbids-to-key-alone", "waiting", knowing(form="key alone", credentials="right"),
                          status(403), body(b""), source="recorder")],
)  # fmt: skip
def both_forms_accepted(exchange: Exchange) -> Iterator[Finding]:
    """A key that works with its user name works alone too.

    A merchant whose client sends the documented `Basic <API key>` is locked out, and sees none of its payments.
    """
    if exchange.status == 401:
        yield Finding("status", "anything but 401", "401 for the key alone, which is accepted with its user name")


def _with_wrong_username(exchange: Exchange) -> bool:
    return _refusal(exchange) and exchange.context.form == "wrong username"


def _trust_any_username(exchange: Exchange) -> Exchange:
    pair = _pair(exchange)
    trusted = edits(status(200), body(_SESSION), header("WWW-Authenticate", None))
    return trusted(exchange) if pair and pair[1] in exchange.context.secrets else exchange


@rule(
    "HPP-E17", "wrong-username-refused", "should", "referenced", AUTHENTICATION, when=_with_wrong_username,
    faults=[fault("trusts-any-username", "wrong-credentials", _trust_any_username, also=("HPP-S02", "HPP-S04"))],
    variations=[variation("forbids-wrong-username", "wrong-credentials", knowing(form="wrong username"), status(403),
                          source="recorder")],
)  # fmt: skip
def wrong_username_refused(exchange: Exchange) -> Iterator[Finding]:
    """The right key with a wrong user name is refused.

    "The username is not required, but if it is provided it must be the correct one": a merchant with two accounts does
    not notice that it asks with the wrong one.
    """
    if (exchange.status or 0) < 400:
        yield Finding("status", "401", str(exchange.status))
