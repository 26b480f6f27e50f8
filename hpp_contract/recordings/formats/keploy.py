"""Keploy test cases and mocks (YAML, one or more documents in a file): requests with their responses and times."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hpp_contract.model import Exchange, Request
from hpp_contract.recordings.formats import convert
from hpp_contract.recordings.formats.addresses import located
from hpp_contract.recordings.formats.convert import Asked, Format, Item, Skipped, required
from hpp_contract.recordings.formats.times import instant


def is_keploy(document: Any) -> bool:
    """Whether this is a document of Keploy: its files may hold many."""
    return isinstance(document, dict) and convert.text(document.get("version")).startswith("api.keploy.io/")


def _recognizes(document: Any) -> bool:
    return is_keploy(convert.first_item(document) or document)


def _read(document: Any, _: Path | None) -> Iterator[Item]:
    return convert.numbered(document if isinstance(document, list) else [document], _address, _exchange)


def _address(case: Any) -> Asked | Skipped:
    if case.get("kind") not in ("Http", "HTTP"):
        return Skipped.OPERATION
    request = required(case, "spec", "req")
    return convert.method(request.get("method") or "GET"), located(convert.scalar_text(required(request, "url")))


def _exchange(case: Any, method: str, url: str) -> Exchange:
    request, response = case["spec"]["req"], required(case, "spec", "resp")
    asked = Request(method, url, convert.headers(request.get("header")), convert.content(request.get("body")))
    fields, body = convert.headers(response.get("header")), convert.answered(response.get("body", ""))
    answered = convert.response(required(response, "status_code"), fields, body, response.get("status_message"))
    spec = case["spec"]
    at = instant(request.get("timestamp")) or instant(spec.get("reqTimestampMock"))
    until = instant(response.get("timestamp")) or instant(spec.get("resTimestampMock"))
    return convert.exchange(asked, answered, at=at, elapsed=until - at if at and until else None)


KEPLOY = Format("Keploy", _recognizes, _read)
