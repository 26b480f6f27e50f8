"""Reads hosted payment page sessions with what Python brings."""

from __future__ import annotations

import json
import time
from base64 import b64encode
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import HTTPRedirectHandler, Request, build_opener


class HppError(Exception):
    """A session could not be read. What the server said about it is in the attributes, where it said anything."""

    def __init__(self, message: str, http_status: int | None = None, body: Any = None) -> None:
        super().__init__(message)
        self.http_status = http_status
        error = body if isinstance(body, dict) else {}
        self.error_code: str | None = error.get("error_code")
        self.error_messages: list[str] | None = error.get("error_messages")
        self.correlation_id: str | None = error.get("correlation_id")


class _Stay(HTTPRedirectHandler):
    """Follows no redirect: the credentials are for one host."""

    def redirect_request(self, *_: Any) -> None:
        return None


class HppClient:
    """May be shared between threads: each read has a connection of its own."""

    def __init__(self, base_url: str, username: str, api_key: str) -> None:
        self._sessions = f"{base_url.rstrip('/')}/hpp/v1/sessions"
        self._authorization = f"Basic {b64encode(f'{username}:{api_key}'.encode()).decode()}"
        self._opener = build_opener(_Stay)

    def read_session(self, session_id: str, timeout: float = 10.0) -> dict[str, Any]:
        """The session as it was sent. Statuses may be added: expect ones you do not know. Raises HppError."""
        headers = {"Authorization": self._authorization, "Accept": "application/json"}
        request = Request(f"{self._sessions}/{quote(session_id, safe='')}", headers=headers)
        status, text = self._answer(request, timeout)
        try:
            body = json.loads(text)
        except (ValueError, RecursionError):
            body = None
        if status != 200:
            raise HppError(f"refused with HTTP {status}", status, body)
        if not isinstance(body, dict):
            raise HppError("the answer is no session", status)
        return body

    def _answer(self, request: Request, timeout: float) -> tuple[int, bytes]:
        deadline = time.monotonic() + timeout
        try:
            try:
                response: HTTPResponse = self._opener.open(request, timeout=timeout)
            except HTTPError as refusal:  # it is a response too
                response = refusal  # type: ignore[assignment]
            with response:
                return response.status, _whole(response, deadline)
        except (OSError, HTTPException) as error:
            raise HppError(f"no answer: {type(error).__name__}") from error


def _whole(response: HTTPResponse, deadline: float) -> bytes:
    """The body; a time-out of the socket would begin anew with every byte."""
    parts = []
    while part := response.read1():
        parts.append(part)
        if time.monotonic() > deadline:
            raise TimeoutError
    return b"".join(parts)
