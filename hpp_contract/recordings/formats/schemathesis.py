"""Schemathesis' NDJSON report: the exchanges are in the events that end a scenario. Its VCR report is read like Ruby
VCR's cassettes, its HAR report like any HAR."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hpp_contract.model import Exchange, Instant, Request
from hpp_contract.recordings.formats import convert
from hpp_contract.recordings.formats.convert import Asked, Format, Item, NotKept, required
from hpp_contract.recordings.formats.times import instant_of
from hpp_contract.recordings.formats.unparsed import parsed


def _recognizes(document: Any) -> bool:
    return "Initialize" in convert.first_object(document)


def _read(document: Any, _: Path | None) -> Iterator[Item]:
    events = (parsed(event) for event in document)
    ended = [event["ScenarioFinished"] for event in events if isinstance(event, dict) and "ScenarioFinished" in event]
    return convert.numbered([each for scenario in ended for each in _interactions(scenario)], _address, _exchange)


def _interactions(scenario: Any) -> list[Any]:
    recorder = scenario.get("recorder") if isinstance(scenario, dict) else None
    interactions = recorder.get("interactions") if isinstance(recorder, dict) else None
    return list(interactions.values()) if isinstance(interactions, dict) else []


def _address(interaction: Any) -> Asked:
    request = required(interaction, "request")
    return convert.scalar_text(required(request, "method")), convert.scalar_text(required(request, "uri"))


def _exchange(interaction: Any, method: str, url: str) -> Exchange:
    request, response = interaction["request"], interaction.get("response")
    asked = Request(method, url, convert.headers(request.get("headers")), _content(request.get("body")))
    at = _instant(interaction.get("timestamp"))
    if response is None:
        return convert.exchange(asked, None, at=at, failure="unanswered")
    fields, body = convert.headers(response.get("headers")), response.get("content")
    kept = NotKept("left out") if body is None else _content(body)
    answered = convert.response(required(response, "status_code"), fields, kept)
    return convert.exchange(asked, answered, at=at, elapsed=response.get("elapsed"))


def _content(value: Any) -> bytes:
    match value:
        case {"$base64": str(packed)}:
            return convert.unbase64(packed)
    return convert.content(value)


def _instant(seconds: Any) -> Instant | None:
    at = instant_of(seconds)
    return Instant((at.ns + 500) // 1000 * 1000, 6) if at is not None else None


SCHEMATHESIS = Format("Schemathesis NDJSON", _recognizes, _read)
