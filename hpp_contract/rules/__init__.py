"""The rules, one module per letter, and the catalogue of them all in the order of their ids.

A module holds rules, each with the faults that break it. Nothing here reads files, sockets or clocks. Other packages
import from `hpp_contract.rules` only, never from one of its modules.
"""

from __future__ import annotations

from types import ModuleType
from typing import Final

from hpp_contract.engine.fault import Fault
from hpp_contract.engine.rule import Rule
from hpp_contract.rules import (
    completed,
    error,
    hosted,
    http,
    lifecycle,
    pending,
    recording,
    request,
    request_safety,
    session,
)
from hpp_contract.rules.answer import conduct, errors, identity, members, refusals, tolerance, verdict
from hpp_contract.rules.answer.conduct import OWN_LIMIT_S, SILENT
from hpp_contract.rules.schemas import NO_NULL
from hpp_contract.rules.served import ServedKind, changed_members, served_kind, surfaced

__all__ = [
    "CATALOGUE",
    "FAULTS",
    "LETTERS",
    "NO_NULL",
    "OWN_LIMIT_S",
    "SILENT",
    "ServedKind",
    "changed_members",
    "find",
    "served_kind",
    "surfaced",
]

_MODULES: tuple[ModuleType, ...] = (
    request, request_safety, http, hosted, session, pending, completed, lifecycle, error,
    members, identity, tolerance, refusals, errors, conduct, verdict, recording,
)  # fmt: skip


def _rules(module: ModuleType) -> list[Rule]:
    return [value for value in vars(module).values() if isinstance(value, Rule)]


CATALOGUE: tuple[Rule, ...] = tuple(sorted((r for m in _MODULES for r in _rules(m)), key=lambda r: r.id))

LETTERS = {
    "R": "the request a client sends",
    "H": "the HTTP around a session",
    "S": "any session",
    "P": "a pending session",
    "C": "a completed session",
    "L": "the life of a session",
    "E": "an error",
    "A": "the answer a client gives",
    "K": "a kept recording",
}


def find(text: str) -> Rule | None:
    """The rule with this id or slug, in any case."""
    wanted = text.strip().lower()
    return next((rule for rule in CATALOGUE if wanted in (rule.id.lower(), rule.slug)), None)


FAULTS: Final[tuple[Fault, ...]] = tuple(
    fault for rule in CATALOGUE for fault in rule.faults if fault.source == "server"
)
"""In catalogue order. Each has its own well-known session id: `session_id(fault.name)`."""
