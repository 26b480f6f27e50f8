"""Rules that the schemas carry: a rule of this kind reports the violations of the constraints that name it.

jsonschema-rs decides and jsonschema explains. jsonschema-rs needs a few microseconds for a valid body; jsonschema
needs 300 and a slow import, but its errors name their keyword and its neighbours. So it reads only invalid bodies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import jsonschema_rs

from hpp_contract.engine.rule import Finding, Rule, Severity, rule
from hpp_contract.model import Exchange, Instant
from hpp_contract.privacy.describe import describe, show
from hpp_contract.privacy.names import shown_part
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
    """A constraint broken at `where` (JSON Pointer): its `keyword`, the `rule` it names, in safe words what was
    `expected` and `found`, and the `severity` of this where it is less than the rule's."""

    where: str
    keyword: str
    rule: str
    expected: str
    found: str
    severity: Severity | None = None

    @property
    def weight(self) -> int:
        """The smaller, the heavier."""
        return self.severity.rank if self.severity is not None else -1


def is_instant(value: object) -> bool:
    """What the format `date-time` means here: what the rules can read. Values that are no text have another problem."""
    return not isinstance(value, str) or Instant.parse(value) is not None


@cache
def _fast(name: str) -> Any:
    registry = jsonschema_rs.Registry([(f"{file}.json", load(file)) for file in _FILES])
    formats = {"date-time": is_instant}
    return jsonschema_rs.validator_for(
        {"$ref": f"{name}.json"}, registry=registry, validate_formats=True, formats=formats
    )


@cache
def _explaining(name: str) -> Any:
    from jsonschema import Draft202012Validator, FormatChecker  # slow to import, and needed only to explain
    from referencing import Registry, Resource

    checker = FormatChecker(["date"])
    checker.checks("date-time")(is_instant)
    registry: Registry[Any] = Registry().with_resources(
        [(f"{file}.json", Resource.from_contents(load(file))) for file in _FILES]
    )
    return Draft202012Validator({"$ref": f"{name}.json"}, registry=registry, format_checker=checker)


def violations(name: str, value: Any) -> tuple[Violation, ...]:
    """Every constraint of `schemas/<name>.json` that `value` breaks: one a place and rule, the heaviest, and where the
    type is wrong, only that. An id that is null is reported as such, and is no id for all other constraints."""
    if _is_valid(name, value):
        return ()
    without = _without_null_ids(value)
    found = _explained(name, without)
    if without is not value:
        found = [violation for violation in _explained(name, value) if violation.found == "null"] + found
    heaviest: dict[tuple[str, str], Violation] = {}
    for violation in sorted(found, key=lambda each: each.weight):
        heaviest.setdefault((violation.rule, violation.where), violation)
    return tuple(heaviest.values())


def _is_valid(name: str, value: Any) -> bool:
    try:
        return bool(_fast(name).is_valid(value))
    except UnicodeEncodeError:  # a lone surrogate, which Rust's texts cannot hold: the other validator decides
        return False


def _without_null_ids(value: Any) -> Any:
    nulls = [each for each in session.OUTCOME_IDS if value.get(each, "") is None] if isinstance(value, dict) else []
    return {each: inner for each, inner in value.items() if each not in nulls} if nulls else value


def _explained(name: str, value: Any) -> list[Violation]:
    found = [violation for error in _explaining(name).iter_errors(value) for violation in _read(error)]
    mistyped = {violation.where for violation in found if violation.keyword == "type"}
    return [violation for violation in found if violation.keyword == "type" or violation.where not in mistyped]


def _read(error: Any) -> Iterator[Violation]:
    """One jsonschema error as violations: `required` names each absent member."""
    where = "".join(f"/{_escape(shown_part(part))}" for part in error.absolute_path)
    contract = error.schema["x-contract"][error.validator]
    expected = contract.get("expected") or _expected(error.validator, error.validator_value)
    severity = Severity(contract["severity"]) if "severity" in contract else None
    if error.validator == "required":
        places = [f"{where}/{name}" for name in error.validator_value if name not in error.instance]
        found = "absent"
    else:
        places, found = [where], (show if where in _PUBLIC else describe)(error.instance)
    for place in places:
        yield Violation(place, error.validator, contract["rule"], expected, found, severity)


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
    if exchange.context.callback:
        return violations(schema, exchange.session)
    return violations(schema, exchange.response.json.value if exchange.response else None)


def broken_constraints(schema: str, rule: str, exchange: Exchange) -> Iterator[Finding]:
    """Findings for every constraint of `schema` that belongs to `rule` and that the response's JSON breaks, or the
    session of a callback."""
    for violation in _violations(schema, exchange):
        owner, severity = _owner(violation)
        if owner == rule:
            where = violation.where or "body"
            yield Finding(where, violation.expected, violation.found, severity=severity)


def _owner(violation: Violation) -> tuple[str, Severity | None]:
    """The rule that reports a violation, and the severity of it where that is less than the rule's."""
    null = violation.keyword == "type" and violation.found == "null" and violation.rule.startswith("HPP-S")
    if not null or not violation.where:
        return violation.rule, violation.severity
    return NO_NULL, None if violation.where[1:] in session.REQUIRED else Severity.SHOULD


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
