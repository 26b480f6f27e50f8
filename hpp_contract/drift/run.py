"""One night's watch: what changed since the baseline, what was not observed, and whether anything could be verified."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from hpp_contract.drift.aspect import FactKey
from hpp_contract.drift.baseline import Baseline
from hpp_contract.drift.collect import CollectedFacts, collect_facts
from hpp_contract.drift.compare import compare
from hpp_contract.drift.facts import Facts
from hpp_contract.drift.presence import undecided
from hpp_contract.drift.situation import KNOWN, NO_CREDENTIALS, SESSION, WRONG_CREDENTIALS
from hpp_contract.engine.report import Change
from hpp_contract.model import Exchange

_GATHERED: Final = frozenset({KNOWN, SESSION})


@dataclass(frozen=True, slots=True)
class DriftResult:
    """What one run saw. `unverified` says in a sentence what it could not see; `changes` are about the rest.
    `undecided` are facts that were missing in too few samples to tell."""

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
    """Compare what `exchanges` show with the baseline. An `embedded` server's exchanges confirm nothing."""
    evidence = collect_facts(exchanges, embedded=embedded)
    doubts = tuple(_doubts(baseline.facts, evidence))
    changes = compare(baseline.facts, evidence.facts)
    notes = tuple(_notes(baseline.facts, evidence.facts))
    open_questions = undecided(baseline.facts, evidence.facts, changes)
    return DriftResult(evidence.facts, changes, " ".join(doubts) or None, notes, open_questions)


def _doubts(before: Facts, evidence: CollectedFacts) -> Iterator[str]:
    """What could not be verified, a sentence each."""
    if not evidence.facts:
        yield "the API answered nothing."
    elif _refused(evidence.facts):
        yield "every request was refused with 401: check HPP_API_KEY and HPP_USERNAME."
        return
    silent = {name: how for name, how in evidence.unanswered.items() if name == SESSION or name in before}
    for situation, how in silent.items():
        yield f"{'a session' if situation == SESSION else situation} was not answered by the API ({how})."
    if SESSION in before and SESSION not in evidence.facts and SESSION not in silent and _only_gone(evidence.facts):
        yield (
            "no session could be read, so nothing about sessions was compared: sessions end after 48 hours; give the "
            "ids of live ones in HPP_SESSION_IDS."
        )


def _only_gone(facts: Facts) -> bool:
    """Whether the sessions that were asked for, if any, are merely not there any more."""
    answers = facts[KNOWN].aspects.get(FactKey("answer")) if KNOWN in facts else None
    return answers is None or answers.values.keys() <= {"HTTP 404"}


def _refused(facts: Facts) -> bool:
    return bool(facts) and not facts.keys() - {NO_CREDENTIALS, WRONG_CREDENTIALS}


def _notes(before: Facts, after: Facts) -> Iterator[str]:
    missed = sorted(before.keys() - after.keys() - _GATHERED)
    if missed:
        yield f"Not observed this time, so not compared: {', '.join(missed)}."
    new = sorted(after.keys() - before.keys() - _GATHERED)
    if new:
        yield f"Observed for the first time, so judged by the rules only: {', '.join(new)}."
