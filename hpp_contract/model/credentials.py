"""The two documented forms of HTTP Basic credentials (authentication page; RFC 7617)."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Credentials:
    """An API key, sent raw (`Basic <API key>`) or, with a username, as `Basic base64(<username>:<API key>)`."""

    api_key: str = field(repr=False)
    username: str | None = field(default=None, repr=False)

    @property
    def authorization(self) -> str:
        """The value of the Authorization header. Secret."""
        if not self.username:
            return f"Basic {self.api_key}"
        return "Basic " + base64.b64encode(f"{self.username}:{self.api_key}".encode()).decode()

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every text that must never leave memory, the longest first."""
        token = self.authorization.removeprefix("Basic ")
        texts = {token, self.api_key, self.username or "", f"{self.username}:{self.api_key}"}
        return tuple(sorted(texts - {""}, key=len, reverse=True))
