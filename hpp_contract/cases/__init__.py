"""Correct behaviour of the server, and what a client is put through: scenarios, responses, and every client case.

`CASES` has the cases in the order in which they are run and listed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import partial
from types import MappingProxyType
from typing import Final

from hpp_contract.cases import bodies, polls, refusals, wire
from hpp_contract.cases import sessions as cases_sessions
from hpp_contract.cases.case import GENERATED, Case
from hpp_contract.cases.scenarios import CREDENTIALS
from hpp_contract.engine.errors import UsageProblem, suggest
from hpp_contract.engine.fault import Fault

_RULE: Final = re.compile(r"((HPP|hpp)-[A-Za-z*?]|[A-Z])[0-9*?]*")
"""What names rules, not cases, whose names are in small letters."""

__all__ = ["CASES", "GENERATED", "Case", "case_faults", "select", "selects_generated"]

_ALL: Final = (
    *cases_sessions.SHAPES,
    *cases_sessions.INSTANTS,
    *cases_sessions.IDS,
    *cases_sessions.MEMBERS,
    *bodies.BODIES,
    *refusals.REFUSALS,
    *wire.REQUESTS,
    *polls.POLLS,
    *wire.WIRE,
)

CASES: Final = MappingProxyType({case.name: case for case in _ALL})
"""Every case by name."""


def case_faults() -> dict[str, Fault]:
    """What reads of the session ids of every case with the published credentials meet."""
    cases = (case for case in CASES.values() if case.credentials == CREDENTIALS)
    return {session: fault for case in cases for session, fault in case.faults().items()}


def select(patterns: Iterable[str], recorded: Iterable[Case] = ()) -> tuple[Case, ...]:
    """The cases, `recorded` ones last, that any of these names or globs (separated by commas, too) choose, in order;
    all when there are none. The id of a rule, or a glob of ids, chooses the cases that are about it.

    Raises UsageProblem for a pattern that chooses nothing; GENERATED chooses the generated sessions.
    """
    every, wanted = (*CASES.values(), *recorded), _words(patterns)
    names = [*(case.name for case in every), GENERATED]
    for pattern in wanted:
        if not any(map(partial(_chooses, pattern), every)) and not fnmatchcase(GENERATED, pattern):
            if _RULE.fullmatch(pattern):
                raise UsageProblem(f"no case is about {pattern} alone: leave --only out, every case is judged by it.")
            hint = suggest(pattern, names, "hpp-contract client --list shows them all.")
            raise UsageProblem(f"there is no case {pattern!r}; {hint}")
    return tuple(case for case in every if not wanted or any(_chooses(pattern, case) for pattern in wanted))


def _chooses(pattern: str, case: Case) -> bool:
    if not _RULE.fullmatch(pattern):
        return fnmatchcase(case.name, pattern)
    wanted = f"HPP-{pattern.upper().removeprefix('HPP-')}"
    return any(fnmatchcase(rule, wanted) for rule in case.rules)


def selects_generated(patterns: Iterable[str]) -> bool:
    """Whether these choose the round of generated sessions, as nothing does too."""
    wanted = _words(patterns)
    return not wanted or any(fnmatchcase(GENERATED, pattern) for pattern in wanted)


def _words(patterns: Iterable[str]) -> list[str]:
    return [name for pattern in patterns for name in pattern.replace(",", " ").split()]
