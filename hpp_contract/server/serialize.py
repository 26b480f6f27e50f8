"""A response as the bytes of HTTP/1.1, lies included: its headers as they are, its body as far as it goes."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Final

from hpp_contract.model import Headers, Response
from hpp_contract.model.exchange import first

PROMISED_MORE: Final = 30
"""Bytes that an incomplete response promises and never sends."""

_LINE_BREAKS: Final = re.compile(r"[\r\n\0]")
_TOKEN: Final = re.compile(r"[^!#$%&'*+\-.^_`|~0-9A-Za-z]")


def serialize(response: Response, *, to_head: bool = False, closing: bool = False) -> bytes:
    """The whole response as bytes, to be written at once: two writes cost some clients 40 ms.

    `to_head` leaves the body out; `closing` announces that the connection ends here.
    """
    bodiless = response.status < 200 or response.status in (204, 304)
    headers = list(response.headers)
    if closing and first(response.headers, "connection") is None:
        headers.append(("Connection", "close"))
    if not bodiless and not _framed(response.headers):
        headers.append(("Content-Length", str(len(response.body) + (0 if response.complete else PROMISED_MORE))))
    head = _encode(f"HTTP/1.1 {response.status} {_LINE_BREAKS.sub(' ', response.reason or _phrase(response.status))}")
    lines = b"".join(_encode(f"{_TOKEN.sub('', name)}: {_LINE_BREAKS.sub(' ', value)}") for name, value in headers)
    return head + lines + b"\r\n" + (b"" if bodiless or to_head else _body(response))


def pieces(content: bytes, pauses: int) -> list[bytes]:
    """Serialized bytes cut for so many pauses: the first piece ends within the body, whose rest is cut evenly."""
    start = content.index(b"\r\n\r\n") + 4
    step = max(1, (len(content) - start) // (pauses + 1))
    cuts = [start + step * number for number in range(1, pauses + 1)]
    return [content[one:two] for one, two in zip([0, *cuts], [*cuts, len(content)], strict=True)]


def ends_connection(response: Response) -> bool:
    """Whether nothing more can follow this response on its connection."""
    asked = "close" in (first(response.headers, "connection") or "").lower()
    return asked or not response.complete or response.status < 200


def _framed(headers: Headers) -> bool:
    """Whether a fault has already said where the body ends, rightly or not."""
    return first(headers, "content-length") is not None or first(headers, "transfer-encoding") is not None


def _body(response: Response) -> bytes:
    if (first(response.headers, "transfer-encoding") or "").strip().lower() != "chunked":
        return response.body
    chunk = b"%x\r\n%b\r\n" % (len(response.body), response.body) if response.body else b""
    return chunk + (b"0\r\n\r\n" if response.complete else b"")


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus.__members__.values() else "Unassigned"


def _encode(line: str) -> bytes:
    try:
        return line.encode("latin-1") + b"\r\n"
    except UnicodeEncodeError:
        return line.encode("utf-8", "surrogateescape") + b"\r\n"
