"""The judge: runs every applicable rule over every exchange and trace, once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hpp_contract.engine.refusal import raise_refusal
from hpp_contract.engine.report import Outcome, RuleVerdict, Subject, outcome_of
from hpp_contract.engine.rule import JUDGES, Finding, Rule
from hpp_contract.model.exchange import Exchange, Trace, traces

SAMPLE = 50
"""Findings kept per rule: enough to act on, and a bound on memory however long the evidence."""

Order = tuple[int, ...]
"""Where in the evidence something stood. A report shows what stood first, whoever judged it and when."""


@dataclass
class Tally:
    """What became of one rule so far: the first SAMPLE `findings` in the evidence's order, `total` of all."""

    exercised: bool = False
    total: int = 0
    findings: list[tuple[Order, Finding]] = field(default_factory=list)
    crash: tuple[Order, str] | None = None

    def add(self, order: Order, finding: Finding, evidence: str) -> None:
        """Count a finding, and keep it while there is room: findings come in order."""
        self.total += 1
        if len(self.findings) < SAMPLE:
            self.findings.append((order, finding if finding.evidence else replace(finding, evidence=evidence)))

    def merge(self, other: Tally) -> None:
        """Add what another tally of the same rule counted over other evidence."""
        self.exercised |= other.exercised
        self.total += other.total
        self.findings = sorted((*self.findings, *other.findings), key=lambda found: found[0])[:SAMPLE]
        self.crash = min(filter(None, (self.crash, other.crash)), default=None)


_Groups = list[tuple[Callable[[Any], bool], list[tuple[Callable[[Any], Iterable[Finding]], Tally]]]]
"""Conditions, and what is checked under each."""


class Judge:
    """Collects verdicts. Feed it exchanges (and traces), then ask for the `verdicts`.

    What is fed without an `order` stands after what was fed before it.
    """

    def __init__(self, rules: Iterable[Rule], subject: Subject) -> None:
        self._rules = [rule for rule in rules if subject.kind in JUDGES[rule.scope]]
        self._fed = 0
        self.tallies: dict[str, Tally] = {rule.id: Tally() for rule in self._rules}
        self._single = self._by_condition("request", "exchange", "recording")
        self._traced = self._by_condition("trace")
        self._requested = self._by_condition("requests")
        self._answers = self._by_condition("answer")

    def exchange(self, exchange: Exchange, order: Order | None = None) -> None:
        self._run(self._single, exchange, exchange.evidence, order)

    def trace(self, trace: Trace, order: Order | None = None) -> None:
        self._run(self._traced, trace, trace.exchanges[-1].evidence, order)

    def requests(self, trace: Trace, order: Order | None = None) -> None:
        """Judge what a client sent for one session, unauthorized requests included."""
        self._run(self._requested, trace, trace.exchanges[-1].evidence, order)

    def answer(self, answer: Any) -> None:
        self._run(self._answers, answer, answer.evidence, None)

    def merge(self, tallies: Mapping[str, Tally]) -> None:
        """Add what another judge of the same rules counted over other evidence."""
        for rule_id, tally in tallies.items():
            self.tallies[rule_id].merge(tally)

    def _run(self, groups: _Groups, subject: Any, evidence: str, order: Order | None) -> None:
        self._fed += 1
        place = (self._fed,) if order is None else order
        for when, rules in groups:
            if not when(subject):
                continue
            for check, tally in rules:
                tally.exercised = True
                try:
                    for finding in check(subject):
                        tally.add(place, finding, evidence)
                except Exception as error:  # a rule that crashes is our fault: outcome `error`; the others still run
                    raise_refusal(error)
                    tally.crash = tally.crash or (place, f"{type(error).__name__} while judging {evidence}")

    def _by_condition(self, *scopes: str) -> _Groups:
        """The rules of these scopes with their tallies; rules that share a condition share its evaluation."""
        groups: _Groups = []
        for rule in self._rules:
            if rule.scope in scopes:
                group = next((group for when, group in groups if when is rule.when), None)
                if group is None:
                    groups.append((rule.when, group := []))
                group.append((rule.check, self.tallies[rule.id]))
        return groups

    @property
    def verdicts(self) -> tuple[RuleVerdict, ...]:
        return tuple(self._verdict(rule, self.tallies[rule.id]) for rule in self._rules)

    @staticmethod
    def _verdict(rule: Rule, tally: Tally) -> RuleVerdict:
        findings = tuple(finding for _, finding in tally.findings)
        if tally.crash:
            crash = Finding("hpp-contract", "a verdict", tally.crash[1])
            return RuleVerdict(rule, Outcome.ERROR, (*findings, crash), tally.total + 1)
        return RuleVerdict(rule, outcome_of(rule, tally.exercised, tally.total), findings, tally.total)


def judge(exchanges: Sequence[Exchange], rules: Iterable[Rule], subject: Subject) -> tuple[RuleVerdict, ...]:
    """Judge exchanges and the traces they form."""
    court = Judge(rules, subject)
    for exchange in exchanges:
        court.exchange(exchange)
    for trace in traces(exchanges):
        court.trace(trace)
    for trace in traces(exchanges, unauthorized=True):
        court.requests(trace)
    return court.verdicts
