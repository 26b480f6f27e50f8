"""MockServer: expectations, and recorded requests with their responses (JSON).

An expectation without a path, or with a pattern for one, answers many requests and is none of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hpp_contract.model import Exchange, Request
from hpp_contract.model.exchange import first
from hpp_contract.recordings.formats import convert
from hpp_contract.recordings.formats.addresses import is_pattern, located, may_be_session
from hpp_contract.recordings.formats.convert import Asked, Format, Item, Skipped, Unreadable
from hpp_contract.recordings.formats.times import instant


def _recognizes(document: Any) -> bool:
    expectation = convert.first_item(document) or document
    return isinstance(expectation, dict) and isinstance(expectation.get("httpRequest"), dict)


def _read(document: Any, _: Path | None) -> Iterator[Item]:
    return convert.numbered(document if isinstance(document, list) else [document], _address, _exchange)


def _address(recorded: Any) -> Asked | Skipped:
    request, path = recorded["httpRequest"], recorded["httpRequest"].get("path")
    if not isinstance(path, str) or is_pattern(path):
        return Skipped.STUB if may_be_session(str(path)) else Skipped.OPERATION
    secure = "http" if request.get("secure") is False else "https"
    host = first(convert.headers(request.get("headers")), "host")
    method = request.get("method") or "GET"
    url = f"{secure}://{host}{path}" if host and not is_pattern(host) else path
    return "GET" if not isinstance(method, str) or is_pattern(method) else convert.method(method), located(url)


def _exchange(recorded: Any, method: str, url: str) -> Exchange | Skipped:
    request, response = recorded["httpRequest"], recorded.get("httpResponse")
    if response is None:  # an expectation that forwards, computes its answer, or fails on purpose
        return Skipped.STUB
    body = response.get("body")
    answered = convert.response(
        response.get("statusCode", 200),
        convert.headers(response.get("headers")),
        _body(body),
        response.get("reasonPhrase"),
        rewritten=isinstance(body, dict) and "rawBytes" not in body and "base64Bytes" not in body,
    )
    at = instant(recorded.get("timestamp"))
    asked = Request(method, url, convert.headers(request.get("headers")), _asked(request.get("body")))
    return convert.exchange(asked, answered, at=at, standalone=at is None)


def _asked(value: Any) -> bytes:
    """The body of a request; a matcher of many is none."""
    try:
        return _body(value)
    except Unreadable:
        return b""


def _body(value: Any) -> bytes:
    """The body: a text, or an object that says by its `type` what it holds."""
    match value:
        case None | str():
            return convert.content(value)
        case {"rawBytes": str(packed)} | {"base64Bytes": str(packed)}:
            return convert.unbase64(packed)
        case {"json": str(inner)} | {"string": str(inner)} | {"xml": str(inner)}:
            return convert.content(inner)
        case {"json": inner}:
            return convert.as_json(inner)
        case {"type": str()}:
            raise Unreadable("a matcher of many bodies, not a body")
    return convert.as_json(value)


MOCKSERVER = Format("MockServer", _recognizes, _read)
