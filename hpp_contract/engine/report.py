"""Report: the one value that every printer reads. Immutable, complete, free of secrets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal, NamedTuple

from hpp_contract.engine.errors import BROKEN, KEPT, UNVERIFIED
from hpp_contract.engine.rule import ChangeClass, Finding, Rule, Severity

NOT_ANSWERED = "not answered"
"""The answer to an open question that a run did not settle."""


class Outcome(StrEnum):
    """The outcome of a rule. `error` is a fault of this program, never of the subject."""

    OK = "ok"
    BROKEN = "broken"
    WARNED = "warned"
    NOT_EXERCISED = "not-exercised"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Subject:
    """What was judged: `kind` endpoint, client, recording or drift; `name` a URL, command or path without secrets."""

    kind: Literal["endpoint", "client", "recording", "drift"]
    name: str
    embedded: bool = False


@dataclass(frozen=True, slots=True)
class RuleVerdict:
    """A rule, what became of it and why. `total` counts all findings, `findings` holds the first of them;
    `known_failing` is the reason on record when the failure was expected."""

    rule: Rule
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    total: int = 0
    known_failing: str | None = None

    @property
    def counts(self) -> bool:
        """Whether this verdict alone can make the run fail."""
        return self.outcome is Outcome.BROKEN and self.known_failing is None


class Poll(NamedTuple):
    """One read of a session: `at` seconds since the run's first (None without times), and the `word` that it showed, a
    session status, else an HTTP status code or what failed."""

    at: float | None
    word: str


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of the evidence: one session, one other question asked of an endpoint, or one case of a client. `outcomes`
    are those of the rules, by id, that had anything to judge in it alone; `reads` are a session's, in time order."""

    name: str
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    reads: tuple[Poll, ...] = ()


FAIL_ON: Final = frozenset({ChangeClass.BREAKING, ChangeClass.RISKY})
"""The classes that make a run fail by default."""

SEPARATOR: Final = " · "


@dataclass(frozen=True, slots=True)
class Change:
    """`fact` is `situation · aspect`, such as `waiting · /expires_at`; `before` and `after` are value classes in words.

    `example` is the request that shows it and `advice` what the author of a client should do. `what` says the change in
    words, without the situation. `cause` is the fact that changed in the same run and that this one only follows from;
    empty where there is none. `known_since` is when a history first had it (RFC 3339), empty where this run is the
    first, None where no history was kept; `with_time` says that its day has several runs, so that the day alone does
    not tell which. `known_failing` is the reason on record for a broken rule. All texts are safe to print, once
    sanitized.
    """

    change_class: ChangeClass
    fact: str
    before: str
    after: str
    example: str = ""
    advice: str = ""
    what: str = ""
    cause: str = ""
    known_since: str | None = None
    known_failing: str | None = None
    with_time: bool = False

    @property
    def situation(self) -> str:
        return self.fact.partition(SEPARATOR)[0]

    @property
    def aspect(self) -> str:
        """What changed, wherever it did: the identity of a change across situations."""
        return self.fact.partition(SEPARATOR)[2]


@dataclass(frozen=True, slots=True)
class Report:
    """Every rule that the subject can be judged by, with its outcome.

    `unverified` says why nothing could be concluded; `problems` are sentences that make the run fail though no rule did
    (a surprise pass, a known-failing entry that matches nothing); `notes` inform and do not change the result. About
    drift, `changes` alone decide, by the classes in `fail_on`: a rule that was broken all along has not drifted. With
    `new_only`, those that the history knows do not. `done` is what a drift run did with the baseline, in words.
    `asides` are notes for who wants to know more. `reproduce` is the command that runs a client's case again once
    `--only` and its name are appended. `left_out` are rules that somebody told it not to judge by. `learned` are open
    questions with their answers. `slices` are the parts of the evidence, and `exchanges` the texts of those that
    findings name as their evidence, both for HTML reports; `commands` send the requests of that evidence again.
    """

    subject: Subject
    rules: tuple[RuleVerdict, ...]
    unverified: str | None = None
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    strict: bool = False
    changes: tuple[Change, ...] = ()
    fail_on: frozenset[ChangeClass] = FAIL_ON
    new_only: bool = False
    done: str = ""
    left_out: tuple[Rule, ...] = ()
    learned: tuple[tuple[str, str], ...] = ()
    slices: tuple[Slice, ...] = ()
    exchanges: Mapping[str, str] = field(default_factory=dict)
    commands: Mapping[str, str] = field(default_factory=dict)
    asides: tuple[str, ...] = ()
    reproduce: str = ""

    @property
    def summary(self) -> dict[Outcome, int]:
        counts = Counter(verdict.outcome for verdict in self.rules)
        return {outcome: counts[outcome] for outcome in Outcome}

    @property
    def exit_code(self) -> int:
        """A broken rule decides, even if other things could not be verified."""
        if self.problems or self._fails:
            return BROKEN
        if self.unverified is not None or any(verdict.outcome is Outcome.ERROR for verdict in self.rules):
            return UNVERIFIED
        return KEPT

    def fails(self, change: Change) -> bool:
        """Whether a change makes the run fail."""
        counts = self.strict or change.change_class in self.fail_on
        return counts and change.known_failing is None and not (self.new_only and change.known_since)

    @property
    def _fails(self) -> bool:
        if self.subject.kind == "drift":
            return any(map(self.fails, self.changes))
        warned = any(v.outcome is Outcome.WARNED and v.known_failing is None for v in self.rules)
        return any(verdict.counts for verdict in self.rules) or (self.strict and warned)


def outcome_of(exercised: bool, heaviest: Severity | None) -> Outcome:
    """The outcome of a rule that ran, by the heaviest of its findings; what is for information is never counted."""
    if heaviest is Severity.MUST:
        return Outcome.BROKEN
    if heaviest is Severity.SHOULD:
        return Outcome.WARNED
    return Outcome.OK if exercised else Outcome.NOT_EXERCISED


def heaviest(rule: Rule, findings: Iterable[Finding]) -> Severity | None:
    """The most that any of the findings of a rule weighs; None without any."""
    return min(map(rule.weight, findings), key=lambda severity: severity.rank, default=None)
