"""Convert an exception of any library to the error a client gave its caller: only what the caller can reach."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from hpp_contract.model.client_read import STATUS_CODES, Failure

_STATUS: Final = ("http_status", "status_code", "status", "http_code", "code")
_RESPONSES: Final = ("response", "http_response", "resp")
_BODIES: Final = ("body", "error", "payload", "data", "details", "json_body", "error_body", "content", "text")
_HEADERS: Final = ("headers", "response_headers", "hdrs")
_LENGTH: Final = 10_000
_TIMEOUTS: Final = ("timeout", "timedout", "deadline")
_NETWORK: Final = (
    "connect",
    "network",
    "protocol",
    "transport",
    "remotedisconnected",
    "incompleteread",
    "badstatusline",
)


def failure_of(error: BaseException) -> Failure:
    """What a caller who catches `error` can learn from it and from its causes."""
    chain = list(_chain(error))
    holders = [holder for cause in chain for holder in (cause, *_attributes(cause, _RESPONSES))]
    body = next(filter(None, map(_body, holders)), {})
    status = next((code for code in map(_status, holders) if code), None)
    messages = _first(holders, body, "error_messages")
    return Failure(
        kind=_kind(chain, status),
        type=type(error).__name__,
        message="\n".join(f"{cause}\n{cause!r}" for cause in map(_Exposed, chain))[:_LENGTH],
        http_status=status,
        error_code=_text(_first(holders, body, "error_code")),
        error_messages=tuple(map(str, messages)) if isinstance(messages, list | tuple) else None,
        correlation_id=_text(_first(holders, body, "correlation_id")) or _correlation(holders),
    )


class _Exposed:
    """An exception's texts, however broken its methods are."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def __str__(self) -> str:
        return _safe(lambda: str(self._error)) or ""

    def __repr__(self) -> str:
        return _safe(lambda: repr(self._error)) or ""


def _safe(function: Callable[[], Any]) -> Any:
    """What `function` returns; None if it raises, because objects of other libraries may raise anything."""
    try:
        return function()
    except Exception:  # the caller could not have read it either
        return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)


def _attributes(holder: Any, names: tuple[str, ...]) -> Iterator[Any]:
    for name in names:
        value = _safe(lambda name=name: getattr(holder, name, None))  # type: ignore[misc]  # a default binds it now
        if value is not None:
            yield value


def _status(holder: Any) -> int | None:
    for value in _attributes(holder, _STATUS):
        number = getattr(value, "value", value)
        if isinstance(number, int) and number in STATUS_CODES:
            return int(number)
    return None


def _body(holder: Any) -> Mapping[str, Any] | None:
    """The JSON object in an exception or its response, under any usual name."""
    for value in _attributes(holder, _BODIES):
        found = value if isinstance(value, Mapping) else _parsed(value)
        if found:
            return found
    return _parsed(_safe(lambda: holder.read(_LENGTH)))


def _parsed(value: Any) -> Mapping[str, Any] | None:
    if not isinstance(value, str | bytes) or len(value) > _LENGTH:
        return None
    found = _safe(lambda: json.loads(value))
    return found if isinstance(found, Mapping) else None


def _first(holders: list[Any], body: Mapping[str, Any], name: str) -> Any:
    own = (value for holder in holders for value in _attributes(holder, (name,)))
    return next(own, body.get(name))


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _correlation(holders: list[Any]) -> str | None:
    for holder in holders:
        for headers in _attributes(holder, _HEADERS):
            value = _safe(lambda headers=headers: headers.get("klarna-correlation-id"))  # type: ignore[misc]  # as above
            if isinstance(value, str):
                return value
    return None


def _kind(chain: list[BaseException], status: int | None) -> str:
    names = [cls.__name__.lower() for cause in chain for cls in type(cause).__mro__]
    if status is not None:
        return "http"
    if any(word in name for name in names for word in _TIMEOUTS):
        return "timeout"
    if any(isinstance(cause, json.JSONDecodeError | UnicodeDecodeError) for cause in chain):
        return "decode"
    if any(isinstance(cause, OSError) for cause in chain) or any(word in name for name in names for word in _NETWORK):
        return "network"
    return "decode" if any(isinstance(cause, ValueError | KeyError | TypeError) for cause in chain) else "client"
