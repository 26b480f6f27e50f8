"""The rules of the contract as a check for Schemathesis.

`contract_check` is for an exchange that a fuzzing run sent; `hpp_contract.probe.fuzz.hooks` registers the same for runs
of Schemathesis alone. A check raises, a rule does not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hpp_contract.engine.judge import broken
from hpp_contract.engine.rule import Finding, Rule, Severity
from hpp_contract.model import Exchange
from hpp_contract.rules import CATALOGUE

Broken = tuple[tuple[Rule, Finding], ...]

RULES = tuple(rule for rule in CATALOGUE if rule.scope == "exchange" and rule.severity is not Severity.INFO)
"""The rules that one answer can break (letters H, S, P, C and E)."""


def broken_rules(exchange: Exchange) -> Broken:
    """Every rule that this exchange breaks by itself, with its findings; what is for information breaks none."""
    return tuple(
        (rule, finding)
        for rule, findings in broken(RULES, exchange)
        for finding in findings
        if rule.weight(finding) is not Severity.INFO
    )


def contract_check(exchange: Exchange) -> Callable[[Any, Any, Any], None]:
    """A check that fails when `exchange` breaks a rule, whatever response it is given."""

    def contract(_context: Any, _response: Any, _case: Any) -> None:
        if found := broken_rules(exchange):
            raise AssertionError(described(found))

    return contract


def described(found: Broken) -> str:
    """Where, expected, found and which rule, a line each; safe to print."""
    return "\n".join(
        f"{rule.id} {rule.slug}: {finding.where}: expected {finding.expected}, found {finding.found} "
        f"(see more: hpp-contract explain {rule.id})"
        for rule, finding in found
    )
