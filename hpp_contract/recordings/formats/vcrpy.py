"""vcrpy cassettes, YAML and JSON; provenance, times and context from the `metadata` that hpp-contract writes.

Bodies are `{string: …}` with a text or binary; older versions have `content` and `status_code` for httpx, and
serializers of others keep JSON as a value under `parsed_body`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from hpp_contract.model import Context, Exchange, Request, Response
from hpp_contract.recordings.formats import convert
from hpp_contract.recordings.formats.addresses import as_sent
from hpp_contract.recordings.formats.convert import Asked, Format, Item, NotKept, required

CREDENTIALS = ("right", "wrong", "none")
SESSIONS = ("known", "unknown", "malformed")


def _recognizes(document: Any) -> bool:
    if not isinstance(document, dict) or "interactions" not in document or document.get("version") not in (None, 1):
        return False
    request = convert.first_object(document["interactions"]).get("request")
    return not document["interactions"] or (isinstance(request, dict) and "uri" in request)


def _read(document: Any, _: Path | None) -> Iterator[Item]:
    metadata = document.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    items = convert.numbered(document["interactions"] or [], _address, _exchange)
    for index, item in enumerate(items):
        yield _annotated(item, metadata, index) if isinstance(item, Exchange) else item


def _address(interaction: Any) -> Asked:
    request = required(interaction, "request")
    return convert.method(required(request, "method")), as_sent(convert.scalar_text(required(request, "uri")))


def _exchange(interaction: Any, method: str, url: str) -> Exchange:
    request = interaction["request"]
    body = _value(request, "body")[0]
    asked = Request(method, url, convert.headers(request.get("headers")), b"" if isinstance(body, NotKept) else body)
    return convert.exchange(asked, _response(required(interaction, "response")))


def _response(response: Any) -> Response:
    fields = convert.headers(response.get("headers"))
    code, reason = convert.status_of(response)
    body, rewritten = _value(response, "content" if "status_code" in response else "body")
    return convert.response(code, fields, body, reason, rewritten=rewritten)


def _value(message: Any, name: str) -> tuple[bytes | NotKept, bool]:
    """The body under that name, or kept as a JSON value, and whether it is such a value."""
    if message.get("parsed_body") is not None and message.get(name) is None:
        return convert.as_json(message["parsed_body"]), True
    return convert.answered(message.get(name)), False


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
