"""Faults: named lies, as data, declared beside the rule they break.

A fault takes the honest exchange of a stage (a scenario, or a situation such as `unknown-id`) and edits it. The server
tells it on the wire, `explain` prints it, the tests prove with it that every rule can fail.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

from hpp_contract.model import Exchange, Instant, Response

Edit = Callable[[Exchange], Exchange]
"""A pure change of one exchange. The factories below cover what can go wrong; each returns an Edit."""

Source = Literal["server", "client", "recorder", "adapter"]
"""Who can tell a lie: a server in an exchange, a client in a request, a recorder in what it keeps, an adapter in the
answer it gives."""

Honest = TypeVar("Honest")

FOREVER = 1_000_000


@dataclass(frozen=True)
class Fault:
    """One lie: `edits` applied to the exchanges of stage `on`, from poll `since` up to but not including `until`. An
    adapter's lie edits answers, and its stage is a client case.

    `also` names the rules that cannot help noticing it too; `teller` is who can tell it.
    """

    name: str
    scenario: str
    edits: tuple[Callable[[Any], Any], ...]
    since: int = 0
    until: int = FOREVER
    also: tuple[str, ...] = ()
    source: Source = "server"

    def applies(self, scenario: str, poll: int) -> bool:
        return scenario == self.scenario and self.since <= poll < self.until

    def __call__(self, honest: Honest) -> Honest:
        for edit in self.edits:
            honest = edit(honest)
        return honest


def fault(
    name: str,
    scenario: str,
    *edits: Callable[[Any], Any],
    since: int = 0,
    until: int = FOREVER,
    also: tuple[str, ...] = (),
    source: Source = "server",
) -> Fault:
    """A Fault, with its edits given one after the other."""
    return Fault(name, scenario, edits, since, until, also, source)


def _response(exchange: Exchange, **changes: Any) -> Exchange:
    response = exchange.response or Response(200)
    return replace(exchange, response=replace(response, **changes))


def _request(exchange: Exchange, **changes: Any) -> Exchange:
    return replace(exchange, request=replace(exchange.request, **changes))


def _with(headers: tuple[tuple[str, str], ...], name: str, value: str | None) -> tuple[tuple[str, str], ...]:
    kept = tuple(pair for pair in headers if pair[0].lower() != name.lower())
    return kept if value is None else (*kept, (name, value))


def status(code: int) -> Edit:
    """Answer with this status code."""
    return lambda exchange: _response(exchange, status=code, reason="")


def header(name: str, value: str | None) -> Edit:
    """Set a response header; None removes it."""
    return lambda exchange: _response(
        exchange, headers=_with((exchange.response or Response(200)).headers, name, value)
    )


def body(content: bytes) -> Edit:
    """Answer with exactly these bytes."""
    return lambda exchange: _response(exchange, body=content)


def rewrite(change: Callable[[bytes], bytes]) -> Edit:
    """Change the body's bytes."""
    return lambda exchange: _response(exchange, body=change(exchange.response.body if exchange.response else b""))


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


def slow(seconds: float) -> Edit:
    """Take this long to answer."""
    return lambda exchange: replace(exchange, elapsed=seconds)


def fail(failure: str) -> Edit:
    """Give no response: `reset`, `timeout` or `garbage`."""
    return lambda exchange: replace(exchange, response=None, failure=failure)


def cut(count: int) -> Edit:
    """Close the connection `count` bytes before the promised end."""

    def edit(exchange: Exchange) -> Exchange:
        content = exchange.response.body if exchange.response else b""
        return _response(exchange, body=content[:-count], complete=False)

    return edit


def knowing(**facts: Any) -> Edit:
    """Change what the observer knows (for faults that no single exchange shows)."""
    return lambda exchange: replace(exchange, context=replace(exchange.context, **facts))


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
    """Make it happen at this time."""
    return lambda exchange: replace(exchange, at=instant)
