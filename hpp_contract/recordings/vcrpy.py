"""vcrpy cassettes, version 1, YAML and JSON; provenance and times from the `metadata` that hpp-contract writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hpp_contract.exchange import Exchange, Instant, Knowledge, Request, Response
from hpp_contract.recordings.form import Format, Unreadable, content, headers, required, status_code


def _recognises(document: Any) -> bool:
    if not isinstance(document, dict) or "interactions" not in document:
        return False
    interactions = document["interactions"] or []
    first = interactions[0] if isinstance(interactions, list) and interactions else {}
    request = first.get("request", {}) if isinstance(first, dict) else None
    return not request or (isinstance(request, dict) and "uri" in request and "code" not in first.get("response", {}))


def _read(document: Any) -> Iterator[Exchange]:
    if not isinstance(document["interactions"], list):
        raise Unreadable("interactions is not a list")
    metadata = document.get("metadata") or {}
    known = Knowledge(kept=True, provenance=_text(metadata.get("provenance")))
    times = metadata.get("times") or []
    for index, interaction in enumerate(document["interactions"]):
        at = Instant.parse(times[index]) if index < len(times) else None
        yield Exchange(_request(interaction), _response(interaction), at=at, evidence=f"#{index + 1}", known=known)


def _request(interaction: Any) -> Request:
    request = required(interaction, "request")
    method, uri = str(required(request, "method")), str(required(request, "uri"))
    return Request(method, uri, headers(request.get("headers")), content(request.get("body")))


def _response(interaction: Any) -> Response:
    response = required(interaction, "response")
    status = required(response, "status")
    body = content(response.get("body"))
    return Response(
        status_code(required(status, "code")), headers(response.get("headers")), body, str(status.get("message") or "")
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


VCRPY = Format("vcrpy", _recognises, _read)
