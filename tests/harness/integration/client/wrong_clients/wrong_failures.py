"""Clients that take what is no session for one, or tell their caller the wrong thing about it."""

from __future__ import annotations

import http.client
import json
from typing import Any

from tests.harness.integration.client.wrong_clients.client_in_parts import ClientInParts
from tests.harness.integration.client.wrong_clients.declare import breaks
from tests.harness.support.sample_clients import Client, HppError, ResultClient

Headers = dict[str, str]


@breaks("HPP-A40", "in-progress", "back")
class SaysPaidTooEarly(Client):
    """One word is all that it says, and it says it as soon as somebody has been on the page."""

    hello = {"answers": "verdict"}  # noqa: RUF012  as an SDK's author would write it

    def session(self, value: dict[str, Any]) -> Any:
        return {"verdict": "open" if value.get("status") == "WAITING" else "paid"}


@breaks("HPP-A22", "empty-200", "blank-200", "no-content-204")
class EmptyIsFine(Client):
    def interpret(self, status: int, content: bytes) -> Any:
        return super().interpret(status, content) if content.strip() else None


@breaks("HPP-A23", "html-200", "html-as-json")
class PageIsFine(Client):
    def parse(self, content: bytes) -> dict[str, Any]:
        return {} if content.lstrip().startswith(b"<") else super().parse(content)


@breaks("HPP-A24", "truncated-json", "plain-text-200", "missing-colons")
class SwallowsDecodeErrors(Client):
    def parse(self, content: bytes) -> dict[str, Any]:
        try:
            return super().parse(content)
        except ValueError:
            return {}


@breaks("HPP-A24", "truncated-at-brace", "truncated-json")
class RepairsJson(Client):
    def parse(self, content: bytes) -> dict[str, Any]:
        try:
            return super().parse(content)
        except ValueError:
            return super().parse(content.rpartition(b",")[0] + b"}")


@breaks("HPP-A26", "array-200", "null-200", "string-200", "number-200", "true-200")
class AnythingIsFine(Client):
    def parse(self, content: bytes) -> dict[str, Any]:
        value = json.loads(content)
        return value if isinstance(value, dict) else {}


@breaks("HPP-A26", "array-200")
class UnwrapsLists(Client):
    def parse(self, content: bytes) -> dict[str, Any]:
        value = json.loads(content)
        session: dict[str, Any] = value[0] if isinstance(value, list) else value
        return session


class _Content(Client):
    """Takes one more status code for success."""

    code = 0

    def interpret(self, status: int, content: bytes) -> Any:
        return super().interpret(200 if status == self.code else status, content or b"{}")


@breaks("HPP-A25", "unauthorized-401-empty")
class Empty401IsFine(_Content):
    code = 401


@breaks("HPP-A25", "not-found-404-empty")
class Empty404IsFine(_Content):
    code = 404


@breaks("HPP-A25", "server-error-500-empty")
class Empty500IsFine(_Content):
    code = 500


@breaks("HPP-A25", "not-found", "error-carries-session", "server-error-carries-session")
class IgnoresStatusCode(Client):
    def interpret(self, status: int, content: bytes) -> Any:
        try:
            return self.parse(content)
        except (ValueError, TypeError):
            raise HppError(status, content) from None


@breaks("HPP-A25", "unauthorized-401-empty", "not-found-404-empty", "error-without-code")
class TakesWhatHasNoErrorCodeForSuccess(Client):
    """An error is what has an error code, it thinks."""

    def interpret(self, status: int, content: bytes) -> Any:
        value = self.parse(content or b"{}")
        if "error_code" in value:
            raise HppError(status, content)
        return value


@breaks("HPP-A25", "not-modified-304", "redirect-without-location")
class TakesRedirectsForSuccess(Client):
    def interpret(self, status: int, content: bytes) -> Any:
        return {} if 300 <= status < 400 else super().interpret(status, content)


@breaks("HPP-A25", "not-found", "expired")
class TakesUnknownForNothing(Client):
    def interpret(self, status: int, content: bytes) -> Any:
        return None if status == 404 else super().interpret(status, content)


@breaks("HPP-A25", "forbidden", "bad-request-400")
class ForgetsErrorInResult(ResultClient):
    def __call__(self, *ask: Any, **named: Any) -> Any:
        result = super().__call__(*ask, **named)
        return {"session": result.session} if result.session else {"empty": True}


@breaks("HPP-A15", "revoked-between-polls", "expired-between-polls", also=("HPP-A25",))
class HidesFailuresBehindLastAnswer(Client):
    last: Any = None

    def __call__(self, *ask: Any, **named: Any) -> Any:
        try:
            self.last = super().__call__(*ask, **named)
        except Exception:
            if self.last is None:
                raise
        return self.last


@breaks("HPP-A28", "unauthorized-401-empty", "not-found-404-html")
class HidesStatusCode(Client):
    def interpret(self, status: int, content: bytes) -> Any:
        if status != 200:
            raise RuntimeError("the request failed")
        return super().interpret(status, content)


class _Retold(Client):
    """Does something to an error before its caller gets it."""

    def interpret(self, status: int, content: bytes) -> Any:
        try:
            return super().interpret(status, content)
        except HppError as error:
            self.retell(error)
            raise

    def retell(self, error: HppError) -> None:
        """Change it."""


@breaks("HPP-A29", "not-found")
class HidesErrorCode(_Retold):
    def retell(self, error: HppError) -> None:
        error.error_code = None


@breaks("HPP-A30", "not-found")
class HidesCorrelationId(_Retold):
    def retell(self, error: HppError) -> None:
        error.correlation_id = None


@breaks("HPP-A31", "unauthorized", "forbidden")
class TellsOf404Whatever(_Retold):
    def retell(self, error: HppError) -> None:
        error.http_status = 404


@breaks("HPP-A31", "not-found")
class WritesItsOwnErrorCode(_Retold):
    def retell(self, error: HppError) -> None:
        error.error_code = "UNKNOWN_ERROR"


@breaks("HPP-A31", "reset-before-answer", "closed-before-answer")
class TakesNetworkForServer(Client):
    def fetch(self, path: str, headers: Headers) -> tuple[int, bytes]:
        try:
            return super().fetch(path, headers)
        except OSError:
            raise HppError(500, b"") from None


@breaks("HPP-A32", "unauthorized", "not-found")
class PrintsRequestWithError(_Retold):
    def retell(self, error: HppError) -> None:
        error.args = (f"request failed: {self.headers()}",)


@breaks("HPP-A32", "unauthorized")
class PrintsKeyWithError(_Retold):
    def retell(self, error: HppError) -> None:
        error.args = (f"{self.ask.username} with {self.ask.password} is not allowed",)


@breaks("HPP-A32", "reset-before-answer")
class PrintsKeyWithNetworkError(Client):
    def fetch(self, path: str, headers: Headers) -> tuple[int, bytes]:
        try:
            return super().fetch(path, headers)
        except OSError as error:
            raise ConnectionError(f"http://{self.ask.username}:{self.ask.password}@{path}") from error


@breaks("HPP-A17", "waiting")
class Exits(Client):
    def session(self, value: dict[str, Any]) -> Any:
        raise SystemExit(len(value))


class ComparesContentTypeLetterByLetter(ClientInParts):
    def received(self, response: http.client.HTTPResponse) -> bytes:
        if not str(response.headers["Content-Type"]).startswith("application/json"):
            raise TypeError("no JSON")
        return super().received(response)
