"""WireMock: stub mappings, one or many (as `--record-mappings` and the recorder write them), and its request journal.

A mapping holds only the path, and headers as matchers: a matcher for one value counts as that value. A body in a file
is read from `__files` beside `mappings`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hpp_contract.model import Exchange, Headers, Instant, Request
from hpp_contract.recordings.formats import convert
from hpp_contract.recordings.formats.convert import Format, Unreadable, required

_URLS = ("url", "urlPath")


def _recognizes(document: Any) -> bool:
    if not isinstance(document, dict):
        return False
    mapping = convert.first_item(document.get("mappings")) or document
    journal = convert.first_item(document.get("requests"))
    return _is_mapping(mapping) or (isinstance(journal, dict) and "responseDefinition" in journal)


def _is_mapping(value: Any) -> bool:
    request, response = (value.get("request"), value.get("response")) if isinstance(value, dict) else (None, None)
    return isinstance(request, dict) and isinstance(response, dict) and any(key.startswith("url") for key in request)


def _read(document: Any, folder: Path | None) -> Iterator[Exchange | Unreadable]:
    if "requests" in document:
        return convert.numbered(document["requests"], _journaled)
    return convert.numbered(document.get("mappings") or [document], lambda mapping: _mapped(mapping, folder))


def _mapped(mapping: Any, folder: Path | None) -> Exchange | None:
    request, response = required(mapping, "request"), required(mapping, "response")
    url = next((request[name] for name in _URLS if isinstance(request.get(name), str)), None)
    if url is None:  # a pattern that matches many requests
        return None
    asked = Request(_method(request.get("method")), convert.located(url), _matched(request.get("headers")))
    fields = convert.headers(response.get("headers"))
    rewritten = "jsonBody" in response
    answered = convert.response(
        response.get("status", 200), fields, _body(response, folder), response.get("statusMessage"), rewritten=rewritten
    )
    return convert.exchange(asked, answered, standalone=True)


def _method(value: Any) -> str:
    return "GET" if value in (None, "ANY") else convert.scalar_text(value)


def _matched(matchers: Any) -> Headers:
    """The header fields that the matchers require to have one value."""
    if not isinstance(matchers, dict):
        return ()
    return tuple(
        (name, matcher["equalTo"])
        for name, matcher in matchers.items()
        if isinstance(matcher, dict) and isinstance(matcher.get("equalTo"), str)
    )


def _body(response: Any, folder: Path | None) -> bytes:
    if "jsonBody" in response:
        return convert.as_json(response["jsonBody"])
    if "base64Body" in response:
        return convert.unbase64(convert.scalar_text(response["base64Body"]))
    if "bodyFileName" in response:
        return _filed(convert.scalar_text(response["bodyFileName"]), folder)
    return convert.content(response.get("body"))


def _filed(name: str, folder: Path | None) -> bytes:
    for parent in (folder, folder.parent) if folder is not None else ():
        files = (parent / "__files").resolve()
        file = (files / name).resolve()
        if file.is_relative_to(files) and file.is_file() and file.stat().st_size <= 10_000_000:
            return file.read_bytes()
    raise Unreadable("its body is in a file that is not beside it (__files)")


def _journaled(event: Any) -> Exchange:
    request, response = required(event, "request"), required(event, "response")
    asked = Request(
        convert.scalar_text(required(request, "method")),
        convert.located(convert.scalar_text(request.get("absoluteUrl") or required(request, "url"))),
        convert.headers(request.get("headers")),
        convert.content(request.get("body")),
    )
    packed = response.get("bodyAsBase64")
    body = convert.unbase64(packed) if isinstance(packed, str) else convert.content(response.get("body"))
    at = request.get("loggedDate")
    return convert.exchange(
        asked,
        convert.response(required(response, "status"), convert.headers(response.get("headers")), body),
        at=Instant(at * 1_000_000, 3) if isinstance(at, int) else None,
    )


WIREMOCK = Format("WireMock", _recognizes, _read)
