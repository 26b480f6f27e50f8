"""Conditions: when a rule applies. Named functions, so that rules with the same condition share its evaluation."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from hpp_contract.model import Exchange, Trace

JSON_TYPES = ("application/json", "")
"""Media types under which a body is read as JSON; undeclared is judged by its own rule, not by every other."""


def always(_: object) -> bool:
    """Always true."""
    return True


def responded(exchange: Exchange) -> bool:
    """Some response came."""
    return exchange.response is not None


def api_responded(exchange: Exchange) -> bool:
    """The API itself answered, as far as one can tell: no gateway's HTML page."""
    return exchange.response is not None and not (exchange.response.is_html and exchange.response.status != 200)


def blocked_by(exchange: Exchange) -> str | None:
    """What answered in the API's place: `transport`, `page`, `limited` or `server`; None when the API itself did."""
    response = exchange.response
    if response is None:
        return "transport"
    if response.is_html:
        return "page"
    if response.status == 429:
        return "limited"
    return "server" if response.status >= 500 else None


def is_200(exchange: Exchange) -> bool:
    """The answer is a 200."""
    return exchange.response is not None and exchange.response.status == 200


def is_200_as_json(exchange: Exchange) -> bool:
    """A complete 200 that is not declared as something other than JSON."""
    response = exchange.response
    return response is not None and response.status == 200 and response.complete and response.media_type in JSON_TYPES


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
