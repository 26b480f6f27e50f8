"""Exchanges about one session, with one thing about them odd, and what a rule finds in them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hpp_contract.engine.rule import Rule
from hpp_contract.model import Context, Exchange, Headers, Request, Response
from hpp_contract.rules import find

ID = "39a1c773-bafd-754d-af1f-b30c592f1267"
ASKED = Request("GET", f"https://h/hpp/v1/sessions/{ID}")


def answered(
    status: int = 200, body: bytes = b"{}", sent: Headers = (), fields: Headers = (), **known: Any
) -> Exchange:
    """An exchange with these header fields."""
    typed = (("Content-Type", "application/json"), *fields)
    return Exchange(replace(ASKED, headers=sent), Response(status, typed, body), context=Context(**known))


def found(rule_id: str, exchange: Exchange) -> list[str]:
    rule = find(rule_id)
    assert rule is not None
    return [finding.found for finding in rule(exchange)]


def rule_of(rule_id: str) -> Rule:
    rule = find(rule_id)
    assert rule is not None
    return rule
