"""PHP-VCR cassettes, YAML or JSON: a list of requests and responses without times."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hpp_contract.model import Exchange, Headers, Request
from hpp_contract.recordings.formats import convert
from hpp_contract.recordings.formats.convert import Format, Unreadable, required


def _recognizes(document: Any) -> bool:
    first = convert.first_item(document)
    return isinstance(first, dict) and isinstance(first.get("request"), dict) and "response" in first


def _read(document: Any, _: Path | None) -> Iterator[Exchange | Unreadable]:
    return convert.numbered(document, _exchange)


def _exchange(recording: Any) -> Exchange:
    request, response = required(recording, "request"), required(recording, "response")
    asked = Request(
        convert.method(required(request, "method")),
        convert.scalar_text(required(request, "url")),
        _non_empty(convert.headers(request.get("headers") or None)),
        convert.content(request.get("body")),
    )
    status = required(response, "status")
    code, reason = (status.get("code"), status.get("message")) if isinstance(status, dict) else (status, "")
    fields = convert.headers(response.get("headers") or None)
    return convert.exchange(asked, convert.response(code, fields, convert.content(response.get("body")), reason))


def _non_empty(fields: Headers) -> Headers:
    """The fields that were sent: PHP-VCR writes an empty Host or Accept for one that was turned off."""
    return tuple(field for field in fields if field[1])


PHP_VCR = Format("PHP-VCR", _recognizes, _read)
