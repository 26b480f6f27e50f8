"""One comparison with the baseline: what changed, what was not observed, and what could not be verified."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from hpp_contract.drift.baseline import Baseline
from hpp_contract.drift.collect import CollectedFacts, collect_facts
from hpp_contract.drift.compare import compare, undecided
from hpp_contract.drift.facts import KNOWN, NO_CREDENTIALS, SESSION, WRONG_CREDENTIALS, FactKey, Facts
from hpp_contract.engine.report import Change
from hpp_contract.model import Exchange

_POOLS: Final = frozenset({KNOWN, SESSION})


@dataclass(frozen=True, slots=True)
class DriftResult:
    """The result of one run. `unverified` says in a sentence what could not be verified; `changes` are about the rest.
    `undecided` are facts that were absent in too few samples to tell."""

    facts: Facts
    changes: tuple[Change, ...]
    unverified: str | None = None
    notes: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()

    @property
    def observed(self) -> tuple[str, ...]:
        """The names of the situations that were met, gathered ones included."""
        return tuple(self.facts)


def compare_with_baseline(baseline: Baseline, exchanges: Sequence[Exchange], *, embedded: bool = False) -> DriftResult:
    """Compare the facts of `exchanges` with the baseline. Exchanges with an `embedded` server confirm nothing."""
    collected = collect_facts(exchanges, embedded=embedded)
    doubts = tuple(_doubts(baseline.facts, collected))
    changes = compare(baseline.facts, collected.facts)
    notes = tuple(_notes(baseline.facts, collected.facts))
    open_questions = undecided(baseline.facts, collected.facts, changes)
    return DriftResult(collected.facts, changes, " ".join(doubts) or None, notes, open_questions)


def _doubts(before: Facts, collected: CollectedFacts) -> Iterator[str]:
    """What could not be verified, a sentence each."""
    if not collected.facts:
        yield "the API answered nothing."
    elif _refused(collected.facts):
        yield "every request was refused with 401: check HPP_API_KEY and HPP_USERNAME."
        return
    unanswered = {name: how for name, how in collected.unanswered.items() if name == SESSION or name in before}
    for situation, how in unanswered.items():
        yield f"{'a session' if situation == SESSION else situation} was not answered by the API ({how})."
    unread = SESSION in before and SESSION not in collected.facts.keys() | unanswered.keys()
    if unread and _only_gone(collected.facts):
        yield (
            "no session could be read, so nothing about sessions was compared: sessions end after 48 hours; give the "
            "ids of live ones in HPP_SESSION_IDS."
        )


def _only_gone(facts: Facts) -> bool:
    """Whether all the sessions that were asked for, if any, have ended."""
    answers = facts[KNOWN].aspects.get(FactKey("answer")) if KNOWN in facts else None
    return answers is None or answers.values.keys() <= {"HTTP 404"}


def _refused(facts: Facts) -> bool:
    return bool(facts) and not facts.keys() - {NO_CREDENTIALS, WRONG_CREDENTIALS}


def _notes(before: Facts, after: Facts) -> Iterator[str]:
    missed = sorted(before.keys() - after.keys() - _POOLS)
    if missed:
        yield f"Not observed in this run, so not compared: {', '.join(missed)}."
    new = sorted(after.keys() - before.keys() - _POOLS)
    if new:
        yield f"New in this run, not in the baseline yet (only the rules were checked): {', '.join(new)}."
