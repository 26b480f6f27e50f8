"""Bodies that the schemas generate: valid ones are accepted, broken ones refused at their place."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.engine import Outcome, Subject, judge
from hpp_contract.generate import NAMES, answer, breakable_constraints, broken, valid
from hpp_contract.rules import CATALOGUE, schemas
from hpp_contract.spec.schema_files import folder

ENDPOINT = Subject("endpoint", "a generated body")
RULES = [rule for rule in CATALOGUE if rule.scope == "exchange"]

every_schema = pytest.mark.parametrize("name", NAMES)
data = given(data=st.data())


def found(name: str, body: Any) -> dict[str, tuple[set[str], bool]]:
    """The rules that find something in an answer with this body: where, and whether that is more than information."""
    verdicts = judge([answer(body, 404 if name == "error-object" else 200)], RULES, ENDPOINT)
    return {
        verdict.rule.id: ({each.where for each in verdict.findings}, verdict.outcome is not Outcome.OK)
        for verdict in verdicts
        if verdict.findings
    }


@every_schema
@data
def test_valid_bodies_are_accepted(name: str, data: st.DataObject, counts: Counter[str]) -> None:
    """A body that its schema describes is accepted by it, by the schema of every session and by every rule."""
    body = data.draw(valid(name))
    for schema in {name} if name == "error-object" else {name, "session"}:
        assert schemas.violations(schema, body) == ()
    assert {rule: places for rule, (places, counted) in found(name, body).items() if counted} == {}
    counts["valid bodies accepted"] += 1


@every_schema
@data
def test_broken_bodies_are_refused_at_their_place(name: str, data: st.DataObject, counts: Counter[str]) -> None:
    """A body with one thing wrong is refused there and nowhere else, and by the rule that says so."""
    case = data.draw(broken(name))
    assert {violation.where for violation in schemas.violations(name, case.body)} == {case.where}
    assert case.rule in found(name, case.body)
    counts["broken bodies refused at their place"] += 1


def test_every_schema_is_tried(counts: Counter[str]) -> None:
    """Each schema of a body has bodies of its own here."""
    files = {path.stem for path in folder("schemas").glob("*.json") if '"x-contract"' in path.read_text("utf-8")}
    assert files == set(NAMES)
    counts["schemas"] += len(files)


def test_every_rule_in_a_schema_can_be_broken(counts: Counter[str]) -> None:
    """Each rule that rests on a schema has a constraint there, which a generated body breaks."""
    resting = {rule.id for rule in CATALOGUE if rule.check.__module__ == schemas.__name__}
    broken_ones = {way.constraint.rule for name in NAMES for way in breakable_constraints(name)}
    # A null where a string should be is a wrong type to the schema, and a rule of its own.
    assert resting - broken_ones <= {schemas.NO_NULL}
    counts["rules that rest on them"] += len(resting)
