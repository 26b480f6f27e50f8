"""vcrpy cassettes, YAML and JSON; provenance, times and context from the `metadata` that hpp-contract writes.

Bodies are `{string: …}` with a text or binary; older versions have `content` and `status_code` for httpx.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from hpp_contract.model import Context, Exchange, Request, Response
from hpp_contract.recordings.formats import convert
from hpp_contract.recordings.formats.convert import Format, Unreadable, required

CREDENTIALS = ("right", "wrong", "none")
SESSIONS = ("known", "unknown", "malformed")


def _recognizes(document: Any) -> bool:
    if not isinstance(document, dict) or "interactions" not in document or document.get("version") not in (None, 1):
        return False
    first = convert.first_item(document["interactions"])
    request = first.get("request") if isinstance(first, dict) else None
    return not document["interactions"] or (isinstance(request, dict) and "uri" in request)


def _read(document: Any, _: Path | None) -> Iterator[Exchange | Unreadable]:
    metadata = document.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    items = convert.numbered(document["interactions"] or [], _exchange)
    for index, item in enumerate(items):
        yield _annotated(item, metadata, index) if isinstance(item, Exchange) else item


def _exchange(interaction: Any) -> Exchange:
    request = required(interaction, "request")
    asked = Request(
        convert.method(required(request, "method")),
        convert.scalar_text(required(request, "uri")),
        convert.headers(request.get("headers")),
        convert.content(request.get("body")),
    )
    return convert.exchange(asked, _response(required(interaction, "response")))


def _response(response: Any) -> Response:
    fields = convert.headers(required(response, "headers"))
    if "status_code" in response:
        return convert.response(response["status_code"], fields, convert.content(response.get("content")))
    status = required(response, "status")
    body = convert.content(required(response, "body"))
    return convert.response(required(status, "code"), fields, body, status.get("message"))


def _annotated(exchange: Exchange, metadata: dict[str, Any], index: int) -> Exchange:
    asked = _at(metadata.get("asked"), index)
    asked = asked if isinstance(asked, dict) else {}
    context = Context(
        recorded=True,
        provenance=convert.text(metadata.get("provenance")) or None,
        credentials=asked["credentials"] if asked.get("credentials") in CREDENTIALS else None,
        session=asked["session"] if asked.get("session") in SESSIONS else None,
    )
    timed = convert.exchange(exchange.request, exchange.response, at=_at(metadata.get("times"), index))
    return replace(timed, context=context, evidence=exchange.evidence)


def _at(values: Any, index: int) -> Any:
    return values[index] if isinstance(values, list) and index < len(values) else None


VCRPY = Format("vcrpy", _recognizes, _read)
