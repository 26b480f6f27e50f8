"""OkReplay tapes (YAML), of Java and Kotlin, and those of its ancestor Betamax for Groovy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hpp_contract.model import Exchange, Request
from hpp_contract.recordings.formats import convert
from hpp_contract.recordings.formats.addresses import located
from hpp_contract.recordings.formats.convert import Asked, Format, Item, required
from hpp_contract.recordings.formats.times import instant


def _recognizes(document: Any) -> bool:
    if not isinstance(document, dict) or "name" not in document:
        return False
    first = convert.first_object(document.get("interactions"))
    response = first.get("response")
    return "recorded" in first or (isinstance(response, dict) and isinstance(response.get("status"), int))


def _read(document: Any, _: Path | None) -> Iterator[Item]:
    return convert.numbered(document["interactions"], _address, _exchange)


def _address(interaction: Any) -> Asked:
    request = required(interaction, "request")
    return convert.method(request.get("method") or "GET"), located(convert.scalar_text(required(request, "uri")))


def _exchange(interaction: Any, method: str, url: str) -> Exchange:
    request, response = interaction["request"], required(interaction, "response")
    asked = Request(method, url, convert.headers(request.get("headers")), convert.content(request.get("body")))
    fields = convert.headers(response.get("headers"))
    answered = convert.response(required(response, "status"), fields, convert.answered(response.get("body")))
    return convert.exchange(asked, answered, at=instant(interaction.get("recorded")))


OKREPLAY = Format("OkReplay", _recognizes, _read)
