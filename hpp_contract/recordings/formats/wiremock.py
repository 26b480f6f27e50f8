"""WireMock: stub mappings, one or many (as `--record-mappings` and the recorder write them), and its request journal.

A mapping holds only the path, and headers as matchers: a matcher for one value counts as that value. A body in a file
is read from `__files` beside `mappings`. A mapping that matches many URLs, fails on purpose, forwards, or computes its
answer from the request is no exchange.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from hpp_contract.model import Exchange, Headers, Request
from hpp_contract.recordings.formats import convert
from hpp_contract.recordings.formats.addresses import located, may_be_session
from hpp_contract.recordings.formats.convert import Asked, Format, Item, Skipped, Unreadable, required
from hpp_contract.recordings.formats.times import instant_of

_URLS = ("url", "urlPath")
_PATTERNS = ("urlPattern", "urlPathPattern", "urlPathTemplate")
_MEMBERS = {"id", "uuid", "name", "request", "response", "priority", "persistent", "metadata", "insertionIndex"}
_MAX_FILE: Final = 10_000_000
_NO_FILE: Final = (
    "its body is in a file (bodyFileName) that is in no folder __files beside this one or one folder up, or is larger "
    "than 10 MB: copy __files too, and give the mapping as a file"
)
_NO_ANSWERS = ("fault", "proxyBaseUrl")


def _recognizes(document: Any) -> bool:
    if isinstance(document, list):
        return _is_mapping(convert.first_item(document))
    if not isinstance(document, dict):
        return False
    mapping = convert.first_item(document.get("mappings")) or document
    journal = convert.first_item(document.get("requests"))
    return _is_mapping(mapping) or (isinstance(journal, dict) and "responseDefinition" in journal)


def _is_mapping(value: Any) -> bool:
    request, response = (value.get("request"), value.get("response")) if isinstance(value, dict) else (None, None)
    if not isinstance(request, dict) or not isinstance(response, dict):
        return False
    if {"uuid", "persistent", "scenarioName"} & value.keys():
        return True
    url = next((request[name] for name in (*_URLS, *_PATTERNS) if name in request), None)
    if url is None:  # it matches any, such as by a header alone
        return "uri" not in request and "status" in response and value.keys() <= _MEMBERS
    return isinstance(url, str) and "://" not in url and not url.startswith("~") and "uri" not in request


def _read(document: Any, folder: Path | None) -> Iterator[Item]:
    if isinstance(document, dict) and "requests" in document:
        return convert.numbered(document["requests"], _journal_address, _journaled)
    mappings = document if isinstance(document, list) else document.get("mappings") or [document]
    return convert.numbered(mappings, _address, partial(_mapped, folder=folder))


def _address(mapping: Any) -> Asked | Skipped:
    request = required(mapping, "request")
    url = next((request[name] for name in _URLS if isinstance(request.get(name), str)), None)
    if url is None:
        patterns = (convert.text(request.get(name)) for name in _PATTERNS)
        return Skipped.STUB if any(map(may_be_session, patterns)) else Skipped.OPERATION
    method = request.get("method")
    return "GET" if method in (None, "ANY") else convert.method(method), located(url)


def _mapped(mapping: Any, method: str, url: str, *, folder: Path | None) -> Exchange | Skipped:
    response = required(mapping, "response")
    if any(response.get(name) for name in _NO_ANSWERS) or _is_template(response):
        return Skipped.STUB
    fields = convert.headers(response.get("headers"))
    rewritten = "jsonBody" in response
    answered = convert.response(
        response.get("status", 200), fields, _body(response, folder), response.get("statusMessage"), rewritten=rewritten
    )
    return convert.exchange(
        Request(method, url, _matched(mapping["request"].get("headers"))), answered, standalone=True
    )


def _is_template(response: Any) -> bool:
    """Whether the answer is computed from the request (Handlebars)."""
    texts = [response.get("body"), response.get("bodyFileName")]
    if "jsonBody" in response:
        texts.append(convert.as_json(response["jsonBody"]).decode(errors="replace"))
    return any("{{" in text and "}}" in text for text in texts if isinstance(text, str))


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
        if file.is_relative_to(files) and file.is_file() and file.stat().st_size <= _MAX_FILE:
            return file.read_bytes()
    raise Unreadable(_NO_FILE)  # without its name, in which WireMock's recorder writes the session's id


def _journal_address(event: Any) -> Asked:
    request = required(event, "request")
    url = convert.scalar_text(request.get("absoluteUrl") or required(request, "url"))
    return convert.scalar_text(required(request, "method")), located(url)


def _journaled(event: Any, method: str, url: str) -> Exchange:
    request, response = event["request"], required(event, "response")
    asked = Request(method, url, convert.headers(request.get("headers")), convert.content(request.get("body")))
    packed = response.get("bodyAsBase64")
    body = convert.unbase64(packed) if isinstance(packed, str) else convert.content(response.get("body"))
    at = request.get("loggedDate")
    return convert.exchange(
        asked,
        convert.response(required(response, "status"), convert.headers(response.get("headers")), body),
        at=instant_of(at, 1_000_000),
    )


WIREMOCK = Format("WireMock", _recognizes, _read)
