"""Collecting facts from exchanges: every property of an answer, and the outcome of every rule for it.

A sample is a session, or the id that was asked for: ten polls of one session are one sample. What comes in the API's
place is no fact, except that it gives a secret away.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from hpp_contract.drift.facts import (
    BROKEN,
    KEPT,
    KNOWN,
    MALFORMED_ID,
    NO_CREDENTIALS,
    SESSION,
    STATUS,
    UNKNOWN_ID,
    WARNED,
    WRONG_CREDENTIALS,
    FactCounts,
    FactKey,
    Facts,
    Situation,
    extract_facts,
    pool_of,
    possible,
    shape_of,
    situation_of,
)
from hpp_contract.engine.judge import Groups, by_condition, exercised
from hpp_contract.engine.report import heaviest
from hpp_contract.engine.rule import Finding, Severity
from hpp_contract.model import Exchange, Trace
from hpp_contract.model.asked import Asked, asked
from hpp_contract.model.exchange import AnsweredBy, values
from hpp_contract.model.trace import DELETE, traces
from hpp_contract.privacy.redact import Redactor, is_placeholder
from hpp_contract.rules import CATALOGUE
from hpp_contract.spec.fields import PUBLISHED

APPLICATION_ERRORS: Final = (500, 501)
"""The 5xx codes that the API itself answers; the others are a gateway's, or an outage."""

SAMPLE: Final = 5
"""Findings of one rule in one exchange that are kept to say what changed."""

Findings = tuple[Finding, ...]

_RULES: Final = tuple(rule for rule in CATALOGUE if rule.severity is not Severity.INFO and not rule.transient)
_SINGLE: Final = by_condition(_RULES, "exchange")
_TRACED: Final = by_condition(_RULES, "trace")
_OF_EVERY_ANSWER: Final = by_condition((rule for rule in _RULES if rule.id == "HPP-E12"), "exchange")
"""What is judged whoever answered: a secret that is given away, on whatever page."""


@dataclass(frozen=True, slots=True)
class CollectedFacts:
    """The `facts` of exchanges, and for each situation that the API did not answer, what was there instead."""

    facts: Facts
    unanswered: Mapping[str, str]


@dataclass
class _Tally:
    """The samples of one situation while they are counted: the properties of each, with their values."""

    samples: dict[str, dict[FactKey, set[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    confirmed: set[str] = field(default_factory=set)
    examples: dict[tuple[FactKey, str], tuple[str, Findings]] = field(default_factory=dict)

    def add(self, sample: str, aspect: FactKey, value: str, evidence: str, findings: Findings = ()) -> None:
        self.samples[sample][aspect].add(value)
        self.examples.setdefault((aspect, value), (evidence, findings))

    def situation(self) -> Situation:
        present: Counter[FactKey] = Counter(aspect for seen in self.samples.values() for aspect in seen)
        values: dict[FactKey, Counter[str]] = {aspect: Counter() for aspect in present}
        for seen in self.samples.values():
            for aspect, found in seen.items():
                values[aspect].update(found)
        bare = Situation(len(self.samples), {a: FactCounts(present[a], 0, values[a]) for a in present})
        aspects = {
            aspect: FactCounts(seen.samples, possible(aspect, bare), seen.values, *self._examples_of(aspect, seen))
            for aspect, seen in sorted(bare.aspects.items())
        }
        example = next(iter(self.examples.values()), ("", ()))[0]
        return Situation(len(self.samples), MappingProxyType(aspects), len(self.confirmed), example)

    def _examples_of(self, aspect: FactKey, seen: FactCounts) -> tuple[dict[str, str], dict[str, Findings]]:
        shown = {value: self.examples[aspect, value] for value in seen.values}
        return {value: each[0] for value, each in shown.items()}, {value: each[1] for value, each in shown.items()}


def collect_facts(exchanges: Iterable[Exchange], *, embedded: bool = False) -> CollectedFacts:
    """The facts of exchanges; those of an `embedded` server, recorded or not, and of documentation confirm nothing."""
    answered: list[Exchange] = []
    unanswered: list[Exchange] = []
    deletions: list[Exchange] = []
    for exchange in exchanges:
        if exchange.request.method == DELETE:
            deletions.append(exchange)
        if _is_read(exchange) and not exchange.context.retried:
            (unanswered if transient(exchange) else answered).append(exchange)
    tallies: dict[str, _Tally] = defaultdict(_Tally)
    for exchange in answered:
        _count(exchange, tallies, embedded)
    _count_traces((*answered, *deletions), tallies)
    for exchange in unanswered:
        for aspect, value, findings in _judged(exchange, _OF_EVERY_ANSWER):
            if value != KEPT:
                tallies[KNOWN].add(exchange.request.session_id or "", aspect, value, exchange.evidence, findings)
    facts = {name: tallies[name].situation() for name in sorted(tallies)}
    return CollectedFacts(MappingProxyType(facts), _unanswered(unanswered, answered))


def _is_read(exchange: Exchange) -> bool:
    return exchange.is_read and exchange.request.session_id is not None


def transient(exchange: Exchange) -> str | None:
    """What came instead of an answer of the API, in words: nothing, or the answer of a gateway or a rate limiter; else
    None. An HTML page counts as a gateway's, because the two look alike."""
    response = exchange.response
    if response is None:
        return f"no answer ({exchange.failure or 'unknown failure'})"
    if not response.complete:
        return "an answer that broke off"
    if not response.body_kept:
        return "an answer whose body was not kept"
    if exchange.answered_by is AnsweredBy.API and (response.status < 500 or response.status in APPLICATION_ERRORS):
        return None
    page = exchange.answered_by is AnsweredBy.PAGE
    return f"an HTML page (HTTP {response.status})" if page else f"HTTP {response.status}"


def _count(exchange: Exchange, tallies: dict[str, _Tally], embedded: bool) -> None:
    redact = _redactor(exchange.context.secrets, tuple(values(exchange.request.headers, "authorization")))
    situation = redact(situation_of(exchange))
    is_session = pool_of(situation) == SESSION
    sample = exchange.request.session_id or ""
    shown = (
        (FactKey(key.kind, redact(key.name)), redact(value), ()) for key, value in extract_facts(exchange, situation)
    )
    for aspect, value, findings in (*shown, *_judged(exchange, _SINGLE)):
        tallies[situation].add(sample, aspect, value, exchange.evidence, findings)
        if aspect == STATUS and is_session:
            tallies[SESSION].add(sample, aspect, value, exchange.evidence)
    if _question(exchange) == SESSION and situation not in (
        UNKNOWN_ID,
        MALFORMED_ID,
        NO_CREDENTIALS,
        WRONG_CREDENTIALS,
    ):
        tallies[KNOWN].add(sample, FactKey("answer"), _answer(exchange), exchange.evidence)
    if not embedded and exchange.context.provenance not in PUBLISHED:
        tallies[situation].confirmed.add(sample)


@lru_cache(maxsize=8)
def _redactor(secrets: tuple[str, ...], sent: tuple[str, ...]) -> Redactor:
    """Facts are written into files that are committed, so a server that echoes credentials must not get them there."""
    tokens = {value.partition(" ")[2] for value in sent} | {*sent}
    return Redactor((*secrets, *(token for token in tokens if len(token) >= _LONG and not is_placeholder(token))))


_LONG: Final = 8
"""Characters that are not an echo by chance."""


def _answer(exchange: Exchange) -> str:
    if shape_of(exchange) is not None:
        return "a session"
    return f"HTTP {exchange.status}" if exchange.status != 200 else "HTTP 200 without a session"


def _judged(subject: Exchange | Trace, groups: Groups) -> Iterator[tuple[FactKey, str, Findings]]:
    for rule, findings in exercised(groups, subject):
        weight = heaviest(rule, findings)
        kept = weight in (None, Severity.INFO)
        counted = tuple(each for each in findings if rule.weight(each) is weight)[:SAMPLE] if not kept else ()
        yield FactKey("rule", rule.id), KEPT if kept else BROKEN if weight is rule.severity else WARNED, counted


def _count_traces(exchanges: Sequence[Exchange], tallies: dict[str, _Tally]) -> None:
    for trace in traces(exchanges):
        for aspect, value, findings in _judged(trace, _TRACED):
            tallies[KNOWN].add(trace.session_id, aspect, value, trace.exchanges[-1].evidence, findings)


def _unanswered(unanswered: Iterable[Exchange], answered: Iterable[Exchange]) -> dict[str, str]:
    """What came instead of an answer, for each session and each other question that was never answered."""
    answers: set[tuple[str, str]] = set()
    for exchange in answered:
        answers |= {(question := _question(exchange), exchange.request.session_id or ""), (question, "")}
    instead: dict[str, str] = {}
    for exchange in unanswered:
        question = _question(exchange)
        which = exchange.request.session_id or "" if question == SESSION else ""
        if (question, which) not in answers:
            instead.setdefault(question, f"{transient(exchange)}, {exchange.evidence}")
    return instead


def _question(exchange: Exchange) -> str:
    """What a request asks for, whatever the response is; SESSION if it asks for a session."""
    what = asked(exchange)
    return SESSION if what is Asked.SESSION else what.value
