"""PHP-VCR cassettes, YAML or JSON: a list of requests and responses without times."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hpp_contract.model import Exchange, Headers, Request
from hpp_contract.recordings.formats import convert
from hpp_contract.recordings.formats.addresses import as_sent
from hpp_contract.recordings.formats.convert import Asked, Format, Item, required


def _recognizes(document: Any) -> bool:
    first = convert.first_object(document)
    request = first.get("request")
    return isinstance(request, dict) and {"method", "url"} <= request.keys() and "response" in first


def _read(document: Any, _: Path | None) -> Iterator[Item]:
    return convert.numbered(document, _address, _exchange)


def _address(recording: Any) -> Asked:
    request = required(recording, "request")
    return convert.method(required(request, "method")), as_sent(convert.scalar_text(required(request, "url")))


def _exchange(recording: Any, method: str, url: str) -> Exchange:
    request, response = recording["request"], required(recording, "response")
    fields = _non_empty(convert.headers(request.get("headers") or None))
    asked = Request(method, url, fields, convert.content(request.get("body")))
    if response is None:
        return convert.exchange(asked, None, failure="unanswered")
    code, reason = convert.status_of(response)
    fields = convert.headers(response.get("headers") or None)
    return convert.exchange(asked, convert.response(code, fields, convert.answered(response.get("body")), reason))


def _non_empty(fields: Headers) -> Headers:
    """The fields that were sent: PHP-VCR writes an empty Host or Accept for one that was turned off."""
    return tuple(field for field in fields if field[1])


PHP_VCR = Format("PHP-VCR", _recognizes, _read)
