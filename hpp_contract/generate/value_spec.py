"""What schemas ask of one value, merged from every keyword that applies to it; `compiling` reads the schemas."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any, Final

from hpp_contract.model import Instant

_TYPES: Final[Mapping[str, type]] = {"object": dict, "array": list, "string": str}


@dataclass(frozen=True, slots=True)
class Constraint:
    """An asserting keyword, its value and the rule that reports it. Without a rule it only chooses: it stands under an
    `if`, and a value that breaks it takes another branch instead."""

    keyword: str
    value: Any
    rule: str = ""


@dataclass(frozen=True)
class ValueSpec:
    """Everything that schemas ask of one value: its `constraints`, and the specs of its members and items."""

    constraints: tuple[Constraint, ...] = ()
    properties: Mapping[str, ValueSpec] = field(default_factory=dict)
    items: ValueSpec | None = None

    def __and__(self, other: ValueSpec) -> ValueSpec:
        """Both specs together."""
        properties = dict(self.properties)
        for name, theirs in other.properties.items():
            properties[name] = properties[name] & theirs if name in properties else theirs
        items = self.items & other.items if self.items and other.items else self.items or other.items
        new = tuple(constraint for constraint in other.constraints if constraint not in self.constraints)
        return ValueSpec(self.constraints + new, properties, items)

    def values(self, keyword: str) -> list[Any]:
        """The value of every constraint with this keyword."""
        return [constraint.value for constraint in self.constraints if constraint.keyword == keyword]

    @cached_property
    def type(self) -> str | None:
        """The required JSON type, if any."""
        return next(iter(self.values("type")), None)

    @cached_property
    def required(self) -> tuple[str, ...]:
        """The required members, each once."""
        return tuple(dict.fromkeys(name for names in self.values("required") for name in names))

    @cached_property
    def is_forbidden(self) -> bool:
        """Whether no value satisfies this, so that the member must be absent."""
        return bool(self.values("not")) or self.options == ()

    @cached_property
    def options(self) -> tuple[Any, ...] | None:
        """The values left where a keyword lists them, or None where none does."""
        lists = [*self.values("enum"), *([value] for value in self.values("const"))]
        if not lists:
            return None
        return tuple(value for value in lists[0] if self.accepts(value))

    @property
    def is_contradictory(self) -> bool:
        """Whether a required member must be absent."""
        return any(name in self.properties and self.properties[name].is_forbidden for name in self.required)

    def accepts(self, value: Any) -> bool:
        """Whether `value` satisfies every constraint, its members and items left aside."""
        return all(satisfies(constraint, value) for constraint in self.constraints)

    def without(self, *keywords: str) -> ValueSpec:
        """The same without the constraints of these keywords."""
        return replace(self, constraints=tuple(c for c in self.constraints if c.keyword not in keywords))


NEVER: Final = ValueSpec((Constraint("not", {}),))
"""The spec of a member that must be absent."""


def satisfies(constraint: Constraint, value: Any) -> bool:
    """Whether `value` satisfies `constraint`, as JSON Schema has it: a keyword ignores values of other types."""
    required, text = constraint.value, isinstance(value, str)
    match constraint.keyword:
        case "type":
            return isinstance(value, _TYPES[required])
        case "const":
            return bool(value == required)
        case "differs":
            return bool(value != required)
        case "enum":
            return value in required
        case "pattern":
            return not text or re.search(required, value) is not None
        case "format":
            return not text or _is_formatted(required, value)
        case "minLength":
            return not text or len(value) >= required
        case "maxLength":
            return not text or len(value) <= required
        case "required":
            return not isinstance(value, dict) or all(name in value for name in required)
        case _:  # not {}
            return False


def _is_formatted(name: str, text: str) -> bool:
    if name == "date-time":
        return Instant.parse(text) is not None
    try:
        return bool(re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) and date.fromisoformat(text))
    except ValueError:
        return False
