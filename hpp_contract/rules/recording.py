"""K: a kept recording: complete, honest about where it is from, and free of secrets and of people."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any, Final
from urllib.parse import unquote

from hpp_contract.engine import fault
from hpp_contract.engine.edits import Edit, at, body, header, knowing, member, rewrite, sent, sent_body, url
from hpp_contract.engine.rule import Finding, Severity, rule
from hpp_contract.model import Exchange, Instant, Response
from hpp_contract.model.credentials import decoded
from hpp_contract.model.exchange import values
from hpp_contract.privacy.names import shown_header, shown_member, shown_value
from hpp_contract.privacy.people import names_person, people_in
from hpp_contract.privacy.redact import is_placeholder
from hpp_contract.rules.conditions import always, has_session
from hpp_contract.spec.endpoint import API_KEY
from hpp_contract.spec.fields import BIRTH_DATE, MEMBERS, PSEUDONYM, PUBLISHED, of_kind

recorder_fault = partial(fault.fault, source="recorder")
careful_recorder = partial(fault.variation, source="recorder")

_SAFETY = "Safety of this project"
_PERSONS = sorted(of_kind(MEMBERS, "person"))


def _private(exchange: Exchange) -> bool:
    """The recording may hold personal data: it was made neither from the documentation nor by the embedded server."""
    return (exchange.context.provenance or "").split()[:1] not in ([word] for word in PUBLISHED)


def _reason(text: str) -> Edit:
    """Answer with this reason phrase."""
    return lambda exchange: replace(exchange, response=replace(exchange.response or Response(404), reason=text))


@rule(
    "HPP-K01", "no-kept-credentials", "must", "inferred", _SAFETY, scope="recording", when=always,
    reads=["request authorization"],
    faults=[recorder_fault("keeps-authorization", "waiting", sent("Authorization", "Basic TTAwMTppYW1zZWNyZXQxMjM=")),
            recorder_fault("keeps-password-in-url", "waiting",
                url(lambda u: u.replace("://", "://M0001:iamsecret123@")), also=("HPP-R10",))],
    variations=[careful_recorder("keeps-placeholder-in-base64", "waiting",
                    sent("Authorization", "Basic VVNFUk5BTUU6PHNjcnViYmVkPg=="))],
)  # fmt: skip
def no_kept_credentials(exchange: Exchange) -> Iterator[Finding]:
    """A recording keeps no Authorization value, and no password in a URL.

    Recordings are committed, and a repository keeps its history: whoever can read it has the merchant's key.
    """
    if not is_placeholder(unquote(exchange.request.parts.password or "")):
        yield Finding("request URL", "no password, or a placeholder", "what looks like credentials")
    for value in values(exchange.request.headers, "authorization"):
        token = value.partition(" ")[2] or value
        if not is_placeholder(token) and not is_placeholder(decoded(token) or token):
            yield Finding("request header Authorization", "absent or a placeholder", "what looks like credentials")


@rule(
    "HPP-K02", "no-kept-api-key", "must", "inferred", _SAFETY, scope="recording", when=always,
    reads=["request *", "response *"],
    faults=[recorder_fault("keeps-api-key", "waiting", header("X-Debug", "kco_live_api_c2VjcmV0c2VjcmV0"))],
    variations=[careful_recorder("tells-form-of-keys", "waiting", header("X-Debug", "a key begins: kco_test_api_ …"))],
)  # fmt: skip
def no_kept_api_key(exchange: Exchange) -> Iterator[Finding]:
    """No API key, `kco_test_api_…` or `kco_live_api_…`, is in the URLs, headers and bodies of a recording.

    Scanners search public code for texts of this form, and the merchant has to replace the key in every system.
    """
    for place, name, text in _texts(exchange):
        if "kco_" in text and any(not is_placeholder(key) for key in API_KEY.findall(text)):
            where = f"{place} {shown_header(name[:60])}" if name else place
            yield Finding(where, "no API key", "an API key")


def _texts(exchange: Exchange) -> Iterator[tuple[str, str, str]]:
    """Every text of an exchange: its place, the name of its header field if it is in one, and the text."""
    request, response = exchange.request, exchange.response
    yield "request URL", "", request.url
    yield from (("request header", name, value) for name, value in request.headers)
    yield "request body", "", request.body.decode(errors="replace")
    if response is not None:
        yield from (("header", name, value) for name, value in response.headers)
        yield "body", "", (response.content or response.body).decode(errors="replace")


@rule(
    "HPP-K03", "no-kept-cookies", "must", "inferred", _SAFETY, scope="recording", when=always,
    reads=["request cookie", "response set-cookie"],
    faults=[recorder_fault("keeps-cookie", "waiting", sent("Cookie", "sid=Zm9vYmFy")),
            recorder_fault("keeps-set-cookie", "waiting", header("Set-Cookie", "sid=Zm9vYmFy; HttpOnly"),
                severity="should")],
    variations=[careful_recorder("keeps-cookie-of-a-balancer", "waiting",
                    header("Set-Cookie", "AWSALB=Zm9vYmFy; Path=/"), warns=("HPP-K03",)),
                careful_recorder("keeps-names-of-cookies", "waiting",
                    sent("Cookie", "sid=<scrubbed>; lang=[FILTERED]"))],
)  # fmt: skip
def no_kept_cookies(exchange: Exchange) -> Iterator[Finding]:
    """A recording keeps no cookie.

    A cookie that a client sent is a credential with another name: whoever copies it continues its user's login.

    A `Set-Cookie` weighs less: most are a load balancer's, and open nothing.
    """
    request, response = exchange.request, exchange.response
    if any(map(_kept_cookie, ";".join(values(request.headers, "cookie")).split(";"))):
        yield Finding("request header Cookie", "none", "a cookie")
    if response is not None and any(
        _kept_cookie(each.partition(";")[0]) for each in values(response.headers, "set-cookie")
    ):
        yield Finding("header Set-Cookie", "none", "a cookie", severity=Severity.SHOULD)


def _kept_cookie(part: str) -> bool:
    return not is_placeholder(part.partition("=")[2])


_LUHN: Final = "19121212-1212"
"""A number as every person in Sweden has one, and that nobody has."""


@rule(
    "HPP-K04", "no-personal-data", "must", "inferred", _SAFETY, scope="recording", when=_private,
    reads=["request *", "response *"],
    faults=[recorder_fault("keeps-person", "waiting", member("customer", {"given_name": "Jane", "family_name": "Doe"}),
                knowing(provenance="recorded"), also=("HPP-K07",)),
            recorder_fault("keeps-number-as-obfuscated", "waiting",
                member("manual_identification", {"customer_obfuscated": {"date_of_birth": "1912-02-29"}}),
                knowing(provenance="recorded"), also=("HPP-K07", "HPP-P04")),
            recorder_fault("keeps-person-in-message", "unknown-id", member("error_messages", [f"Nobody has {_LUHN}."]),
                knowing(provenance="recorded")),
            recorder_fault("keeps-person-in-header", "unknown-id", header("X-Customer-Family-Name", "Doe"),
                knowing(provenance="recorded")),
            recorder_fault("keeps-person-in-request", "unknown-id", sent("X-Account", "GB82 WEST 1234 5698 7654 32"),
                knowing(provenance="recorded")),
            recorder_fault("keeps-person-in-reason", "unknown-id", _reason(_LUHN),
                knowing(provenance="recorded")),
            recorder_fault("keeps-address-in-page", "unknown-id", body(b"<html>Ask jane.doe@mail.se</html>"),
                header("Content-Type", "text/html"), knowing(provenance="recorded"), severity="should")],
    variations=[careful_recorder("keeps-what-was-masked", "waiting", member("manual_identification", {
                    "challenge": "Which are the last digits of +46 70 ••• •• 1912?",
                    "customer_obfuscated": {"given_name": "J**e", "national_identification_number": "1912**29-****"}}),
                    knowing(provenance=None)),
                careful_recorder("keeps-address-of-an-office", "unknown-id", member("error_messages",
                    ["Ask support@shop.se, or see customer@example.com"]), knowing(provenance=None)),
                careful_recorder("keeps-numbers-of-nobody", "unknown-id", member("error_messages",
                    ["Order 261122-1234 of 2026-11-22, trace 191212121213, given_name is missing"]),
                    header("X-Ratelimit-Reset", "1712312345"), knowing(provenance=None)),
                careful_recorder("keeps-forms-of-people", "unknown-id", sent_body(
                    b"given_name=%3Cscrubbed%3E&phone=XXXX&date_of_birth=1900-01-01"), knowing(provenance=None),
                    warns=("HPP-R06",))],
)  # fmt: skip
def no_personal_data(exchange: Exchange) -> Iterator[Finding]:
    """A recording names no person.

    A consumer's name, date of birth or national number is in the hands of everybody who has the repository.

    What the API itself has masked, in `challenge` and `customer_obfuscated`, is no finding: a text with a run of `*`,
    `•` or `X`, or with fewer than four digits in a row.

    Everywhere else a person is found by form: a value under the name of a personal member, a national number or an
    account with its check digits, a mail address, a phone number. The last two weigh less in a header field and in an
    HTML page, where they may be those of whoever runs the server. Addresses of offices (`support@`) and in reserved
    domains are nobody's.
    """
    session = exchange.session or {}
    for name in _PERSONS:
        for where, value in _leaves(session.get(name), f"/{name}"):
            kept = not is_placeholder(value) and value != BIRTH_DATE
            if kept and not where.endswith("/expires_at") and not _is_masked(where, value):
                yield Finding(where, "a placeholder", "a value")
    page = exchange.response is not None and exchange.response.is_html
    for where, text in _places(exchange):
        for kind in people_in(text):
            lighter = kind in _OF_OFFICES and ("header" in where or page)
            yield Finding(where, "nobody", kind, severity=Severity.SHOULD if lighter else None)


_OF_OFFICES: Final = ("a mail address", "a phone number")
_CREDENTIALS: Final = re.compile("(proxy-)?authorization|(set-)?cookie", re.IGNORECASE)
"""Header fields that other rules are about."""


def _places(exchange: Exchange) -> Iterator[tuple[str, str]]:
    """Every text in which a person may be named, but for the members of a session that are about one."""
    response, session = exchange.response, exchange.session
    for place, name, text in _texts(exchange):
        if place == "body" and session is not None:
            rest = {name: value for name, value in session.items() if name not in _PERSONS}
            yield place, json.dumps(rest, ensure_ascii=False)
        elif not name:
            yield place, text
        elif not _CREDENTIALS.fullmatch(name):
            yield f"{place} {shown_header(name[:60])}", f"{name}={text}" if names_person(name) else text
    if response is not None:
        yield "reason phrase", response.reason


_MASKED_MEMBERS: Final = re.compile("/manual_identification/(?:challenge|customer_obfuscated)(?:/.*)?")
_MASK: Final = re.compile(r"([*•X])\1")
_DIGITS: Final = re.compile(r"\d{4}")


def _is_masked(where: str, value: str) -> bool:
    """Whether the API itself has masked the value."""
    return bool(_MASKED_MEMBERS.fullmatch(where)) and bool(_MASK.search(value) or not _DIGITS.search(value))


def _leaves(value: Any, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, f"{where}/{shown_member(str(name))}")
    elif isinstance(value, str):
        yield where, value


@rule(
    "HPP-K05", "provenance-named", "info", "inferred", _SAFETY, scope="recording", when=always,
    faults=[recorder_fault("hides-provenance", "waiting", knowing(provenance=None), also=("HPP-K07",))],
    variations=[careful_recorder("quotes-documentation", "waiting", knowing(provenance="documented"))],
)  # fmt: skip
def provenance_named(exchange: Exchange) -> Iterator[Finding]:
    """A recording says where it is from: `documented`, `embedded`, or `recorded` from which host and when.

    Documentation that is presented as a recording looks like evidence and proves nothing. Only our own tools write
    where a recording is from, so this is for information.
    """
    if not exchange.context.provenance:
        yield Finding("provenance", "documented, embedded or recorded", "absent")


@rule(
    "HPP-K06", "complete-exchange", "should", "inferred", _SAFETY, scope="recording", when=always,
    faults=[recorder_fault("loses-response", "waiting", lambda exchange: replace(exchange, response=None, failure=None),
                also=("HPP-H03", "HPP-H04"))],
    variations=[careful_recorder("keeps-failure", "waiting",
                    lambda exchange: replace(exchange, response=None, failure="timeout"), warns=("HPP-H03",))],
)  # fmt: skip
def complete_exchange(exchange: Exchange) -> Iterator[Finding]:
    """A recording holds the whole exchange: method, URL, and a response or the failure in its place.

    An exchange without its request or its response can be neither judged nor replayed.
    """
    if not exchange.request.method or not exchange.request.parts.scheme:
        yield Finding("request", "a method and an absolute URL", "not both")
    if exchange.response is None and exchange.failure is None:
        yield Finding("response", "a response or a failure", "neither")


def _pseudonymous(exchange: Exchange) -> Exchange:
    """The exchange with a pseudonym for its session id."""
    old = exchange.request.session_id or ""
    new = PSEUDONYM + old[len(PSEUDONYM) :]
    renamed = url(lambda u: u.replace(old, new))(exchange)
    return rewrite(lambda content: content.replace(old.encode(), new.encode()))(renamed)


def _tokened(exchange: Exchange) -> bool:
    return _private(exchange) and has_session(exchange)


@rule(
    "HPP-K07", "no-live-ids", "should", "inferred", _SAFETY, scope="recording", when=_tokened,
    faults=[recorder_fault("keeps-token", "completed-with-token", knowing(provenance="recorded")),
            recorder_fault("keeps-ids-of-unknown-origin", "completed-with-order", knowing(provenance=None),
                severity="info", also=("HPP-K05",))],
    variations=[careful_recorder("keeps-pseudonym", "waiting", _pseudonymous, knowing(provenance="recorded"))],
)  # fmt: skip
def no_live_ids(exchange: Exchange) -> Iterator[Finding]:
    """Session ids, tokens and order ids in a recording are pseudonyms.

    A token is valid for an hour, and an order id leads to a person.

    It is for information where the recording does not say that it was recorded from an endpoint.
    """
    session = exchange.session or {}
    recorded = (exchange.context.provenance or "").startswith("recorded")
    for name in ("session_id", "authorization_token", "order_id"):
        value = session.get(name)
        if isinstance(value, str) and not value.lower().startswith(PSEUDONYM) and not is_placeholder(value):
            severity = None if recorded else Severity.INFO
            yield Finding(f"/{name}", "a pseudonym", "what looks like a real one", severity=severity)


def _measured(exchange: Exchange) -> bool:
    response = exchange.response
    whole = response is not None and response.complete and response.body_kept
    return whole and response is not None and response.header("content-length") is not None


@rule(
    "HPP-K08", "length-agrees", "info", "standard", "RFC 9110 §8.6 Content-Length", scope="recording", when=_measured,
    reads=["response content-length"],
    faults=[recorder_fault("keeps-stale-length", "waiting", header("Content-Length", "100000"))],
    variations=[careful_recorder("keeps-right-length", "waiting", lambda exchange: header(
                    "Content-Length", str(len(exchange.response.body if exchange.response else b"")))(exchange))],
)  # fmt: skip
def length_agrees(exchange: Exchange) -> Iterator[Finding]:
    """Content-Length is the length of the kept body.

    A recording that was scrubbed without it cannot be replayed over HTTP.
    """
    response = exchange.response
    declared = response.header("content-length") if response else None
    if response and declared != str(len(response.body)):
        yield Finding("header Content-Length", str(len(response.body)), shown_value("Content-Length", declared or ""))


@rule(
    "HPP-K09", "times-kept", "info", "inferred", _SAFETY, scope="recording", when=_private,
    faults=[recorder_fault("drops-time", "waiting", lambda exchange: replace(exchange, at=None),
                knowing(provenance="recorded"), also=("HPP-K07",))],
    variations=[careful_recorder("keeps-time-of-long-ago", "waiting", at(Instant(0)), header("Date", None),
                    knowing(provenance=None))],
)  # fmt: skip
def times_kept(exchange: Exchange) -> Iterator[Finding]:
    """A recording says when each request was sent.

    Without times, polls are ordered as they stand in the file and expiry cannot be judged.
    """
    if exchange.at is None:
        yield Finding("time", "when the request was sent", "absent")
