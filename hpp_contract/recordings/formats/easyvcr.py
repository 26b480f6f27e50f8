"""EasyVCR cassettes (JSON), of EasyPost's libraries for Java, C#, Python and others: these differ in how they write
names (`bodyContentType`, `body_content_type`) and times."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hpp_contract.model import Exchange, Request
from hpp_contract.recordings.formats import convert
from hpp_contract.recordings.formats.addresses import located
from hpp_contract.recordings.formats.convert import Asked, Format, Item, required
from hpp_contract.recordings.formats.times import instant, instant_of


def _recognizes(document: Any) -> bool:
    first = convert.first_object(document)
    request, response = first.get("request"), first.get("response")
    timed = "recordedAt" in first or "recorded_at" in first
    return timed and isinstance(request, dict) and "uri" in request and isinstance(response, dict)


def _read(document: Any, _: Path | None) -> Iterator[Item]:
    return convert.numbered(document, _address, _exchange)


def _address(recorded: Any) -> Asked:
    request = required(recorded, "request")
    method = convert.scalar_text(request.get("method") or "GET").upper()  # C# writes Get
    return method, located(convert.scalar_text(required(request, "uri")))


def _exchange(recorded: Any, method: str, url: str) -> Exchange:
    request, response = recorded["request"], required(recorded, "response")
    asked = Request(method, url, convert.headers(request.get("headers")), convert.content(request.get("body")))
    at = recorded.get("recordedAt", recorded.get("recorded_at"))
    code, reason = convert.status_of(response)
    fields = convert.headers(response.get("headers"))
    answered = convert.response(code, fields, convert.answered(response.get("body")), reason)
    elapsed = recorded.get("duration")
    seconds = elapsed / 1000 if isinstance(elapsed, int | float) and elapsed > 0 else None
    return convert.exchange(asked, answered, at=instant(at) or instant_of(at), elapsed=seconds)


EASYVCR = Format("EasyVCR", _recognizes, _read)
