"""Gathering facts from exchanges: everything an answer shows, and what the rules say of it.

A sample is a session, or the id that was asked for, however often it was polled: ten polls of one session are no ten
witnesses. Transient failures and pages for people are no answers of the API, so they are no facts either.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from hpp_contract.drift.aspect import STATUS, FactKey, extract_facts
from hpp_contract.drift.facts import BROKEN, KEPT, FactCounts, Facts, Situation, possible
from hpp_contract.drift.situation import (
    KNOWN,
    MALFORMED_ID,
    NO_CREDENTIALS,
    SESSION,
    UNKNOWN_ID,
    WRONG_CREDENTIALS,
    pool_of,
    shape_of,
    situation_of,
)
from hpp_contract.engine.judge import Groups, by_condition, exercised
from hpp_contract.engine.rule import Severity
from hpp_contract.model import Exchange, Trace
from hpp_contract.model.exchange import traces
from hpp_contract.rules import CATALOGUE, blocked_by

APPLICATION_ERRORS: Final = (500, 501)
"""The 5xx codes that the API itself answers; the others are a gateway's, or an outage."""

_RULES: Final = tuple(rule for rule in CATALOGUE if rule.severity is not Severity.INFO and not rule.transient)


_SINGLE: Final = by_condition(_RULES, "exchange")
_TRACED: Final = by_condition(_RULES, "trace")


@dataclass(frozen=True, slots=True)
class CollectedFacts:
    """The `facts` that exchanges show, and for each situation that nobody but a gateway answered, `unanswered`: how."""

    facts: Facts
    unanswered: Mapping[str, str]


@dataclass
class _Tally:
    """Samples of one situation while it is being counted: every sample's aspects with their values."""

    samples: dict[str, dict[FactKey, set[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    confirmed: set[str] = field(default_factory=set)
    examples: dict[tuple[FactKey, str], str] = field(default_factory=dict)

    def add(self, sample: str, aspect: FactKey, value: str, evidence: str) -> None:
        self.samples[sample][aspect].add(value)
        self.examples.setdefault((aspect, value), evidence)

    def situation(self) -> Situation:
        present: Counter[FactKey] = Counter(aspect for seen in self.samples.values() for aspect in seen)
        values: dict[FactKey, Counter[str]] = {aspect: Counter() for aspect in present}
        for seen in self.samples.values():
            for aspect, shown_values in seen.items():
                values[aspect].update(shown_values)
        bare = Situation(len(self.samples), {a: FactCounts(present[a], 0, values[a]) for a in present})
        aspects = {
            aspect: FactCounts(seen.samples, possible(aspect, bare), seen.values, self._examples_of(aspect, seen))
            for aspect, seen in sorted(bare.aspects.items())
        }
        example = next(iter(self.examples.values()), "")
        return Situation(len(self.samples), MappingProxyType(aspects), len(self.confirmed), example)

    def _examples_of(self, aspect: FactKey, seen: FactCounts) -> dict[str, str]:
        return {value: self.examples[aspect, value] for value in seen.values}


def collect_facts(exchanges: Iterable[Exchange], *, embedded: bool = False) -> CollectedFacts:
    """The facts of exchanges; those of an `embedded` server, recorded or not, and of documentation confirm nothing."""
    answered: list[Exchange] = []
    stood_in: list[Exchange] = []
    for exchange in exchanges:
        if _is_read(exchange) and not exchange.context.retried:
            (stood_in if transient(exchange) else answered).append(exchange)
    tallies: dict[str, _Tally] = defaultdict(_Tally)
    for exchange in answered:
        _count(exchange, tallies, embedded)
    _count_traces(answered, tallies)
    facts = {name: tallies[name].situation() for name in sorted(tallies)}
    return CollectedFacts(MappingProxyType(facts), _unanswered(stood_in, answered))


def _is_read(exchange: Exchange) -> bool:
    return exchange.request.method == "GET" and exchange.request.session_id is not None


def transient(exchange: Exchange) -> str | None:
    """What stood in the API's place, in words: no answer, a gateway's, a rate limiter's, a page for people; else None.

    A page may well be what the API has begun to answer, but nobody can tell it from a gateway's.
    """
    response = exchange.response
    if response is None:
        return f"no answer ({exchange.failure or 'unknown failure'})"
    if not response.complete:
        return "an answer that broke off"
    if blocked_by(exchange) is None or (not response.is_html and response.status in APPLICATION_ERRORS):
        return None
    return f"HTTP {response.status}, a page for people" if response.is_html else f"HTTP {response.status}"


def _count(exchange: Exchange, tallies: dict[str, _Tally], embedded: bool) -> None:
    situation = situation_of(exchange)
    is_session = pool_of(situation) == SESSION
    sample = exchange.request.session_id or ""
    for aspect, value in (*extract_facts(exchange, situation), *_judged(exchange, _SINGLE)):
        tallies[situation].add(sample, aspect, value, exchange.evidence)
        if aspect == STATUS and is_session:
            tallies[SESSION].add(sample, aspect, value, exchange.evidence)
    if _question(exchange) == SESSION and situation not in (
        UNKNOWN_ID,
        MALFORMED_ID,
        NO_CREDENTIALS,
        WRONG_CREDENTIALS,
    ):
        tallies[KNOWN].add(sample, FactKey("answer"), _answer(exchange), exchange.evidence)
    if not embedded and exchange.context.provenance not in ("documented", "embedded"):
        tallies[situation].confirmed.add(sample)


def _answer(exchange: Exchange) -> str:
    if shape_of(exchange) is not None:
        return "a session"
    return f"HTTP {exchange.status}" if exchange.status != 200 else "HTTP 200 without a session"


def _judged(subject: Exchange | Trace, groups: Groups) -> Iterator[tuple[FactKey, str]]:
    for rule, is_broken in exercised(groups, subject):
        yield FactKey("rule", rule.id), BROKEN if is_broken else KEPT


def _count_traces(exchanges: Sequence[Exchange], tallies: dict[str, _Tally]) -> None:
    for trace in traces(exchanges):
        for aspect, value in _judged(trace, _TRACED):
            tallies[KNOWN].add(trace.session_id, aspect, value, trace.exchanges[-1].evidence)


def _unanswered(stood_in: Iterable[Exchange], answered: Iterable[Exchange]) -> dict[str, str]:
    """What stood in the API's place for every session, and for every other question, that nothing else answered."""
    heard: set[tuple[str, str]] = set()
    for exchange in answered:
        heard |= {(question := _question(exchange), exchange.request.session_id or ""), (question, "")}
    silent: dict[str, str] = {}
    for exchange in stood_in:
        question = _question(exchange)
        which = exchange.request.session_id or "" if question == SESSION else ""
        if (question, which) not in heard:
            silent.setdefault(question, f"{transient(exchange)}, {exchange.evidence}")
    return silent


def _question(exchange: Exchange) -> str:
    """What a request wanted to know, whatever came back: of a session, SESSION."""
    known = exchange.context
    if known.credentials in ("none", "wrong"):
        return NO_CREDENTIALS if known.credentials == "none" else WRONG_CREDENTIALS
    return {"unknown": UNKNOWN_ID, "malformed": MALFORMED_ID}.get(known.session or "", SESSION)
