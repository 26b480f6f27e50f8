"""go-vcr cassettes (YAML, JSON): version 1 of go-vcr v1 and v2, version 2 of go-vcr v3 and v4."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from hpp_contract.model import Exchange, Request
from hpp_contract.recordings.formats import convert
from hpp_contract.recordings.formats.addresses import as_sent
from hpp_contract.recordings.formats.convert import Asked, Format, Item, required

_UNITS: Final = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_PART: Final = re.compile(r"([0-9.]+)(h|ms|m|s|us|µs|ns)")


def _recognizes(document: Any) -> bool:
    if not isinstance(document, dict) or "interactions" not in document:
        return False
    request = convert.first_object(document["interactions"]).get("request")
    return isinstance(request, dict) and "url" in request


def _read(document: Any, _: Path | None) -> Iterator[Item]:
    return convert.numbered(document["interactions"], _address, _exchange)


def _address(interaction: Any) -> Asked:
    request = required(interaction, "request")
    method = convert.method(request.get("method")) or "GET"  # Go's empty method is GET
    return method, as_sent(convert.scalar_text(required(request, "url")))


def _exchange(interaction: Any, method: str, url: str) -> Exchange:
    request, response = interaction["request"], required(interaction, "response")
    asked = Request(method, url, convert.headers(request.get("headers")), convert.content(request.get("body")))
    code = required(response, "code")
    reason = convert.text(response.get("status")).partition(" ")[2]
    body = convert.answered(response.get("body", ""))  # Go leaves out what is empty
    length = response.get("content_length")
    if body == b"" and isinstance(length, int) and length > 0:
        body = convert.NotKept("left out")
    fields = convert.headers(response.get("headers"))
    return convert.exchange(
        asked,
        convert.response(code, fields, body, reason, rewritten=response.get("uncompressed") is True),
        elapsed=_seconds(response.get("duration")),
    )


def _seconds(duration: Any) -> float | None:
    """Go's way to write a duration: `1m2.5s`, or nothing where it was not measured."""
    if not isinstance(duration, str) or not re.fullmatch(f"(?:{_PART.pattern})+", duration):
        return None
    try:
        return sum(float(count) * _UNITS[unit] for count, unit in _PART.findall(duration)) or None
    except ValueError:
        return None


GO_VCR = Format("go-vcr", _recognizes, _read)
