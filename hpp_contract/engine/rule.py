"""What a rule is: its identity, its reasons, its pure check, and the faults and variations that prove it right."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from hpp_contract.engine.fault import Fault, Variation


class Severity(StrEnum):
    """Heaviest first. MUST: the source says it, breaking it costs a correct client or its merchant money, a session or
    a secret, and no honest endpoint and no working client does otherwise. SHOULD: sound but unwritten, or robust. INFO:
    most working clients or servers differ, or nobody can act on it; reported, never counted."""

    MUST = "must"
    SHOULD = "should"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the heaviest."""
        return _RANKS[self]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


class Basis(StrEnum):
    """Why the rule holds, strongest first."""

    STATED = "stated"
    SHOWN = "shown"
    REFERENCED = "referenced"
    STANDARD = "standard"
    INFERRED = "inferred"


class ChangeClass(StrEnum):
    """How bad a change is, worst first. BREAKING: a correct client fails. RISKY: a careless one does (a new enum value,
    a null, relaxed authentication). ADDITIVE: something new that clients ignore. COSMETIC: no client should notice."""

    BREAKING = "breaking"
    RISKY = "risky"
    ADDITIVE = "additive"
    COSMETIC = "cosmetic"


class Consequence(StrEnum):
    """What comes of a client that breaks a rule, worst first. NO_ORDER: it gives no order to anybody, as it says
    itself. REFUSAL: it takes a refusal for a session. ORDER: a foreign or wrong order or status, or none. UNREADABLE:
    its caller gets no session where there is one. CREDENTIALS: they go where they must not. BODY: it takes a broken
    body for a session. SET_UP: the rest, such as a wait without end or a header that is not as documented."""

    NO_ORDER = "no-order"
    REFUSAL = "refusal"
    ORDER = "order"
    UNREADABLE = "unreadable"
    CREDENTIALS = "credentials"
    BODY = "body"
    SET_UP = "set-up"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return _CONSEQUENCE_RANKS[self]


_CONSEQUENCE_RANKS = {consequence: rank for rank, consequence in enumerate(Consequence)}


Scope = Literal["request", "requests", "exchange", "trace", "recording", "answer"]
"""What a rule reads. `request`, `exchange` and `recording` checks take an Exchange, `requests` and `trace` a Trace (the
first with unauthorized requests, the second without), `answer` a ClientRead."""

Subject = Literal["endpoint", "client", "recording", "drift"]

JUDGES: dict[Scope, frozenset[Subject]] = {
    "request": frozenset({"client", "recording"}),
    "requests": frozenset({"client", "recording"}),
    "exchange": frozenset({"endpoint", "recording"}),
    "trace": frozenset({"endpoint", "recording"}),
    "recording": frozenset({"recording"}),
    "answer": frozenset({"client"}),
}
"""Which subjects each scope is about: an endpoint is not judged by the requests that we sent it."""

ALWAYS_READ = (
    *("response content-type", "response content-encoding", "request authorization"),
    *("request if-none-match", "request if-modified-since"),
)
"""What is read for every rule, for the media type, the content, the trace, and whether it was a read: no rule need name
it in its `reads`."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule broken at a place: a JSON Pointer, `header NAME`, `status`, `request line` or the like.

    All texts are safe to print. `evidence` is filled in by the judge unless the rule names a better one; `case` by
    the run of a case. `severity` is how much it weighs where that is less than the rule can; None where it is not.
    """

    where: str
    expected: str
    found: str
    evidence: str = ""
    case: str = ""
    severity: Severity | None = None


@dataclass(frozen=True, eq=False)
class Rule:
    """One rule of the contract. Call it with what its scope names: it returns the findings, none when kept.

    `severity` is the most that a finding weighs. `when` says whether the rule applies to a given exchange: one that
    never did is `not-exercised`. `faults` break the rule, `variations` come close and do not. `reads` are the header
    fields that any rule but one about answers reads, as `request NAME` or `response NAME` with the name in small
    letters, or `request *` and `response *` for all of them. A `transient` rule is about outages, latency or rate
    limits, so drift ignores it. `drift_class` is the class of a change that breaks the rule, where it is not the one
    that its severity says. Rules that a client is judged by have a `consequence`, and a clause `reach` that says in how
    many cases it was broken.
    """

    id: str
    slug: str
    severity: Severity
    basis: Basis
    source: str
    scope: Scope
    when: Callable[[Any], bool]
    check: Callable[[Any], Iterable[Finding]]
    faults: tuple[Fault, ...]
    variations: tuple[Variation, ...] = ()
    reads: tuple[str, ...] = ()
    transient: bool = False
    drift_class: ChangeClass | None = None
    consequence: Consequence = Consequence.SET_UP
    reach: str = ""

    def weight(self, finding: Finding) -> Severity:
        """How much a finding of this rule weighs."""
        return finding.severity or self.severity

    @property
    def letter(self) -> str:
        return self.id[4]

    @property
    def judges_callbacks(self) -> bool:
        """Whether the rule is about what a session says, so that a session in a status callback has to keep it too."""
        return self.scope == "exchange" and self.letter in "SPC"

    @property
    def summary(self) -> str:
        """One declarative sentence."""
        return _paragraphs(self.check)[0]

    @property
    def why(self) -> str:
        """What goes wrong when the rule is broken; of a must, who loses what."""
        return next(iter(_paragraphs(self.check)[1:]), "")

    def in_words(self, failing: int, judged: int, found: str = "") -> str:
        """What broke, and in how many of the cases that were judged: `39 of 39 answers are taken for a success`.
        Without numbers where no cases were judged. `found` is what was found first, for clauses that need it."""
        count = f"{failing} of {judged} " if judged else ""
        text = self.reach.replace("{count} ", count)
        clause = _VERB.sub(r"\2" if judged and failing == 1 else r"\1", text)
        return clause.replace("{found}", found).removesuffix(": ")

    @property
    def exceptions(self) -> tuple[str, ...]:
        """Where a finding weighs less than the rule's severity, a sentence each: the paragraphs after `why`."""
        return tuple(_paragraphs(self.check)[2:])

    def __call__(self, subject: Any) -> list[Finding]:
        return list(self.check(subject)) if self.when(subject) else []


_VERB = re.compile(r"\b([a-z]+)/([a-z]+)\b")
"""A verb in `Rule.reach`, as it is with several and with one: `are/is`."""


def _paragraphs(check: Callable[..., Any]) -> list[str]:
    text = inspect.cleandoc(check.__doc__ or "")
    return [" ".join(paragraph.split()) for paragraph in text.split("\n\n")]


Check = Callable[[Any], Iterable[Finding]]


def rule(
    id: str,  # noqa: A002  the field's own word
    slug: str,
    severity: Literal["must", "should", "info"],
    basis: Literal["stated", "shown", "referenced", "standard", "inferred"],
    source: str,
    *,
    when: Callable[[Any], bool],
    scope: Scope = "exchange",
    faults: Iterable[Fault] = (),
    variations: Iterable[Variation] = (),
    reads: Iterable[str] = (),
    transient: bool = False,
    drift_class: Literal["breaking", "risky", "additive", "cosmetic"] | None = None,
    consequence: Literal["no-order", "refusal", "order", "unreadable", "credentials", "body", "set-up"] = "set-up",
    reach: str = "",
) -> Callable[[Check], Rule]:
    """Make a rule of a check function. The first paragraph of its docstring is the rule, the second the reason, and
    each further one says where a finding weighs less. In `reach`, `{count}` stands for `39 of 39`,
    `{found}` for what was found first, and a verb is written for several and for one: `{count} refusals are/is reported
    as a session`."""

    def make(check: Check) -> Rule:
        return Rule(
            id,
            slug,
            Severity(severity),
            Basis(basis),
            source,
            scope,
            when,
            check,
            tuple(faults),
            tuple(variations),
            tuple(reads),
            transient,
            ChangeClass(drift_class) if drift_class is not None else None,
            Consequence(consequence),
            reach,
        )

    return make
