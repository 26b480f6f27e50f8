"""Pact contracts, versions 1 to 4: the examples that a consumer's tests were run against."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from hpp_contract.model import Exchange, Request
from hpp_contract.recordings.formats import convert
from hpp_contract.recordings.formats.addresses import located
from hpp_contract.recordings.formats.convert import Asked, Format, Item, Skipped


def _recognizes(document: Any) -> bool:
    return isinstance(document, dict) and "consumer" in document and "provider" in document


def _read(document: Any, _: Path | None) -> Iterator[Item]:
    return convert.numbered(document.get("interactions") or [], _address, _exchange)


def _address(interaction: Any) -> Asked | Skipped:
    if "request" not in interaction or "response" not in interaction:  # a message of version 4
        return Skipped.OPERATION
    request = interaction["request"]
    url, query = located(convert.scalar_text(request.get("path", "/"))), _query(request.get("query"))
    return convert.method(request.get("method") or "GET").upper(), f"{url}?{query}" if query else url


def _exchange(interaction: Any, method: str, url: str) -> Exchange:
    request, response = interaction["request"], interaction["response"]
    asked = Request(method, url, convert.headers(request.get("headers")), _body(request.get("body")))
    body, fields = response.get("body"), convert.headers(response.get("headers"))
    answered = convert.response(response.get("status", 200), fields, _body(body), rewritten=not isinstance(body, str))
    return convert.exchange(asked, answered, standalone=True)


def _query(value: Any) -> str:
    """A query, which is a text up to version 2 and an object of lists from then on."""
    if isinstance(value, dict):
        return urlencode(
            [(name, convert.scalar_text(each)) for name, held in value.items() for each in convert.listed(held)]
        )
    return convert.scalar_text(value)


def _body(value: Any) -> bytes:
    """The body: a JSON value, a text, or the object of version 4 that says how its `content` is encoded."""
    match value:
        case None:
            return b""
        case {"content": inner, "encoded": str(encoding)} if encoding.lower() == "base64":
            return convert.unbase64(convert.scalar_text(inner))
        case {"content": inner, **rest} if rest.keys() <= {"contentType", "contentTypeHint", "encoded"}:
            return _body(inner)
        case str():
            return convert.content(value)
    return convert.as_json(value)


PACT = Format("Pact", _recognizes, _read)
