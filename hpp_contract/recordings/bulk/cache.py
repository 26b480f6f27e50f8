"""Cache of verdicts: exchanges of one signature (`fingerprint`) are judged once, the others are counted.

Exchanges without a signature are judged every time. Tests compare both ways, finding by finding.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from hpp_contract.engine.judge import SAMPLE, Judge, Order, Tally, placed_before
from hpp_contract.engine.report import Subject
from hpp_contract.engine.rule import Finding, Rule
from hpp_contract.model import Exchange
from hpp_contract.recordings.bulk.fingerprint import MOST, Fingerprint


@dataclass
class _Verdict:
    """The verdict on one signature: the findings of each exercised rule, how often it occurred since, and where it
    did first if there are findings."""

    findings: dict[str, tuple[Finding, ...]]
    times: int = 0
    places: list[Order] = field(default_factory=list)

    @cached_property
    def has_findings(self) -> bool:
        return any(self.findings.values())


class VerdictCache:
    """Judges single exchanges: by `count` where its signature is known, else by `judge`. `collect` gives the verdict.

    `evidence` names the exchange at a place.
    """

    def __init__(self, rules: Iterable[Rule], subject: Subject, evidence: Callable[[Order], str]) -> None:
        rules, self._evidence = tuple(rules), evidence
        self._verdicts: dict[Hashable, _Verdict] = {}
        self._judged, self._own = Judge(rules, subject), Judge(rules, subject)

    def is_known(self, fingerprint: Fingerprint) -> bool:
        """Whether one of its signature was judged before. What is known stays so until the next `collect`."""
        return fingerprint.signature in self._verdicts

    def count(self, fingerprint: Fingerprint, file: int, numbers: Sequence[int]) -> None:
        """Count exchanges with these numbers in a file, in their order, of a signature that is known."""
        verdict = self._verdicts[fingerprint.signature]
        verdict.times += len(numbers)
        most = verdict.places[-1] if len(verdict.places) >= SAMPLE else None
        if verdict.has_findings and (most is None or (file, numbers[0]) < most):
            verdict.places = sorted((*verdict.places, *((file, number) for number in numbers)))[:SAMPLE]

    def judge(self, exchange: Exchange, order: Order, fingerprint: Fingerprint | None) -> None:
        """Judge an exchange, and keep the verdict for others of its signature."""
        self._judged.exchange(exchange, order)
        if fingerprint is not None and len(self._verdicts) < MOST and (verdict := self._verdict_of(exchange)):
            self._verdicts[fingerprint.signature] = verdict

    def collect(self) -> dict[str, Tally]:
        """What every rule found since the last call."""
        self._flush()
        if len(self._verdicts) >= MOST:
            self._verdicts.clear()
        return self._judged.take()

    def _verdict_of(self, exchange: Exchange) -> _Verdict | None:
        """Verdict without position; None if it depends on the position."""
        self._own.exchange(replace(exchange, evidence=""), ())
        exercised = {rule: tally for rule, tally in self._own.take().items() if tally.exercised}
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
