"""Scotch cassettes (JSON), of C#: header fields of the content apart from the others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hpp_contract.model import Exchange, Headers, Request
from hpp_contract.recordings.formats import convert
from hpp_contract.recordings.formats.addresses import located
from hpp_contract.recordings.formats.convert import Asked, Format, Item, required
from hpp_contract.recordings.formats.times import instant


def _recognizes(document: Any) -> bool:
    first = convert.first_object(document)
    request = first.get("Request")
    return isinstance(request, dict) and "URI" in request and "Response" in first


def _read(document: Any, _: Path | None) -> Iterator[Item]:
    return convert.numbered(document, _address, _exchange)


def _address(recorded: Any) -> Asked:
    request = required(recorded, "Request")
    method = convert.scalar_text(request.get("Method") or "GET").upper()
    return method, located(convert.scalar_text(required(request, "URI")))


def _exchange(recorded: Any, method: str, url: str) -> Exchange:
    request, response = recorded["Request"], recorded["Response"]
    asked = Request(method, url, _fields(request, "RequestHeaders"), convert.content(request.get("Body")))
    status = required(response, "Status")
    fields, body = _fields(response, "ResponseHeaders"), convert.answered(response.get("Body"))
    answered = convert.response(required(status, "Code"), fields, body, status.get("Message"))
    return convert.exchange(asked, answered, at=instant(recorded.get("RecordedAt")))


def _fields(message: Any, name: str) -> Headers:
    return (*convert.headers(message.get(name)), *convert.headers(message.get("ContentHeaders")))


SCOTCH = Format("Scotch", _recognizes, _read)
