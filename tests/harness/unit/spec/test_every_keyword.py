"""Every keyword of every schema matters: take any one away, and a generated body or a check notices.

The bodies are generated from the schemas as they are; the verdicts come from schemas with one keyword less.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from hpp_contract.generate import NAMES, Broken, breakable_constraints, broken_at, seeded, valid_body
from hpp_contract.generate.compiling import APPLICATORS, CONSTRAINTS
from hpp_contract.spec.schema_files import SHAPES, load
from tests.harness.support.validators import FILES, errors, python, rust

EACH = 6
"""Bodies that break each constraint."""

SOME = 30
"""Valid bodies of each kind."""

STATUSES = {load(shape)["properties"]["status"]["const"] for shape in SHAPES}


@dataclass(frozen=True)
class Mutant:
    """The schemas without one keyword, or without one element of its list."""

    file: str
    path: tuple[str | int, ...]

    def __str__(self) -> str:
        return f"schemas/{self.file}.json#/{'/'.join(map(str, self.path))}"

    @property
    def files(self) -> dict[str, Any]:
        schema = copy.deepcopy(FILES[self.file])
        *way, last = self.path
        place: Any = schema
        for token in way:
            place = place[token]
        del place[last]
        return {**FILES, self.file: schema}


def mutants(file: str) -> Iterator[Mutant]:
    """One for each keyword anywhere in the file, and for each element of `allOf`, `anyOf`, `required` and `enum`."""

    def below(schema: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
        for keyword in schema:
            if keyword not in (*CONSTRAINTS, *APPLICATORS):
                continue
            yield (*path, keyword)
            value = schema[keyword]
            if isinstance(value, list):
                yield from ((*path, keyword, index) for index in range(len(value)))
            if keyword in ("allOf", "anyOf"):
                for index, inner in enumerate(value):
                    yield from below(inner, (*path, keyword, index))
            elif keyword in ("properties", "$defs"):
                for name, inner in value.items():
                    yield from below(inner, (*path, keyword, name))
            elif isinstance(value, dict):
                yield from below(value, (*path, keyword))

    return (Mutant(file, path) for path in below(FILES[file], ()))


@cache
def good(name: str) -> list[Any]:
    source = seeded(f"good/{name}")
    return [valid_body(source, name) for _ in range(SOME)]


@cache
def bad(name: str) -> list[Broken]:
    source = seeded(f"bad/{name}")
    return [broken_at(source, constraint) for constraint in breakable_constraints(name) for _ in range(EACH)]


def kinds(file: str) -> list[str]:
    """The schemas that a change of this file can matter to."""
    if file == "error-object":
        return [file]
    return [name for name in NAMES if name != "error-object"] if file == "session" else ["session", file]


def notices(mutant: Mutant) -> bool:
    """Whether anything that holds of the schemas as they are fails to hold of the mutant."""
    try:
        names, files = kinds(mutant.file), mutant.files
        return not (all(_judges(name, files) for name in names) and all(_blames(name, files) for name in names))
    except Exception:  # the mutant's parts do not fit together any more: a `$ref` to nowhere
        return True


def _judges(name: str, files: Mapping[str, Any]) -> bool:
    validator = rust(name, files)
    return (
        all(validator.is_valid(body) for body in good(name))
        and not any(validator.is_valid(case.body) for case in bad(name))
        and (name not in SHAPES or _is_bound_to_its_status(validator, name))
        and (name != "session" or _dispatches(validator))
    )


def _is_bound_to_its_status(validator: Any, shape: str) -> bool:
    """Whether no body of the shape is one under another status."""
    return not any(
        validator.is_valid({**body, "status": status}) for body in good(shape) for status in STATUSES - {body["status"]}
    )


def _dispatches(validator: Any) -> bool:
    """Whether each shape's bodies, valid and broken, are judged by their own file, and a body without status by none;
    status TIMEOUT is tolerated."""
    if not validator.is_valid({**good("waiting")[0], "status": "TIMEOUT"}):
        return False
    for shape in SHAPES:
        if not all(_titles(validator, body) & _TITLES == {_title(shape)} for body in good(shape)):
            return False
        stray = [{name: value for name, value in body.items() if name != "status"} for body in good(shape)]
        if any("/then" in step["evaluationPath"] for body in stray for step in _steps(validator, body)):
            return False
        if any(validator.is_valid(case.body) for case in bad(shape)):
            return False
    return True


def _steps(validator: Any, body: Any) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = validator.evaluate(body).list()["details"]
    return steps


def _titles(validator: Any, body: Any) -> set[str]:
    annotations = [step["annotations"] for step in _steps(validator, body) if isinstance(step.get("annotations"), dict)]
    return {annotation["title"] for annotation in annotations if "title" in annotation}


def _title(shape: str) -> str:
    title: str = load(shape)["title"]
    return title


_TITLES = {_title(shape) for shape in SHAPES}


def _blames(name: str, files: Mapping[str, Any]) -> bool:
    """Whether each broken body is broken at its place, by its keyword and by nothing else."""
    validator = python(name, files)
    return all(_is_blamed(validator, case) for case in bad(name)[::EACH]) and (
        name != "session" or _misses_the_order_first(validator)
    )


def _misses_the_order_first(validator: Any) -> bool:
    """Whether a reference alone lacks its order, and one beside a token is too much."""
    single = {member: value for member, value in good("completed-with-order")[0].items() if member != "order_id"}
    beside = single | {"authorization_token": good("completed-with-token")[0]["authorization_token"]}
    places = [{where for _, where, _ in errors(validator, body)} for body in (single, beside)]
    return places == [{"/order_id"}, {"/klarna_reference"}]


def _is_blamed(validator: Any, case: Broken) -> bool:
    found = errors(validator, case.body)
    places = {where for _, where, _ in found}
    return (case.keyword, case.where) in {(keyword, where) for keyword, where, _ in found} and places == {case.where}


@pytest.mark.slow
@pytest.mark.parametrize("mutant", [mutant for file in NAMES for mutant in mutants(file)], ids=str)
def test_no_mutant_survives(mutant: Mutant) -> None:
    """A keyword cannot be taken away unnoticed."""
    assert notices(mutant), f"nothing notices when {mutant} is gone"


@pytest.mark.parametrize("name", NAMES)
def test_schemas_as_they_are_hold(name: str) -> None:
    """What the mutants fail, the schemas pass: none of them is noticed for nothing."""
    assert _judges(name, FILES)
    assert _blames(name, FILES)


COUNTED = {
    "waiting": 30,
    "in-progress": 30,
    "completed-with-token": 33,
    "completed-with-order": 36,
    "back": 30,
    "manual-id-check": 62,
    "cancelled": 30,
    "failed": 30,
    "disabled": 30,
    "error": 30,
    "session": 310,
    "error-object": 9,
}


def test_no_constraint_goes_missing() -> None:
    """The constraints there are to break are counted, so that none can vanish together with what tests it."""
    assert {name: len(breakable_constraints(name)) for name in NAMES} == COUNTED
