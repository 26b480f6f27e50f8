"""The published schemas: in step with ours, plain, and accepting what no *must* forbids."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from hpp_contract.engine import edits
from hpp_contract.engine.rule import Severity
from hpp_contract.generate import answer, broken, valid
from hpp_contract.rules import CATALOGUE
from hpp_contract.server import simulate_server
from hpp_contract.spec.schema_files import SHAPES, example, folder, load
from tests.harness.support.pinned import ACCEPT, is_accepted
from tests.published_schemas import NAMES, PUBLISHED, text_of

FILES = sorted(PUBLISHED)
COMPONENTS = sorted(NAMES.values())

names = pytest.mark.parametrize("name", FILES)


@cache
def published(name: str) -> dict[str, Any]:
    """The file as others load it."""
    document: dict[str, Any] = json.loads((folder("schemas") / f"{name}.json").read_text(encoding="utf-8"))
    return document


def session() -> dict[str, Any]:
    return published("published/session")


RUST = jsonschema_rs.validator_for(session())


def accepts(body: Any) -> bool:
    """Whether the published schema accepts a body, by itself and without formats, as most validators have it. Python is
    given it as we load it: there `$` alone is no end of a text."""
    python, rust = Draft202012Validator(load("published/session")).is_valid(body), RUST.is_valid(body)
    assert python == rust
    return rust


def objects(document: Any) -> Iterator[dict[str, Any]]:
    """Every object of a JSON document, from the outside in."""
    if isinstance(document, dict):
        yield document
    for inner in document.values() if isinstance(document, dict) else document if isinstance(document, list) else ():
        yield from objects(inner)


@names
def test_files_are_fresh(name: str) -> None:
    """Each file is what is built of ours."""
    path = folder("schemas") / f"{name}.json"
    if is_accepted():
        path.write_text(text_of(name), encoding="utf-8", newline="\n")
    assert path.read_text(encoding="utf-8") == text_of(name), f"{path.name} is stale. To accept what is new: {ACCEPT}"


@names
def test_files_are_plain(name: str) -> None:
    """No keyword of ours is in a published file, and every reference stays in it."""
    for each in objects(published(name)):
        assert not [key for key in each if key.startswith("x-") or key == "$comment"]
        assert each.get("$ref", "#/").startswith("#/")
        assert "enum" not in each or set(each["enum"]) < {"WAITING", "IN_PROGRESS", "COMPLETED"}


@names
def test_patterns_are_for_every_language(name: str) -> None:
    """Every pattern compiles without looking ahead or behind, as Go's, Rust's and RE2's expressions must."""
    patterns = {each["pattern"] for each in objects(published(name)) if isinstance(each.get("pattern"), str)}
    assert patterns
    for pattern in patterns:
        assert not re.search(r"\(\?|\\[1-9dwsbB]", pattern)
        schema = {"type": "string", "pattern": pattern}
        assert jsonschema_rs.validator_for(schema, pattern_options=jsonschema_rs.RegexOptions()).is_valid("") is False


def test_the_schema_is_named() -> None:
    """The session's schema has an https id, the name of a class, and can be loaded alone."""
    assert session()["$id"].startswith("https://")
    assert session()["title"] == "Session"
    assert sorted(["Session", *session()["$defs"]]) == COMPONENTS
    Draft202012Validator.check_schema(session())


def test_the_components_are_named_as_documented() -> None:
    """Every object of the API reference is a component under its name."""
    schemas = published("openapi")["components"]["schemas"]
    assert sorted(schemas) == COMPONENTS
    assert all(schema["title"] == name for name, schema in schemas.items())


def test_no_body_is_promised() -> None:
    """Refusals are documented without a body, and so they have none."""
    (path,) = published("openapi")["paths"].values()
    assert [code for code, response in path["get"]["responses"].items() if "content" in response] == ["200", "5XX"]


@names
def test_every_member_is_described(name: str) -> None:
    """Every object and every member says what it is, and shows an example that is one."""
    document = published(name)
    definitions = document["$defs"] if "$defs" in document else document["components"]["schemas"]
    described = [*definitions.values(), *([document] if "$defs" in document else [])]
    for definition in described:
        for member in (definition, *definition["properties"].values()):
            assert member["description"]
            whole = {"$defs": definitions, "components": {"schemas": definitions}, **member}
            assert all(jsonschema_rs.is_valid(whole, shown) for shown in member["examples"])
            assert member["examples"]


@names
def test_types_stand_beside_what_needs_them(name: str) -> None:
    """Strict validators warn of a keyword for objects or strings without the type beside it."""
    for each in objects(published(name)):
        if {"properties", "required"} & each.keys() and isinstance(each.get("required", []), list):
            assert "type" in each or "type" in each.get("properties", {}), each
        assert "pattern" not in each or each.get("type") == "string" or not isinstance(each["pattern"], str)


def musts(body: dict[str, Any]) -> set[str]:
    """The rules about a session that a body breaks."""
    exchange = answer(body)
    rules = [rule for rule in CATALOGUE if rule.letter in "SPC" and rule.scope == "exchange"]
    return {rule.id for rule in rules for each in rule(exchange) if rule.weight(each) is Severity.MUST}


@given(body=valid("session", extras=True))
def test_valid_sessions_are_accepted(body: dict[str, Any]) -> None:
    """Whatever our schemas accept is accepted, and so it is under a status that nobody knows yet."""
    assert accepts(body)
    assert accepts({**body, "status": "PARTLY_PAID"})


@given(case=broken("session") | st.sampled_from(SHAPES).flatmap(broken))
def test_broken_sessions_are_refused(case: Any) -> None:
    """Only what breaks a must is refused, or is null; statuses are free, and the calendar is left to formats."""
    if not isinstance(case.body, dict) or any(value is None for each in objects(case.body) for value in each.values()):
        assert not accepts(case.body)
        return
    found = musts(case.body) - {"HPP-S05", "HPP-S04"}
    if found != {"HPP-S08"} or case.keyword == "pattern":
        assert accepts(case.body) == (not found)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_accepted(shape: str) -> None:
    """The documented examples and one of each further status are valid."""
    assert accepts(example(shape))


VARIATIONS = [each for rule in CATALOGUE if rule.letter in "SPC" for each in rule.variations if each.source == "server"]


@pytest.mark.parametrize("variation", VARIATIONS, ids=lambda variation: variation.name)
def test_honest_variations_are_accepted(variation: Any) -> None:
    """What is honest and unusual is valid, a null aside, which typed clients cannot hold."""
    (exchange,) = simulate_server(variation.scenario, 1, [variation])
    assert accepts(exchange.session) == (None not in (exchange.session or {}).values())


COSTLY = {
    "no outcome": edits.drop("order_id", "klarna_reference"),
    "no order": edits.drop("order_id"),
    "an early reference": edits.member("status", "WAITING"),
    "a token beside": edits.member("authorization_token", edits.OTHER_UUID),
    "a thirteenth month": edits.member("updated_at", "2026-13-01T00:00:00Z"),
    "an empty id": edits.member("session_id", ""),
    "no status": edits.drop("status"),
    "a list of customers": edits.member("customer", []),
}


@pytest.mark.parametrize("what", COSTLY)
def test_what_costs_somebody_is_refused(what: str) -> None:
    """A paid session without its order, an unpaid one with a reference, and what no client can read are not valid."""
    (exchange,) = simulate_server("completed-with-order")
    assert not accepts(COSTLY[what](exchange).session)
