"""Spreading one change over many scenarios of the embedded server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from hpp_contract.engine.fault import FOREVER, Fault, fault
from hpp_contract.spec.schema_files import SHAPES

REFUSED: Final = ("unknown-id", "malformed-id", "no-credentials", "wrong-credentials")
"""Situations that the honest server answers with an error object."""


def everywhere(
    name: str, scenarios: tuple[str, ...], *edits: Callable[[Any], Any], since: int = 0, until: int = FOREVER
) -> tuple[Fault, ...]:
    """The same edits in each of these scenarios, from poll `since` up to but not including `until`."""
    return tuple(fault(f"{name}-on-{scenario}", scenario, *edits, since=since, until=until) for scenario in scenarios)


def on_sessions(name: str, *edits: Callable[[Any], Any]) -> tuple[Fault, ...]:
    """The same edits on every session."""
    return everywhere(name, SHAPES, *edits)
