"""Reads hosted payment page sessions with requests."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from urllib.parse import quote

import requests


class HppError(Exception):
    """A session could not be read. What the server said about it is in the attributes, where it said anything."""

    def __init__(self, message: str, http_status: int | None = None, body: Any = None) -> None:
        super().__init__(message)
        self.http_status = http_status
        error = body if isinstance(body, dict) else {}
        self.error_code: str | None = error.get("error_code")
        self.error_messages: list[str] | None = error.get("error_messages")
        self.correlation_id: str | None = error.get("correlation_id")


@dataclass(frozen=True)
class Session:
    """A session as it was read; what was not sent is None. Statuses may be added: expect ones you do not know."""

    session_id: str | None = None
    status: str | None = None
    updated_at: datetime | None = None
    expires_at: datetime | None = None
    order_id: str | None = None
    klarna_reference: str | None = None
    authorization_token: str | None = None
    customer: dict[str, Any] | None = None
    manual_identification: dict[str, Any] | None = None

    @classmethod
    def of(cls, body: dict[str, Any]) -> Session:
        known = {field.name: body.get(field.name) for field in fields(cls)}
        instants = {name: datetime.fromisoformat(known[name]) for name in ("updated_at", "expires_at") if known[name]}
        return cls(**known | instants)


class HppClient:
    """Give each thread one of its own: requests' connections are not meant to be shared."""

    def __init__(self, base_url: str, username: str, api_key: str, ca_file: str | None = None) -> None:
        """`ca_file` is a certificate authority to trust in place of the usual ones."""
        self._sessions = f"{base_url.rstrip('/')}/hpp/v1/sessions"
        self._http = requests.Session()
        self._http.auth = (username.encode(), api_key.encode())
        self._verify = ca_file or True  # as the session's own, variables of the environment would win over it

    def read_session(self, session_id: str, timeout: float = 10.0) -> Session:
        """The session as it is now. `timeout` is in seconds. Raises HppError."""
        url = f"{self._sessions}/{quote(session_id, safe='')}"
        try:
            response = self._http.get(url, timeout=timeout, allow_redirects=False, verify=self._verify)
        except requests.RequestException as error:
            raise HppError(f"no answer: {type(error).__name__}") from error
        try:
            body = response.json()
        except (ValueError, RecursionError):
            body = None
        if response.status_code != requests.codes.ok:
            raise HppError(f"refused with HTTP {response.status_code}", response.status_code, body)
        if not isinstance(body, dict):
            raise HppError("the answer is no session", response.status_code)
        try:
            return Session.of(body)
        except (TypeError, ValueError) as error:
            raise HppError("the session has a date that is none", response.status_code) from error
