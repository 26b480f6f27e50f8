"""Edits: pure changes of one exchange, of which faults and client cases are made."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, TypeVar

from hpp_contract.model import Exchange, Headers, Instant, Response
from hpp_contract.model.exchange import without

Edit = Callable[[Exchange], Exchange]
"""A pure change of one exchange. The functions below return one, or are one."""

Edited = TypeVar("Edited")

OTHER_UUID: Final = "b2c9d0aa-0000-4111-8222-333344445555"
"""An id that belongs to no session and no order."""


def edits(*steps: Callable[[Edited], Edited]) -> Callable[[Edited], Edited]:
    """Several edits as one."""

    def edit(subject: Edited) -> Edited:
        for step in steps:
            subject = step(subject)
        return subject

    return edit


def _response(exchange: Exchange, **changes: Any) -> Exchange:
    return replace(exchange, response=replace(exchange.response or Response(200), **changes))


def _request(exchange: Exchange, **changes: Any) -> Exchange:
    return replace(exchange, request=replace(exchange.request, **changes))


def _with(headers: Headers, name: str, value: str | None) -> Headers:
    kept = without(headers, name.lower())
    return kept if value is None else (*kept, (name, value))


def _content(exchange: Exchange) -> bytes:
    return exchange.response.body if exchange.response else b""


def status(code: int) -> Edit:
    """Answer with this status code."""
    return lambda exchange: _response(exchange, status=code, reason="")


def header(name: str, value: str | None) -> Edit:
    """Set a response header; None removes it."""
    return lambda exchange: _response(
        exchange, headers=_with((exchange.response or Response(200)).headers, name, value)
    )


def lower_case(exchange: Exchange) -> Exchange:
    """Write the names of all response header fields in small letters; the last edit, since it counts the body."""
    response = exchange.response or Response(200)
    counted = _with(response.headers, "content-length", str(len(response.body)))
    return _response(exchange, headers=tuple((name.lower(), value) for name, value in counted))


def body(content: bytes) -> Edit:
    """Answer with exactly these bytes."""
    return lambda exchange: _response(exchange, body=content)


def send_json(value: Any) -> Edit:
    """Answer with this JSON value."""
    return body(json.dumps(value).encode())


def rewrite(change: Callable[[bytes], bytes]) -> Edit:
    """Change the body's bytes."""
    return lambda exchange: _response(exchange, body=change(_content(exchange)))


def edit_json(change: Callable[[dict[str, Any]], object]) -> Edit:
    """Change the body's JSON object in place."""

    def edit(content: bytes) -> bytes:
        value = json.loads(content)
        change(value)
        return json.dumps(value).encode()

    return rewrite(edit)


def member(name: str, value: object) -> Edit:
    """Give the body's member `name` this value."""
    return edit_json(lambda value_: value_.__setitem__(name, value))


def drop(*names: str) -> Edit:
    """Leave these members out of the body."""
    return edit_json(lambda value: [value.pop(name, None) for name in names])


def redirect(code: int, origin: str | None) -> Edit:
    """Redirect to the same session at `origin`, or (None) to the same URL again."""

    def edit(exchange: Exchange) -> Exchange:
        url = exchange.request.url
        location = url if origin is None else origin + url[url.index("/", url.index("://") + 3) :]
        return edits(status(code), body(b""), header("Content-Type", None), header("Location", location))(exchange)

    return edit


def compress(exchange: Exchange) -> Exchange:
    """Send the body as gzip, if the request allows that."""
    if "gzip" not in (exchange.request.header("accept-encoding") or "").lower():
        return exchange
    small = rewrite(lambda content: gzip.compress(content, mtime=0))
    return header("Content-Encoding", "gzip")(small(exchange))


def slow(seconds: float) -> Edit:
    """Take this many seconds to answer."""
    return lambda exchange: replace(exchange, elapsed=seconds)


def pause(*seconds: float) -> Edit:
    """Send the body in equal pieces with these pauses, in seconds, between them."""
    return lambda exchange: _response(exchange, pauses=seconds)


def fail(failure: str) -> Edit:
    """Give no response: `reset`, `timeout` or `garbage`."""
    return lambda exchange: replace(exchange, response=None, failure=failure)


def cut(count: int) -> Edit:
    """Close the connection `count` bytes before the promised end."""
    return lambda exchange: _response(exchange, body=_content(exchange)[:-count], complete=False)


def halve(exchange: Exchange) -> Exchange:
    """Send half of the body, then close the connection."""
    content = _content(exchange)
    return _response(exchange, body=content[: len(content) // 2], complete=False)


def reset_midway(exchange: Exchange) -> Exchange:
    """Send half of the body, then reset the connection."""
    return replace(halve(exchange), failure="reset")


def close_after(exchange: Exchange) -> Exchange:
    """Close the connection after the response without having announced it."""
    return replace(exchange, failure="close")


def method(name: str) -> Edit:
    """Send this request method."""
    return lambda exchange: _request(exchange, method=name)


def url(change: Callable[[str], str]) -> Edit:
    """Change the requested URL."""
    return lambda exchange: _request(exchange, url=change(exchange.request.url))


def sent(name: str, value: str | None) -> Edit:
    """Set a request header; None removes it."""
    return lambda exchange: _request(exchange, headers=_with(exchange.request.headers, name, value))


def sent_body(content: bytes) -> Edit:
    """Send a request body."""
    return lambda exchange: _request(exchange, body=content)


def at(instant: Instant) -> Edit:
    """Send the request at this time."""
    return lambda exchange: replace(exchange, at=instant)


def knowing(**facts: Any) -> Edit:
    """Change fields of the Context, for faults that the bytes of one exchange do not show."""
    return lambda exchange: replace(exchange, context=replace(exchange.context, **facts))
