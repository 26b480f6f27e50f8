"""The client cases as data: complete, consistent, and readable without Python."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator

from hpp_contract.cases import CASES, Case, select
from hpp_contract.cases.scenarios import SCENARIOS, session_id
from hpp_contract.client.ideal_client import ideal_reads
from hpp_contract.client.listing import as_json, as_text, expected
from hpp_contract.engine.errors import UsageProblem
from hpp_contract.engine.rule import JUDGES
from hpp_contract.model.client_read import ClientRead
from hpp_contract.rules import CATALOGUE, find
from hpp_contract.spec.schema_files import SHAPES, load

CLIENT_RULES = {rule.id: rule for rule in CATALOGUE if "client" in JUDGES[rule.scope]}
ABOUT_EVERY_REQUEST = {rule.id for rule in CLIENT_RULES.values() if rule.letter == "R"}


@pytest.fixture(scope="module")
def exported() -> list[dict[str, object]]:
    cases: list[dict[str, object]] = json.loads(as_json(CASES.values()))["cases"]
    return cases


def test_there_are_enough() -> None:
    """There are at least eighty cases, and one for each shape and each walk of the reference endpoint."""
    assert len(CASES) >= 80
    assert set(SHAPES) <= CASES.keys()
    assert {name for name in SCENARIOS if name.startswith("lifecycle-")} <= CASES.keys()


@pytest.mark.parametrize("case", CASES.values(), ids=lambda case: case.name)
def test_case_is_about_rules_of_clients(case: Case) -> None:
    """Every rule a case is about judges clients, and has something to say about what the case sends."""
    assert set(case.rules) | set(case.exempt_rules) <= CLIENT_RULES.keys()
    answers = ideal_reads(case)
    silent = [name for name in case.rules if name not in ABOUT_EVERY_REQUEST and not speaks(name, answers)]
    assert not silent, f"{silent} have nothing to say in {case.name}"


def speaks(name: str, answers: tuple[ClientRead, ...]) -> bool:
    return any(CLIENT_RULES[name].when(answer) for answer in answers)


def test_every_answer_rule_has_a_case() -> None:
    """Every A rule is what some case is about, but for digits and for what only some clients show."""
    meant = {name for case in CASES.values() for name in case.rules}
    assert {rule.id for rule in CATALOGUE if rule.letter == "A"} - meant == {"HPP-A10", "HPP-A39", "HPP-A40"}


def test_session_ids_are_unique() -> None:
    """No two cases share a UUID: nothing else tells them apart."""
    names = [name for case in CASES.values() for name in case.uuids]
    assert len(names) == len(set(names))


def test_session_ids_are_stable() -> None:
    """A case has the same session id on every machine; one that plays a scenario as it is has that scenario's."""
    assert CASES["waiting"].sessions == (session_id("waiting"),)
    assert CASES["empty-200"].sessions == (session_id("case-empty-200"),)


@pytest.mark.parametrize(
    ("name", "owed"),
    [("waiting", "session"), ("empty-200", "error"), ("missing-status", "either"), ("stalls-in-body", "error"),
     ("not-found", "error"), ("chunked", "session"), ("drips", "either"), ("unknown-status", "session")],
)  # fmt: skip
def test_what_is_owed(name: str, owed: str) -> None:
    """What a client owes its caller follows from what it was sent."""
    assert expected(ideal_reads(CASES[name])[-1]) == owed


def test_export_is_described_by_its_schema(exported: list[dict[str, object]]) -> None:
    """What --list --json writes is what schemas/tool/case.json describes, for every case."""
    validator = Draft202012Validator(load("tool/case"))
    value = json.loads(as_json(CASES.values()))
    assert [error.message for error in validator.iter_errors(value)] == []
    assert [case["name"] for case in exported] == list(CASES)


def test_list_names_every_case() -> None:
    """--list has a line for each case, with its name first."""
    lines = as_text(CASES.values()).splitlines()
    assert [line.split()[0] for line in lines[: len(CASES)]] == list(CASES)
    assert lines[-1] == f"{len(CASES)} cases"


@pytest.mark.parametrize(
    ("patterns", "names"),
    [(["smoke"], ["smoke"]), (["waiting,smoke"], ["smoke", "waiting"]), (["waiting", "back"], ["waiting", "back"]),
     (["empty-*"], ["empty-status", "empty-200", "empty-array-200", "empty-object-200"])],
)  # fmt: skip
def test_choosing_cases(patterns: list[str], names: list[str]) -> None:
    """Names, commas and globs choose cases, always in the catalogue's order."""
    assert [case.name for case in select(patterns)] == names


@pytest.mark.parametrize("pattern", ["HPP-A36", "A36", "hpp-a36", "HPP-A36*", "A36,HPP-A36"])
def test_choosing_by_rule(pattern: str) -> None:
    """The id of a rule, with or without its prefix, chooses the cases that are about it."""
    about = [case for case in CASES.values() if "HPP-A36" in case.rules]
    assert list(select([pattern])) == about


def test_a_rule_that_no_case_is_about() -> None:
    """A rule that every case is judged by chooses none, and the message says so."""
    with pytest.raises(UsageProblem, match="no case is about HPP-R01 alone"):
        select(["HPP-R01"])


def test_choosing_nothing_runs_all() -> None:
    """Without a choice every case is run."""
    assert select([]) == tuple(CASES.values())


def test_misspelt_case() -> None:
    """A name that no case has is a usage problem with a suggestion."""
    with pytest.raises(UsageProblem, match="did you mean smoke"):
        select(["smok"])


def test_rules_of_the_list_exist() -> None:
    """The rules that the list names are in the catalogue."""
    assert all(find(name) for case in CASES.values() for name in case.rules)


def test_a_case_for_a_rule_that_is_none() -> None:
    """A case that means a rule nobody knows is an error of this program, with its name."""
    with pytest.raises(LookupError, match="HPP-X99"):
        as_json([replace(CASES["smoke"], rules=("HPP-X99",))])
