"""Judging recorded exchanges on one core: the whole catalogue, beside the schema alone."""

from __future__ import annotations

import time
from dataclasses import replace

from hpp_contract.cases.scenarios import SCENARIOS
from hpp_contract.engine import Subject, judge
from hpp_contract.model import Exchange
from hpp_contract.rules import CATALOGUE
from hpp_contract.rules.schemas import violations
from hpp_contract.server import simulate_server

COUNT = 20_000


def recorded() -> list[Exchange]:
    """COUNT kept exchanges over all scenarios, each its own object, so that nothing is remembered."""
    honest = [exchange for name in SCENARIOS for exchange in simulate_server(name, 5)]
    kept = [
        replace(exchange, context=replace(exchange.context, recorded=True, provenance="embedded"))
        for exchange in honest
    ]
    return [fresh(kept[index % len(kept)]) for index in range(COUNT)]


def fresh(exchange: Exchange) -> Exchange:
    """The same exchange as another object."""
    response = replace(exchange.response) if exchange.response else None
    return replace(exchange, request=replace(exchange.request), response=response)


def main() -> None:
    """Print exchanges a second."""
    exchanges = recorded()
    begin = time.perf_counter()
    judge(exchanges, CATALOGUE, Subject("recording", "benchmark"))
    judged = COUNT / (time.perf_counter() - begin)
    values = [exchange.session for exchange in recorded()]
    begin = time.perf_counter()
    for value in values:
        violations("session", value) if value else None
    validated = COUNT / (time.perf_counter() - begin)
    print(f"{len(CATALOGUE)} rules  {judged:8,.0f} exchanges/s;  schema alone {validated:,.0f} bodies/s")
