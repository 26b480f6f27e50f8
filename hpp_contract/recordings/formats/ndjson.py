"""The exchange format of this project: one JSON object a line (docs/formats.md), which gateways can log."""

from __future__ import annotations

from functools import lru_cache
from json import JSONDecodeError, JSONDecoder
from typing import Any, Final

from hpp_contract.model import Context, Exchange, Instant, Request
from hpp_contract.recordings.formats import convert
from hpp_contract.recordings.formats.convert import Unreadable, content, headers, required

MAX_LINE: Final = 8 * 1024 * 1024
"""Bytes of one line: a session has a few hundred, and a longer line is not read."""

_BLANK: Final = " \t\r\n\ufeff"
_STUB_MEMBERS: Final = {"jsonBody", "base64Body", "bodyFileName"}
"""Members of a WireMock mapping's response: written on one line, a mapping looks like an exchange."""

_decode = JSONDecoder().raw_decode


def recognizes(line: bytes) -> bool:
    """Whether this line is an exchange."""
    try:
        value = parse(line)
    except Unreadable:
        return False
    if not isinstance(value, dict) or not isinstance(value.get("request"), dict) or "url" not in value["request"]:
        return False
    response = value.get("response")
    return not isinstance(response, dict) or ("status" in response and not response.keys() & _STUB_MEMBERS)


def exchange_on(line: bytes | None, evidence: str) -> Exchange:
    """The exchange on one line. Raises Unreadable when there is none."""
    return exchange_of(parse(line), evidence)


def parse(line: bytes | None) -> Any:
    """The JSON value on one line; None is a line that was too long to read. Raises Unreadable when there is none."""
    if line is None:
        raise Unreadable(f"a line longer than {MAX_LINE // 1024**2} MB")
    try:
        text = line.decode().strip(_BLANK)
        value, end = _decode(text)
    except UnicodeDecodeError as error:
        raise Unreadable(f"not UTF-8 at byte {error.start + 1} of the line") from error
    except JSONDecodeError as error:
        raise Unreadable(f"not JSON at character {error.pos + 1} of the line") from error
    except RecursionError as error:
        raise Unreadable("nested too deeply") from error
    except ValueError as error:
        raise Unreadable("a number too long to read") from error
    if end != len(text):
        raise Unreadable(f"more than one JSON value, the second at character {end + 1} of the line")
    return value


def exchange_of(value: Any, evidence: str) -> Exchange:
    """The exchange in the value of a line. Raises Unreadable when there is none."""
    request = required(value, "request")
    asked = Request(
        convert.scalar_text(required(request, "method")),
        convert.scalar_text(required(request, "url")),
        headers(request.get("headers")),
        content(request.get("body")),
    )
    elapsed = value.get("elapsed")
    return Exchange(
        asked,
        _response(value.get("response")),
        failure=convert.scalar_text(value["failure"])[:40] if value.get("failure") else None,
        at=Instant.parse(value.get("at")),
        elapsed=elapsed if type(elapsed) in (int, float) else None,
        evidence=evidence,
        context=context_of(value.get("provenance")),
    )


def _response(value: Any) -> Any:
    if value is None:
        return None
    status = required(value, "status")
    return convert.response(status, headers(value.get("headers")), content(value["body"]) if "body" in value else None)


def context_of(provenance: Any) -> Context:
    """The context of every exchange with that provenance."""
    return _context(provenance if isinstance(provenance, str) else None)


@lru_cache(maxsize=64)
def _context(provenance: str | None) -> Context:
    return Context(recorded=True, provenance=provenance)
