"""The strategies generate what they say: every valid body is valid, every broken one is broken where it says."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import find, given
from hypothesis import strategies as st

from hpp_contract.generate import NAMES, UnknownKeywordError, answer, broken, seeded, sessions, valid, valid_body
from hpp_contract.generate.compiling import Place, alternatives
from hpp_contract.generate.invalid_bodies import BreakableConstraint, _at, _wrong
from hpp_contract.generate.value_spec import Constraint, ValueSpec
from hpp_contract.model import Exchange, Instant
from hpp_contract.rules.schemas import violations
from hpp_contract.spec.schema_files import SHAPES
from hpp_contract.spec.session import OUTCOME, UUID
from tests.harness.support.generated import findings
from tests.harness.support.validators import errors, python, rust

PYTHON = {name: python(name) for name in NAMES}
RUST = {name: rust(name) for name in NAMES}

IMPLIED = {
    "HPP-S04": "an id of the wrong type or shape is not the one asked for",
    "HPP-S15": "a trailing newline is a control character too",
    "HPP-P04": "whose status is wrong is not being identified",
    "HPP-C01": "a null is no order and no token either",
    "HPP-C02": "a lone order_id beside a token lacks its klarna_reference",
    "HPP-E14": "an error without members has no correlation id",
}
"""Rules that cannot help noticing some bodies that were made to break another."""

shapes = pytest.mark.parametrize("name", NAMES)
data = given(data=st.data())


def answered(name: str, body: Any) -> list[Exchange]:
    return [answer(body, 404 if name == "error-object" else 200)]


def dispatched(name: str) -> set[str]:
    """The schemas that a body of this kind is judged by: its own, and the dispatch that the rules use."""
    return {name} if name == "error-object" else {name, "session"}


@shapes
@data
def test_valid_is_valid(name: str, data: st.DataObject) -> None:
    """Every valid body is accepted by both validators, under its own schema and the dispatch, and by every rule."""
    body = data.draw(valid(name))
    for schema in dispatched(name):
        assert errors(PYTHON[schema], body) == set()
        assert RUST[schema].is_valid(body)
    assert findings(answered(name, body)) == set()


@shapes
@data
def test_extras_are_noticed_only_by_their_rule(name: str, data: st.DataObject) -> None:
    """Undocumented members break no schema, and of the rules only the one that is about them."""
    body = data.draw(valid(name, extras=True))
    assert PYTHON[name].is_valid(body)
    assert RUST[name].is_valid(body)
    assert {rule for rule, _ in findings(answered(name, body))} <= {"HPP-S09"}


@shapes
@data
def test_broken_is_broken_in_one_place(name: str, data: st.DataObject) -> None:
    """Every broken body is rejected by both validators, for the keyword and at the place declared, and nowhere else."""
    case = data.draw(broken(name))
    assert not RUST[name].is_valid(case.body)
    found = errors(PYTHON[name], case.body)
    assert (case.keyword, case.where) in {(keyword, where) for keyword, where, _ in found}
    assert {where for _, where, _ in found} == {case.where}
    assert {violation.where for violation in violations(name, case.body)} == {case.where}


@shapes
@data
def test_broken_is_found_by_its_rule(name: str, data: st.DataObject) -> None:
    """Every broken body is found by the rule and at the place declared, and by no unrelated rule."""
    case = data.draw(broken(name))
    found = findings(answered(name, case.body))
    where = {case.where or "body"}
    if case.rule == "HPP-C03":  # a token beside an order: which of them is too many is a matter of view
        where |= {f"/{member}" for member in OUTCOME}
    assert found & {(case.rule, place) for place in where}, f"{case.keyword} at {case.where}: only {found} found"
    assert {rule for rule, _ in found} <= {case.rule, *IMPLIED}


@shapes
@data
def test_validators_agree(name: str, data: st.DataObject) -> None:
    """Two independent validators say the same of every generated body, by every schema."""
    body = data.draw(st.one_of(valid(name), valid(name, extras=True), broken(name).map(lambda case: case.body)))
    for schema in NAMES:
        assert PYTHON[schema].is_valid(body) == RUST[schema].is_valid(body), schema


@given(body=sessions())
def test_sessions_fit_ordinary_clients(body: dict[str, Any]) -> None:
    """Sessions for clients are valid, and their instants are ones that every date type holds in every zone."""
    assert RUST["session"].is_valid(body)
    for member in ("updated_at", "expires_at"):
        assert 1999 <= datetime.fromisoformat(body[member][:19]).year <= 2100


def sample(name: str, count: int = 3000) -> list[dict[str, Any]]:
    source = seeded(f"breadth/{name}")
    return [valid_body(source, name) for _ in range(count)]


def fraction_digits(text: str) -> int:
    instant = Instant.parse(text)
    assert instant is not None
    return instant.digits


def test_instants_cover_every_notation() -> None:
    """Instants come with 0 to 9 fraction digits, with Z and with offsets, on leap days and at both ends of time."""
    texts = [body[member] for body in sample("waiting") for member in ("updated_at", "expires_at")]
    assert {fraction_digits(text) for text in texts} == set(range(10))
    assert {"Z", "+", "-"} <= {text[-1] if text[-1] == "Z" else text[-6] for text in texts}
    assert any(text[5:10] == "02-29" for text in texts)
    assert {"00", "99", "20"} <= {text[:2] for text in texts}


def test_ids_cover_every_version() -> None:
    """Ids come with every version nibble, in both cases."""
    ids = [body["session_id"] for body in sample("waiting")]
    assert all(UUID.fullmatch(text) for text in ids)
    assert {text[14] for text in ids} == set("0123456789abcdefABCDEF")


def test_strings_cover_every_length_and_script() -> None:
    """Strings go up to 255 characters, combining and astral ones among them."""
    references = [body["klarna_reference"] for body in sample("completed-with-order")]
    assert {1, 255} <= set(map(len, references))
    assert any(any("\u0300" <= char <= "\u036f" for char in text) for text in references)
    assert any(len(text) == 255 and max(text) > "\uffff" for text in references)


def test_optional_members_come_and_go() -> None:
    """Every optional member is sometimes there and sometimes not."""
    bodies = sample("manual-id-check")
    for members in (OUTCOME, ("customer", "manual_identification")):
        assert all(0 < sum(member in body for body in bodies) < len(bodies) for member in members)
    assert {frozenset(body["customer"]) for body in bodies if "customer" in body} >= {frozenset()}


def test_session_covers_every_shape() -> None:
    """Bodies of any shape are bodies of every shape, none left out."""
    bodies = sample("session", 300)
    assert all(any(RUST[shape].is_valid(body) for body in bodies) for shape in SHAPES)


def test_failures_shrink() -> None:
    """A failure shrinks to a body that a person can read: no optional member, zeros for an id, the documented day."""
    body = find(valid("waiting"), lambda _: True)
    assert list(body) == ["session_id", "status", "updated_at", "expires_at"]
    assert set(body["session_id"]) == {"0", "-"}
    assert body["updated_at"].startswith("2019-05-13T00:00:00")


def test_unknown_name_is_refused() -> None:
    """A name that is no schema is refused with the names there are."""
    with pytest.raises(ValueError, match="waiting"):
        valid("wating")
    with pytest.raises(ValueError, match="completed-with-order"):
        broken("completed")


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"items": {"minimum": 3}}, "schemas/test.json#/items: no strategy knows the keyword 'minimum'."),
        ({"allOf": [{"type": "integer"}]}, "schemas/test.json#/allOf/0: no strategy knows the type 'integer'."),
        ({"anyOf": [{"format": "email"}]}, "schemas/test.json#/anyOf/0: no strategy knows the format 'email'."),
        ({"not": {"type": "string"}}, "schemas/test.json#: no strategy knows a 'not' of anything but {}."),
        ({"if": {"minLength": 1}}, "schemas/test.json#/if: no strategy negates the keyword 'minLength'."),
    ],
)  # fmt: skip
def test_unknown_keyword_is_named(schema: dict[str, Any], said: str) -> None:
    """A keyword that no strategy was written for is refused by name and place, not ignored."""
    with pytest.raises(UnknownKeywordError) as raised:
        alternatives(schema, Place("test"))
    assert str(raised.value) == said


def a_string(*constraints: Constraint) -> ValueSpec:
    return ValueSpec((Constraint("type", "string"), *constraints))


def test_what_cannot_be_broken_alone() -> None:
    """A constraint that cannot be broken without breaking another rule's is refused by name and place."""
    short, none = Constraint("minLength", 1, "HPP-X01"), Constraint("const", "x", "HPP-X02")
    breakable = BreakableConstraint(a_string(short, none), (), a_string(short, none), short)
    with pytest.raises(UnknownKeywordError, match="no strategy breaks 'minLength' alone at "):
        _wrong(seeded("x"), breakable)


def test_places_below_the_top() -> None:
    """A place is found through objects and lists."""
    assert _at({"a": [{"b": 1}]}, ("a", 0, "b")) == 1


def test_comments_negate_nothing() -> None:
    """A comment under an `if` changes nothing."""
    schema: dict[str, Any] = {"if": {"$comment": "why", "const": "x"}, "then": {"type": "string"}}
    plain = {"if": {"const": "x"}, "then": {"type": "string"}}
    assert alternatives(schema, Place("test")) == alternatives(plain, Place("test"))


def test_a_refusal_challenges() -> None:
    """An answer with 401 says how to authenticate."""
    response = answer({}, 401).response
    assert response is not None
    assert response.header("www-authenticate") == 'Basic realm="hpp"'
