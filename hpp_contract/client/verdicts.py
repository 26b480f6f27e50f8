"""Verdicts case by case, brought together into one per rule."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Final

from hpp_contract.engine import RuleVerdict, Subject, judge
from hpp_contract.engine.evidence import outcomes_of, rendered_exchanges
from hpp_contract.engine.judge import Tally
from hpp_contract.engine.report import Slice, outcome_of
from hpp_contract.engine.rule import JUDGES, Finding
from hpp_contract.model import Exchange
from hpp_contract.model.client_read import ClientRead
from hpp_contract.rules import CATALOGUE

KEPT: Final = 1000
"""Findings kept per rule: a known-failing list can name a rule in every case only if none is forgotten."""

RULES: Final = tuple(rule for rule in CATALOGUE if "client" in JUDGES[rule.scope])
"""What a client is judged by."""


class CaseVerdicts:
    """Judges cases one after the other; safe for one thread. `slices` are the cases, `shown` the texts of the exchanges
    that findings name."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self._tallies = {rule.id: Tally(limit=KEPT) for rule in RULES}
        self.slices: list[Slice] = []
        self.shown: dict[str, str] = {}

    def judge(
        self,
        case: str,
        answers: Iterable[ClientRead],
        exchanges: Iterable[Exchange],
        own: Iterable[tuple[str, Finding]] = (),
        exempt: Collection[str] = (),
    ) -> tuple[RuleVerdict, ...]:
        """The verdicts on one case, also entered: `own` are findings of the case itself, by rule id."""
        answers, exchanges = tuple(answers), tuple(exchanges)
        stamped = verdicts_on(case, self.subject, answers, exchanges, own, exempt)
        self.add(case, stamped)
        self.shown |= rendered_exchanges(stamped, exchanges, {answer.evidence for answer in answers})
        return stamped

    def add(self, case: str, verdicts: Sequence[RuleVerdict]) -> None:
        """Enter the verdicts on a case."""
        for verdict in verdicts:
            self._tallies[verdict.rule.id].add_verdict(verdict)
        self.slices += [Slice(case, outcomes_of(verdicts))] if case else []

    @property
    def verdicts(self) -> tuple[RuleVerdict, ...]:
        return tuple(self._tallies[rule.id].verdict(rule) for rule in RULES)


def verdicts_on(
    case: str,
    subject: Subject,
    answers: Iterable[ClientRead],
    exchanges: Iterable[Exchange],
    own: Iterable[tuple[str, Finding]] = (),
    exempt: Collection[str] = (),
) -> tuple[RuleVerdict, ...]:
    """The verdicts on one case, which every finding names; `own` are findings of the case itself, by rule id."""
    verdicts = judge(tuple(exchanges), [rule for rule in RULES if rule.id not in exempt], subject, answers)
    return tuple(_with_own(_with_case(verdict, case), own, case) for verdict in verdicts)


def _with_case(verdict: RuleVerdict, case: str) -> RuleVerdict:
    """With the case named, and what is found again in further reads or requests of it said once."""
    if not verdict.findings:
        return verdict
    said = {(finding.where, finding.expected, finding.found): finding for finding in reversed(verdict.findings)}
    findings = tuple(replace(finding, case=case) for finding in reversed(said.values()))
    return replace(verdict, findings=findings, total=len(findings))


def _with_own(verdict: RuleVerdict, own: Iterable[tuple[str, Finding]], case: str) -> RuleVerdict:
    further = tuple(replace(finding, case=case) for rule, finding in own if rule == verdict.rule.id)
    if not further:
        return verdict
    findings = verdict.findings + further
    return replace(
        verdict, outcome=outcome_of(verdict.rule, True, len(findings)), findings=findings, total=len(findings)
    )
