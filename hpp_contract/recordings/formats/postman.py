"""Postman collections with saved answers (examples), versions 1 and 2.x, and the JSON reports of newman.

An example keeps the request that it was saved from. Where a variable stands for the session's id there, the answer says
whose session it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from hpp_contract.model import Exchange, Headers, Request
from hpp_contract.recordings.formats import convert
from hpp_contract.recordings.formats.addresses import located
from hpp_contract.recordings.formats.convert import Asked, Format, Item, Skipped, required
from hpp_contract.recordings.formats.unparsed import parsed
from hpp_contract.spec.endpoint import SESSIONS_PATH

_MAX_DEPTH: Final = 50
_VARIABLE: Final = re.compile(r":[A-Za-z_]\w*|\{\{[^{}]*\}\}|\{[^{}]*\}|<[^<>]*>")


def _recognizes(document: Any) -> bool:
    return isinstance(document, dict) and any(True for _ in _answers(document))


def _answers(document: Any) -> Iterator[Any]:
    """Every saved answer with its request."""
    if isinstance(document.get("run"), dict):  # what newman ran
        executions = document["run"].get("executions")
        yield from (each for each in _objects(executions) if isinstance(each.get("response"), dict))
    elif "order" in document or "folders" in document:  # version 1
        for request in _objects(document.get("requests")):
            for answer in _objects(request.get("responses")):
                yield {"request": answer.get("request") or request, "response": answer}
    else:
        collection = _collection(document)
        yield from _saved(collection.get("item")) if "info" in collection else ()


def _objects(items: Any) -> Iterator[Any]:
    held = (parsed(item) for item in items) if isinstance(items, list) else ()
    return (item for item in held if isinstance(item, dict))


def _collection(document: Any) -> Any:
    """The collection, which Postman's API wraps once more."""
    inner = document.get("collection") if isinstance(document, dict) else None
    return inner if isinstance(inner, dict) else document


def _read(document: Any, _: Path | None) -> Iterator[Item]:
    return convert.numbered([*_answers(document)], _address, _exchange)


def _saved(items: Any, depth: int = 0) -> Iterator[Any]:
    """Every saved answer in the folders, in order, with its request."""
    for item in _objects(items) if depth < _MAX_DEPTH else ():
        for answer in _objects(item.get("response")):
            yield {"request": answer.get("originalRequest") or item.get("request"), "response": answer}
        yield from _saved(item.get("item"), depth + 1)


def _address(saved: Any) -> Asked | Skipped:
    request = saved["request"]
    if isinstance(request, str):  # only a URL
        request = {"url": request}
    url = _filled(_url(required(request, "url")), saved["response"])
    return convert.method(request.get("method") or "GET"), located(url)


def _url(value: Any) -> str:
    """The URL, which is a text, or an object with its text and its parts; `:name` in its path stands for a variable."""
    if isinstance(value, str):
        return value
    url = convert.text(value.get("raw")) or _joined(value)
    for variable in value.get("variable") or ():
        known = convert.scalar_text(variable.get("value"))
        if known and not _VARIABLE.fullmatch(known):
            name = convert.scalar_text(variable.get("key"))
            path, mark, query = url.partition("?")
            ahead, found, rest = f"{path}/".partition(f"/:{name}/")
            url = (f"{ahead}/{known}/{rest}"[:-1] if found else path) + mark + query
    return url


def _joined(value: Any) -> str:
    host, path = value.get("host"), value.get("path")
    host = ".".join(map(convert.scalar_text, host)) if isinstance(host, list) else convert.scalar_text(host)
    path = "/".join(map(convert.scalar_text, path)) if isinstance(path, list) else convert.scalar_text(path)
    scheme = convert.text(value.get("protocol"))
    return f"{scheme}://{host}/{path.lstrip('/')}" if scheme else f"{host}/{path.lstrip('/')}"


def _filled(url: str, response: Any) -> str:
    """The URL with the id that the answer names, where the request has a variable in its place."""
    before, path, rest = url.partition(SESSIONS_PATH)
    name = rest.partition("?")[0].rstrip("/")
    if not path or not _VARIABLE.fullmatch(name):
        return url
    try:
        session_id = json.loads(response.get("body"))["session_id"]
    except (ValueError, TypeError, LookupError, RecursionError):
        return url
    return f"{before}{path}{quote(session_id, safe='-')}" if isinstance(session_id, str) and session_id else url


def _exchange(saved: Any, method: str, url: str) -> Exchange | Skipped:
    if _VARIABLE.fullmatch(url.partition(SESSIONS_PATH)[2].partition("?")[0].rstrip("/")):
        return Skipped.STUB  # for any session
    request, response = saved["request"], saved["response"]
    asked = Request(method, url, convert.headers(_sent(request)))
    fields = _fields(response)
    code = response["code"] if "code" in response else required(response, "responseCode", "code")
    answered = convert.response(code, fields, _body(response), response.get("status"))
    elapsed = response.get("responseTime")
    seconds = elapsed / 1000 if isinstance(elapsed, int | float) else None
    return convert.exchange(asked, answered, elapsed=seconds, standalone=True)


def _fields(response: Any) -> Headers:
    """The header section. In answers that were written by hand it is null: nobody said that a field was missing."""
    held = response.get("header", response.get("headers"))
    if held is None and response.get("_postman_previewlanguage") in (None, "json"):
        return (("Content-Type", "application/json"),)
    return convert.headers(held)


def _sent(request: Any) -> Any:
    held = request.get("header") if isinstance(request, dict) else None
    if not isinstance(held, list):
        return None
    return [field for field in held if not isinstance(field, dict) or not field.get("disabled")]


def _body(response: Any) -> bytes | convert.NotKept:
    """A text, in version 1 under another name, or the bytes of a buffer as newman writes them."""
    match response.get("stream"):
        case {"type": "Buffer", "data": list(numbers)}:
            return bytes(numbers)
    return convert.answered(response.get("body", response.get("text")))


POSTMAN = Format("Postman", _recognizes, _read)
