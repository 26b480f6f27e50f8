"""What the recorder of the Python library `responses` writes (YAML, or TOML as YAML is not): answers by their URL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hpp_contract.model import Exchange, Request
from hpp_contract.model.exchange import first
from hpp_contract.recordings.formats import convert
from hpp_contract.recordings.formats.addresses import located
from hpp_contract.recordings.formats.convert import Asked, Format, Item, required


def _recognizes(document: Any) -> bool:
    response = convert.first_object(document.get("responses")).get("response") if isinstance(document, dict) else None
    return isinstance(response, dict) and {"url", "status"} <= response.keys()


def _read(document: Any, _: Path | None) -> Iterator[Item]:
    return convert.numbered(document["responses"], _address, _exchange)


def _address(recorded: Any) -> Asked:
    response = required(recorded, "response")
    return convert.method(response.get("method") or "GET"), located(convert.scalar_text(required(response, "url")))


def _exchange(recorded: Any, method: str, url: str) -> Exchange:
    response = recorded["response"]
    fields, kind = convert.headers(response.get("headers")), convert.text(response.get("content_type"))
    if kind and first(fields, "content-type") is None:
        fields = (*fields, ("Content-Type", kind))
    answered = convert.response(response["status"], fields, convert.answered(response.get("body")))
    return convert.exchange(Request(method, url), answered)


RESPONSES = Format("responses", _recognizes, _read)
