"""What a shell completes beyond commands and options: the names that the contract has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click


def rules(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    """The codes of rules, and their slugs once one is begun."""
    from hpp_contract.rules import CATALOGUE

    slugs = [rule.slug for rule in CATALOGUE] if begun else []
    return _beginning([*(rule.id for rule in CATALOGUE), *slugs], begun)


def scenarios(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    """The names of what the reference server plays."""
    from hpp_contract.cases.scenarios import SCENARIOS

    return _beginning(SCENARIOS, begun)


def faults(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    """The names of what it lies."""
    from hpp_contract.rules import FAULTS

    return _beginning((fault.name for fault in FAULTS), begun)


def cases(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    """The names of what clients are judged by."""
    from hpp_contract.cases import CASES, GENERATED

    return _beginning((*CASES, GENERATED), begun)


def _beginning(names: Iterable[str], begun: str) -> list[str]:
    return [name for name in names if name.lower().startswith(begun.lower())]
