"""HAR 1.2: what browsers, proxies (mitmproxy), Polly.js and Schemathesis write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hpp_contract.model import Exchange, Headers, Request, Response
from hpp_contract.recordings.formats import convert
from hpp_contract.recordings.formats.convert import Format, Unreadable, required
from hpp_contract.recordings.formats.ruby_vcr import instant


def _recognizes(document: Any) -> bool:
    log = document.get("log") if isinstance(document, dict) else None
    return isinstance(log, dict) and "entries" in log


def _read(document: Any, _: Path | None) -> Iterator[Exchange | Unreadable]:
    return convert.numbered(document["log"]["entries"], _exchange)


def _exchange(entry: Any) -> Exchange:
    request = required(entry, "request")
    posted = request.get("postData")
    asked = Request(
        convert.scalar_text(required(request, "method")),
        convert.scalar_text(required(request, "url")),
        _fields(request.get("headers")),
        convert.content(posted.get("text")) if isinstance(posted, dict) else b"",
    )
    response = required(entry, "response")
    milliseconds = entry.get("time")
    seconds = milliseconds / 1000 if isinstance(milliseconds, int | float) and milliseconds > 0 else None
    at = instant(entry.get("startedDateTime"))
    if response.get("status") in (0, -1, "0", None):  # no response: blocked, aborted, refused
        return convert.exchange(asked, None, at=at, failure="unanswered", elapsed=seconds)
    return convert.exchange(asked, _response(response), at=at, elapsed=seconds)


def _response(response: Any) -> Response:
    content = response.get("content")
    content = content if isinstance(content, dict) else {}
    return convert.response(
        response["status"], _fields(response.get("headers")), _body(content), response.get("statusText")
    )


def _body(content: Mapping[str, Any]) -> bytes | None:
    """The body; None where it was not kept: where there is no text, only 0 bytes are known to be none."""
    text = content.get("text")
    if text is None:
        return b"" if content.get("size") == 0 else None
    return convert.unbase64(convert.scalar_text(text)) if content.get("encoding") == "base64" else convert.content(text)


def _fields(value: Any) -> Headers:
    """The header fields, without the pseudo fields of HTTP/2 that browsers list among them."""
    return tuple(field for field in convert.headers(value) if not field[0].startswith(":"))


HAR = Format("HAR (browsers, Polly.js, mitmproxy, Schemathesis)", _recognizes, _read)
