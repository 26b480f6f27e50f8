"""Cassettes of Ruby VCR (YAML or JSON) and of the formats made after it: Betamax, R's vcr, rVCR, Schemathesis' report.

Bodies are `{string: …}` or `{base64_string: …}`; times stand in `recorded_at`, as HTTP dates (Ruby) or ISO 8601.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hpp_contract.model import Exchange, Request, Response
from hpp_contract.model.exchange import MAX_CONTENT
from hpp_contract.recordings.formats import convert
from hpp_contract.recordings.formats.addresses import as_sent
from hpp_contract.recordings.formats.convert import Asked, Format, Item, NotKept, Unreadable, required
from hpp_contract.recordings.formats.times import instant


def _recognizes(document: Any) -> bool:
    return isinstance(document, dict) and "http_interactions" in document


def _read(document: Any, _: Path | None) -> Iterator[Item]:
    return convert.numbered(document["http_interactions"] or [], _address, _exchange)


def _address(interaction: Any) -> Asked:
    request = required(interaction, "request")
    return convert.method(required(request, "method")), as_sent(convert.scalar_text(required(request, "uri")))


def _exchange(interaction: Any, method: str, url: str) -> Exchange:
    request = interaction["request"]
    fields = convert.headers(request.get("headers"))
    asked = Request(method, url, fields, convert.content(_body(request.get("body"))))
    response, at = interaction.get("response"), instant(interaction.get("recorded_at"))
    if response is None:  # Schemathesis records requests without an answer
        return convert.exchange(asked, None, at=at, failure="unanswered")
    return convert.exchange(asked, _response(response), at=at, elapsed=_seconds(response.get("elapsed")))


def _response(response: Any) -> Response:
    code, reason = convert.status_of(response)
    return convert.response(code, convert.headers(response.get("headers")), _answered(response.get("body")), reason)


def _answered(body: Any) -> bytes | NotKept:
    if isinstance(body, dict) and (body.get("on_disk") or body.get("file") not in (None, False, "no", "false")):
        return NotKept("in another file")  # R's write_disk_path
    if isinstance(body, dict) and isinstance(body.get("raw_gzip"), str):  # R's vcr 2, of what is no text
        return _inflated(convert.unbase64(body["raw_gzip"]))
    return convert.answered(_body(body))


def _inflated(packed: bytes) -> bytes:
    undo = zlib.decompressobj(47)  # gzip or zlib, as R has it
    try:
        return undo.decompress(packed, MAX_CONTENT)
    except zlib.error as error:
        raise Unreadable("a packed body that cannot be unpacked") from error


def _body(body: Any) -> Any:
    """The body, None where there is only the name of its encoding."""
    if isinstance(body, dict):
        return body if body.get("base64_string") is not None or body.get("string") is not None else None
    return body


def _seconds(elapsed: Any) -> float | None:
    try:
        return float(elapsed)
    except (TypeError, ValueError):
        return None


RUBY_VCR = Format("Ruby VCR, Betamax, R vcr, Schemathesis VCR", _recognizes, _read)
