"""The pair of examples that `explain` prints: what the reference endpoint says, and that with a rule's own fault."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hpp_contract.cases.scenarios import CREDENTIALS
from hpp_contract.engine import Subject, judge
from hpp_contract.engine.fault import Fault
from hpp_contract.engine.rule import JUDGES, Rule
from hpp_contract.model import Exchange
from hpp_contract.model.clock import Clock, system_clock
from hpp_contract.privacy.redact import Redactor
from hpp_contract.privacy.render import render
from hpp_contract.server import simulate_server

POLLS = 6
"""Reads of one session at most: few faults in the catalogue need more to show."""

Exchanges = tuple[Exchange, ...]


def kept_and_broken(rule: Rule, clock: Clock = system_clock) -> tuple[str, str] | None:
    """The text of exchanges that keep `rule` and of the fewest that break it; None when no text shows a difference."""
    if rule.scope == "answer":
        from hpp_contract.cli.answer_pair import answer_pair

        return answer_pair(rule, clock)
    for honest, told in _rehearsals(rule, clock):
        if _breaks(rule, told):
            shown = -1 if _breaks(rule, told[-1:]) else 0
            kept, broken = _text(honest[shown:]), _text(told[shown:])
            if kept != broken:
                return kept, broken
    return None


def _rehearsals(rule: Rule, clock: Clock) -> Iterator[tuple[Exchanges, Exchanges]]:
    """Honest exchanges and the same told with a fault, seen live and as kept, the shortest first."""
    for fault in rule.faults:
        for polls in range(1, POLLS + 1):
            for honest in _views(simulate_server(fault.scenario, polls, clock=clock)):
                yield honest, tuple(_told(fault, exchange, poll) for poll, exchange in enumerate(honest))


def _told(fault: Fault, exchange: Exchange, poll: int) -> Exchange:
    return fault(exchange) if fault.applies(fault.scenario, poll) else exchange


def _views(live: Exchanges) -> Iterator[Exchanges]:
    """The exchanges as an observer sees them, then as recordings hold them."""
    yield live
    for provenance in ("embedded", "recorded"):
        yield tuple(replace(e, context=replace(e.context, recorded=True, provenance=provenance)) for e in live)


def _breaks(rule: Rule, exchanges: Exchanges) -> bool:
    subject = Subject(min(JUDGES[rule.scope]), "the example")
    return any(verdict.findings for verdict in judge(exchanges, [rule], subject))


def _text(exchanges: Exchanges) -> str:
    redact = Redactor(CREDENTIALS.secrets)
    return "\n\n".join(render(exchange, redact) for exchange in exchanges)
