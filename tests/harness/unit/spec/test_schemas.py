"""The schemas: every constraint has a basis and a rule, and asserts what it seems to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from hpp_contract.engine.rule import Basis, Severity
from hpp_contract.model import Instant
from hpp_contract.rules import CATALOGUE
from hpp_contract.rules.schemas import violations
from hpp_contract.spec.schema_files import SHAPES, example, folder, load
from hpp_contract.spec.session import OUTCOME
from tests.harness.support.exchanges import answered

FILES = ("session", "error-object", *SHAPES)
CONSTRAINTS = {"type", "enum", "const", "pattern", "format", "required", "not", "minLength", "maxLength"}
APPLICATORS = {"$ref", "allOf", "anyOf", "if", "then", "else", "properties", "items", "$defs"}
WORDS = {"$schema", "$comment", "title", "description", "examples", "x-contract", "x-source"}


def subschemas(schema: Any) -> Iterator[dict[str, Any]]:
    """Every subschema that asserts; what stands under `if` only chooses, and under `not` only negates."""
    if not isinstance(schema, dict):
        return
    yield schema
    for keyword in ("then", "else", "items"):
        yield from subschemas(schema.get(keyword))
    for keyword in ("properties", "$defs"):
        for inner in schema.get(keyword, {}).values():
            yield from subschemas(inner)
    for inner in schema.get("allOf", []):
        yield from subschemas(inner)


@pytest.mark.parametrize("name", FILES)
def test_every_constraint_has_a_basis(name: str) -> None:
    """Each constraint names its rule, basis and source, and nothing is annotated that is not there."""
    rules = {rule.id: rule for rule in CATALOGUE}
    for schema in subschemas(load(name)):
        assert set(schema) <= CONSTRAINTS | APPLICATORS | WORDS
        contract = schema.get("x-contract", {})
        assert set(contract) == set(schema) & CONSTRAINTS
        for reason in contract.values():
            assert reason["rule"] in rules
            assert reason["basis"] in set(Basis)
            assert reason["source"]
            lighter = Severity(reason.get("severity", "info")).rank > rules[reason["rule"]].severity.rank
            assert lighter or "severity" not in reason, "a severity is said only where it is less than the rule's"


@pytest.mark.parametrize(
    "path", sorted(folder("schemas").rglob("*.json")), ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_files_are_what_they_say(path: Any) -> None:
    """Every schema file is valid JSON Schema 2020-12, without an $id that would move its relative references."""
    schema = json.loads(path.read_text(encoding="utf-8"))
    if path.stem == "openapi":
        assert schema["openapi"].startswith("3.1")
        return
    Draft202012Validator.check_schema(schema)
    assert not schema.get("$id", "").startswith(("urn:", "tag:"))


@pytest.mark.parametrize("shape", SHAPES)
def test_examples_satisfy_their_schema(shape: str) -> None:
    """Every example satisfies its own schema and the dispatch."""
    assert violations(shape, example(shape)) == violations("session", example(shape)) == ()


def dated(text: str) -> bool:
    return not violations("waiting", {**example("waiting"), "updated_at": text})


@pytest.mark.parametrize("fraction", ["", ".1", ".123", ".123456", ".123456789"])
@pytest.mark.parametrize("zone", ["Z", "z", "+00:00", "-11:30", "+14:00"])
def test_legal_instants_pass(fraction: str, zone: str) -> None:
    """Zero to nine fraction digits, Z and offsets are legal, and so are small letters and real leap seconds."""
    assert dated(f"2024-02-29T23:59:59{fraction}{zone}")
    assert dated(f"2024-02-29t23:59:59{fraction}{zone}")
    assert dated(f"2016-12-31T23:59:60{fraction}z")


@pytest.mark.parametrize(
    "text",
    ["2023-02-30T00:00:00Z", "2023-02-29T00:00:00Z", "2023-01-01T00:00:00", "2023-01-01 00:00:00Z", "yesterday", "",
     "2023-01-01T24:00:00Z", "2023-01-01T00:00:60Z", "2023-01-01T00:00:00.1234567890Z", "2023-01-01T00:00:00Z\n",
     "2023-06-30T23:59:60Z", "2023-01-01T00:00:00+0100", "0000-01-01T00:00:00Z", "٢٠٢٣-01-01T00:00:00Z"],
)  # fmt: skip
def test_bad_instants_fail(text: str) -> None:
    """What is no RFC 3339 date-time with a zone fails, a trailing newline and 30 February among it."""
    assert not dated(text)
    assert Instant.parse(text) is None


@given(st.datetimes(), st.integers(0, 9), st.sampled_from(["Z", "+00:00", "-03:30", "+23:59"]))
def test_schema_and_instants_agree(moment: Any, digits: int, zone: str) -> None:
    """The rules can read everything that the schema calls an instant."""
    fraction = f".{moment.microsecond:06d}000"[: digits + 1] if digits else ""
    text = f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}{zone}".rjust(len(f"2024-01-01T00:00:00{fraction}{zone}"), "0")
    assert dated(text) == (Instant.parse(text) is not None)


@pytest.mark.parametrize("version", "0123456789abcdefF")
def test_any_uuid_version_is_an_id(version: str) -> None:
    """The documented ids have version nibbles 6 and 7, so none is demanded."""
    session = f"39a1c773-bafd-{version}54d-af1f-b30c592f1267"
    assert not violations("waiting", {**example("waiting"), "session_id": session})


COMPLETED = {name: value for name, value in example("completed-with-order").items() if name not in OUTCOME}
TOKEN = {"authorization_token": example("completed-with-token")["authorization_token"]}
ORDER, REFERENCE = ({name: example("completed-with-order")[name]} for name in ("order_id", "klarna_reference"))


@pytest.mark.parametrize(
    ("outcome", "found"),
    [
        ({}, {"C01"}),
        (REFERENCE, {"C01"}),
        ({"order_id": None}, {"C01", "S10"}),
        ({"authorization_token": None}, {"C01", "S10"}),
        ({"order_id": None, "authorization_token": None}, {"C01", "S10"}),
        ({"order_id": None, **REFERENCE}, {"C01", "S10"}),
        ({"klarna_reference": None}, {"C01", "S10"}),
        (ORDER, {"C02"}),
        (TOKEN | REFERENCE, {"C02"}),
        (TOKEN | {"order_id": None}, {"S10"}),
        (TOKEN | {"klarna_reference": None}, {"S10"}),
        (ORDER | {"klarna_reference": None}, {"S10"}),
        (ORDER | REFERENCE | {"authorization_token": None}, {"S10"}),
        (ORDER | REFERENCE | TOKEN, {"C03"}),
        (ORDER | TOKEN, {"C02", "C03"}),
        (TOKEN, set()),
        (ORDER | REFERENCE, set()),
    ],
)
def test_every_way_to_complete(outcome: dict[str, Any], found: set[str]) -> None:
    """Neither order nor token is C01, a null is S10 and no outcome, and nothing is told by a second rule."""
    exchange = answered(body=json.dumps(COMPLETED | outcome).encode())
    rules = [rule for rule in CATALOGUE if rule.letter in "SPC"]
    assert {rule.id[4:] for rule in rules if rule(exchange)} == found


def test_absent_is_not_null() -> None:
    """A member that is absent is fine, and null is not."""
    (violation,) = violations("failed", {**example("failed"), "customer": None})
    assert (violation.where, violation.found) == ("/customer", "null")


def test_a_wrong_type_is_one_violation() -> None:
    """A member of the wrong type is not also reported for what only its right type could satisfy."""
    (violation,) = violations("session", {**example("waiting"), "status": 7})
    assert violation.keyword == "type"
