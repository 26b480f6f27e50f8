"""Mountebank: imposters with their stubs (JSON), as `mb save` writes them after a recording, or written by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hpp_contract.model import Exchange, Request
from hpp_contract.recordings.formats import convert
from hpp_contract.recordings.formats.addresses import located, may_be_session
from hpp_contract.recordings.formats.convert import Asked, Format, Item, Skipped
from hpp_contract.recordings.formats.unparsed import parsed


def _recognizes(document: Any) -> bool:
    if not isinstance(document, dict):
        return False
    first = convert.first_object(document.get("imposters")) or document
    return "protocol" in first and "stubs" in first


def _read(document: Any, _: Path | None) -> Iterator[Item]:
    imposters = document.get("imposters") or [document]
    stubs = [stub for imposter in imposters for stub in _stubs(parsed(imposter))]
    return convert.numbered(stubs, _address, _exchange)


def _stubs(imposter: Any) -> Iterator[Any]:
    """Each answer of each stub with its predicates: a stub that has more gives them in turn."""
    stubs = imposter.get("stubs") if isinstance(imposter, dict) else None
    for stub in map(parsed, stubs) if isinstance(stubs, list) else ():
        answers = stub.get("responses") if isinstance(stub, dict) else None
        for answer in answers if isinstance(answers, list) else ():
            yield {"asked": _asked(stub.get("predicates")), "answer": answer, "text": str(stub.get("predicates"))}


def _asked(predicates: Any) -> dict[str, Any]:
    """What the predicates say of the one request that they match."""
    found: dict[str, Any] = {}
    for predicate in predicates if isinstance(predicates, list) else ():
        match predicate:
            case {"equals": dict(fields)} | {"deepEquals": dict(fields)}:
                found |= fields
            case {"and": list(inner)}:
                found |= _asked(inner)
    return found


def _address(stub: Any) -> Asked | Skipped:
    path = stub["asked"].get("path")
    if not isinstance(path, str):
        return Skipped.STUB if may_be_session(stub["text"]) else Skipped.OPERATION
    query = stub["asked"].get("query")
    asked = "&".join(f"{name}={convert.scalar_text(value)}" for name, value in (query or {}).items())
    return convert.method(stub["asked"].get("method") or "GET"), located(f"{path}?{asked}" if asked else path)


def _exchange(stub: Any, method: str, url: str) -> Exchange | Skipped:
    response = stub["answer"].get("is")
    if not isinstance(response, dict):  # it forwards, computes its answer, or fails on purpose
        return Skipped.STUB
    held = response.get("body")
    is_value = isinstance(held, dict | list)
    body = convert.as_json(held) if is_value else convert.content(held)
    if response.get("_mode") == "binary":
        body = convert.unbase64(convert.scalar_text(held))
    answered = convert.response(
        response.get("statusCode", 200), convert.headers(response.get("headers")), body, rewritten=is_value
    )
    asked = Request(method, url, convert.headers(stub["asked"].get("headers")))
    return convert.exchange(asked, answered, standalone=True)


MOUNTEBANK = Format("Mountebank", _recognizes, _read)
