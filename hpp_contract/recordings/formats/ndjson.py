"""The exchange format of this project: one JSON object a line (docs/formats.md), which gateways can log."""

from __future__ import annotations

from functools import lru_cache
from json import JSONDecodeError, JSONDecoder
from typing import Any, Final

from hpp_contract.model import Context, Exchange, Instant, Request
from hpp_contract.recordings.formats import convert
from hpp_contract.recordings.formats.addresses import as_sent
from hpp_contract.recordings.formats.convert import Unreadable, content, headers, required
from hpp_contract.recordings.formats.times import instant_of

MAX_LINE: Final = 8 * 1024 * 1024
"""Bytes of one line: a session has a few hundred, and a longer line is not read."""

GATEWAY_TIMES: Final = ("started_at", "start_time")
"""Members in which Kong and APISIX write when a request came, in milliseconds since 1970."""

_BLANK: Final = " \t\r\n\ufeff"
_STUB_MEMBERS: Final = {"jsonBody", "base64Body", "bodyFileName"}
"""Members of a WireMock mapping's response: written on one line, a mapping looks like an exchange."""

_OWN_MEMBERS: Final = {"at", "elapsed", "failure", "provenance", "callback", *GATEWAY_TIMES}
"""Members that say that a line is an exchange and no stub."""

_decode = JSONDecoder().raw_decode


def recognizes(line: bytes, *, standalone: bool = False) -> bool:
    """Whether this line is an exchange. One that is `standalone`, not followed by others, and names
    only a path is a stub of WireMock."""
    try:
        value = parse(line)
    except Unreadable:
        return False
    if not isinstance(value, dict) or not isinstance(value.get("request"), dict) or "url" not in value["request"]:
        return False
    response, url = value.get("response"), value["request"]["url"]
    if standalone and isinstance(url, str) and "://" not in url and not value.keys() & _OWN_MEMBERS:
        return False
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
        as_sent(convert.scalar_text(required(request, "url"))),
        headers(request.get("headers")),
        content(request.get("body")),
    )
    return Exchange(
        asked,
        _response(value.get("response")),
        failure=convert.scalar_text(value["failure"])[:40] if value.get("failure") else None,
        at=_at(value),
        elapsed=_elapsed(value),
        evidence=evidence,
        context=context_of(value.get("provenance"), callback=value.get("callback") is True),
    )


def _at(value: Any) -> Instant | None:
    if "at" in value:
        return Instant.parse(value["at"])
    return next((instant_of(value[name], 1_000_000) for name in GATEWAY_TIMES if name in value), None)


def is_of_gateway(value: Any) -> bool:
    """Whether a line is of Kong or APISIX, which have other names for times."""
    return "at" not in value and any(name in value for name in GATEWAY_TIMES)


def _elapsed(value: Any) -> float | None:
    """Seconds, which Kong and APISIX write in milliseconds."""
    elapsed = value.get("elapsed")
    if elapsed is not None or not is_of_gateway(value):
        return elapsed if type(elapsed) in (int, float) else None
    latencies = value.get("latencies")
    latency = latencies.get("request") if isinstance(latencies, dict) else value.get("latency")
    return latency / 1000 if isinstance(latency, int | float) and 0 <= latency < 1e12 else None


def _response(value: Any) -> Any:
    if value is None:
        return None
    status = required(value, "status")
    return convert.response(status, headers(value.get("headers")), content(value["body"]) if "body" in value else None)


def context_of(provenance: Any, *, callback: bool = False) -> Context:
    """The context of every exchange with that provenance."""
    return _context(provenance if isinstance(provenance, str) else None, callback)


@lru_cache(maxsize=64)
def _context(provenance: str | None, callback: bool) -> Context:
    return Context(recorded=True, provenance=provenance, callback=callback)
