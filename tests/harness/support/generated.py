"""What the rules say of what is generated."""

from __future__ import annotations

from hpp_contract.engine import Outcome, Subject, judge
from hpp_contract.model import Exchange
from hpp_contract.rules import CATALOGUE


def findings(exchanges: list[Exchange]) -> set[tuple[str, str]]:
    """Rule and place of everything found, by any rule about an endpoint."""
    verdicts = judge(exchanges, CATALOGUE, Subject("endpoint", "generated"))
    assert not [verdict for verdict in verdicts if verdict.outcome is Outcome.ERROR]
    return {(verdict.rule.id, finding.where) for verdict in verdicts for finding in verdict.findings}
