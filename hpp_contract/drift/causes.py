"""Which changes follow from others of the same run: a rule from the fact that it sees, and a fact from another one.

One thing that an endpoint does differently shows in several facts and breaks several rules. Readers are given it once:
a change that follows from another names it as its `cause`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Final

from hpp_contract.drift.facts import ERROR, KNOWN, SESSION, FactKey, pool_of
from hpp_contract.engine.report import Change

_APART: Final = ("HPP-E12", "HPP-E13")
"""Rules whose break is always a matter of its own, whatever else changed: they are about secrets."""

_WHOLE: Final = ("answer", "status code")
"""Facts that change all the rest of an answer."""

_PLACES: Final = {"media type": "header content-type", "charset": "header content-type", "body": "body"}
"""Where rules see a fact that is no member and no header."""

_ALIKE: Final = ("zone", "precision")
"""Kinds of fact that a serializer changes for all instants at once."""


@dataclass(frozen=True, slots=True)
class FoundChange:
    """A change with the fact that it is about, the `places` where a rule found what breaks it, and those of them where
    it found nothing (`absent`)."""

    change: Change
    key: FactKey
    places: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()

    @property
    def situation(self) -> str:
        return self.change.situation


def with_causes(found: Sequence[FoundChange]) -> tuple[Change, ...]:
    """The changes, worst first as they are given, each with the fact that it follows from, if there is one."""
    facts = [each for each in found if each.key.kind != "rule"]
    causes = [_twin(each, facts) if each.key.kind != "rule" else "" for each in found]
    firsts = [each for each, cause in zip(found, causes, strict=True) if each.key.kind != "rule" and not cause]
    return tuple(
        replace(each.change, cause=cause or (_of_rule(each, firsts, found) if each.key.kind == "rule" else ""))
        for each, cause in zip(found, causes, strict=True)
    )


def _twin(fact: FoundChange, facts: Sequence[FoundChange]) -> str:
    """The same change of another instant in the same situation, which stands before it; of a charset the media type,
    which is in the same header."""
    if fact.key.kind == "charset":
        typed = (each for each in facts if (each.situation, each.key.kind) == (fact.situation, "media type"))
        return next((each.change.fact for each in typed), "")
    if fact.key.kind not in _ALIKE:
        return ""
    mine = (fact.situation, fact.key.kind, fact.change.before, fact.change.after)
    same = (each for each in facts if (each.situation, each.key.kind, each.change.before, each.change.after) == mine)
    first = next(same)
    return first.change.fact if first is not fact else ""


def _of_rule(rule: FoundChange, facts: Sequence[FoundChange], found: Sequence[FoundChange]) -> str:
    """The fact that shows in the places of a rule; else a rule before it that sees the same and weighs no less."""
    if rule.key.name in _APART:
        return ""
    fact = next((each for each in facts if _shows(each, rule)), None) or _heavier(rule, found)
    return fact.change.fact if fact is not None else ""


def _shows(fact: FoundChange, rule: FoundChange) -> bool:
    if fact.key.kind in _WHOLE:
        is_about_bodies = any(place.startswith("/") for place in rule.places)
        of_sessions = fact.situation == KNOWN and pool_of(rule.situation) != ERROR and not is_about_bodies
        return fact.situation == rule.situation or of_sessions
    near = fact.situation in (rule.situation, SESSION) or rule.situation == KNOWN
    same_pool = pool_of(fact.situation) == pool_of(rule.situation)
    is_gone = fact.change.after.endswith("absent")
    places = rule.places if is_gone else rule.places - rule.absent
    return near and same_pool and any(_touches(fact.key, place) for place in places)


def _touches(fact: FactKey, place: str) -> bool:
    """Whether a place is the fact's own, or inside it, or around it."""
    if not fact.name.startswith("/"):
        return place.lower() == (f"header {fact.name}" if fact.kind == "header" else _PLACES.get(fact.kind))
    return f"{place}/".startswith(f"{fact.name}/") or (place != "" and fact.name.startswith(f"{place}/"))


def _heavier(rule: FoundChange, found: Sequence[FoundChange]) -> FoundChange | None:
    """A rule before it that sees the same place of the same situation."""
    before = takewhile(lambda each: each is not rule, found)
    others = (each for each in before if each.key.kind == "rule" and each.key.name not in _APART)
    return next((each for each in others if each.situation == rule.situation and each.places & rule.places), None)
