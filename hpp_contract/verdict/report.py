"""Report: the one value that every printer reads. Immutable, complete, free of secrets."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from hpp_contract.rules.rule import Finding, Rule, Severity

KEPT, BROKEN, USAGE, UNVERIFIED = 0, 1, 2, 3
"""Exit codes (DESIGN: the command line's public interface)."""


class Outcome(StrEnum):
    """What became of a rule. `error` is a fault of ours, never of theirs."""

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


@dataclass(frozen=True, slots=True)
class Report:
    """Every rule that the subject can be judged by, with its outcome.

    `unverified` says why nothing could be concluded; `problems` are sentences that make the run fail though no rule did
    (a surprise pass, a known-failing entry that matches nothing); `notes` are worth knowing and change nothing.
    """

    subject: Subject
    rules: tuple[RuleVerdict, ...]
    unverified: str | None = None
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    strict: bool = False

    @property
    def summary(self) -> dict[Outcome, int]:
        counts = Counter(verdict.outcome for verdict in self.rules)
        return {outcome: counts[outcome] for outcome in Outcome}

    @property
    def exit_code(self) -> int:
        """What was proven broken stays broken, whatever else could not be verified."""
        if self.problems or any(verdict.counts for verdict in self.rules):
            return BROKEN
        if self.strict and any(v.outcome is Outcome.WARNED and not v.known_failing for v in self.rules):
            return BROKEN
        if self.unverified is not None or any(verdict.outcome is Outcome.ERROR for verdict in self.rules):
            return UNVERIFIED
        return KEPT


def outcome_of(rule: Rule, exercised: bool, findings: int) -> Outcome:
    """The outcome of a rule that ran; findings of an info rule are reported and never counted."""
    if findings and rule.severity is not Severity.INFO:
        return Outcome.BROKEN if rule.severity is Severity.MUST else Outcome.WARNED
    return Outcome.OK if exercised else Outcome.NOT_EXERCISED
