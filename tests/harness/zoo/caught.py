"""How a wrong client says what must catch it. No clients in here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import TypeVar

from tests.harness.sample_clients import Client

Wrong = TypeVar("Wrong", bound=type[Client])


@dataclass(frozen=True)
class Caught:
    """The rule that names a bug, cases that show it, and other rules that cannot help noticing it."""

    rule: str
    cases: tuple[str, ...]
    also: frozenset[str]


def caught_by(rule: str, *cases: str, also: tuple[str, ...] = ()) -> Callable[[Wrong], Wrong]:
    """Declare that the bug of this client breaks `rule` in `cases`."""

    def declare(client: Wrong) -> Wrong:
        client.caught = Caught(rule, cases, frozenset(also))
        return client

    return declare


def wrong_clients(*modules: ModuleType) -> list[type[Client]]:
    """The clients that these modules declare as wrong."""
    values = (value for module in modules for value in vars(module).values())
    return [value for value in values if isinstance(value, type) and "caught" in vars(value)]
