"""nock recordings (JSON): `recorder.rec({output_objects: true})` and the fixtures of nockBack."""

from __future__ import annotations

import binascii
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hpp_contract.model import Exchange, Headers, Request
from hpp_contract.recordings.formats import convert
from hpp_contract.recordings.formats.convert import Format, Unreadable, required


def _recognizes(document: Any) -> bool:
    first = convert.first_item(document)
    return isinstance(first, dict) and {"scope", "path", "status"} <= first.keys()


def _read(document: Any, _: Path | None) -> Iterator[Exchange | Unreadable]:
    return convert.numbered(document, _exchange)


def _exchange(recorded: Any) -> Exchange:
    url = convert.scalar_text(required(recorded, "scope")).rstrip("/") + convert.scalar_text(required(recorded, "path"))
    asked = Request(
        convert.scalar_text(recorded.get("method", "GET")),
        _without_default_port(url),
        convert.headers(recorded.get("reqheaders")),
        _body(recorded.get("body")),
    )
    response = recorded.get("response")
    rewritten = isinstance(response, dict | list) and not _is_hex(response)
    fields = _fields(recorded.get("rawHeaders"), recorded.get("headers"))
    return convert.exchange(
        asked, convert.response(required(recorded, "status"), fields, _body(response), rewritten=rewritten)
    )


def _without_default_port(url: str) -> str:
    """The URL as a client writes it: nock always names the port."""
    for scheme, port in (("https://", ":443/"), ("http://", ":80/")):
        host, found, path = url.partition(port)
        if found and url.startswith(scheme) and "/" not in host.removeprefix(scheme):
            return f"{host}/{path}"
    return url


def _fields(raw: Any, named: Any) -> Headers:
    """Raw headers are a flat list of names and values in older versions."""
    if isinstance(raw, list) and all(isinstance(item, str) for item in raw):
        return tuple((name, value) for name, value in zip(raw[::2], raw[1::2], strict=False))
    return convert.headers(raw if raw is not None else named)


def _is_hex(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(part, str) for part in value)


def _body(value: Any) -> bytes:
    """A text, a JSON value, or, for a body with a content coding, hexadecimal texts of its chunks."""
    if value is None or isinstance(value, str | bytes):
        return convert.content(value)
    if _is_hex(value):
        try:
            return b"".join(binascii.unhexlify(part) for part in value)
        except (binascii.Error, ValueError):
            pass  # a JSON list of texts
    return convert.as_json(value)


NOCK = Format("nock", _recognizes, _read)
