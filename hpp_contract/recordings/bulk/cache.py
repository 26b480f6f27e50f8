"""Cache of verdicts: exchanges of one signature (`fingerprint`) are judged once, the others are counted.

Exchanges without a signature are judged every time. Tests compare both ways, finding by finding.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field, replace

from hpp_contract.engine.judge import SAMPLE, Judge, Order, Tally, placed_before
from hpp_contract.engine.report import Subject
from hpp_contract.engine.rule import Finding, Rule
from hpp_contract.model import Exchange
from hpp_contract.recordings.bulk.fingerprint import MOST, Fingerprint


@dataclass
class _Verdict:
    """The verdict on one signature: the findings of each exercised rule, and how often and where it occurred since."""

    findings: dict[str, tuple[Finding, ...]]
    times: int = 0
    places: list[Order] = field(default_factory=list)


class VerdictCache:
    """Judges single exchanges: by `count_if_known`, else by `judge`. `collect` gives the verdict.

    `evidence` names the exchange at a place.
    """

    def __init__(self, rules: Iterable[Rule], subject: Subject, evidence: Callable[[Order], str]) -> None:
        self._rules, self._subject, self._evidence = tuple(rules), subject, evidence
        self._verdicts: dict[Hashable, _Verdict] = {}
        self._judged = Judge(self._rules, subject)

    def count_if_known(self, fingerprint: Fingerprint, order: Order) -> bool:
        """Count this exchange and return True, if one of its signature was judged before."""
        verdict = self._verdicts.get(fingerprint.signature)
        if verdict is None:
            return False
        verdict.times += 1
        if len(verdict.places) < SAMPLE:
            verdict.places.append(order)
        return True

    def judge(self, exchange: Exchange, order: Order, fingerprint: Fingerprint | None) -> None:
        """Judge an exchange, and keep the verdict for others of its signature."""
        self._judged.exchange(exchange, order)
        if fingerprint is not None and (verdict := self._verdict_of(exchange)):
            if len(self._verdicts) >= MOST:
                self._flush()
                self._verdicts.clear()
            self._verdicts[fingerprint.signature] = verdict

    def collect(self) -> dict[str, Tally]:
        """What every rule found since the last call."""
        self._flush()
        tallies, self._judged = self._judged.tallies, Judge(self._rules, self._subject)
        return tallies

    def _verdict_of(self, exchange: Exchange) -> _Verdict | None:
        """Verdict without position; None if it depends on the position."""
        judge = Judge(self._rules, self._subject)
        judge.exchange(replace(exchange, evidence=""), ())
        exercised = {rule: tally for rule, tally in judge.tallies.items() if tally.exercised}
        if any(tally.crash or tally.total > len(tally.findings) for tally in exercised.values()):
            return None
        return _Verdict({rule: tuple(found for _, found in tally.findings) for rule, tally in exercised.items()})

    def _flush(self) -> None:
        """Add what was counted by signature to the tallies of the rules."""
        tallies: dict[str, Tally] = {}
        for verdict in self._verdicts.values():
            if verdict.times:
                for rule, findings in verdict.findings.items():
                    tally = tallies.setdefault(rule, Tally(True))
                    tally.total += verdict.times * len(findings)
                    tally.findings += [(order, found) for order in verdict.places for found in findings]
                verdict.times, verdict.places = 0, []
        for tally in tallies.values():  # only what stays gets its evidence
            first = sorted(tally.findings, key=placed_before)[:SAMPLE]
            tally.findings = [(order, replace(found, evidence=self._evidence(order))) for order, found in first]
        self._judged.merge(tallies)
