"""What a session is, said once: the tables agree with the schemas and with each other."""

from __future__ import annotations

from hpp_contract.spec import fields, session
from hpp_contract.spec.schema_files import SHAPES, load


def test_the_members_are_those_of_the_schemas() -> None:
    """Every documented member is listed, and the tables of fields say what each of them holds."""
    documented = load("session")["$defs"]["session"]["properties"]
    assert set(session.MEMBERS) == documented.keys()
    assert {*session.REQUIRED, *session.OUTCOME, *session.OBJECTS} == documented.keys()
    assert fields.MEMBERS.keys() - documented.keys() == {*load("error-object")["properties"], "error_message"}
    assert fields.of_kind(fields.MEMBERS, "person") == session.OBJECTS
    texts = {*load("session")["$defs"]["customer"]["properties"], "challenge"}
    assert set(fields.PERSON_MEMBERS) == texts


def test_every_status_is_of_one_kind() -> None:
    """A status is pending, may be retried or is final, and each has its schema."""
    assert sorted((*session.PENDING, *session.RETRIED, *session.FINAL)) == sorted(session.STATUSES)
    assert {*session.SHAPES.values(), *session.COMPLETED_SHAPES} == set(SHAPES)
    assert set.union(*map(set, session.COMPLETED_SHAPES.values())) == set(session.OUTCOME)
