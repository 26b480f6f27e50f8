"""The cases as a list for readers, and as JSON for running them without this package."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import Any, Final

from hpp_contract import __version__
from hpp_contract.cases import Case
from hpp_contract.client.ideal_client import ideal_reads
from hpp_contract.model import Exchange
from hpp_contract.model.client_read import ClientRead
from hpp_contract.rules import ServedKind, find, served_kind

_EXPECT: Final = {ServedKind.SESSION: "session", ServedKind.ODD: "either"}


def expected(read: ClientRead) -> str:
    """What a client must return in this read: a `session`, an `error`, or `either` (but never a wrong session)."""
    return _EXPECT.get(served_kind(read), "error")


def as_text(cases: Iterable[Case]) -> str:
    """One line a case: name, what the last read must return, which rules it is about, and what the server does."""
    lines = []
    for case in cases:
        last = expected(ideal_reads(case)[-1])
        rules = " ".join(rule.removeprefix("HPP-") for rule in case.rules[:3])
        lines.append(f"{case.name:32} {last:8} {rules:12} {case.description}")
    return "\n".join([*lines, "", f"{len(lines)} cases", ""])


def as_json(cases: Iterable[Case]) -> str:
    """The same in full, as `schemas/tool/case.json` describes it."""
    value = {"tool": "hpp-contract", "version": __version__, "cases": [_case(case) for case in cases]}
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _case(case: Case) -> dict[str, Any]:
    reads = ideal_reads(case)
    return {
        "name": case.name,
        "description": case.description,
        "rules": [_rule(name) for name in case.rules],
        "spares": list(case.exempt_rules),
        "base_path": case.base_path,
        "username": case.credentials.username,
        "password": case.credentials.api_key,
        "timeout_ms": round(case.timeout * 1000),
        "concurrent": case.concurrent,
        "unproven": case.unproven,
        "reads": [_read(name, read) for (name, _), read in zip(case.read_ids(), reads, strict=True)],
    }


def _rule(name: str) -> dict[str, str]:
    rule = find(name)
    if rule is None:
        raise LookupError(name)
    return {"id": rule.id, "slug": rule.slug, "severity": rule.severity.value}


def _read(name: str, read: ClientRead) -> dict[str, Any]:
    result = read.result
    value = {
        "id": name,
        "session_id": read.asked,
        "sends": [_sent(exchange) for exchange in read.served],
        "expect": expected(read),
    }
    if result.session is not None:
        return value | {"session": dict(result.session)}
    failure = result.failure
    parts = {"http_status": failure.http_status, "error_code": failure.error_code} if failure is not None else {}
    return value | {"error": {name: part for name, part in parts.items() if part is not None}}


def _sent(exchange: Exchange) -> dict[str, Any]:
    """One response as it is sent; `failure` says how the connection ends."""
    value: dict[str, Any] = {}
    if exchange.elapsed:
        value["delay_ms"] = round(exchange.elapsed * 1000)
    if (response := exchange.response) is not None:
        value |= {"status": response.status, "headers": [list(pair) for pair in response.headers]}
        value["body"] = _body(response.body)
        value["complete"] = response.complete
        if response.pauses:
            value["pauses_ms"] = [round(seconds * 1000) for seconds in response.pauses]
    return value | ({"failure": exchange.failure} if exchange.failure else {})


def _body(content: bytes) -> str | dict[str, str]:
    """Text as it is, or base64 where it is not UTF-8 (as in the exchange format)."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(content).decode()}
