"""WireMock.Net mappings (JSON), one or a list of them: as those of WireMock, written otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hpp_contract.model import Exchange, Request
from hpp_contract.recordings.formats import convert
from hpp_contract.recordings.formats.addresses import is_pattern, located, may_be_session
from hpp_contract.recordings.formats.convert import Asked, Format, Item, NotKept, Skipped, required

_BODIES = ("Body", "BodyAsJson", "BodyAsBytes", "BodyAsFile")


def _recognizes(document: Any) -> bool:
    first = convert.first_item(document) or document
    return isinstance(first, dict) and isinstance(first.get("Request"), dict) and "Path" in first["Request"]


def _read(document: Any, _: Path | None) -> Iterator[Item]:
    return convert.numbered(document if isinstance(document, list) else [document], _address, _exchange)


def _address(mapping: Any) -> Asked | Skipped:
    request = required(mapping, "Request")
    path = _exact(request.get("Path"))
    if path is None:
        return Skipped.STUB if may_be_session(str(request.get("Path"))) else Skipped.OPERATION
    methods = request.get("Methods")
    method = convert.scalar_text(methods[0]).upper() if isinstance(methods, list) and methods else "GET"
    return method, located(path)


def _exact(path: Any) -> str | None:
    """The one path that is matched; None where others are matched too."""
    match path:
        case str():
            return None if is_pattern(path) else path
        case {"Matchers": [{"Name": "ExactMatcher", "Pattern": str(value)}]}:
            return value
        case {"Matchers": [{"Name": "WildcardMatcher", "Pattern": str(value)}]}:
            return None if is_pattern(value) else value
    return None


def _exchange(mapping: Any, method: str, url: str) -> Exchange | Skipped:
    response = required(mapping, "Response")
    if response.get("UseTransformer") is True or not any(name in response for name in ("StatusCode", *_BODIES)):
        return Skipped.STUB  # it computes its answer, forwards, or fails on purpose
    body, rewritten = _body(response)
    fields = convert.headers(response.get("Headers"))
    answered = convert.response(response.get("StatusCode", 200), fields, body, rewritten=rewritten)
    return convert.exchange(Request(method, url), answered, standalone=True)


def _body(response: Any) -> tuple[bytes | NotKept, bool]:
    if "BodyAsJson" in response:
        return convert.as_json(response["BodyAsJson"]), True
    if "BodyAsBytes" in response:
        return convert.unbase64(convert.scalar_text(response["BodyAsBytes"])), False
    if "BodyAsFile" in response:
        return NotKept("in another file"), False
    return convert.content(response.get("Body")), False


WIREMOCK_NET = Format("WireMock.Net", _recognizes, _read)
