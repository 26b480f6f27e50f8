"""Presence, precision and chance: how many samples it takes until a difference is a change."""

from __future__ import annotations

import json
from fractions import Fraction
from math import factorial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.drift import Accepted, Baseline, accept
from hpp_contract.drift.collect import collect_facts
from hpp_contract.drift.compare import compare, is_significant, p_by_chance
from hpp_contract.drift.facts import Facts
from hpp_contract.engine.edits import member
from hpp_contract.engine.fault import fault
from hpp_contract.model import Context, Exchange, Instant, Request, Response
from hpp_contract.server import simulate_server
from hpp_contract.spec.schema_files import DOCUMENTED, SHAPES, example


def of_sessions(present: int, absent: int, name: str = "channel", on: str = "waiting") -> Facts:
    """Facts of so many sessions with and without a member."""
    exchanges = []
    for number in range(present + absent):
        session: dict[str, Any] = {**example(on), "session_id": f"{number:08}-0000-0000-0000-000000000000"}
        session |= {name: "web"} if number < present else {}
        url = f"https://x/hpp/v1/sessions/{session['session_id']}"
        body = json.dumps(session).encode()
        known = Context(credentials="right", session="known")
        exchanges.append(Exchange(Request("GET", url), Response(200, (), body), context=known))
    return collect_facts(exchanges).facts


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ((18, 0), (0, 1), "absent"),
        ((17, 0), (0, 1), None),
        ((4, 0), (0, 2), "absent"),
        ((3, 0), (0, 2), None),
        ((1, 0), (0, 1), None),
        ((100, 0), (4, 1), "sometimes absent"),
        ((40, 0), (4, 1), None),
        ((30, 1), (0, 9), None),
        ((0, 1), (1, 0), "string"),
        ((1, 9), (9, 0), None),
        ((0, 0), (9, 0), None),
    ],
)
def test_presence_is_statistical(before: tuple[int, int], after: tuple[int, int], expected: str | None) -> None:
    """Absence is a change when chance does not explain it, presence when it is new; optional members come and go."""
    changes = {change.fact: change.after for change in compare(of_sessions(*before), of_sessions(*after))}
    assert changes.get("waiting · /channel") == expected


def test_gone_everywhere_is_a_change() -> None:
    """Few samples in each of several situations, all of which lack what all had, are many samples together."""
    many = [of_sessions(1, 0, on=shape) for shape in DOCUMENTED]
    none = [of_sessions(0, 1, on=shape) for shape in DOCUMENTED]
    changes = compare(merged(many), merged(none))
    assert {change.fact for change in changes} == {f"{shape} · /channel" for shape in DOCUMENTED}
    assert compare(merged(many[:2]), merged(none[:2])) == ()


def merged(each: list[Facts]) -> Facts:
    return {name: situation for facts in each for name, situation in facts.items() if name in SHAPES}


@given(st.integers(0, 60), st.integers(1, 12))
def test_chance_is_a_probability(always: int, fresh: int) -> None:
    """The chances add up to one, sink with every absence and every earlier sample, and are Laplace's for one sample."""
    chances = [p_by_chance(always, fresh, missing) for missing in range(fresh + 1)]
    assert chances[0] == pytest.approx(1)
    assert chances == sorted(chances, reverse=True)
    assert p_by_chance(always + 1, fresh, 1) < p_by_chance(always, fresh, 1)
    assert p_by_chance(always, 1, 1) == pytest.approx(1 / (always + 2))
    assert p_by_chance(always, fresh, fresh) == pytest.approx(float(all_missing(always, fresh)))
    assert not is_significant(always, fresh, 0)


def all_missing(always: int, fresh: int) -> Fraction:
    """The beta-binomial's last term, from factorials."""
    return Fraction((always + 1) * factorial(always) * factorial(fresh), factorial(always + fresh + 1))


def test_few_samples_are_never_significant() -> None:
    """After three samples or fewer, no single sample and no pair expected anything."""
    assert not any(is_significant(always, fresh, fresh) for always in range(4) for fresh in (1, 2))


@pytest.mark.parametrize(
    ("digits", "several", "expected"), [(3, True, None), (2, True, None), (6, False, "6"), (0, False, None)]
)
def test_precision(digits: int, several: bool, expected: str | None) -> None:
    """More fraction digits than ever are reported; fewer may be trailing zeros, unless several instants have fewer."""
    changes = compare(with_digits(2, 3, 3), with_digits(*([digits] * (2 if several else 1))))
    assert {c.fact: c.after for c in changes}.get("any session · /updated_at precision") == expected


@pytest.mark.parametrize(("before", "after"), [((2,), (3, 3)), ((0,), (3, 3)), ((2, 2), (3, 3)), ((5, 5), (6, 4))])
def test_cut_zeros_are_no_precision(before: tuple[int, ...], after: tuple[int, ...]) -> None:
    """Neither a baseline of one instant nor a unit's trailing zeros make the next run's digits a change."""
    assert compare(with_digits(*before), with_digits(*after)) == ()


@pytest.mark.parametrize(("before", "after"), [((3, 3), (6,)), ((3,), (0, 0))])
def test_two_instants_suffice(before: tuple[int, ...], after: tuple[int, ...]) -> None:
    """Two instants on the side with fewer digits make another precision a change."""
    (change,) = compare(with_digits(*before), with_digits(*after))
    assert change.after == str(after[0])


def test_fewer_digits_on_every_instant() -> None:
    """No fraction on any of several instants is a change."""
    (change,) = compare(with_digits(3, 3, 3), with_digits(0, 0, 0))
    assert (change.fact, change.before, change.after) == ("any session · /updated_at precision", "3", "0")


def with_digits(*digits: int) -> Facts:
    """Facts of a session for each number of fraction digits."""
    exchanges = []
    for number, count in enumerate(digits):
        fraction = "." + "1" * count if count else ""
        identity = f"{number:08}-0000-0000-0000-000000000000"
        session = {**example("waiting"), "session_id": identity, "updated_at": f"2026-01-01T00:00:00{fraction}Z"}
        assert Instant.parse(session["updated_at"])
        request = Request("GET", f"https://x/hpp/v1/sessions/{identity}")
        exchanges.append(Exchange(request, Response(200, (), json.dumps(session).encode())))
    return collect_facts(exchanges).facts


def test_a_rule_is_kept_now() -> None:
    """A rule that was always broken and is kept now is a cosmetic change, once there are samples enough."""
    broken = [fault("x", "waiting", member("channel", 1))(exchange) for exchange in simulate_server("waiting")] * 1
    before = collect_facts(broken).facts
    assert compare(before, collect_facts(simulate_server("waiting")).facts) == ()
    often = before
    for _ in range(20):
        often = accept(Baseline(often), before, (), Accepted("", "x", "")).facts
    changes = {
        change.fact: (change.change_class, change.after)
        for change in compare(often, collect_facts(simulate_server("waiting")).facts)
    }
    assert changes["waiting · HPP-S09"] == ("cosmetic", "kept")
