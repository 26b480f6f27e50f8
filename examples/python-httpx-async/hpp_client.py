"""Reads hosted payment page sessions with httpx, asynchronously."""

from __future__ import annotations

import asyncio
import json
import ssl
from typing import Any, TypedDict, cast
from urllib.parse import quote

import httpx


class HppError(Exception):
    """A session could not be read. `status` is the HTTP status and `body` the error object, where there is one."""

    def __init__(self, message: str, status: int | None = None, body: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body = body or {}


class Session(TypedDict, total=False):
    """A session as it was sent, whatever else it holds. Statuses may be added: expect ones you do not know."""

    session_id: str
    status: str
    updated_at: str
    expires_at: str
    order_id: str
    klarna_reference: str
    authorization_token: str
    customer: dict[str, str]
    manual_identification: dict[str, Any]


class HppClient:
    """An asynchronous client, for one event loop."""

    def __init__(self, base_url: str, username: str, api_key: str, ca_file: str | None = None) -> None:
        """`ca_file` is a certificate authority to trust in place of the usual ones."""
        self._sessions = f"{base_url.rstrip('/')}/hpp/v1/sessions"
        trusted = ssl.create_default_context(cafile=ca_file) if ca_file else True
        self._http = httpx.AsyncClient(auth=(username, api_key), verify=trusted)

    async def read_session(self, session_id: str, timeout: float = 10.0) -> Session:
        """The session as it is now, after at most `timeout` seconds. Raises HppError."""
        try:
            async with asyncio.timeout(timeout):  # httpx's own is for each piece of the answer
                response = await self._http.get(f"{self._sessions}/{quote(session_id, safe='')}", timeout=timeout)
        except (TimeoutError, httpx.HTTPError) as error:
            raise HppError(f"no answer: {type(error).__name__}") from error
        try:
            body = json.loads(response.content)
        except (ValueError, RecursionError):
            body = None
        if response.status_code != httpx.codes.OK:
            error_object = body if isinstance(body, dict) else None
            raise HppError(f"refused with HTTP {response.status_code}", response.status_code, error_object)
        if not isinstance(body, dict) or "status" not in body:
            raise HppError("the answer is no session", response.status_code)
        return cast("Session", body)
