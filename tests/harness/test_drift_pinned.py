"""Every change that drift tells when a lie is told one night, or was told when the baseline was taken: class, fact,
before, after. They are in `data`; HPP_UPDATE=1 writes them again, for the diff to be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from hpp_contract.drift.compare import compare
from hpp_contract.drift.facts import Facts, Seen
from hpp_contract.drift.gather import evidence_of
from hpp_contract.drift.presence import undecided
from hpp_contract.exchange import Exchange
from hpp_contract.rules import fault
from hpp_contract.rules.rule import Severity
from hpp_contract.verdict.change import Change

from .recording_tools import FAULTS, played, renaming
from .test_verdicts_pinned import assert_pinned, told_where_possible

STAGES = ("waiting", "completed-with-order", "unknown-id")
MEMBERS = ("x", "customer", "status", "order_id", "error_code", "updated_at")
VALUES = (None, 5, "", "X", "2026-11-22T01:02:03Z", "2026-11-22T01:02:03.123456+01:00", ["a"], {"b": "c"},
          "A1A8F727-2756-6058-BD3C-40069BE0994B")  # fmt: skip

LIES: dict[str, Callable[[Exchange], Exchange]] = {
    **{told.name: told for told in FAULTS},
    **{f"{name} is {value!r}": fault.member(name, value) for name in MEMBERS for value in VALUES},
    **{f"{name} is gone": fault.drop(name) for name in MEMBERS},
    **{f"{code}": fault.status(code) for code in (200, 201, 301, 400, 401, 403, 404, 410, 500)},
    **{
        f"{name}: {value}": fault.header(name, value)
        for name in ("Cache-Control", "WWW-Authenticate", "Content-Type", "X-New", "Vary")
        for value in (None, "public, max-age=60", "Bearer x", "text/html; charset=utf-16")
    },
}


def night(samples: int, tell: Callable[[Exchange], Exchange] = lambda each: each) -> Facts:
    """So many sessions in every stage, all told of with this lie."""
    exchanges = []
    for stage in STAGES:
        (honest,) = played(stage, 1)
        for number in range(samples):
            asked = honest.request.session_id or ""
            exchanges.append(told_where_possible(tell, renaming(asked, f"{number:08}{asked[8:]}")(honest)))
    return evidence_of(exchanges).facts


def lines(before: Facts, after: Facts) -> Iterator[str]:
    changes = compare(before, after)
    for told in changes:
        yield f"  {told.change_class}: {told.fact}: {told.before} → {told.after}"
    for fact in undecided(before, after, changes):
        yield f"  undecided: {fact}"


def test_every_change() -> None:
    """What changes is told the same way whatever else does, and what goes back is told as news too."""
    found, honest = [], night(4)
    for name, tell in LIES.items():
        told = night(2, tell)
        found += [f"{name} begins", *lines(honest, told), f"{name} ends", *lines(told, honest)]
    assert_pinned("drift.txt", found)


def test_values_are_listed_by_frequency() -> None:
    """The most frequent value is named first, and of equal ones the first of the alphabet."""
    assert Seen(9, 9, {"b": 2, "a": 2, "c": 5}).listed == "c, a, b"
    assert Seen(0, 0, {}).listed == ""


@pytest.mark.parametrize(
    ("rule_id", "weight", "severity"),
    [
        ("HPP-S01", "breaking", "must"),
        ("HPP-H13", "risky", "should"),
        ("HPP-S10", "risky", "must"),
        ("HPP-S09", "additive", "should"),
    ],
)
def test_a_rule_that_breaks(rule_id: str, weight: str, severity: str) -> None:
    """The change weighs what the rule weighs, unless the fact that it sees is weighed already."""
    from hpp_contract.drift.aspect import Aspect
    from hpp_contract.drift.classes import change_of
    from hpp_contract.rules.catalogue import find

    rule = find(rule_id)
    assert rule is not None
    assert rule.severity == Severity(severity)
    advice = f"{rule.summary} hpp-contract explain {rule_id} says what goes wrong for whom otherwise."
    told = change_of("waiting", Aspect("rule", rule_id), "other", "kept", "broken", "poll 1")
    assert told == Change(told.change_class, f"waiting · {rule_id}", "kept", "broken", "poll 1", advice)
    assert told.change_class == weight


def precise(*digits: int) -> Facts:
    """Facts of a session for each number of fraction digits."""
    exchanges = []
    for number, count in enumerate(digits):
        (honest,) = played("waiting", 1)
        asked = honest.request.session_id or ""
        told = fault.member("updated_at", f"2026-11-22T01:02:03.{'1' * count}Z")(honest)
        told = renaming(asked, f"{number:08}{asked[8:]}")(told)
        exchanges.append(replace(told, evidence=f"poll {count}"))
    return evidence_of(exchanges).facts


def test_a_change_has_an_example() -> None:
    """The request that shows a change is named with it, and the baseline's precision from the fewest to the most."""
    told = compare(precise(4, 6, 6), precise(9, 9))
    assert [(each.before, each.after, each.example) for each in told] == [("4 to 6", "9", "poll 9")]


def test_what_is_gone_has_an_example() -> None:
    """A member that is missed is shown by the first request that lacks it."""

    def without(each: Exchange) -> Exchange:
        return replace(fault.drop("expires_at")(each), evidence="poll 7")

    gone = [each for each in compare(night(4), night(2, without)) if each.fact == "waiting · /expires_at"]
    assert [each.example for each in gone] == ["poll 7"]
