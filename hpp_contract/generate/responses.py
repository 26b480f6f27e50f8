"""Generated bodies as exchanges, requested and answered as the documentation has it."""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import quote

from hpp_contract.cases.responses import CHALLENGE, JSON_HEADERS
from hpp_contract.model import Context, Exchange, Headers, Instant, Request, Response
from hpp_contract.model.instant import SECOND, http_date
from hpp_contract.spec.endpoint import SESSIONS_PATH

BASE_URL: Final = "https://hpp.example"

_ASKED: Final[Headers] = (("Content-Type", "application/json"), ("Cache-Control", "no-cache"))
_FIRST_DATE: Final = 0
_LAST_DATE: Final = 253402300799
"""Seconds since 1970 that a Date header is written for: two-digit years mean another century to its parsers."""


def answer(body: Any, status: int = 200, *, session_id: str = "", at: Instant | None = None, poll: int = 1) -> Exchange:
    """An exchange that answers `body` (any JSON value, or bytes as they are) to a read of its own session.

    `at` is when, and by default when the session was updated; `session_id` is for bodies that do not hold one.
    """
    content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    members = body if isinstance(body, dict) else {}
    at = at or Instant.parse(members.get("updated_at"))
    own = members.get("session_id")
    requested = session_id or (own if isinstance(own, str) and own else "39a1c773-bafd-754d-af1f-b30c592f1267")
    request = Request("GET", f"{BASE_URL}{SESSIONS_PATH}{quote(requested, safe='')}", _ASKED)
    return Exchange(
        request,
        Response(status, _headers(status, at), content),
        at=at,
        elapsed=0.01,
        evidence=f"poll {poll}",
        context=Context(credentials="right", session="known" if status == 200 else None),
    )


def _headers(status: int, at: Instant | None) -> Headers:
    headers = [*JSON_HEADERS]
    if status == 401:
        headers.append(CHALLENGE)
    if at is not None and _FIRST_DATE <= at.ns // SECOND <= _LAST_DATE:
        headers.append(("Date", http_date(at.ns)))
    return tuple(headers)
