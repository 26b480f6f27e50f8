"""Comparing fresh facts with the baseline's: only what cannot be natural variation is a change.

A situation that is not among the fresh ones was not observed, which is no change. A value that the baseline does not
have is a change. A member that some sessions of a shape have is optional and may come and go. One that all of them had
has disappeared when its absence is significant: in its own situation, or, when it is gone from all at once, in all of
them together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from math import comb
from typing import Final

from hpp_contract.drift.causes import FoundChange, with_causes
from hpp_contract.drift.classify import change_of
from hpp_contract.drift.facts import (
    ERROR,
    KEPT,
    NOTHING,
    SESSION,
    STATUS,
    FactCounts,
    FactKey,
    Facts,
    Situation,
    pool_of,
    possible,
)
from hpp_contract.drift.words import NOT_OBSERVED, How
from hpp_contract.engine.report import SEPARATOR, Change
from hpp_contract.engine.rule import ChangeClass, Finding
from hpp_contract.spec.session import MEMBERS, STATUSES

_ORDER: Final = tuple(ChangeClass)

_EXPECTED: Final = {"answer": ("a session", "HTTP 404"), "rule": (KEPT,)}
"""Values that are expected even if the baseline does not have them: sessions end, and rules are kept."""


def compare(baseline: Facts, fresh: Facts) -> tuple[Change, ...]:
    """Every change from `baseline` to `fresh`, the worst first, each with its cause; empty when there is only natural
    variation."""
    comparable = {name for name in baseline.keys() & fresh.keys() if not _has_new_status(baseline, fresh, name)}
    found = [change for name in fresh for change in _situation(name, baseline, fresh, name in comparable)]
    found += _precision(baseline, {name: fresh[name] for name in sorted(comparable)})
    found += disappeared(baseline, {name: fresh[name] for name in sorted(comparable)})
    return with_causes(sorted(found, key=lambda each: _rank(each.change)))


def _rank(change: Change) -> tuple[int, bool, str, str]:
    """The worst first; within a class, what changed before the rules that see it."""
    return _ORDER.index(change.change_class), change.aspect.startswith("HPP-"), change.aspect, change.fact


def _has_new_status(baseline: Facts, fresh: Facts, name: str) -> bool:
    """Whether an error has only new status codes: then every other difference follows from that."""
    status = FactKey("status code")
    before, after = baseline[name].aspects.get(status, NOTHING), fresh[name].aspects.get(status, NOTHING)
    return pool_of(name) == ERROR and not before.values.keys() & after.values.keys()


def _found(
    situation: str, aspect: FactKey, how: How, before: str, after: str, example: str, findings: Sequence[Finding] = ()
) -> FoundChange:
    change = change_of(situation, aspect, how, before, after, example, findings)
    absent = frozenset(finding.where for finding in findings if finding.found == "absent")
    return FoundChange(change, aspect, frozenset(finding.where for finding in findings), absent)


def _situation(name: str, baseline: Facts, fresh: Facts, comparable: bool) -> Iterator[FoundChange]:
    """The changes of a situation. For a new situation only the rules are checked."""
    before, after = baseline.get(name), fresh[name]
    kinds = None if comparable else ("rule", "status code") if before is not None else ("rule",)
    for aspect, seen in after.aspects.items():
        if kinds is None or aspect.kind in kinds:
            documented = _documented_values(aspect, _is_confirmed(baseline))
            yield from _values(name, aspect, before, seen, documented)
    if before is not None and comparable:
        yield from appeared(name, before, after)


def _values(
    name: str, aspect: FactKey, before: Situation | None, seen: FactCounts, documented: tuple[str, ...]
) -> Iterator[FoundChange]:
    """Values that the baseline does not have; and a rule that is kept again."""
    old = before.aspects.get(aspect, NOTHING) if before is not None else NOTHING
    if aspect.kind == "precision" or (not old.values and aspect.kind != "rule"):
        return  # a new member is a change, its values are no changes of their own
    expected = (*old.values, *_EXPECTED.get(aspect.kind, ()), *documented)
    for value in sorted(seen.values.keys() - set(expected)):
        example, findings = seen.examples.get(value, ""), seen.findings.get(value, ())
        yield _found(name, aspect, "other", old.listed or NOT_OBSERVED, value, example, findings)
    is_kept_now = aspect.kind == "rule" and KEPT not in old.values and seen.values.keys() == {KEPT} and bool(old.values)
    if is_kept_now and is_significant(old.samples, seen.samples, seen.samples):
        yield _found(name, aspect, "back", old.listed, KEPT, seen.examples.get(KEPT, ""))


def _documented_values(aspect: FactKey, confirmed: bool) -> tuple[str, ...]:
    """A documented status is expected, even if it was never observed. Where no real endpoint has `confirmed` anything,
    so is what the documentation says and its examples do not show: a refusal with 403, and instants with an offset."""
    if aspect == STATUS:
        return STATUSES
    return () if confirmed else _WRITTEN.get(aspect.kind, ())


_WRITTEN: Final = {"answer": ("HTTP 403",), "zone": ("Z", "an offset")}


def _precision(baseline: Facts, fresh: Facts) -> Iterator[FoundChange]:
    """Fraction digits between the fewest and the most of any session of the baseline are the same precision.
    A serializer may cut trailing zeros off: so the number of digits within a unit (3, 6, 9) does not matter, nor does
    one instant with fewer. The documentation allows any number."""
    for member in sorted({a for situation in fresh.values() for a in situation.aspects if a.kind == "precision"}):
        first, now = _everywhere(member, baseline if _is_confirmed(baseline) else {}), _everywhere(member, fresh)
        before = {int(digits) for seen in first for digits in seen.values}
        most = max(int(digits) for seen in now for digits in seen.values)
        if not before or _unit(min(before)) <= _unit(most) <= _unit(max(before)):
            continue
        thin = now if most < min(before) else first
        if sum(seen.samples for seen in thin) > 1:
            was = str(min(before)) if len(before) == 1 else f"{min(before)} to {max(before)}"
            example = next((seen.examples[str(most)] for seen in now if str(most) in seen.examples), "")
            yield _found(SESSION, member, "other", was, str(most), example)


def _is_confirmed(baseline: Facts) -> bool:
    """Whether a real endpoint has shown any of it."""
    return any(situation.confirmed for situation in baseline.values())


def _unit(digits: int) -> int:
    """The fraction digits of the unit: 0, or 3, 6 and 9 for milli-, micro- and nanoseconds."""
    return -(-digits // 3) * 3


def _everywhere(aspect: FactKey, facts: Facts) -> list[FactCounts]:
    return [situation.aspects[aspect] for situation in facts.values() if aspect in situation.aspects]


# --- Presence: members and headers that appear or disappear


@dataclass(frozen=True, slots=True)
class _Missing:
    """A fact that all samples of a situation had (`always`), and that `absent` of `asked` fresh samples do not have."""

    situation: str
    aspect: FactKey
    always: int
    asked: int
    absent: int
    example: str


def appeared(name: str, before: Situation, after: Situation) -> Iterator[FoundChange]:
    """Members and headers that the situation never had. Documented members of a session may come and go: rules judge
    where they must not."""
    headers_known = any(aspect.kind == "header" for aspect in before.aspects)
    for aspect, seen in after.aspects.items():
        if not _counts(aspect) or aspect in before.aspects or not possible(aspect, before):
            continue
        optional = pool_of(name) == SESSION and aspect.kind == "member" and aspect.name.split("/")[1] in MEMBERS
        if not optional and (headers_known or aspect.kind == "member"):
            yield _found(name, aspect, "new", "absent", seen.listed, next(iter(seen.examples.values()), ""))


def disappeared(baseline: Facts, fresh: Facts) -> Iterator[FoundChange]:
    """Members and headers that always were there and are absent in situations of `fresh`; `baseline` has them all."""
    for pool in (SESSION, ERROR):
        missed = [each for name in fresh if pool_of(name) == pool for each in _missed(name, baseline, fresh)]
        for aspect in sorted({each.aspect for each in missed}):
            same = [each for each in missed if each.aspect == aspect]
            for each in same:
                if each.absent and (_is_significant([each]) or _are_significant_together(same)):
                    after = "absent" if each.absent == each.asked else "sometimes absent"
                    yield _found(each.situation, aspect, "gone", "present", after, each.example)


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
