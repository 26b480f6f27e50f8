"""Choices that generation makes once in thousands, and schemas that nobody has written yet."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from hpp_contract.exchange import Instant
from hpp_contract.rules.catalogue import CATALOGUE
from hpp_contract.rules.lifecycle import FINAL
from hpp_contract.strategies import UnknownKeywordError, answer, seeded
from hpp_contract.strategies.breaking import Weakness, _at, _wrong
from hpp_contract.strategies.compiling import Place, alternatives
from hpp_contract.strategies.demand import Constraint, Demand, keeps
from hpp_contract.strategies.instants import SPELLINGS, lifetime
from hpp_contract.strategies.misliving import MISLIVING, broken_trace
from hpp_contract.strategies.source import Source
from hpp_contract.strategies.texts import pieces
from hpp_contract.strategies.values import make
from hpp_contract.verdict import Subject, judge


def source(*choices: int) -> Source:
    """A source that makes these choices, and after them the first there is."""
    made = Source(lambda: bytes(64))
    rest = iter(choices)
    made.integer = lambda low, high: min(high, low + next(rest, 0))  # type: ignore[method-assign]
    return made


def test_no_session_expires_before_it_is_updated() -> None:
    """However the two instants are spelled, even one cut short does not fall before the other."""
    for spelling, other in product(range(len(SPELLINGS)), repeat=2):
        updated, expires = map(Instant.parse, lifetime(source(0, 999_999_999, spelling, 0, other)))
        assert updated is not None
        assert expires is not None
        assert updated.ns <= expires.ns


@pytest.mark.parametrize(
    ("keyword", "wanted", "kept", "broken"),
    [
        ("type", "string", "x", 1),
        ("const", "x", "x", "y"),
        ("differs", "x", "y", "x"),
        ("enum", ["x"], "x", "y"),
        ("pattern", "^x$", "x", "y"),
        ("format", "date", "2026-11-22", "2026-13-22"),
        ("minLength", 2, "xx", "x"),
        ("maxLength", 1, "x", "xx"),
        ("required", ["x", "y"], {"x": 1, "y": 2}, {"x": 1}),
    ],
)
def test_what_keeps_a_keyword(keyword: str, wanted: object, kept: object, broken: object) -> None:
    """A keyword is kept or broken by the values it is made for, and silent about others."""
    constraint = Constraint(keyword, wanted)
    assert keeps(constraint, kept)
    assert not keeps(constraint, broken)
    assert keeps(constraint, None) == (keyword not in ("type", "const", "enum"))
    assert not keeps(Constraint("not", {}), kept)


def a_string(*constraints: Constraint) -> Demand:
    return Demand((Constraint("type", "string"), *constraints))


@pytest.mark.parametrize(
    ("attempt", "said"),
    [
        (
            lambda: make(a_string(Constraint("format", "date"), Constraint("maxLength", 1)), seeded("x")),
            "no strategy generates a string that satisfies all of type, format, maxLength together.",
        ),
        (lambda: pieces("^a(b|c)$"), "no strategy generates the pattern '^a(b|c)$' beyond 'a'."),
    ],
)
def test_what_cannot_be_generated_is_said(attempt: Callable[[], object], said: str) -> None:
    """A demand that no strategy meets is refused in words."""
    with pytest.raises((UnknownKeywordError, ValueError), match="no strategy") as raised:
        attempt()
    assert str(raised.value) == said


def test_what_cannot_be_broken_alone() -> None:
    """A constraint that cannot be broken without breaking another rule's is refused by name and place."""
    short, none = Constraint("minLength", 1, "HPP-X01"), Constraint("const", "x", "HPP-X02")
    weakness = Weakness(a_string(short, none), (), a_string(short, none), short)
    with pytest.raises(UnknownKeywordError, match="no strategy breaks 'minLength' alone at "):
        _wrong(seeded("x"), weakness)


def test_places_below_the_top() -> None:
    """A place is found through objects and lists."""
    assert _at({"a": [{"b": 1}]}, ("a", 0, "b")) == 1


def test_comments_negate_nothing() -> None:
    """A comment under an `if` changes nothing."""
    schema: dict[str, Any] = {"if": {"$comment": "why", "const": "x"}, "then": {"type": "string"}}
    plain = {"if": {"const": "x"}, "then": {"type": "string"}}
    assert alternatives(schema, Place("test")) == alternatives(plain, Place("test"))


@pytest.mark.parametrize("number", range(len(MISLIVING)))
def test_every_way_to_mislive(number: int) -> None:
    """Each broken life breaks its own rule, also when every choice is the first."""
    trace = broken_trace(source(number))
    found = [
        verdict.rule.id
        for verdict in judge(trace.trace.exchanges, CATALOGUE, Subject("endpoint", "x"))
        if verdict.total
    ]
    assert trace.rule == tuple(MISLIVING)[number]
    assert trace.rule in found


def test_a_refusal_challenges() -> None:
    """An answer with 401 says how to authenticate."""
    response = answer({}, 401).response
    assert response is not None
    assert response.header("www-authenticate") == 'Basic realm="hpp"'


@pytest.mark.parametrize("final", FINAL)
def test_every_final_status_is_left(final: str) -> None:
    """A life that breaks HPP-L01 may leave any of the final statuses, and the rule finds it."""
    lives = [trace for number in range(200) if (trace := broken_trace(seeded(f"{number}"))).rule == "HPP-L01"]
    [left, *_] = [each.trace for each in lives if (each.trace.exchanges[-2].session or {})["status"] == final]
    broken = [v.rule.id for v in judge(left.exchanges, CATALOGUE, Subject("endpoint", "x")) if v.findings]
    assert "HPP-L01" in broken
