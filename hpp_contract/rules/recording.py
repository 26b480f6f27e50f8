"""K: a kept recording: complete, honest about where it is from, and free of secrets and of people."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from hpp_contract.engine import fault
from hpp_contract.engine.edits import header, knowing, member, sent
from hpp_contract.engine.rule import Finding, rule
from hpp_contract.model import Exchange
from hpp_contract.model.exchange import values
from hpp_contract.privacy.redact import is_placeholder
from hpp_contract.rules.conditions import always, has_session
from hpp_contract.spec.endpoint import API_KEY
from hpp_contract.spec.fields import BIRTH_DATE, MEMBERS, PSEUDONYM, PUBLISHED, of_kind

recorder_fault = partial(fault.fault, source="recorder")

_SAFETY = "Safety of this project"
_PERSONS = sorted(of_kind(MEMBERS, "person"))


def _private(exchange: Exchange) -> bool:
    """The recording may hold personal data: it was made neither from the documentation nor by the embedded server."""
    return (exchange.context.provenance or "").split()[:1] not in ([word] for word in PUBLISHED)


@rule(
    "HPP-K01", "no-kept-credentials", "must", "inferred", _SAFETY, scope="recording", when=always,
    reads=["request authorization"],
    faults=[recorder_fault("keeps-authorization", "waiting", sent("Authorization", "Basic TTAwMTppYW1zZWNyZXQxMjM="))],
)  # fmt: skip
def no_kept_credentials(exchange: Exchange) -> Iterator[Finding]:
    """A recording keeps no Authorization value.

    Recordings are committed, and a repository keeps its history.
    """
    for value in values(exchange.request.headers, "authorization"):
        token = value.partition(" ")[2] or value
        if not is_placeholder(token) and not is_placeholder(_decoded(token)):
            yield Finding("request header Authorization", "absent or a placeholder", "what looks like credentials")


def _decoded(token: str) -> str:
    try:
        return base64.b64decode(token, validate=True).decode()
    except ValueError:
        return token


@rule(
    "HPP-K02", "no-kept-api-key", "must", "inferred", _SAFETY, scope="recording", when=always,
    reads=["request *", "response *"],
    faults=[recorder_fault("keeps-api-key", "waiting", header("X-Debug", "kco_live_api_c2VjcmV0c2VjcmV0"))],
)  # fmt: skip
def no_kept_api_key(exchange: Exchange) -> Iterator[Finding]:
    """No API key is anywhere in a recording.

    The pattern `kco_test_api_…` or `kco_live_api_…` is looked for in URLs, headers and bodies.
    """
    for where, text in _texts(exchange):
        if "kco_" in text and any(not is_placeholder(key) for key in API_KEY.findall(text)):
            yield Finding(where, "no API key", "an API key")


def _texts(exchange: Exchange) -> Iterator[tuple[str, str]]:
    request, response = exchange.request, exchange.response
    yield "request URL", request.url
    yield from ((f"request header {name[:40]}", value) for name, value in request.headers)
    yield "request body", request.body.decode(errors="replace")
    if response is not None:
        yield from ((f"header {name[:40]}", value) for name, value in response.headers)
        yield "body", (response.content or response.body).decode(errors="replace")


@rule(
    "HPP-K03", "no-kept-cookies", "must", "inferred", _SAFETY, scope="recording", when=always,
    reads=["request cookie", "response set-cookie"],
    faults=[recorder_fault("keeps-cookie", "waiting", header("Set-Cookie", "sid=Zm9vYmFy; HttpOnly"))],
)  # fmt: skip
def no_kept_cookies(exchange: Exchange) -> Iterator[Finding]:
    """A recording keeps no cookie.

    A cookie is a credential with another name.
    """
    kept = [*values(exchange.request.headers, "cookie")]
    if exchange.response is not None:
        kept += values(exchange.response.headers, "set-cookie")
    if any(not is_placeholder(value.partition("=")[2].partition(";")[0]) for value in kept):
        yield Finding("cookies", "none", "a cookie")


def _personal(exchange: Exchange) -> bool:
    session = exchange.session or {}
    return _private(exchange) and any(name in session for name in _PERSONS)


@rule(
    "HPP-K04", "no-personal-data", "must", "inferred", _SAFETY, scope="recording", when=_personal,
    faults=[recorder_fault("keeps-person", "waiting", member("customer", {"given_name": "Jane", "family_name": "Doe"}),
                knowing(provenance="recorded"), also=("HPP-K07",))],
)  # fmt: skip
def no_personal_data(exchange: Exchange) -> Iterator[Finding]:
    """A recording names no person.

    Names, birth dates and national numbers must not be kept without a reason, and a test is no reason.
    """
    session = exchange.session or {}
    for name in _PERSONS:
        for where, value in _leaves(session.get(name), f"/{name}"):
            if not is_placeholder(value) and not where.endswith("/expires_at") and value != BIRTH_DATE:
                yield Finding(where, "a placeholder", "a value")


def _leaves(value: Any, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, f"{where}/{re.sub('[^a-z_]', '?', str(name))[:40]}")
    elif isinstance(value, str):
        yield where, value


@rule(
    "HPP-K05", "provenance-named", "should", "inferred", _SAFETY, scope="recording", when=always,
    faults=[recorder_fault("hides-provenance", "waiting", knowing(provenance=None), also=("HPP-K07",))],
)  # fmt: skip
def provenance_named(exchange: Exchange) -> Iterator[Finding]:
    """A recording says where it is from: `documented`, `embedded`, or `recorded` from which host and when.

    Documentation that is presented as a recording looks like evidence and proves nothing.
    """
    if not exchange.context.provenance:
        yield Finding("provenance", "documented, embedded or recorded", "absent")


@rule(
    "HPP-K06", "complete-exchange", "must", "inferred", _SAFETY, scope="recording", when=always,
    faults=[recorder_fault("loses-response", "waiting", lambda exchange: replace(exchange, response=None, failure=None),
                also=("HPP-H03",))],
)  # fmt: skip
def complete_exchange(exchange: Exchange) -> Iterator[Finding]:
    """A recording holds the whole exchange: method, URL, and a response or the failure in its place.

    An exchange without its request or its response can be neither judged nor replayed.
    """
    if not exchange.request.method or not exchange.request.parts.scheme:
        yield Finding("request", "a method and an absolute URL", "not both")
    if exchange.response is None and exchange.failure is None:
        yield Finding("response", "a response or a failure", "neither")


def _tokened(exchange: Exchange) -> bool:
    return _private(exchange) and has_session(exchange)


@rule(
    "HPP-K07", "no-live-ids", "should", "inferred", _SAFETY, scope="recording", when=_tokened,
    faults=[recorder_fault("keeps-token", "completed-with-token", knowing(provenance="recorded"))],
)  # fmt: skip
def no_live_ids(exchange: Exchange) -> Iterator[Finding]:
    """Session ids, tokens and order ids in a recording are pseudonyms.

    A token is valid for an hour, and an order id leads to a person.
    """
    session = exchange.session or {}
    for name in ("session_id", "authorization_token", "order_id"):
        value = session.get(name)
        if isinstance(value, str) and not value.startswith(PSEUDONYM) and not is_placeholder(value):
            yield Finding(f"/{name}", "a pseudonym", "what looks like a real one")


def _measured(exchange: Exchange) -> bool:
    response = exchange.response
    return response is not None and response.complete and response.header("content-length") is not None


@rule(
    "HPP-K08", "length-agrees", "info", "standard", "RFC 9110 §8.6 Content-Length", scope="recording", when=_measured,
    reads=["response content-length"],
    faults=[recorder_fault("keeps-stale-length", "waiting", header("Content-Length", "100000"))],
)  # fmt: skip
def length_agrees(exchange: Exchange) -> Iterator[Finding]:
    """Content-Length is the length of the kept body.

    A recording that was scrubbed without it cannot be replayed over HTTP.
    """
    response = exchange.response
    declared = response.header("content-length") if response else None
    if response and declared != str(len(response.body)):
        yield Finding("header Content-Length", str(len(response.body)), (declared or "")[:20])


@rule(
    "HPP-K09", "times-kept", "info", "inferred", _SAFETY, scope="recording", when=_private,
    faults=[recorder_fault("drops-time", "waiting", lambda exchange: replace(exchange, at=None),
                knowing(provenance="recorded"), also=("HPP-K07",))],
)  # fmt: skip
def times_kept(exchange: Exchange) -> Iterator[Finding]:
    """A recording says when each request was sent.

    Without times, polls are ordered as they stand in the file and expiry cannot be judged.
    """
    if exchange.at is None:
        yield Finding("time", "when the request was sent", "absent")
