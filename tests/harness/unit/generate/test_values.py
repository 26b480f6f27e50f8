"""Values that satisfy or break a keyword, and specs that no strategy satisfies."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest

from hpp_contract.generate import UnknownKeywordError, seeded
from hpp_contract.generate.choices import Choices
from hpp_contract.generate.instants import NOTATIONS, lifetime
from hpp_contract.generate.texts import pieces
from hpp_contract.generate.value_spec import Constraint, ValueSpec, satisfies
from hpp_contract.generate.values import make
from hpp_contract.model import Instant


def source(*choices: int) -> Choices:
    """A source that makes these choices, and after them the first there is."""
    made = Choices(lambda: bytes(64))
    rest = iter(choices)
    setattr(made, "integer", lambda low, high: min(high, low + next(rest, 0)))  # noqa: B010  chosen, not drawn
    return made


def test_no_session_expires_before_it_is_updated() -> None:
    """In any two notations, even one cut short does not fall before the other."""
    for notation, other in product(range(len(NOTATIONS)), repeat=2):
        updated, expires = map(Instant.parse, lifetime(source(0, 999_999_999, notation, 0, other)))
        assert updated is not None
        assert expires is not None
        assert updated.ns <= expires.ns


@pytest.mark.parametrize(
    ("keyword", "required", "valid", "broken"),
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
def test_what_satisfies_a_keyword(keyword: str, required: object, valid: object, broken: object) -> None:
    """A keyword is satisfied or broken by values of its types, and ignores others."""
    constraint = Constraint(keyword, required)
    assert satisfies(constraint, valid)
    assert not satisfies(constraint, broken)
    assert satisfies(constraint, None) == (keyword not in ("type", "const", "enum"))
    assert not satisfies(Constraint("not", {}), valid)


def a_string(*constraints: Constraint) -> ValueSpec:
    return ValueSpec((Constraint("type", "string"), *constraints))


@pytest.mark.parametrize(
    ("generate", "message"),
    [
        (
            lambda: make(a_string(Constraint("format", "date"), Constraint("maxLength", 1)), seeded("x")),
            "no strategy generates a string that satisfies all of type, format, maxLength together.",
        ),
        (lambda: pieces("^a(b|c)$"), "no strategy generates the pattern '^a(b|c)$' beyond 'a'."),
    ],
)
def test_what_cannot_be_generated_is_said(generate: Callable[[], object], message: str) -> None:
    """A spec that no strategy satisfies is refused with a sentence."""
    with pytest.raises((UnknownKeywordError, ValueError), match="no strategy") as raised:
        generate()
    assert str(raised.value) == message
