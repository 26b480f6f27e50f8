"""Presence: members and headers that appear or disappear, and when an absence is significant.

A member that some sessions of a shape have is optional and may come and go. One that all of them had has disappeared
when its absence is significant: in its own situation, or, when it is gone from all at once, in all of them together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from math import comb
from typing import Final

from hpp_contract.drift.classify import change_of
from hpp_contract.drift.facts import ERROR, NOTHING, SESSION, FactKey, Facts, Situation, pool_of, possible
from hpp_contract.engine.report import SEPARATOR, Change
from hpp_contract.spec.session import MEMBERS


@dataclass(frozen=True, slots=True)
class _Missing:
    """A fact that all samples of a situation had (`always`), and that `absent` of `asked` fresh samples do not have."""

    situation: str
    aspect: FactKey
    always: int
    asked: int
    absent: int
    example: str


def appeared(name: str, before: Situation, after: Situation) -> Iterator[Change]:
    """Members and headers that the situation never had. Documented members of a session may come and go: rules judge
    where they must not."""
    headers_known = any(aspect.kind == "header" for aspect in before.aspects)
    for aspect, seen in after.aspects.items():
        if not _counts(aspect) or aspect in before.aspects or not possible(aspect, before):
            continue
        optional = pool_of(name) == SESSION and aspect.kind == "member" and aspect.name.split("/")[1] in MEMBERS
        if not optional and (headers_known or aspect.kind == "member"):
            yield change_of(name, aspect, "new", "absent", seen.listed, next(iter(seen.examples.values()), ""))


def disappeared(baseline: Facts, fresh: Facts) -> Iterator[Change]:
    """Members and headers that always were there and are absent in situations of `fresh`; `baseline` has them all."""
    for pool in (SESSION, ERROR):
        missed = [each for name in fresh if pool_of(name) == pool for each in _missed(name, baseline, fresh)]
        for aspect in sorted({each.aspect for each in missed}):
            same = [each for each in missed if each.aspect == aspect]
            for each in same:
                if each.absent and (_is_significant([each]) or _are_significant_together(same)):
                    after = "absent" if each.absent == each.asked else "sometimes absent"
                    yield change_of(each.situation, aspect, "gone", "present", after, each.example)


def undecided(baseline: Facts, fresh: Facts, changes: Iterable[Change]) -> tuple[str, ...]:
    """Facts that always were there and are absent in too few samples to tell: neither changed nor confirmed."""
    decided = {change.fact for change in changes}
    facts = (
        f"{name}{SEPARATOR}{each.aspect.text}"
        for name in sorted(baseline.keys() & fresh.keys())
        for each in _missed(name, baseline, fresh)
        if each.absent == each.asked
    )
    return tuple(fact for fact in facts if fact not in decided)


def _missed(name: str, baseline: Facts, fresh: Facts) -> Iterator[_Missing]:
    """Everything that the situation always had, with how often it is absent now."""
    for aspect, old in baseline[name].aspects.items():
        if _counts(aspect) and old.samples == old.of:
            asked = possible(aspect, fresh[name])
            absent = asked - fresh[name].aspects.get(aspect, NOTHING).samples
            yield _Missing(name, aspect, old.samples, asked, absent, fresh[name].example)


def _counts(aspect: FactKey) -> bool:
    return aspect.kind in ("member", "header") and not aspect.name.endswith("/*")


def _is_significant(missed: list[_Missing]) -> bool:
    return is_significant(
        sum(each.always for each in missed), sum(each.asked for each in missed), sum(each.absent for each in missed)
    )


def _are_significant_together(missed: list[_Missing]) -> bool:
    """Situations differ, so they are only counted together when the same is gone from each of them."""
    return all(each.absent == each.asked for each in missed) and _is_significant(missed)


# --- Significance


LIMIT: Final = 0.05
"""An absence that is more probable than this by chance is no change."""


@cache
def p_by_chance(always: int, fresh: int, without: int) -> float:
    """The probability that at least `without` of `fresh` samples lack what `always` earlier samples all had.

    Nothing is assumed of how often it is there (Laplace's rule of succession): after 18 samples that had it, one sample
    without it is a chance of 1 in 20; after 4 samples, two without it are less.
    """
    return sum(_exactly(always, fresh, missing) for missing in range(without, fresh + 1))


def _exactly(always: int, fresh: int, missing: int) -> float:
    # Beta-binomial with the posterior Beta(always + 1, 1), in whole numbers.
    return (always + 1) / ((always + fresh + 1) * comb(always + fresh, missing)) * comb(fresh, missing)


def is_significant(always: int, fresh: int, without: int) -> bool:
    """Whether `without` of `fresh` samples without it are more than chance explains."""
    return without > 0 and p_by_chance(always, fresh, without) <= LIMIT
