"""Situations: what kind of answer an exchange shows. Only answers to the same question are comparable.

A probe knows what it asked; of a recording only what the exchange shows is known, so a situation is recognised by the
shape of a session, else by what was known when asking, else by the status code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from hpp_contract.model import Exchange
from hpp_contract.spec.session import UUID

NO_CREDENTIALS: Final = "no-credentials"
WRONG_CREDENTIALS: Final = "wrong-credentials"
UNKNOWN_ID: Final = "unknown-id"
MALFORMED_ID: Final = "malformed-id"
GONE: Final = "gone-session"
FORBIDDEN: Final = "forbidden-session"
OTHER: Final = "other-answer"
"""A known session, answered with something that is neither a session nor a documented refusal."""

KNOWN: Final = "known session"
"""Every session that was asked for, whatever its state: whether it could be read, and its life over all polls."""

SESSION: Final = "any session"
"""What all sessions have in common, whatever their state: the values of `/status`."""

ERROR: Final = "any error"
"""No situation, but what the refusals are together, as SESSION is what the shapes are."""

REFUSALS: Final = (NO_CREDENTIALS, WRONG_CREDENTIALS, UNKNOWN_ID, MALFORMED_ID, GONE, FORBIDDEN)

_SHAPES: Final = {
    "WAITING": "waiting",
    "IN_PROGRESS": "in-progress",
    "BACK": "back",
    "MANUAL_ID_CHECK": "manual-id-check",
    "CANCELLED": "cancelled",
    "FAILED": "failed",
    "DISABLED": "disabled",
    "ERROR": "error",
}
_STATUS: Final = re.compile(r"[A-Z][A-Z0-9_]{0,39}")


def situation_of(exchange: Exchange) -> str:
    """The situation that this exchange, which has a response, is about."""
    known = exchange.context
    credentials = known.credentials or _credentials_shown(exchange)
    if credentials != "right":
        return NO_CREDENTIALS if credentials == "none" else WRONG_CREDENTIALS
    if known.session == "malformed" or (known.session is None and not _is_well_formed(exchange)):
        return MALFORMED_ID
    if known.session == "unknown":
        return UNKNOWN_ID
    return _of_session(exchange)


def pool_of(situation: str) -> str:
    """What this situation has in common with others: SESSION or ERROR."""
    return ERROR if situation in (ERROR, *REFUSALS) else SESSION


def _of_session(exchange: Exchange) -> str:
    status, shape = exchange.status or 0, shape_of(exchange)
    if shape is not None:
        return shape
    if status == 403:
        return FORBIDDEN
    if status == 404:
        return GONE if exchange.context.session == "known" else UNKNOWN_ID
    return OTHER


def shape_of(exchange: Exchange) -> str | None:
    """The shape of the session in a success, named as the schemas are; an unknown status is a shape of its own."""
    response = exchange.response
    if response is None or not 200 <= response.status < 300 or not isinstance(response.json.value, dict):
        return None
    status = response.json.value.get("status")
    if not isinstance(status, str):
        return None
    if status == "COMPLETED":
        return _completed(response.json.value)
    named = f"status {status}" if _STATUS.fullmatch(status) else "status of another spelling"
    return _SHAPES.get(status, named)


def _completed(session: Mapping[str, Any]) -> str:
    if "order_id" in session or "klarna_reference" in session:
        return "completed-with-order"
    return "completed-with-token" if "authorization_token" in session else "completed-without-outcome"


def _credentials_shown(exchange: Exchange) -> str:
    """A recording does not say which credentials were right, but a 401 does."""
    if exchange.status != 401:
        return "right"
    return "wrong" if exchange.request.header("authorization") else "none"


def _is_well_formed(exchange: Exchange) -> bool:
    return UUID.fullmatch(exchange.request.session_id or "") is not None
