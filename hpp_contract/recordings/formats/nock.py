"""nock recordings (JSON): `recorder.rec({output_objects: true})` and the fixtures of nockBack."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hpp_contract.model import Exchange, Headers, Request
from hpp_contract.model.exchange import first
from hpp_contract.recordings.formats import convert
from hpp_contract.recordings.formats.addresses import located
from hpp_contract.recordings.formats.convert import Asked, Format, Item, required

_is_hexadecimal = re.compile(r"(?:[0-9a-fA-F]{2})+").fullmatch


def _recognizes(document: Any) -> bool:
    return {"scope", "path", "status"} <= convert.first_object(document).keys()


def _read(document: Any, _: Path | None) -> Iterator[Item]:
    return convert.numbered(document, _address, _exchange)


def _address(recorded: Any) -> Asked:
    scope, path = convert.scalar_text(required(recorded, "scope")), convert.scalar_text(required(recorded, "path"))
    return convert.method(recorded.get("method", "GET")), located(_without_default_port(scope.rstrip("/") + path))


def _exchange(recorded: Any, method: str, url: str) -> Exchange:
    asked = Request(method, url, convert.headers(recorded.get("reqheaders")), _body(recorded.get("body")))
    fields, response = _fields(recorded.get("rawHeaders"), recorded.get("headers")), recorded.get("response")
    binary = recorded.get("responseIsBinary") is True or first(fields, "content-encoding") is not None
    rewritten = isinstance(response, dict | list) and _chunks(response) is None
    body = _body(response, hexadecimal=binary)
    return convert.exchange(asked, convert.response(required(recorded, "status"), fields, body, rewritten=rewritten))


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


def _chunks(value: Any) -> bytes | None:
    """The bytes of the hexadecimal texts of a packed body's chunks; None of a JSON list of texts."""
    if not isinstance(value, list) or not value or not all(isinstance(part, str) and part for part in value):
        return None
    return bytes.fromhex("".join(value)) if all(map(_is_hexadecimal, value)) else None


def _body(value: Any, *, hexadecimal: bool = False) -> bytes:
    """A text, which may be hexadecimal, a JSON value, or hexadecimal texts of chunks."""
    if hexadecimal and isinstance(value, str) and _is_hexadecimal(value):
        return bytes.fromhex(value)
    if value is None or isinstance(value, str | bytes):
        return convert.content(value)
    chunks = _chunks(value)
    return convert.as_json(value) if chunks is None else chunks


NOCK = Format("nock", _recognizes, _read)
