"""Talkback tapes (JSON5): one request with its response, its body as a text, a JSON value, or in base64."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hpp_contract.model import Exchange, Request
from hpp_contract.recordings.formats import convert
from hpp_contract.recordings.formats.addresses import located
from hpp_contract.recordings.formats.convert import Asked, Format, Item, required
from hpp_contract.recordings.formats.times import instant


def _recognizes(document: Any) -> bool:
    return isinstance(document, dict) and {"meta", "req", "res"} <= document.keys()


def _read(document: Any, _: Path | None) -> Iterator[Item]:
    return convert.numbered([document], _address, _exchange)


def _address(tape: Any) -> Asked:
    request, host = required(tape, "req"), convert.text(tape["meta"].get("host"))
    url = convert.scalar_text(required(request, "url"))
    return convert.method(request.get("method") or "GET"), located(url if "://" in url else f"{host.rstrip('/')}{url}")


def _exchange(tape: Any, method: str, url: str) -> Exchange:
    request, response, meta = tape["req"], tape["res"], tape["meta"]
    asked = Request(method, url, convert.headers(request.get("headers")))
    held = response.get("body")
    is_value = isinstance(held, dict | list)
    readable = meta.get("resHumanReadable") is True or is_value
    if held is None or not readable:
        body = convert.unbase64(convert.scalar_text(held))
    else:
        body = convert.as_json(held) if is_value else convert.content(held)
    fields = convert.headers(response.get("headers"))
    # What people can read was unpacked, and may have been laid out anew.
    answered = convert.response(required(response, "status"), fields, body, rewritten=readable)
    return convert.exchange(asked, answered, at=instant(meta.get("createdAt")))


TALKBACK = Format("talkback", _recognizes, _read)
