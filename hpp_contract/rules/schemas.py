"""Rules that the schemas carry: a rule of this kind reports the violations of the constraints that name it.

jsonschema-rs decides and jsonschema explains. jsonschema-rs needs a microsecond for a valid body; jsonschema
needs 300 and a slow import, but its errors name their keyword and its neighbours. So it reads only invalid bodies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import jsonschema_rs

from hpp_contract.engine.rule import Finding, Rule, rule
from hpp_contract.model import Exchange
from hpp_contract.privacy.describe import describe, show
from hpp_contract.spec import session
from hpp_contract.spec.fields import MEMBERS
from hpp_contract.spec.schema_files import SHAPES, load

NO_NULL = "HPP-S10"
"""The rule that reports a null where the schema demands another type: absent members are omitted."""

_PUBLIC = frozenset(f"/{name}" for name in session.MEMBERS if MEMBERS[name] == "public")
"""Members of a session whose values may be printed: they identify nobody."""

_FILES = ("session", "error-object", *SHAPES)


@dataclass(frozen=True, slots=True)
class Violation:
    """A constraint broken at `where` (JSON Pointer): its `keyword`, the `rule` it names, and in safe words what was
    `expected` and `found`."""

    where: str
    keyword: str
    rule: str
    expected: str
    found: str


@cache
def _fast(name: str) -> Any:
    registry = jsonschema_rs.Registry([(f"{file}.json", load(file)) for file in _FILES])
    return jsonschema_rs.validator_for({"$ref": f"{name}.json"}, registry=registry, validate_formats=True)


@cache
def _explaining(name: str) -> Any:
    from jsonschema import Draft202012Validator  # slow to import, and needed only to explain
    from referencing import Registry, Resource

    checker = Draft202012Validator.FORMAT_CHECKER
    if "date-time" not in checker.checkers:
        raise RuntimeError("jsonschema checks no date-time: install rfc3339-validator")
    registry: Registry[Any] = Registry().with_resources(
        [(f"{file}.json", Resource.from_contents(load(file))) for file in _FILES]
    )
    return Draft202012Validator({"$ref": f"{name}.json"}, registry=registry, format_checker=checker)


def violations(name: str, value: Any) -> tuple[Violation, ...]:
    """Every constraint of `schemas/<name>.json` that `value` breaks: one a place and rule, and where the type is wrong,
    only that."""
    if _fast(name).is_valid(value):
        return ()
    found = [violation for error in _explaining(name).iter_errors(value) for violation in _read(error)]
    mistyped = {violation.where for violation in found if violation.keyword == "type"}
    kept = [violation for violation in found if violation.keyword == "type" or violation.where not in mistyped]
    return tuple({(violation.rule, violation.where): violation for violation in kept}.values())


def _read(error: Any) -> Iterator[Violation]:
    """One jsonschema error as violations: `required` names each absent member."""
    where = "".join(f"/{_escape(str(part))}" for part in error.absolute_path)
    contract = error.schema["x-contract"][error.validator]
    expected = contract.get("expected") or _expected(error.validator, error.validator_value)
    if error.validator == "required":
        absent = [name for name in error.validator_value if name not in error.instance]
        yield from (Violation(f"{where}/{name}", "required", contract["rule"], expected, "absent") for name in absent)
    else:
        say = show if where in _PUBLIC else describe
        yield Violation(where, error.validator, contract["rule"], expected, say(error.instance))


def _expected(keyword: str, value: Any) -> str:
    match keyword:
        case "required":
            return "present"
        case "not":
            return "absent"
        case "type":
            return f"{'an' if value in ('object', 'array') else 'a'} {value}"
        case "enum":
            return "one of " + ", ".join(value)
        case "minLength" | "maxLength":
            return f"{'at least' if keyword == 'minLength' else 'at most'} {value} characters"
        case _:
            return f"{keyword} {value}"


def _escape(token: str) -> str:
    return token.replace("~", "~0").replace("/", "~1")


@lru_cache(maxsize=64)
def _violations(schema: str, exchange: Exchange) -> tuple[Violation, ...]:
    return violations(schema, exchange.response.json.value if exchange.response else None)


def broken_constraints(schema: str, rule: str, exchange: Exchange) -> Iterator[Finding]:
    """Findings for every constraint of `schema` that belongs to `rule` and that the response's JSON breaks."""
    for violation in _violations(schema, exchange):
        if _owner(violation) == rule:
            yield Finding(violation.where or "body", violation.expected, violation.found)


def _owner(violation: Violation) -> str:
    null = violation.keyword == "type" and violation.found == "null" and violation.rule.startswith("HPP-S")
    return NO_NULL if null and violation.where else violation.rule


def schema_rule(
    schema: str,
    id: str,  # noqa: A002  as in rule()
    *identity: Any,
    **options: Any,
) -> Callable[[Callable[[Exchange], None]], Rule]:
    """A rule whose check is the schema's; the decorated function is empty and documents it. Takes what `rule` takes."""

    def make(documented: Callable[[Exchange], None]) -> Rule:
        def check(exchange: Exchange) -> Iterator[Finding]:
            return broken_constraints(schema, id, exchange)

        check.__doc__ = documented.__doc__
        return rule(id, *identity, **options)(check)

    return make
