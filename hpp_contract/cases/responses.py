"""What a server answers other than sessions: error objects as all Kustom APIs write them, and HTML pages."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from hpp_contract.engine.edits import Edit, body, edits, header, send_json, status
from hpp_contract.model import Headers, Response
from hpp_contract.model.instant import http_date

CORRELATION: Final = "6f0f2a6e-6d0c-4a5e-9a53-0d2f7c1b8e44"

PAGE: Final = (
    b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head>"
    b"<body><h1>Please sign in to continue</h1></body></html>\n"
)

_CODES: Final = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    410: "GONE",
    413: "PAYLOAD_TOO_LARGE",
    421: "MISDIRECTED_REQUEST",
    429: "TOO_MANY_REQUESTS",
    500: "INTERNAL_ERROR",
    502: "BAD_GATEWAY",
    503: "SERVICE_UNAVAILABLE",
    504: "GATEWAY_TIMEOUT",
}

_MESSAGES: Final = {
    400: "The request is not HTTP as this server reads it",
    401: "Send the API key as Basic credentials",
    403: "This session belongs to another merchant",
    404: "The session expired, or no session has this id",
    405: "A session is read with GET",
    413: "The request body is too large",
    421: "This server answers to names of this machine only",
    500: "The reference server itself failed",
    503: "This server has as many connections as it can",
}
"""What the reference server says of the statuses that it answers by itself; of any other, what it says of a 400."""

JSON_HEADERS: Final[Headers] = (
    ("Content-Type", "application/json;charset=utf-8"),
    ("Cache-Control", "no-cache, no-store, max-age=0, must-revalidate"),
)
"""Header fields of every JSON answer, as seen on Klarna's gateway."""

CHALLENGE: Final = ("WWW-Authenticate", 'Basic realm="hpp"')
_EXTRA: Final[dict[int, Headers]] = {401: (CHALLENGE,), 405: (("Allow", "GET"),)}


def answer(status: int, body: Mapping[str, Any], correlation_id: str, extra: Headers = ()) -> Response:
    """A JSON answer with its usual header fields, and `extra` ones."""
    headers = (*JSON_HEADERS, ("Klarna-Correlation-Id", correlation_id), *extra)
    return Response(status, headers, json.dumps(body).encode())


def refusal(status: int) -> Response:
    """The reference server's error answer with this status."""
    known = status if status in _MESSAGES else 400
    correlation_id = str(uuid.uuid4())
    return answer(
        status, _error_object(_CODES[known], _MESSAGES[known], correlation_id), correlation_id, _EXTRA.get(status, ())
    )


def _error_object(code: str, message: str, correlation_id: str) -> dict[str, Any]:
    return {"error_code": code, "error_messages": [message], "correlation_id": correlation_id}


def dated(response: Response, now: int) -> Response:
    """The response as sent at `now` (ns since 1970): with its Date."""
    return replace(response, headers=(("Date", http_date(now)), *response.headers))


def refuse(code: int, error_code: str | None = None) -> Edit:
    """Answer with this status code and an error object, whose `error_code` is the usual one unless given."""
    value = _error_object(error_code or _CODES[code], "No session for you", CORRELATION)
    challenge = [header(*CHALLENGE)] if code == 401 else []
    return edits(status(code), send_json(value), *challenge)


def refuse_empty(code: int) -> Edit:
    """Answer with this status code and no body."""
    return edits(refuse(code), body(b""), header("Content-Type", None))


def refuse_page(code: int) -> Edit:
    """Answer with this status code and an HTML page."""
    return edits(refuse(code), page())


def page() -> Edit:
    """Answer with an HTML page."""
    return edits(body(PAGE), header("Content-Type", "text/html; charset=utf-8"))
