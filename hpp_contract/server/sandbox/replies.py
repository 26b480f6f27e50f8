"""The sandbox's answers besides session objects: created, done, refused, too many requests."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from hpp_contract.cases.responses import answer
from hpp_contract.model import Headers, Response


def found(body: Mapping[str, Any], extra: Headers = (), status: int = 200) -> Response:
    """A JSON answer with a correlation id of its own."""
    return answer(status, body, str(uuid.uuid4()), extra)


def refused(status: int, code: str, messages: Sequence[str], extra: Headers = ()) -> Response:
    """An error object; `messages` are for readers, and repeat nothing that was sent."""
    correlation_id = str(uuid.uuid4())
    body = {"error_code": code, "error_messages": list(messages), "correlation_id": correlation_id}
    return answer(status, body, correlation_id, extra)


def done() -> Response:
    """204, without a body."""
    headers = tuple((name, value) for name, value in found({}).headers if name != "Content-Type")
    return Response(204, headers)


def too_fast(extra: Headers) -> Response:
    """429, with the headers of the rate limit."""
    return refused(429, "TOO_MANY_REQUESTS", ["The rate limit is reached: slow down"], extra)
