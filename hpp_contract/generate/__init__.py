"""Generated fixtures: from the JSON Schemas themselves to Hypothesis strategies, and to the same choices by a seed.

`valid`, `broken`, `traces`, `broken_traces` and `sessions` are strategies. `seeded` with `valid_body`, `broken_at` and
`breakable_constraints` gives the same bodies on every machine. What a schema asks of a value is in `compiling`, how to
satisfy and break it in `values` and `invalid_values`, and what only rules ask in `bodies` and `lifecycle`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpp_contract.generate.bodies import NAMES, Body, valid_body
from hpp_contract.generate.choices import Choices, seeded, strategy
from hpp_contract.generate.compiling import UnknownKeywordError
from hpp_contract.generate.instants import MODERN
from hpp_contract.generate.invalid_bodies import (
    BreakableConstraint,
    Broken,
    breakable_constraints,
    broken_at,
    broken_body,
)
from hpp_contract.generate.lifecycle import legal_trace
from hpp_contract.generate.lifecycle_violations import BrokenTrace, broken_trace
from hpp_contract.generate.responses import answer

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from hpp_contract.model import Trace

__all__ = [
    "NAMES",
    "BreakableConstraint",
    "Broken",
    "BrokenTrace",
    "Choices",
    "UnknownKeywordError",
    "answer",
    "breakable_constraints",
    "broken",
    "broken_at",
    "broken_trace",
    "broken_traces",
    "seeded",
    "sessions",
    "traces",
    "valid",
    "valid_body",
]


def valid(name: str, *, extras: bool = False) -> SearchStrategy[Body]:
    """Bodies that `schemas/<name>.json` and every rule accept: a shape, `session` (any shape) or `error-object`.

    With `extras` they also have undocumented members, which the contract allows and HPP-S09 warns about.
    """
    _refuse_unknown(name)
    return strategy(lambda choices: valid_body(choices, name, extras=extras))


def broken(name: str) -> SearchStrategy[Broken]:
    """Bodies that break `schemas/<name>.json`, each by one keyword at one place."""
    _refuse_unknown(name)
    return strategy(lambda choices: broken_body(choices, name))


def sessions() -> SearchStrategy[Body]:
    """Sessions for clients: any shape, in full breadth, except that their instants lie from 1999 to 2099."""
    return strategy(lambda choices: valid_body(choices, "session", spans=MODERN))


def traces() -> SearchStrategy[Trace]:
    """Traces that the lifecycle allows, as a poller sees them, missed statuses included, up to 404 after their end."""
    return strategy(legal_trace)


def broken_traces() -> SearchStrategy[BrokenTrace]:
    """Traces that break one rule of the lifecycle, each with that rule."""
    return strategy(broken_trace)


def _refuse_unknown(name: str) -> None:
    if name not in NAMES:
        raise ValueError(f"no schema describes a body called {name!r}; there are {', '.join(NAMES)}.")
