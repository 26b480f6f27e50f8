"""ExVCR cassettes (JSON), of Elixir: a list of requests and responses without times."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from hpp_contract.model import Exchange, Request
from hpp_contract.recordings.formats import convert
from hpp_contract.recordings.formats.addresses import located, may_be_session
from hpp_contract.recordings.formats.convert import Asked, Format, Item, Skipped, Unreadable, required

_TERM: Final = b"\x83m"
"""How Erlang's external form of a binary begins; four bytes of its length follow."""


def _recognizes(document: Any) -> bool:
    first = convert.first_object(document)
    request, response = first.get("request"), first.get("response")
    if not isinstance(request, dict) or "url" not in request or not isinstance(response, dict):
        return False
    return "options" in request or "request_body" in request or ("type" in response and "status_code" in response)


def _read(document: Any, _: Path | None) -> Iterator[Item]:
    return convert.numbered(document, _address, _exchange)


def _address(recorded: Any) -> Asked | Skipped:
    request = required(recorded, "request")
    url = convert.scalar_text(required(request, "url"))
    if url.startswith("~r"):  # a pattern, in cassettes that were written by hand
        return Skipped.STUB if may_be_session(url) else Skipped.OPERATION
    return convert.method(request.get("method") or "GET"), located(url)


def _exchange(recorded: Any, method: str, url: str) -> Exchange:
    request, response = recorded["request"], required(recorded, "response")
    body = request.get("body") or request.get("request_body")
    asked = Request(method, url, convert.headers(request.get("headers")), convert.content(body))
    if response.get("type") == "error" or response.get("status_code") is None:
        return convert.exchange(asked, None, failure="unanswered")
    fields = convert.headers(response.get("headers"))
    return convert.exchange(asked, convert.response(response["status_code"], fields, _body(response)))


def _body(response: Any) -> bytes | convert.NotKept:
    body = response.get("body")
    if response.get("binary") is not True:
        return convert.answered(body)
    term = convert.unbase64(convert.scalar_text(body))
    if not term.startswith(_TERM) or len(term) != 6 + int.from_bytes(term[2:6]):
        raise Unreadable("a binary body is not in Erlang's external form")
    return term[6:]


EXVCR = Format("ExVCR", _recognizes, _read)
