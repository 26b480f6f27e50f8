"""What schemas demand of one value, merged from every keyword that applies to it; reading them is for `compiling`."""

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
    `if`, and whoever breaks it gets another branch instead of a finding."""

    keyword: str
    value: Any
    rule: str = ""


@dataclass(frozen=True)
class ValueSpec:
    """Everything demanded of one value: all `constraints`, and of its members and items what they say."""

    constraints: tuple[Constraint, ...] = ()
    properties: Mapping[str, ValueSpec] = field(default_factory=dict)
    items: ValueSpec | None = None

    def __and__(self, other: ValueSpec) -> ValueSpec:
        """What is demanded when both are."""
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
        """The JSON type demanded, if any."""
        return next(iter(self.values("type")), None)

    @cached_property
    def required(self) -> tuple[str, ...]:
        """The members demanded, each once."""
        return tuple(dict.fromkeys(name for names in self.values("required") for name in names))

    @cached_property
    def is_forbidden(self) -> bool:
        """Whether no value satisfies this, so that the member must be absent."""
        return bool(self.values("not")) or self.choices == ()

    @cached_property
    def choices(self) -> tuple[Any, ...] | None:
        """The values left where a keyword lists them, or None where none does."""
        lists = [*self.values("enum"), *([value] for value in self.values("const"))]
        if not lists:
            return None
        return tuple(value for value in lists[0] if self.accepts(value))

    @property
    def is_contradictory(self) -> bool:
        """Whether a member is demanded that must be absent."""
        return any(name in self.properties and self.properties[name].is_forbidden for name in self.required)

    def accepts(self, value: Any) -> bool:
        """Whether `value` itself, its members and items left aside, is as demanded."""
        return all(keeps(constraint, value) for constraint in self.constraints)

    def without(self, *keywords: str) -> ValueSpec:
        """The same without the constraints of these keywords."""
        return replace(self, constraints=tuple(c for c in self.constraints if c.keyword not in keywords))


NEVER: Final = ValueSpec((Constraint("not", {}),))
"""Demanded of a member that must be absent."""


def keeps(constraint: Constraint, value: Any) -> bool:
    """Whether `value` keeps `constraint`, as JSON Schema has it: a keyword is silent about types it is not made for."""
    wanted, text = constraint.value, isinstance(value, str)
    match constraint.keyword:
        case "type":
            return isinstance(value, _TYPES[wanted])
        case "const":
            return bool(value == wanted)
        case "differs":
            return bool(value != wanted)
        case "enum":
            return value in wanted
        case "pattern":
            return not text or re.search(wanted, value) is not None
        case "format":
            return not text or _is_formatted(wanted, value)
        case "minLength":
            return not text or len(value) >= wanted
        case "maxLength":
            return not text or len(value) <= wanted
        case "required":
            return not isinstance(value, dict) or all(name in value for name in wanted)
        case _:  # not {}
            return False


def _is_formatted(name: str, text: str) -> bool:
    if name == "date-time":
        return Instant.parse(text) is not None
    try:
        return bool(re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) and date.fromisoformat(text))
    except ValueError:
        return False
