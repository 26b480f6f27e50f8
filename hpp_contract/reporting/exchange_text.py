"""An exchange as a person reads one: request line, headers, body; status line, headers, body."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from hpp_contract.engine.sanitize import printable
from hpp_contract.model import Exchange, Headers

LONGEST = 600
"""Characters of a body or a header that are shown."""


def exchange_text(exchange: Exchange, redact: Callable[[str], str]) -> str:
    """The exchange as lines of text, redacted and printable; bytes that are no UTF-8 are shown as `\\xff`."""
    request, response = exchange.request, exchange.response
    lines = [f"> {request.method} {request.url}", *_headers(">", request.headers), *_body(">", request.body)]
    if response is None:
        lines.append(f"< no response: {exchange.failure or 'unknown failure'}")
    else:
        lines += [f"< {response.status} {response.reason or _phrase(response.status)}".rstrip()]
        lines += [*_headers("<", response.headers), *_body("<", response.content or response.body)]
        lines += [] if response.complete else ["< (the connection closed before the promised end)"]
    if exchange.context.credentials == "wrong":
        lines.append("  (these are not the credentials that open it)")
    if exchange.context.recorded:
        time = "with its time" if exchange.at is not None else "without its time"
        lines.append(f"  (kept {time}; provenance: {exchange.context.provenance or 'not named'})")
    if exchange.elapsed is not None and exchange.elapsed >= exchange.context.max_latency:
        lines.append(f"  (after {exchange.elapsed:g} s)")
    return "\n".join(printable(redact(line)) for line in lines)


def _headers(mark: str, headers: Headers) -> list[str]:
    return [f"{mark} {name}: {value[:LONGEST]}" for name, value in headers]


def _body(mark: str, body: bytes) -> list[str]:
    if not body:
        return []
    text = body.decode("utf-8", "backslashreplace")
    shown = text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(body)} bytes)"
    return [f"{mark} {line}" for line in shown.split("\n")]


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus.__members__.values() else ""
