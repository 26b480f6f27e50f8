"""Every change that drift reports when a fault begins, and when it ends.

They are in `snapshots/drift`, such as

    HPP-H01: kept → broken, breaking; back cosmetic · status 201 · completed-with-order, unknown-id, waiting

(the fact, what it was and becomes and how bad that is, the change when the fault ends; the fault; the situations).
A change that is only reported when a fault ends says so beside the fault.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from hpp_contract.drift.classify import advice_about, change_of
from hpp_contract.drift.collect import collect_facts
from hpp_contract.drift.compare import compare, undecided
from hpp_contract.drift.facts import FactCounts, FactKey, Facts
from hpp_contract.engine import edits
from hpp_contract.engine.report import SEPARATOR, Change
from hpp_contract.engine.rule import ChangeClass, Finding, Severity
from hpp_contract.model import Exchange
from hpp_contract.rules import CATALOGUE, find
from tests.harness.support.paths import SNAPSHOTS
from tests.harness.support.pinned import assert_pinned
from tests.harness.support.recording_tools import (
    FAULTS,
    by_name,
    renaming,
    simulated,
    with_headers,
    with_members,
    with_statuses,
    without_members,
)

SCENARIOS = ("waiting", "completed-with-order", "unknown-id")
MEMBERS = ("x", "customer", "status", "order_id", "error_code", "updated_at")
VALUES = (None, 5, "", "X", "2026-11-22T01:02:03Z", "2026-11-22T01:02:03.123456+01:00", ["a"], {"b": "c"},
          "A1A8F727-2756-6058-BD3C-40069BE0994B")  # fmt: skip

EDITS = by_name(
    (
        *((f"fault {each.name}", each) for each in FAULTS),
        *with_members(MEMBERS, VALUES),
        *without_members(MEMBERS),
        *with_statuses((200, 201, 301, 400, 401, 403, 404, 410, 500)),
        *with_headers(
            ("Cache-Control", "WWW-Authenticate", "Content-Type", "X-New", "Vary"),
            (None, "public, max-age=60", "Bearer x", "text/html; charset=utf-16"),
        ),
    )
)


def facts_of(samples: int, edit: Callable[[Exchange], Exchange] = lambda each: each) -> Facts:
    """The facts of so many sessions in every scenario, all with this edit."""
    exchanges = []
    for scenario in SCENARIOS:
        (honest,) = simulated(scenario, 1)
        for number in range(samples):
            asked = honest.request.session_id or ""
            exchanges.append(edit(renaming(asked, f"{number:08}{asked[8:]}")(honest)))
    return collect_facts(exchanges).facts


def compared(before: Facts, after: Facts) -> tuple[list[Change], list[str]]:
    """The changes from one run to another, and the facts that are undecided."""
    changes = compare(before, after)
    return list(changes), list(undecided(before, after, changes))


def became(change: Change) -> str:
    return f"{change.before} → {change.after}, {change.change_class}"


def statements(name: str, honest: Facts, faulty: Facts) -> Iterator[tuple[str, str]]:
    """What is reported when an edit begins and ends, and in which situation."""
    (begins, unsure), (ends, unsure_after) = compared(honest, faulty), compared(faulty, honest)
    for change in begins:
        statement = f"{change.aspect}: {became(change)}"
        back = next((each for each in ends if each.fact == change.fact), None)
        if back is not None:
            ends.remove(back)
            is_mirrored = (back.before, back.after) == (change.after, change.before)
            statement += f"; back {back.change_class if is_mirrored else became(back)}"
        yield f"{statement} · {name}", change.situation
    for change in ends:
        yield f"{change.aspect}: {became(change)} · {name} ends", change.situation
    for facts, when in ((unsure, name), (unsure_after, f"{name} ends")):
        for fact in facts:
            situation, _, aspect = fact.partition(SEPARATOR)
            yield f"{aspect}: undecided · {when}", situation


def test_every_change() -> None:
    """A change is reported the same way whatever else changes, and so is its end."""
    situations, honest = defaultdict(list), facts_of(4)
    for name, edit in EDITS.items():
        for statement, situation in statements(name, honest, facts_of(2, edit)):
            situations[statement].append(situation)
    assert_pinned(
        SNAPSHOTS / "drift", (f"{statement} · {', '.join(sorted(where))}" for statement, where in situations.items())
    )


def test_the_worst_comes_first() -> None:
    """Within a class, what changed comes before the rules that see it, each in the order of the alphabet."""
    changes, _ = compared(facts_of(4), facts_of(2, EDITS["fault mislabels-error"]))
    classes = list(ChangeClass)
    ranks = [(classes.index(each.change_class), "HPP-" in each.aspect, each.aspect, each.fact) for each in changes]
    assert ranks == sorted(ranks)
    assert len({rank[:2] for rank in ranks}) == 5


def test_values_are_listed_by_frequency() -> None:
    """The most frequent value is named first, and of equal ones the first of the alphabet."""
    assert FactCounts(9, 9, {"b": 2, "a": 2, "c": 5}).listed == "c, a, b"
    assert FactCounts(0, 0, {}).listed == ""


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
    rule = find(rule_id)
    assert rule is not None
    assert rule.severity == Severity(severity)
    change = change_of("waiting", FactKey("rule", rule_id), "other", "kept", "broken", "poll 1", FOUND)
    words = "/expires_at is a number (expected: a text), and 1 more like it"
    advice = advice_about(rule_id)
    assert change == Change(change.change_class, f"waiting · {rule_id}", "kept", "broken", "poll 1", advice, words)
    assert change.change_class == weight


FOUND = [Finding("/expires_at", "a text", "a number"), Finding("/updated_at", "a text", "a number")]


def test_advice_is_advice() -> None:
    """For every rule that drift judges it says what to do, and neither names the rule nor sends the reader to it."""
    for rule in CATALOGUE:
        advice = advice_about(rule.id)
        assert advice.endswith(".")
        assert rule.id not in advice
        assert rule.summary not in advice
    assert "hpp-contract serve" in advice_about("HPP-R01")


def precise(*digits: int) -> Facts:
    """Facts of a session for each number of fraction digits."""
    exchanges = []
    for number, count in enumerate(digits):
        (honest,) = simulated("waiting", 1)
        asked = honest.request.session_id or ""
        edited = edits.member("updated_at", f"2026-11-22T01:02:03.{'1' * count}Z")(honest)
        edited = renaming(asked, f"{number:08}{asked[8:]}")(edited)
        exchanges.append(replace(edited, evidence=f"poll {count}"))
    return collect_facts(exchanges).facts


def test_a_change_has_an_example() -> None:
    """The request that shows a change is named with it, and the baseline's precision from the fewest to the most."""
    changes = compare(precise(4, 6, 6), precise(9, 9))
    assert [(each.before, each.after, each.example) for each in changes] == [("4 to 6", "9", "poll 9")]


def test_what_is_gone_has_an_example() -> None:
    """A member that disappeared has the first request without it as its example."""

    def without(each: Exchange) -> Exchange:
        return replace(edits.drop("expires_at")(each), evidence="poll 7")

    gone = [each for each in compare(facts_of(4), facts_of(2, without)) if each.fact == "waiting · /expires_at"]
    assert [each.example for each in gone] == ["poll 7"]
