"""From JSON Schema to value specs: every way to satisfy a schema, for the keywords that our schemas use.

A keyword that is not known here is refused by name: ignoring it would generate bodies that the schema forbids.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any, Final

from hpp_contract.generate.value_spec import NEVER, Constraint, ValueSpec
from hpp_contract.spec.schema_files import load

Schema = Mapping[str, Any]

CONSTRAINTS: Final = ("type", "const", "enum", "pattern", "format", "minLength", "maxLength", "required", "not")
APPLICATORS: Final = ("$ref", "allOf", "anyOf", "if", "then", "else", "properties", "items", "$defs")
WORDS: Final = ("$schema", "$comment", "title", "description", "examples", "x-contract", "x-source")
_TYPES: Final = ("object", "array", "string")
_FORMATS: Final = ("date-time", "date")


class UnknownKeywordError(ValueError):
    """A schema says something that no strategy was written for. The text names file, place and keyword."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a subschema stands: a file in `schemas/` and a JSON Pointer into it."""

    file: str
    pointer: str = ""

    def __truediv__(self, token: object) -> Place:
        return Place(self.file, f"{self.pointer}/{token}")

    def __str__(self) -> str:
        return f"schemas/{self.file}.json#{self.pointer}"


@cache
def specs(name: str) -> tuple[ValueSpec, ...]:
    """Every alternative that satisfies `schemas/<name>.json`, none of them contradictory."""
    return tuple(alternatives(load(name), Place(name)))


def alternatives(schema: Schema, place: Place) -> list[ValueSpec]:
    """Every alternative that satisfies `schema`. Raises UnknownKeywordError."""
    _refuse_unknown(schema, place)
    found = [ValueSpec(tuple(_constraints(schema)))]
    for part in _parts(schema, place):
        found = _both(found, part)
    return found


def _parts(schema: Schema, place: Place) -> Iterator[list[ValueSpec]]:
    """The alternatives of each applicator: all of them apply."""
    if "$ref" in schema:
        yield alternatives(*_resolve(schema["$ref"], place))
    for index, inner in enumerate(schema.get("allOf", ())):
        yield alternatives(inner, place / "allOf" / index)
    if "anyOf" in schema:
        yield [a for index, inner in enumerate(schema["anyOf"]) for a in alternatives(inner, place / "anyOf" / index)]
    if "if" in schema:
        yes, no = (alternatives(schema.get(branch, {}), place / branch) for branch in ("then", "else"))
        condition, where = schema["if"], place / "if"
        yield [*_both(alternatives(condition, where), yes), *_both(_negations(condition, where), no)]
    for name, inner in schema.get("properties", {}).items():
        found = alternatives(inner, place / "properties" / name) or [NEVER]
        yield [ValueSpec(properties={name: spec}) for spec in found]
    if "items" in schema:
        yield [ValueSpec(items=spec) for spec in alternatives(schema["items"], place / "items")]


def _constraints(schema: Schema) -> Iterator[Constraint]:
    reasons = schema.get("x-contract", {})
    for keyword in CONSTRAINTS:
        if keyword in schema:
            yield Constraint(keyword, schema[keyword], reasons.get(keyword, {}).get("rule", ""))


def _both(ours: Iterable[ValueSpec], theirs: Iterable[ValueSpec]) -> list[ValueSpec]:
    return [merged for one, two in product(ours, theirs) if not (merged := one & two).is_contradictory]


def _negations(schema: Schema, place: Place) -> list[ValueSpec]:
    """Every alternative that does not satisfy `schema`, for what stands under an `if`."""
    found: list[ValueSpec] = []
    for keyword, value in schema.items():
        match keyword:
            case "const":
                found.append(ValueSpec((Constraint("differs", value),)))
            case "required":
                found += (ValueSpec(properties={name: NEVER}) for name in value)
            case "properties":
                for name, inner in value.items():
                    present = ValueSpec((Constraint("required", [name]),))
                    no = _negations(inner, place / keyword / name)
                    found += (present & ValueSpec(properties={name: spec}) for spec in no)
            case "$comment":
                pass
            case _:
                raise UnknownKeywordError(f"{place}: no strategy negates the keyword {keyword!r}.")
    return found


def _resolve(reference: str, place: Place) -> tuple[Schema, Place]:
    """The subschema that a relative `$ref` such as `session.json#/$defs/session` names, and its place."""
    file, _, pointer = reference.partition("#")
    target = Place(file.removesuffix(".json") or place.file, pointer)
    schema: Any = load(target.file)
    for token in pointer.split("/")[1:]:
        schema = schema[token.replace("~1", "/").replace("~0", "~")]
    return schema, target


def _refuse_unknown(schema: Schema, place: Place) -> None:
    for keyword in schema:
        if keyword not in (*CONSTRAINTS, *APPLICATORS, *WORDS):
            raise UnknownKeywordError(f"{place}: no strategy knows the keyword {keyword!r}.")
    if schema.get("type", _TYPES[0]) not in _TYPES:
        raise UnknownKeywordError(f"{place}: no strategy knows the type {schema['type']!r}.")
    if schema.get("format", _FORMATS[0]) not in _FORMATS:
        raise UnknownKeywordError(f"{place}: no strategy knows the format {schema['format']!r}.")
    if schema.get("not", {}) != {}:
        raise UnknownKeywordError(f"{place}: no strategy knows a 'not' of anything but {{}}.")
