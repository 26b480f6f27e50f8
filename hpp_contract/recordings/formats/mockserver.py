"""MockServer: expectations, and recorded requests with their responses (JSON)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hpp_contract.model import Exchange, Request
from hpp_contract.recordings.formats import convert
from hpp_contract.recordings.formats.convert import Format, Unreadable, required
from hpp_contract.recordings.formats.ruby_vcr import instant


def _recognizes(document: Any) -> bool:
    first = convert.first_item(document) or document
    return isinstance(first, dict) and isinstance(first.get("httpRequest"), dict)


def _read(document: Any, _: Path | None) -> Iterator[Exchange | Unreadable]:
    return convert.numbered(document if isinstance(document, list) else [document], _exchange)


def _exchange(recorded: Any) -> Exchange | None:
    request, response = recorded["httpRequest"], recorded.get("httpResponse")
    if response is None:  # an expectation that forwards, or fails on purpose
        return None
    secure = "http" if request.get("secure") is False else "https"
    host = next((value for name, value in convert.headers(request.get("headers")) if name.lower() == "host"), None)
    path = convert.scalar_text(required(request, "path"))
    asked = Request(
        convert.scalar_text(request.get("method", "GET")),
        f"{secure}://{host}{path}" if host else convert.located(path),
        convert.headers(request.get("headers")),
        _body(request.get("body")),
    )
    body = response.get("body")
    answered = convert.response(
        response.get("statusCode", 200),
        convert.headers(response.get("headers")),
        _body(body),
        response.get("reasonPhrase"),
        rewritten=isinstance(body, dict) and "rawBytes" not in body and "base64Bytes" not in body,
    )
    at = instant(recorded.get("timestamp"))
    return convert.exchange(asked, answered, at=at, standalone=at is None)


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
