"""How a wrong client says which rule it breaks. No clients in here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import TypeVar

from tests.harness.support.sample_clients import Client

Wrong = TypeVar("Wrong", bound=type[Client])


@dataclass(frozen=True)
class Bug:
    """The rule that names a bug, cases that show it, and other rules that cannot help noticing it."""

    rule: str
    cases: tuple[str, ...]
    also: frozenset[str]


BUGS: dict[type[Client], Bug] = {}
"""The bug of each wrong client."""


def breaks(rule: str, *cases: str, also: tuple[str, ...] = ()) -> Callable[[Wrong], Wrong]:
    """Declare that the bug of this client breaks `rule` in `cases`."""

    def declare(client: Wrong) -> Wrong:
        BUGS[client] = Bug(rule, cases, frozenset(also))
        return client

    return declare


def wrong_clients(*modules: ModuleType) -> list[type[Client]]:
    """The clients that these modules declare as wrong."""
    return [client for module in modules for client in BUGS if client.__module__ == module.__name__]
