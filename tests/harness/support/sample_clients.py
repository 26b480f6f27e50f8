"""Clients to judge: an honest one in parts that can be spoiled one at a time. No tests in here."""

from __future__ import annotations

import base64
import gzip
import http.client
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit


class HppError(Exception):
    def __init__(self, http_status: int, body: bytes) -> None:
        super().__init__(f"HTTP {http_status}")
        self.http_status = http_status
        try:
            value = json.loads(body)
        except ValueError:
            value = None
        error = value if isinstance(value, dict) else {}
        self.error_code = error.get("error_code")
        self.error_messages = error.get("error_messages")
        self.correlation_id = error.get("correlation_id")


@dataclass
class Ask:
    base_url: str
    username: str
    password: str
    session_id: str
    timeout: float


class Client:
    """Reads a session well: one connection a read, no redirect followed, everything returned as it is."""

    method = "GET"
    body: bytes | None = None
    hello: dict[str, Any] | None = None

    def __call__(self, base_url: str, username: str, password: str, session_id: str, timeout: float) -> Any:
        self.ask = Ask(base_url, username, password, session_id, timeout)
        status, content = self.fetch(self.path(), self.headers())
        return self.interpret(status, content)

    def path(self) -> str:
        prefix = urlsplit(self.ask.base_url).path.rstrip("/")
        return f"{prefix}/hpp/v1/sessions/{self.segment()}"

    def segment(self) -> str:
        return quote(self.ask.session_id, safe="")

    def headers(self) -> dict[str, str]:
        return {"Authorization": self.authorization(), "Accept-Encoding": "gzip", "Content-Type": "application/json",
                "Cache-Control": "no-cache", "Accept": "application/json"}  # fmt: skip

    def authorization(self) -> str:
        return "Basic " + base64.b64encode(f"{self.ask.username}:{self.ask.password}".encode()).decode()

    def timeout(self) -> float | None:
        return self.ask.timeout

    def fetch(self, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
        parts = urlsplit(self.ask.base_url)
        return self.send(str(parts.hostname), parts.port, path, headers)

    def send(self, host: str, port: int | None, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
        connection = self.connected(host, port)
        try:
            connection.request(self.method, path, self.body, headers)
            with connection.getresponse() as response:
                content = response.read()
            self.location = response.headers.get("Location")
            if response.headers.get("Content-Encoding") == "gzip":
                content = gzip.decompress(content)
            return response.status, content
        finally:
            connection.close()

    def connected(self, host: str, port: int | None) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self.ask.base_url.startswith("https:") else http.client.HTTPConnection
        return kind(host, port, timeout=self.timeout())

    def interpret(self, status: int, content: bytes) -> Any:
        if status != 200:
            raise HppError(status, content)
        return self.session(self.parse(content))

    def parse(self, content: bytes) -> dict[str, Any]:
        value = json.loads(content)
        if not isinstance(value, dict):
            raise TypeError("a session is an object")
        return value

    def session(self, value: dict[str, Any]) -> Any:
        return value


@dataclass
class Result:
    session: Any = None
    error: Any = None


class ResultClient(Client):
    """Exposes errors as result objects."""

    def __call__(self, *ask: Any, **named: Any) -> Result:
        try:
            return Result(session=super().__call__(*ask, **named))
        except Exception as error:
            return Result(error=error)


class Typed:
    """A session as a plain object with instants as datetimes."""

    def __init__(self, value: dict[str, Any]) -> None:
        for name in ("session_id", "status", "order_id", "klarna_reference", "authorization_token", "customer",
                     "manual_identification"):  # fmt: skip
            setattr(self, name, value.get(name))
        self.updated_at = instant(value.get("updated_at"))
        self.expires_at = instant(value.get("expires_at"))


def instant(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None


class TypedClient(Client):
    def session(self, value: dict[str, Any]) -> Any:
        return Typed(value)


class ChallengedClient(Client):
    """Sends its credentials only after a challenge."""

    def fetch(self, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
        bare = {name: value for name, value in headers.items() if name != "Authorization"}
        status, content = super().fetch(path, bare)
        return super().fetch(path, headers) if status == 401 else (status, content)


class RetryingClient(Client):
    """Tries three times when an answer is 5xx or gets lost."""

    def fetch(self, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
        for _ in range(2):
            try:
                status, content = super().fetch(path, headers)
            except (OSError, http.client.HTTPException):
                continue
            if status < 500:
                return status, content
        return super().fetch(path, headers)


class FollowingClient(Client):
    """Follows redirects, without credentials when they lead to another host."""

    def fetch(self, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
        status, content = super().fetch(path, headers)
        for _ in range(3):
            if not 301 <= status <= 308 or self.location is None:
                break
            there, here = urlsplit(self.location), urlsplit(self.ask.base_url)
            if there.netloc != here.netloc:
                headers = {name: value for name, value in headers.items() if name != "Authorization"}
            status, content = self.send(there.hostname or "", there.port, there.path, headers)
        return status, content


class RawKeyClient(Client):
    """Sends the API key as it is."""

    def authorization(self) -> str:
        return f"Basic {self.ask.password}".encode().decode("latin-1")


class AsyncClient(Client):
    async def __call__(self, *ask: Any, **named: Any) -> Any:
        return super().__call__(*ask, **named)
