"""Running rules: over one exchange, or over all the evidence with a tally for each rule."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hpp_contract.engine.errors import raise_refusal
from hpp_contract.engine.report import Outcome, RuleVerdict, Subject, heaviest, outcome_of
from hpp_contract.engine.rule import JUDGES, Finding, Rule, Scope
from hpp_contract.model.client_read import ClientRead
from hpp_contract.model.exchange import Exchange
from hpp_contract.model.trace import DELETE, Trace, traces

SAMPLE = 50
"""Findings kept per rule: enough to act on, and a bound on memory however long the evidence."""

Order = tuple[int, ...]
"""A position in the evidence. A report shows the heaviest findings, the first of them by position, in whatever order
they were judged."""

Placed = tuple[Order, Finding]
"""A finding with its position."""


def placed_before(placed: Placed) -> tuple[int, Order]:
    """The sort key of findings of one rule: heaviest first, then by position."""
    order, finding = placed
    return (finding.severity.rank if finding.severity is not None else 0, order)


Groups = tuple[tuple[Callable[[Any], bool], tuple[Rule, ...]], ...]
"""Conditions, and the rules that are checked under each."""


def by_condition(rules: Iterable[Rule], *scopes: Scope) -> Groups:
    """The rules of these scopes by their condition: rules that share one share its evaluation."""
    groups: dict[Callable[[Any], bool], list[Rule]] = {}
    for rule in rules:
        if rule.scope in scopes:
            groups.setdefault(rule.when, []).append(rule)
    return tuple((when, tuple(group)) for when, group in groups.items())


def broken(rules: Iterable[Rule], subject: Any) -> list[tuple[Rule, list[Finding]]]:
    """The rules that break over `subject`, with their findings. Takes what the rules' scope names, and raises what a
    rule raises."""
    return [(rule, findings) for rule in rules if (findings := rule(subject))]


def exercised(groups: Groups, subject: Any) -> Iterator[tuple[Rule, tuple[Finding, ...]]]:
    """The rules that apply to `subject`, each with its findings. One that crashes has none."""
    for when, rules in groups:
        if when(subject):
            yield from ((rule, _findings(rule, subject)) for rule in rules)


def _findings(rule: Rule, subject: Any) -> tuple[Finding, ...]:
    try:
        return tuple(rule.check(subject))
    except Exception as error:  # an error of the rule: the judge reports it
        raise_refusal(error)
        return ()


@dataclass
class Tally:
    """What became of one rule so far: the heaviest and first `limit` of its `findings`, `total` of all, and the first
    `crash` of the rule itself. `erred` when a verdict that was added is an error."""

    exercised: bool = False
    total: int = 0
    findings: list[Placed] = field(default_factory=list)
    crash: tuple[Order, str] | None = None
    limit: int = SAMPLE
    erred: bool = False

    def add(self, order: Order, finding: Finding, evidence: str) -> None:
        """Count a finding, and keep it if it is among the heaviest and first."""
        self.total += 1
        placed = (order, finding)
        if len(self.findings) < self.limit or placed_before(placed) < placed_before(self.findings[-1]):
            named = finding if finding.evidence else replace(finding, evidence=evidence)
            insort(self.findings, (order, named), key=placed_before)
            del self.findings[self.limit :]

    def add_verdict(self, verdict: RuleVerdict) -> None:
        """Count a verdict on further evidence by the same rule."""
        self.exercised |= verdict.outcome is not Outcome.NOT_EXERCISED
        self.erred |= verdict.outcome is Outcome.ERROR
        further = [((self.total,), finding) for finding in verdict.findings]
        self.findings = sorted((*self.findings, *further), key=placed_before)[: self.limit]
        self.total += verdict.total

    def merge(self, other: Tally) -> None:
        """Add what another tally of the same rule counted over other evidence."""
        self.exercised |= other.exercised
        self.total += other.total
        if other.findings:
            self.findings = sorted((*self.findings, *other.findings), key=placed_before)[: self.limit]
        if other.crash:
            self.crash = min(filter(None, (self.crash, other.crash)))

    def verdict(self, rule: Rule) -> RuleVerdict:
        """The verdict of `rule`, whose tally this is."""
        findings = tuple(finding for _, finding in self.findings)
        if self.crash:
            crash = Finding("hpp-contract", "a verdict", self.crash[1])
            return RuleVerdict(rule, Outcome.ERROR, (*findings, crash), self.total + 1)
        outcome = Outcome.ERROR if self.erred else outcome_of(self.exercised, heaviest(rule, findings))
        return RuleVerdict(rule, outcome, findings, self.total)


class Judge:
    """Collects verdicts. Feed it exchanges (and traces), then ask for the `verdicts`.

    What is fed without an `order` stands after what was fed before it.
    """

    def __init__(self, rules: Iterable[Rule], subject: Subject) -> None:
        self._rules = [rule for rule in rules if subject.kind in JUDGES[rule.scope]]
        self._fed = 0
        self.tallies: dict[str, Tally] = {rule.id: Tally() for rule in self._rules}
        self._single = by_condition(self._rules, "request", "exchange", "recording")
        self._sent = by_condition(self._rules, "request", "recording")
        self._called = by_condition((rule for rule in self._rules if rule.judges_callbacks), "exchange")
        self._traced = by_condition(self._rules, "trace")
        self._requested = by_condition(self._rules, "requests")
        self._answers = by_condition(self._rules, "answer")

    def exchange(self, exchange: Exchange, order: Order | None = None) -> None:
        """Judge one exchange: what is no read by no rule about answers, a status callback only by what its session
        says, and a recorded DELETE, which is another documented operation, by no rule at all."""
        if exchange.context.recorded and exchange.request.method == DELETE:
            return
        groups = self._called if exchange.context.callback else self._single if exchange.is_read else self._sent
        self._run(groups, exchange, exchange.evidence, order)

    def trace(self, trace: Trace, order: Order | None = None) -> None:
        self._run(self._traced, trace, trace.everything[-1].evidence, order)

    def requests(self, trace: Trace, order: Order | None = None) -> None:
        """Judge what a client sent for one session, unauthorized requests included."""
        self._run(self._requested, trace, trace.exchanges[-1].evidence, order)

    def answer(self, read: ClientRead) -> None:
        self._run(self._answers, read, read.evidence, None)

    def all(self, exchanges: Sequence[Exchange]) -> None:
        """Judge exchanges, and the traces that they form."""
        for exchange in exchanges:
            self.exchange(exchange)
        for trace in traces(exchanges):
            self.trace(trace)
        for trace in traces(exchanges, unauthorized=True):
            self.requests(trace)

    def take(self) -> dict[str, Tally]:
        """The tallies so far; from here on it counts anew."""
        taken, self.tallies = self.tallies, {rule: Tally() for rule in self.tallies}
        return taken

    def merge(self, tallies: Mapping[str, Tally]) -> None:
        """Add what another judge of the same rules counted over other evidence."""
        for rule_id, tally in tallies.items():
            self.tallies[rule_id].merge(tally)

    def _run(self, groups: Groups, subject: Any, evidence: str, order: Order | None) -> None:
        self._fed += 1
        place = (self._fed,) if order is None else order
        for when, rules in groups:
            if not when(subject):
                continue
            for rule in rules:
                tally = self.tallies[rule.id]
                tally.exercised = True
                try:
                    for finding in rule.check(subject):
                        tally.add(place, finding, evidence)
                except Exception as error:  # an error of the rule: outcome `error`; the others still run
                    raise_refusal(error)
                    tally.crash = tally.crash or (place, f"{type(error).__name__} while judging {evidence}")

    @property
    def verdicts(self) -> tuple[RuleVerdict, ...]:
        return tuple(self.tallies[rule.id].verdict(rule) for rule in self._rules)


def judge(
    exchanges: Sequence[Exchange], rules: Iterable[Rule], subject: Subject, reads: Iterable[ClientRead] = ()
) -> tuple[RuleVerdict, ...]:
    """Judge exchanges, the traces they form, and the `reads` of a client that they belong to."""
    judging = Judge(rules, subject)
    judging.all(exchanges)
    for read in reads:
        judging.answer(read)
    return judging.verdicts
