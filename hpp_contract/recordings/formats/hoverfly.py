"""Hoverfly simulations (JSON), versions 1 to 5: captured requests as matchers, with their responses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hpp_contract.model import Exchange, Request
from hpp_contract.recordings.formats import convert
from hpp_contract.recordings.formats.addresses import located, may_be_session
from hpp_contract.recordings.formats.convert import Asked, Format, Item, Skipped, required


def _recognizes(document: Any) -> bool:
    data = document.get("data") if isinstance(document, dict) else None
    return isinstance(data, dict) and "pairs" in data


def _read(document: Any, _: Path | None) -> Iterator[Item]:
    return convert.numbered(document["data"]["pairs"] or [], _address, _exchange)


def _address(pair: Any) -> Asked | Skipped:
    request = required(pair, "request")
    path = _exact(request.get("path"))
    if path is None:
        return Skipped.STUB if may_be_session(str(request.get("path"))) else Skipped.OPERATION
    host, scheme = _exact(request.get("destination")), _exact(request.get("scheme")) or "https"
    url = f"{scheme}://{host}{path}" if host else path
    query = _query(request.get("query"))
    return _exact(request.get("method")) or "GET", located(f"{url}?{query}" if query else url)


def _query(value: Any) -> str:
    """The query: a text up to version 4, an object of matchers in version 5."""
    if isinstance(value, dict) and not {"matcher", "exactMatch"} & value.keys():
        return "&".join(f"{name}={_exact(matchers) or ''}" for name, matchers in value.items())
    return _exact(value) or ""


def _exact(matchers: Any) -> str | None:
    """The one value that the matchers take; None where they take others too."""
    match matchers:
        case str():
            return matchers
        case [only]:
            return _exact(only)
        case {"matcher": "exact", "value": str(value)} | {"exactMatch": str(value)}:
            return value
    return None


def _exchange(pair: Any, method: str, url: str) -> Exchange | Skipped:
    request, response = pair["request"], required(pair, "response")
    if response.get("templated") is True and "{{" in convert.text(response.get("body")):
        return Skipped.STUB
    held = request.get("headers") or {}
    sent = tuple((name, value) for name, each in held.items() for value in [_exact(each)] if value is not None)
    body = convert.scalar_text(response.get("body"))
    content = convert.unbase64(body) if response.get("encodedBody") is True else convert.content(body)
    if not body and response.get("bodyFile"):
        return convert.exchange(
            Request(method, url, sent),
            convert.response(response.get("status", 200), (), convert.NotKept("in another file")),
            standalone=True,
        )
    answered = convert.response(response.get("status", 200), convert.headers(response.get("headers")), content)
    return convert.exchange(Request(method, url, sent), answered, standalone=True)


HOVERFLY = Format("Hoverfly", _recognizes, _read)
