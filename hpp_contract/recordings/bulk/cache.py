"""The quick way to the judge's verdict: exchanges that differ in nothing a rule can see are judged once.

A log of millions comes down to a few signatures (`glance`): the first of each goes to the judge, the others are
counted. What has no signature goes to the judge every time. Tests hold both ways equal, finding by finding.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field, replace

from hpp_contract.engine.judge import SAMPLE, Judge, Order, Tally
from hpp_contract.engine.report import Subject
from hpp_contract.engine.rule import Finding, Rule
from hpp_contract.model import Exchange
from hpp_contract.recordings.bulk.fingerprint import Fingerprint

MEMORY = 10_000
"""Signatures remembered at most: a log that has more gains little from them."""


@dataclass
class _Known:
    """What the judge said of one signature: each exercised rule's findings; how often and where it was met since."""

    findings: dict[str, tuple[Finding, ...]]
    times: int = 0
    places: list[Order] = field(default_factory=list)


class VerdictCache:
    """Judges single exchanges. Ask `meet` first; what it does not know goes to `judge`; `collect` gives the verdict.

    `evidence` says what stands at a place in the evidence.
    """

    def __init__(self, rules: Iterable[Rule], subject: Subject, evidence: Callable[[Order], str]) -> None:
        self._rules, self._subject, self._evidence = tuple(rules), subject, evidence
        self._known: dict[Hashable, _Known] = {}
        self._judged = Judge(self._rules, subject)

    def count_if_known(self, glance: Fingerprint, order: Order) -> bool:
        """Count this exchange in and return True, when one of its signature was judged before."""
        known = self._known.get(glance.signature)
        if known is None:
            return False
        known.times += 1
        if len(known.places) < SAMPLE:
            known.places.append(order)
        return True

    def judge(self, exchange: Exchange, order: Order, glance: Fingerprint | None) -> None:
        """Judge an exchange in full, and remember the verdict for those like it."""
        self._judged.exchange(exchange, order)
        if glance is not None and (known := self._verdict_of(exchange)):
            if len(self._known) >= MEMORY:
                self._flush()
                self._known.clear()
            self._known[glance.signature] = known

    def collect(self) -> dict[str, Tally]:
        """What every rule found since the last time this was asked."""
        self._flush()
        tallies, self._judged = self._judged.tallies, Judge(self._rules, self._subject)
        return tallies

    def _verdict_of(self, exchange: Exchange) -> _Known | None:
        """The judge's word on this exchange, whatever its place; None where it cannot be repeated of another."""
        alone = Judge(self._rules, self._subject)
        alone.exchange(replace(exchange, evidence=""), ())
        exercised = {rule: tally for rule, tally in alone.tallies.items() if tally.exercised}
        if any(tally.crash or tally.total > len(tally.findings) for tally in exercised.values()):
            return None
        return _Known({rule: tuple(found for _, found in tally.findings) for rule, tally in exercised.items()})

    def _flush(self) -> None:
        """Turn what was counted by signature into what was counted by rule."""
        for known in self._known.values():
            if known.times:
                self._judged.merge({rule: self._tally(known, found) for rule, found in known.findings.items()})
                known.times, known.places = 0, []

    def _tally(self, known: _Known, findings: tuple[Finding, ...]) -> Tally:
        if not findings:
            return Tally(True)
        named = [(order, self._evidence(order)) for order in known.places]
        placed = [(order, replace(found, evidence=evidence)) for order, evidence in named for found in findings]
        return Tally(True, known.times * len(findings), placed[:SAMPLE])
