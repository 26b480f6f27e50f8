"""The ledger: verdicts case by case, brought together into one per rule."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from hpp_contract.engine import Judge, Outcome, RuleVerdict, Subject
from hpp_contract.engine.evidence import outcomes_of, rendered_exchanges
from hpp_contract.engine.report import Slice, outcome_of
from hpp_contract.engine.rule import JUDGES, Finding, Rule
from hpp_contract.model import Exchange
from hpp_contract.model.client_read import ClientRead
from hpp_contract.model.exchange import traces
from hpp_contract.rules import CATALOGUE

KEPT: Final = 1000
"""Findings kept per rule: a known-failing list can name a rule in every case only if none is forgotten."""

RULES: Final = tuple(rule for rule in CATALOGUE if "client" in JUDGES[rule.scope])
"""What a client is judged by."""


@dataclass
class _Entry:
    exercised: bool = False
    crashed: bool = False
    findings: list[Finding] = field(default_factory=list)
    total: int = 0


class CaseVerdicts:
    """Judges cases one after the other; safe for one thread. `slices` are the cases, `shown` the texts of the exchanges
    that findings name."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self._entries = {rule.id: _Entry() for rule in RULES}
        self.slices: list[Slice] = []
        self.shown: dict[str, str] = {}

    def judge(
        self,
        case: str,
        answers: Iterable[ClientRead],
        exchanges: Iterable[Exchange],
        own: Iterable[tuple[str, Finding]] = (),
        spares: Collection[str] = (),
    ) -> tuple[RuleVerdict, ...]:
        """The verdicts on one case, also entered: `own` are findings of the case itself, by rule id."""
        answers, exchanges = tuple(answers), tuple(exchanges)
        stamped = verdicts_on(case, self.subject, answers, exchanges, own, spares)
        self.add(case, stamped)
        self.shown |= rendered_exchanges(stamped, exchanges, {answer.evidence for answer in answers})
        return stamped

    def add(self, case: str, verdicts: Sequence[RuleVerdict]) -> None:
        """Enter the verdicts on a case."""
        for verdict in verdicts:
            self._add(verdict)
        self.slices += [Slice(case, outcomes_of(verdicts))] if case else []

    def _add(self, verdict: RuleVerdict) -> None:
        entry = self._entries[verdict.rule.id]
        entry.exercised |= verdict.outcome is not Outcome.NOT_EXERCISED
        entry.crashed |= verdict.outcome is Outcome.ERROR
        entry.total += verdict.total
        entry.findings.extend(verdict.findings[: KEPT - len(entry.findings)])

    @property
    def verdicts(self) -> tuple[RuleVerdict, ...]:
        return tuple(self._verdict(rule, self._entries[rule.id]) for rule in RULES)

    @staticmethod
    def _verdict(rule: Rule, entry: _Entry) -> RuleVerdict:
        outcome = Outcome.ERROR if entry.crashed else outcome_of(rule, entry.exercised, entry.total)
        return RuleVerdict(rule, outcome, tuple(entry.findings), entry.total)


def verdicts_on(
    case: str,
    subject: Subject,
    answers: Iterable[ClientRead],
    exchanges: Iterable[Exchange],
    own: Iterable[tuple[str, Finding]] = (),
    spares: Collection[str] = (),
) -> tuple[RuleVerdict, ...]:
    """The verdicts on one case, which every finding names; `own` are findings of the case itself, by rule id."""
    verdicts = judge_case([rule for rule in RULES if rule.id not in spares], subject, answers, exchanges)
    return tuple(_with_own(_with_case(verdict, case), own, case) for verdict in verdicts)


def judge_case(
    rules: Iterable[Rule], subject: Subject, answers: Iterable[ClientRead], exchanges: Iterable[Exchange]
) -> tuple[RuleVerdict, ...]:
    """Both channels of one case: what the client answered, and what the server saw."""
    exchanges = tuple(exchanges)
    court = Judge(rules, subject)
    for exchange in exchanges:
        court.exchange(exchange)
    for trace in traces(exchanges, unauthorized=True):
        court.requests(trace)
    for answer in answers:
        court.answer(answer)
    return court.verdicts


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
