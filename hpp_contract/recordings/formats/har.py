"""HAR 1.2: what browsers, proxies (mitmproxy), Polly.js, Playwright and Schemathesis write.

Tools differ most in how they keep bodies: as text, in base64 or hexadecimal, in chunks, in a file beside it, or not.
"""

from __future__ import annotations

import binascii
import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from hpp_contract.model import Exchange, Headers, Request, Response
from hpp_contract.model.exchange import first
from hpp_contract.recordings.formats import convert
from hpp_contract.recordings.formats.addresses import as_sent
from hpp_contract.recordings.formats.convert import Asked, Format, Item, NotKept, Skipped, Unreadable, required
from hpp_contract.recordings.formats.times import instant

MAX_BODY_FILE: Final = 32 * 1024 * 1024

_BLOCKED: Final = re.compile(r"blocked_by_(?!response|orb)|blocked by (?:client|csp|the client)", re.IGNORECASE)
"""How browsers name a request that an extension or a policy stopped before it left."""

_CUT: Final = re.compile(r"truncat|not included|omitted|too (?:large|big)|skipped|discarded|unavailable", re.IGNORECASE)
_is_base64 = re.compile(r"[A-Za-z0-9+/_\-\s]*={0,2}\s*").fullmatch
_is_hex = re.compile(r"(?:[0-9a-f]{2})+").fullmatch


def _recognizes(document: Any) -> bool:
    log = document.get("log") if isinstance(document, dict) else None
    return isinstance(log, dict) and "entries" in log


def _read(document: Any, folder: Path | None) -> Iterator[Item]:
    return convert.numbered(document["log"]["entries"], _address, partial(_exchange, folder=folder))


def _address(entry: Any) -> Asked:
    request = required(entry, "request")
    url = convert.scalar_text(required(request, "url")).partition("#")[0]  # a fragment is never sent
    return convert.scalar_text(request.get("method", "GET")), as_sent(url)


def _exchange(entry: Any, method: str, url: str, *, folder: Path | None) -> Exchange | Skipped:
    request, response = entry["request"], entry.get("response")
    posted = request.get("postData")
    asked = Request(
        method, url, _fields(request.get("headers")),
        convert.content(posted.get("text")) if isinstance(posted, dict) else b"",
    )  # fmt: skip
    milliseconds = entry.get("time")
    seconds = milliseconds / 1000 if isinstance(milliseconds, int | float) and milliseconds > 0 else None
    at = instant(entry.get("startedDateTime"))
    if not isinstance(response, dict) or _is_unanswered(response.get("status")):
        if _was_blocked(entry, response):
            return Skipped.UNSENT
        return convert.exchange(asked, None, at=at, failure="unanswered", elapsed=seconds)
    return convert.exchange(asked, _response(response, folder), at=at, elapsed=seconds)


def _is_unanswered(status: Any) -> bool:
    """Blocked, aborted or refused: 0 in browsers, negative numbers in WebPageTest."""
    return status in (None, "", "0") or (isinstance(status, int | float) and status <= 0) or str(status)[0] == "-"


def _was_blocked(entry: Any, response: Any) -> bool:
    held = (*entry.items(), *(response.items() if isinstance(response, dict) else ()))
    said = (convert.text(value) for name, value in held if name in ("_error", "_failureText", "comment", "error"))
    return any(name.lower() == "_blockedreason" and value for name, value in held) or any(map(_BLOCKED.search, said))


def _response(response: Any, folder: Path | None) -> Response:
    fields = _fields(response.get("headers"))
    content = response.get("content")
    body = _body(content if isinstance(content, dict) else {}, response, fields, folder)
    return convert.response(response["status"], fields, body, response.get("statusText"))


def _body(content: Any, response: Any, fields: Headers, folder: Path | None) -> bytes | NotKept:
    if content.get("text") is None:
        file = content.get("_file")
        return _filed(file, folder) if isinstance(file, str) else _absent(content, response, fields)
    text, comment = convert.scalar_text(content["text"]), convert.text(content.get("comment"))
    chunked = content.get("encoding") == "base64" or content.get("_isBinary") is True
    body = (_chunks(text) if chunked else None) or _text(text, content.get("encoding"))
    size = content.get("size")
    cut = isinstance(size, int | float) and len(body) < size
    if (cut and not body) or _CUT.search(comment) or convert.says_left_out(body) or (cut and _ends_early(body)):
        return NotKept("not whole")
    return body


def _absent(content: Any, response: Any, fields: Headers) -> bytes | NotKept:
    """A body without a text: empty where its size says so."""
    length = first(fields, "content-length")
    sizes = (content.get("size"), response.get("bodySize"), int(length) if length and length.isdigit() else None)
    known = [size for size in sizes if isinstance(size, int | float) and size >= 0]
    said_left_out = _CUT.search(convert.text(content.get("comment"))) is not None
    return NotKept("left out") if said_left_out or not known or any(known) else b""


def _text(text: str, encoding: Any) -> bytes:
    if encoding == "base64":
        # A hook that rewrites bodies leaves the word behind, and Firefox writes it of texts.
        return convert.unbase64(text) if _is_base64(text) else convert.content(text)
    if len(text) >= 8 and text.isascii() and _is_base64(text):
        try:
            decoded = convert.unbase64(text)
        except Unreadable:
            return convert.content(text)
        if decoded[:1] in (b"{", b"[") and not _ends_early(decoded):
            return decoded
    return convert.content(text)


def _chunks(text: str) -> bytes | None:
    """The body in Polly.js' list of chunks, base64 from version 6 on, hexadecimal before; None where it is none."""
    if not text.startswith("["):
        return None
    try:
        chunks = json.loads(text)
        if not chunks or not all(isinstance(chunk, str) for chunk in chunks):
            return None
        if all(map(_is_hex, chunks)):
            return binascii.unhexlify("".join(chunks))
        return b"".join(map(convert.unbase64, chunks))
    except (ValueError, RecursionError, Unreadable):
        return None


def _ends_early(body: bytes) -> bool:
    """Whether the body begins like JSON and is none."""
    if body.lstrip()[:1] not in (b"{", b"["):
        return False
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return True
    return False


def _filed(name: str, folder: Path | None) -> bytes | NotKept:
    """The body in a file beside the HAR, or in the same zip (Playwright)."""
    if folder is not None:
        file = (folder / name).resolve()
        inside = file.is_relative_to(folder.resolve()) and file.is_file()
        if inside and file.stat().st_size <= MAX_BODY_FILE:
            return file.read_bytes()
    return NotKept("in a file that is not beside it")


def _fields(value: Any) -> Headers:
    """The header fields, without the pseudo fields of HTTP/2 that browsers list among them."""
    return tuple(field for field in convert.headers(value) if not field[0].startswith(":"))


HAR = Format("HAR (browsers, Playwright, Polly.js, mitmproxy, Schemathesis)", _recognizes, _read)
