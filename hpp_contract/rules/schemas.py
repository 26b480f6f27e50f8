"""Rules that the schemas carry: a rule of this kind reports the violations of the constraints that name it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from hpp_contract.engine.rule import Finding, Rule, rule
from hpp_contract.model import Exchange
from hpp_contract.rules.schema_validation import Violation, violations

NO_NULL = "HPP-S10"
"""A member that is null where a type was demanded is this rule's business: absent members are omitted."""


@lru_cache(maxsize=64)
def _violations(schema: str, exchange: Exchange) -> tuple[Violation, ...]:
    return violations(schema, exchange.response.json.value if exchange.response else None)


def broken_constraints(schema: str, rule: str, exchange: Exchange) -> Iterator[Finding]:
    """Findings for every constraint of `schema` that belongs to `rule` and that the response's JSON breaks."""
    for violation in _violations(schema, exchange):
        if _owner(violation) == rule:
            yield Finding(violation.where or "body", violation.expected, violation.found)


def _owner(violation: Violation) -> str:
    null = violation.keyword == "type" and violation.found == "null" and violation.rule.startswith("HPP-S")
    return NO_NULL if null and violation.where else violation.rule


def schema_rule(
    schema: str,
    id: str,  # noqa: A002  as in rule()
    *identity: Any,
    **options: Any,
) -> Callable[[Callable[[Exchange], None]], Rule]:
    """A rule whose check is the schema's; the decorated function is empty and documents it. Takes what `rule` takes."""

    def make(documented: Callable[[Exchange], None]) -> Rule:
        def check(exchange: Exchange) -> Iterator[Finding]:
            return broken_constraints(schema, id, exchange)

        check.__doc__ = documented.__doc__
        return rule(id, *identity, **options)(check)

    return make
