"""Spreading one change over many stages of the embedded server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from hpp_contract.engine.fault import Fault, fault
from hpp_contract.spec.schema_files import SHAPES

REFUSED: Final = ("unknown-id", "malformed-id", "no-credentials", "wrong-credentials")
"""Stages that the honest server answers with an error object."""


def everywhere(name: str, stages: tuple[str, ...], *edits: Callable[[Any], Any]) -> tuple[Fault, ...]:
    """The same edits on each of these stages."""
    return tuple(fault(f"{name}-on-{stage}", stage, *edits) for stage in stages)


def on_sessions(name: str, *edits: Callable[[Any], Any]) -> tuple[Fault, ...]:
    """The same edits on every session."""
    return everywhere(name, SHAPES, *edits)
