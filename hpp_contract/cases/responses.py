"""The reference endpoint's answers: JSON under its usual headers, and the error objects all Kustom APIs write."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from hpp_contract.model import Headers, Response
from hpp_contract.model.instant import http_date

_TEXTS: Final = {
    400: ("BAD_REQUEST", "The request is not HTTP as this server reads it"),
    401: ("UNAUTHORIZED", "Send the API key as Basic credentials"),
    403: ("FORBIDDEN", "This session belongs to another merchant"),
    404: ("NOT_FOUND", "The session expired, or no session has this id"),
    405: ("METHOD_NOT_ALLOWED", "A session is read with GET"),
    413: ("PAYLOAD_TOO_LARGE", "The request body is too large"),
    500: ("INTERNAL_ERROR", "The reference server itself failed"),
}

_EXTRA: Final[dict[int, Headers]] = {
    401: (("WWW-Authenticate", 'Basic realm="hpp"'),),
    405: (("Allow", "GET"),),
}


def answer(status: int, body: Mapping[str, Any], correlation_id: str, extra: Headers = ()) -> Response:
    """A JSON answer with the headers seen on Klarna's gateway, and `extra` ones."""
    headers = (
        ("Content-Type", "application/json;charset=utf-8"),
        ("Cache-Control", "no-cache, no-store, max-age=0, must-revalidate"),
        ("Klarna-Correlation-Id", correlation_id),
        *extra,
    )
    return Response(status, headers, json.dumps(body).encode())


def refusal(status: int) -> Response:
    """The error answer with this status."""
    code, message = _TEXTS.get(status, _TEXTS[400])
    correlation_id = str(uuid.uuid4())
    body = {"error_code": code, "error_messages": [message], "correlation_id": correlation_id}
    return answer(status, body, correlation_id, _EXTRA.get(status, ()))


def dated(response: Response, now: int) -> Response:
    """The response as sent at `now` (ns since 1970): with its Date."""
    return replace(response, headers=(("Date", http_date(now)), *response.headers))
