"""Edits that only client cases need, beside those of the faults: pauses, codings, redirects, connections that end."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from hpp_contract.engine.fault import Edit, body, header, status
from hpp_contract.model import Exchange, Response

OTHER_HOST: Final = "https://elsewhere.example"
"""Stands for another host's address until the case is run, see `towards`."""

CORRELATION: Final = "6f0f2a6e-6d0c-4a5e-9a53-0d2f7c1b8e44"

PAGE: Final = (
    b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head>"
    b"<body><h1>Please sign in to continue</h1></body></html>\n"
)

_CODES: Final = {
    400: "BAD_VALUE",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    410: "GONE",
    429: "TOO_MANY_REQUESTS",
    500: "INTERNAL_ERROR",
    502: "BAD_GATEWAY",
    503: "SERVICE_UNAVAILABLE",
}


def edits(*steps: Edit) -> Edit:
    """Several edits as one."""

    def edit(exchange: Exchange) -> Exchange:
        for step in steps:
            exchange = step(exchange)
        return exchange

    return edit


def _responding(change: Callable[[Response], Response]) -> Edit:
    return lambda exchange: replace(exchange, response=change(exchange.response or Response(200)))


def refuse(code: int, **members: Any) -> Edit:
    """Answer with this status code and an error object, to which `members` are added."""
    value = {"error_code": _CODES[code], "error_messages": ["No session for you"], "correlation_id": CORRELATION}
    challenge = [header("WWW-Authenticate", 'Basic realm="hpp"')] if code == 401 else []
    return edits(status(code), body(json.dumps(value | members).encode()), *challenge)


def refuse_empty(code: int) -> Edit:
    """Answer with this status code and no body."""
    return edits(refuse(code), body(b""), header("Content-Type", None))


def refuse_page(code: int) -> Edit:
    """Answer with this status code and a page for people."""
    return edits(refuse(code), page())


def page() -> Edit:
    """Answer with a page for people."""
    return edits(body(PAGE), header("Content-Type", "text/html; charset=utf-8"))


def send(value: Any) -> Edit:
    """Answer with this JSON value."""
    return body(json.dumps(value).encode())


def pause(*seconds: float) -> Edit:
    """Send the body in equal pieces with these pauses between them."""
    return _responding(lambda response: replace(response, pauses=seconds))


def reset_midway(exchange: Exchange) -> Exchange:
    """Send half of the body, then reset the connection."""
    return replace(halve(exchange), failure="reset")


def halve(exchange: Exchange) -> Exchange:
    """Send half of the body, then close the connection."""
    return _responding(lambda r: replace(r, body=r.body[: len(r.body) // 2], complete=False))(exchange)


def close_after(exchange: Exchange) -> Exchange:
    """Close the connection after the response without having announced it."""
    return replace(exchange, failure="close")


def compress(exchange: Exchange) -> Exchange:
    """Send the body as gzip, to whoever allows that."""
    if "gzip" not in (exchange.request.header("accept-encoding") or "").lower():
        return exchange
    small = _responding(lambda response: replace(response, body=gzip.compress(response.body, mtime=0)))
    return header("Content-Encoding", "gzip")(small(exchange))


def redirect(code: int, origin: str | None) -> Edit:
    """Redirect to the same session at `origin`, or (None) to the same URL again."""

    def edit(exchange: Exchange) -> Exchange:
        url = exchange.request.url
        location = url if origin is None else origin + url[url.index("/", url.index("://") + 3) :]
        return edits(status(code), body(b""), header("Content-Type", None), header("Location", location))(exchange)

    return edit


def to_other_host(origin: str) -> Edit:
    """Put `origin` where a redirect says ELSEWHERE."""

    def edit(exchange: Exchange) -> Exchange:
        location = exchange.response.header("location") if exchange.response is not None else None
        if location is None or not location.startswith(OTHER_HOST):
            return exchange
        return header("Location", origin + location.removeprefix(OTHER_HOST))(exchange)

    return edit
