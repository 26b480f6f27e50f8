"""Schemathesis' NDJSON report: the exchanges are in the events that end a scenario. Its VCR report is read like Ruby
VCR's cassettes, its HAR report like any HAR."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hpp_contract.model import Exchange, Instant, Request
from hpp_contract.recordings.formats import convert
from hpp_contract.recordings.formats.convert import Format, Unreadable, required


def _recognizes(document: Any) -> bool:
    first = convert.first_item(document)
    return isinstance(first, dict) and "Initialize" in first


def _read(document: Any, _: Path | None) -> Iterator[Exchange | Unreadable]:
    ended = [event["ScenarioFinished"] for event in document if isinstance(event, dict) and "ScenarioFinished" in event]
    return convert.numbered([each for scenario in ended for each in _interactions(scenario)], _exchange)


def _interactions(scenario: Any) -> list[Any]:
    recorder = scenario.get("recorder") if isinstance(scenario, dict) else None
    interactions = recorder.get("interactions") if isinstance(recorder, dict) else None
    return list(interactions.values()) if isinstance(interactions, dict) else []


def _exchange(interaction: Any) -> Exchange:
    request, response = required(interaction, "request"), interaction.get("response")
    asked = Request(
        convert.scalar_text(required(request, "method")),
        convert.scalar_text(required(request, "uri")),
        convert.headers(request.get("headers")),
        _body(request.get("body")),
    )
    at = _instant(interaction.get("timestamp"))
    if response is None:
        return convert.exchange(asked, None, at=at, failure="unanswered")
    fields = convert.headers(response.get("headers"))
    answered = convert.response(required(response, "status_code"), fields, _body(response.get("content")))
    return convert.exchange(asked, answered, at=at, elapsed=response.get("elapsed"))


def _body(value: Any) -> bytes:
    match value:
        case {"$base64": str(packed)}:
            return convert.unbase64(packed)
    return convert.content(value)


def _instant(seconds: Any) -> Instant | None:
    if not isinstance(seconds, int | float) or not math.isfinite(seconds):
        return None
    return Instant(round(seconds * 1_000_000) * 1000, 6)


SCHEMATHESIS = Format("Schemathesis NDJSON", _recognizes, _read)
