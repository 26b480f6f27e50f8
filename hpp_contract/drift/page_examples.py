"""The examples on a documentation page: its example request, and its example responses as exchanges to judge."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from hpp_contract.drift import documented
from hpp_contract.drift.page import Page
from hpp_contract.drift.situation import shape_of
from hpp_contract.model import Context, Exchange, Request, Response
from hpp_contract.spec.session import UUID

QUOTES: Final = "‘’“”"
_SENT: Final = re.compile(rf"(?:-H|--header)\s*['\"{QUOTES}]?([A-Za-z][A-Za-z0-9-]*):[ \t]*([^'\"{QUOTES}\n\\]*)")
_URL: Final = re.compile(rf"https?://([^\s/'\"{QUOTES}`]*)([^\s'\"{QUOTES}`\\]*)")
_METHOD: Final = re.compile(r"(?:-X|--request)\s+['\"]?([A-Z]+)")


@dataclass(frozen=True, slots=True)
class ExampleRequest:
    """The example request as far as it can be read: `headers` by lower-case name; its `text` as shown."""

    method: str
    host: str
    path: str
    headers: Mapping[str, str]
    text: str


def example_request(page: Page) -> ExampleRequest | None:
    """The first command on the page that reads a session; None when there is none."""
    for item in page.blocks:
        url = _URL.search(item.text)
        if url is not None and "curl" in item.text:
            method = _METHOD.search(item.text)
            headers = {name.lower(): value.strip() for name, value in _SENT.findall(item.text)}
            return ExampleRequest(method[1] if method else "GET", url[1], url[2], headers, item.text)
    return None


def example_sessions(page: Page, file: str) -> list[Exchange]:
    """Every JSON object with a status that the page shows, as the answer to a documented request."""
    found = []
    for number, item in enumerate(page.blocks, start=1):
        session = _object(item.text)
        if session is not None and "status" in session:
            found.append(as_exchange(session, f"{file} › {item.heading}#{number}"))
    return found


def shapes(exchanges: list[Exchange]) -> dict[str, Exchange]:
    """The first example of each shape."""
    by_shape: dict[str, Exchange] = {}
    for exchange in exchanges:
        by_shape.setdefault(shape_of(exchange) or "a session without a status", exchange)
    return by_shape


def as_exchange(session: Mapping[str, Any], evidence: str = "") -> Exchange:
    """A documented session as the answer to a documented request."""
    asked = session.get("session_id")
    wanted = asked if isinstance(asked, str) and UUID.fullmatch(asked) else "39a1c773-bafd-754d-af1f-b30c592f1267"
    request = Request("GET", f"https://{documented.EXAMPLE_HOST}{documented.PATH}{wanted}")
    response = Response(200, (("Content-Type", "application/json"),), json.dumps(session).encode())
    return Exchange(request, response, evidence=evidence, context=Context(recorded=True, provenance="documented"))


def _object(text: str) -> dict[str, Any] | None:
    """The first JSON object in a block of code."""
    start = text.find("{")
    if start < 0:
        return None
    try:
        value, _ = json.JSONDecoder().raw_decode(text[start:])
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
