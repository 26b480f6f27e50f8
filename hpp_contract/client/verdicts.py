"""Verdicts case by case, brought together into one per rule."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Final

from hpp_contract.engine import RuleVerdict, Subject, judge
from hpp_contract.engine.evidence import outcomes_of, rendered_exchanges
from hpp_contract.engine.judge import Tally
from hpp_contract.engine.report import Slice, heaviest, outcome_of
from hpp_contract.engine.rule import JUDGES, Finding
from hpp_contract.model import Exchange
from hpp_contract.model.client_read import ClientRead
from hpp_contract.rules import CATALOGUE

MAX_FINDINGS: Final = 1000
"""Findings kept for each rule: a known-failing list can name a rule in every case only if none is dropped."""

RULES: Final = tuple(rule for rule in CATALOGUE if "client" in JUDGES[rule.scope])
"""The rules that a client is judged by."""


class CaseVerdicts:
    """Judges cases one after the other; safe for one thread. `slices` are the cases, `shown` the texts of the exchanges
    that findings name, if it `renders` them."""

    def __init__(self, subject: Subject, *, renders: bool = False) -> None:
        self.subject = subject
        self._renders = renders
        self._tallies = {rule.id: Tally(limit=MAX_FINDINGS) for rule in RULES}
        self.slices: list[Slice] = []
        self.shown: dict[str, str] = {}

    def judge_requests(self, exchanges: Sequence[Exchange]) -> None:
        """Add the verdicts on requests that belong to no case."""
        self.add("", verdicts_on("", self.subject, (), exchanges), exchanges)

    def add(
        self,
        case: str,
        verdicts: Sequence[RuleVerdict],
        exchanges: Sequence[Exchange] = (),
        reads: Iterable[ClientRead] = (),
    ) -> None:
        """Add the verdicts on a case; `exchanges` and `reads` are those that it is about."""
        if self._renders:
            self.shown |= rendered_exchanges(verdicts, exchanges, {read.evidence for read in reads})
        for verdict in verdicts:
            self._tallies[verdict.rule.id].add_verdict(verdict)
        self.slices += [Slice(case, outcomes_of(verdicts))] if case else []

    @property
    def verdicts(self) -> tuple[RuleVerdict, ...]:
        return tuple(self._tallies[rule.id].verdict(rule) for rule in RULES)


def verdicts_on(
    case: str,
    subject: Subject,
    reads: Iterable[ClientRead],
    exchanges: Iterable[Exchange],
    extra_findings: Iterable[tuple[str, Finding]] = (),
    exempt_rules: Collection[str] = (),
) -> tuple[RuleVerdict, ...]:
    """The verdicts on one case, named in every finding; `extra_findings` are about the case as a whole, by rule id."""
    verdicts = judge(tuple(exchanges), [rule for rule in RULES if rule.id not in exempt_rules], subject, reads)
    return tuple(_with_extra(_with_case(verdict, case), extra_findings, case) for verdict in verdicts)


def _with_case(verdict: RuleVerdict, case: str) -> RuleVerdict:
    """The verdict with the case named in its findings, and with equal findings of several reads only once."""
    if not verdict.findings:
        return verdict
    distinct = {(finding.where, finding.expected, finding.found): finding for finding in reversed(verdict.findings)}
    findings = tuple(replace(finding, case=case) for finding in reversed(distinct.values()))
    return replace(verdict, findings=findings, total=len(findings))


def _with_extra(verdict: RuleVerdict, extra_findings: Iterable[tuple[str, Finding]], case: str) -> RuleVerdict:
    further = tuple(replace(finding, case=case) for rule, finding in extra_findings if rule == verdict.rule.id)
    if not further:
        return verdict
    findings = verdict.findings + further
    outcome = outcome_of(True, heaviest(verdict.rule, findings))
    return replace(verdict, outcome=outcome, findings=findings, total=len(findings))
