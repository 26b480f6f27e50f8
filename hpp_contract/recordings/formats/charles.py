"""Charles' session as JSON (`.chlsj`): transactions with their times."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hpp_contract.model import Exchange, Request
from hpp_contract.recordings.formats import convert
from hpp_contract.recordings.formats.addresses import located
from hpp_contract.recordings.formats.convert import Asked, Format, Item, NotKept, required
from hpp_contract.recordings.formats.times import instant

_PORTS = {"https": 443, "http": 80}


def _recognizes(document: Any) -> bool:
    first = convert.first_object(document)
    return {"scheme", "host", "path"} <= first.keys() and ("request" in first or "response" in first)


def _read(document: Any, _: Path | None) -> Iterator[Item]:
    return convert.numbered(document, _address, _exchange)


def _address(transaction: Any) -> Asked:
    scheme, host = transaction.get("scheme") or "https", convert.scalar_text(required(transaction, "host"))
    port, query = transaction.get("actualPort") or transaction.get("port"), transaction.get("query")
    shown = f":{port}" if isinstance(port, int) and port != _PORTS.get(scheme) else ""
    url = f"{scheme}://{host}{shown}{convert.scalar_text(required(transaction, 'path'))}"
    return convert.scalar_text(transaction.get("method") or "GET"), located(f"{url}?{query}" if query else url)


def _exchange(transaction: Any, method: str, url: str) -> Exchange:
    request, response = transaction.get("request") or {}, transaction.get("response")
    sent = _body(request)
    asked = Request(method, url, _fields(request), b"" if isinstance(sent, NotKept) else sent)
    times = transaction.get("times") or {}
    at = instant(times.get("start"))
    if not isinstance(response, dict) or not response.get("status"):
        return convert.exchange(asked, None, at=at, failure="unanswered")
    elapsed = (transaction.get("durations") or {}).get("total")
    seconds = elapsed / 1000 if isinstance(elapsed, int | float) else None
    # It keeps what it unpacked: `contentEncoding` says how the body came.
    answered = convert.response(response["status"], _fields(response), _body(response))
    return convert.exchange(asked, answered, at=at, elapsed=seconds)


def _fields(message: Any) -> Any:
    header = message.get("header")
    return convert.headers(header.get("headers") if isinstance(header, dict) else None)


def _body(message: Any) -> bytes | NotKept:
    body = message.get("body")
    if not isinstance(body, dict):
        sizes = message.get("sizes")
        empty = isinstance(sizes, dict) and sizes.get("body") == 0
        return b"" if empty else NotKept("left out")
    if isinstance(body.get("encoded"), str):
        return convert.unbase64(body["encoded"])
    return convert.answered(body.get("text"))


CHARLES = Format("Charles (.chlsj)", _recognizes, _read)
