"""Faults: named edits of a correct exchange that violate one rule, declared beside that rule.

The server commits them on the wire, `explain` prints them, and the tests prove with them that every rule can fail.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from hpp_contract.engine.edits import Edited, edits

Source = Literal["server", "client", "recorder", "adapter"]
"""Who commits a fault: a server in an exchange, a client in a request, a recorder in what it keeps, an adapter in the
answer it gives."""

FOREVER = 1_000_000
"""Polls: more than any session has."""


@dataclass(frozen=True)
class Fault:
    """`edits` applied to the exchanges of `scenario`, from poll `since` up to but not including `until`.

    The scenario is named by its text, or is a situation such as `unknown-id`. An adapter's fault edits client reads,
    and its scenario is a client case. `also` names the other rules that cannot help noticing it.
    """

    name: str
    scenario: str
    edits: tuple[Callable[[Any], Any], ...]
    since: int = 0
    until: int = FOREVER
    also: tuple[str, ...] = ()
    source: Source = "server"

    def applies(self, scenario: str, poll: int) -> bool:
        return scenario == self.scenario and self.since <= poll < self.until

    def __call__(self, honest: Edited) -> Edited:
        edited: Edited = edits(*self.edits)(honest)
        return edited


def fault(
    name: str,
    scenario: str,
    *edits: Callable[[Any], Any],
    since: int = 0,
    until: int = FOREVER,
    also: tuple[str, ...] = (),
    source: Source = "server",
) -> Fault:
    """A Fault, with its edits given one after the other."""
    return Fault(name, scenario, edits, since, until, also, source)
