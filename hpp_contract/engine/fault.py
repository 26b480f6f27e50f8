"""Variants: named edits of correct exchanges, declared beside the rule that they are about.

A fault breaks its rule. A variation comes close to that and does not: something else that is honest. The server serves
both on the wire, `explain` prints them, and the tests prove with them that every rule can fail, and that none cries
wolf.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from hpp_contract.engine.edits import Edited, edits
from hpp_contract.model import Exchange

Source = Literal["server", "client", "recorder", "adapter"]
"""Who does it: a server in an exchange, a client in a request, a recorder in what it keeps, an adapter in the answer it
gives."""

FOREVER = 1_000_000
"""Polls: more than any session has."""


@dataclass(frozen=True)
class Variant:
    """`edits` applied to the exchanges of `scenario`, from poll `since` up to but not including `until`.

    The scenario is named by its text, or is a situation such as `unknown-id`. An adapter's variant edits client reads,
    and its scenario is a client case.
    """

    name: str
    scenario: str
    edits: tuple[Callable[[Any], Any], ...] = ()
    since: int = 0
    until: int = FOREVER
    source: Source = "server"

    def applies(self, scenario: str, poll: int) -> bool:
        return scenario == self.scenario and self.since <= poll < self.until

    def __call__(self, honest: Edited) -> Edited:
        edited: Edited = edits(*self.edits)(honest)
        return edited


@dataclass(frozen=True)
class Fault(Variant):
    """A variant that breaks its rule; `also` names the other rules that cannot help noticing it. `severity` is how much
    it weighs where that is less than the rule can: see `Finding.severity`."""

    also: tuple[str, ...] = ()
    severity: Literal["should", "info"] | None = None


@dataclass(frozen=True)
class Variation(Variant):
    """A variant that is honest. No rule is broken by it, and only the rules in `warns` may warn of it.

    `recorded` makes a recording of several reads out of the edited ones, where one read at a time does not show it:
    two merchants in one log, reads that overlap, a request of another kind in between.
    """

    warns: tuple[str, ...] = ()
    recorded: Callable[[tuple[Exchange, ...]], tuple[Exchange, ...]] | None = None


def fault(
    name: str,
    scenario: str,
    *edits: Callable[[Any], Any],
    since: int = 0,
    until: int = FOREVER,
    also: tuple[str, ...] = (),
    source: Source = "server",
    severity: Literal["should", "info"] | None = None,
) -> Fault:
    """A Fault, with its edits given one after the other."""
    return Fault(name, scenario, edits, since, until, source, also, severity)


def variation(
    name: str,
    scenario: str,
    *edits: Callable[[Any], Any],
    since: int = 0,
    until: int = FOREVER,
    warns: tuple[str, ...] = (),
    source: Source = "server",
    recorded: Callable[[tuple[Exchange, ...]], tuple[Exchange, ...]] | None = None,
) -> Variation:
    """A Variation, with its edits given one after the other."""
    return Variation(name, scenario, edits, since, until, source, warns, recorded)
