"""MockServer: expectations, and recorded requests with their responses (JSON)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hpp_contract.model import Exchange, Request
from hpp_contract.recordings import form
from hpp_contract.recordings.form import Format, Unreadable, required
from hpp_contract.recordings.ruby_vcr import instant


def _recognises(document: Any) -> bool:
    first = form.first_item(document) or document
    return isinstance(first, dict) and isinstance(first.get("httpRequest"), dict)


def _read(document: Any, _: Path | None) -> Iterator[Exchange | Unreadable]:
    return form.numbered(document if isinstance(document, list) else [document], _exchange)


def _exchange(recorded: Any) -> Exchange | None:
    request, response = recorded["httpRequest"], recorded.get("httpResponse")
    if response is None:  # an expectation that forwards, or fails on purpose
        return None
    secure = "http" if request.get("secure") is False else "https"
    host = next((value for name, value in form.headers(request.get("headers")) if name.lower() == "host"), None)
    path = form.word(required(request, "path"))
    asked = Request(
        form.word(request.get("method", "GET")),
        f"{secure}://{host}{path}" if host else form.located(path),
        form.headers(request.get("headers")),
        _body(request.get("body")),
    )
    kept = response.get("body")
    answered = form.response(
        response.get("statusCode", 200),
        form.headers(response.get("headers")),
        _body(kept),
        response.get("reasonPhrase"),
        rewritten=isinstance(kept, dict) and "rawBytes" not in kept and "base64Bytes" not in kept,
    )
    at = instant(recorded.get("timestamp"))
    return form.exchange(asked, answered, at=at, alone=at is None)


def _body(value: Any) -> bytes:
    """The body: a text, or an object that says by its `type` what it holds."""
    match value:
        case None | str():
            return form.content(value)
        case {"rawBytes": str(packed)} | {"base64Bytes": str(packed)}:
            return form.unbase64(packed)
        case {"json": str(inner)} | {"string": str(inner)} | {"xml": str(inner)}:
            return form.content(inner)
        case {"json": inner}:
            return form.as_json(inner)
        case {"type": str()}:
            raise Unreadable("a body that matches many texts and is none")
    return form.as_json(value)


MOCKSERVER = Format("MockServer", _recognises, _read)
