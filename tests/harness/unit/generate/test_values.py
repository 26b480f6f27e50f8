"""Values that keep or break a keyword, and demands that no strategy meets."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest

from hpp_contract.generate import UnknownKeywordError, seeded
from hpp_contract.generate.choices import Choices
from hpp_contract.generate.instants import SPELLINGS, lifetime
from hpp_contract.generate.texts import pieces
from hpp_contract.generate.value_spec import Constraint, ValueSpec, keeps
from hpp_contract.generate.values import make
from hpp_contract.model import Instant


def source(*choices: int) -> Choices:
    """A source that makes these choices, and after them the first there is."""
    made = Choices(lambda: bytes(64))
    rest = iter(choices)
    setattr(made, "integer", lambda low, high: min(high, low + next(rest, 0)))  # noqa: B010  chosen, not drawn
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


def a_string(*constraints: Constraint) -> ValueSpec:
    return ValueSpec((Constraint("type", "string"), *constraints))


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
