"""Logs of Kong and APISIX as one JSON list, as their batches are sent. Line by line they are read like our NDJSON."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hpp_contract.recordings.formats import convert, ndjson
from hpp_contract.recordings.formats.convert import Asked, Format, Item, required


def _recognizes(document: Any) -> bool:
    first = convert.first_object(document)
    request = first.get("request")
    return isinstance(request, dict) and "url" in request and any(name in first for name in ndjson.GATEWAY_TIMES)


def _read(document: Any, _: Path | None) -> Iterator[Item]:
    return convert.numbered(document, _address, lambda entry, *_: ndjson.exchange_of(entry, ""))


def _address(entry: Any) -> Asked:
    request = required(entry, "request")
    return convert.scalar_text(required(request, "method")), convert.scalar_text(required(request, "url"))


GATEWAY_LOGS = Format("Kong, APISIX", _recognizes, _read)
