"""Conditions: when a rule applies. Named functions, so that rules with the same condition share its evaluation."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from hpp_contract.model import MISSING, Exchange, Trace
from hpp_contract.model.exchange import AnsweredBy, values

JSON_TYPES = ("application/json", "")
"""Media types under which a body is read as JSON; undeclared is judged by its own rule, not by every other."""


def always(_: object) -> bool:
    """Always true."""
    return True


def responded(exchange: Exchange) -> bool:
    """Some response to a read came, whoever gave it."""
    return exchange.response is not None and exchange.is_read


def api_responded(exchange: Exchange) -> bool:
    """The API itself answered a read, as far as one can tell: no page, no rate limiter, no gateway without an API."""
    return exchange.answered_by is AnsweredBy.API and exchange.is_read


def settled(exchange: Exchange) -> bool:
    """The API answered a read, and no retry replaced its answer."""
    return api_responded(exchange) and not exchange.context.retried


def is_redirected_refusal(exchange: Exchange) -> bool:
    """A refusal was asked for, and the answer sends the client elsewhere: a login, or another place of the gateway."""
    context = exchange.context
    refusal = context.credentials in ("none", "wrong") or context.session in ("unknown", "malformed")
    return refusal and 300 <= (exchange.status or 0) < 400


def is_200(exchange: Exchange) -> bool:
    """A read was answered with 200."""
    return exchange.status == 200 and exchange.is_read


def media_types(exchange: Exchange) -> list[str]:
    """Every media type that the answer declares, in small letters without parameters: more than one is a mistake."""
    fields = values(exchange.response.headers, "content-type") if exchange.response is not None else []
    return [part.partition(";")[0].strip().lower() for field in fields for part in field.split(",")]


def is_200_as_json(exchange: Exchange) -> bool:
    """A complete 200 that is not declared as something other than JSON only."""
    response = exchange.response
    if response is None or not is_200(exchange) or not response.complete:
        return False
    return response.media_type in JSON_TYPES or "application/json" in media_types(exchange)


def has_json(exchange: Exchange) -> bool:
    """The answer is a complete 200 with one JSON value."""
    return is_200_as_json(exchange) and exchange.response is not None and exchange.response.json.is_json


def has_session(exchange: Exchange) -> bool:
    """The answer is a 200 with a JSON object."""
    return exchange.session is not None


def failed(exchange: Exchange) -> bool:
    """An error status, from the API itself."""
    return api_responded(exchange) and exchange.response is not None and exchange.response.status >= 400


def failed_with_json(exchange: Exchange) -> bool:
    """The API answered an error status with a JSON body."""
    return failed(exchange) and exchange.response is not None and exchange.response.json.is_json


@cache
def has(*members: str) -> Callable[[Exchange], bool]:
    """The session has every one of these members."""
    return lambda exchange: exchange.session is not None and all(name in exchange.session for name in members)


@cache
def in_status(*statuses: str) -> Callable[[Exchange], bool]:
    """The session has one of these statuses."""
    return lambda exchange: exchange.session is not None and exchange.session.get("status") in statuses


def for_session(exchange: Exchange) -> bool:
    """The request addresses a session."""
    return exchange.request.session_id is not None


def read_twice(trace: Trace) -> bool:
    """The session was read twice or more."""
    return len(trace.reads) > 1


def seen_twice(trace: Trace) -> bool:
    """The session was read or called back twice or more."""
    return len(trace.states) > 1


def members_changed(before: Exchange, after: Exchange) -> list[str]:
    """The members in which two states of a session differ that bear the same `updated_at`. A null is an absent member
    here; `expires_at` has a rule of its own, and a token ends by itself."""
    one, two = _present(before), _present(after)
    return [name for name in sorted(one.keys() | two.keys()) if _changed(name, one, two)]


def _present(exchange: Exchange) -> dict[str, object]:
    """The members of a session that say something."""
    return {name: value for name, value in (exchange.session or {}).items() if value is not None}


def _changed(name: str, one: dict[str, object], two: dict[str, object]) -> bool:
    ended = name == "authorization_token" and name not in two
    return name != "expires_at" and not ended and one.get(name, MISSING) != two.get(name, MISSING)
