"""Facts: what a body of evidence shows, reduced to value classes and how many samples showed each. Gathering them is
`gather`'s business, comparing them `compare`'s."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from hpp_contract.drift.aspect import FactKey

BROKEN: Final = "broken"
KEPT: Final = "kept"


@dataclass(frozen=True, slots=True)
class FactCounts:
    """How one aspect showed: in how many `samples`, `of` how many that could have, in how many with each of `values`.
    `examples` names for each value the request that showed it first (only in facts that come from exchanges)."""

    samples: int
    of: int
    values: Mapping[str, int]
    examples: Mapping[str, str] = field(default_factory=dict)

    @property
    def listed(self) -> str:
        """The values, the most frequent first."""
        return ", ".join(sorted(self.values, key=lambda value: (-self.values[value], value)))


@dataclass(frozen=True, slots=True)
class Situation:
    """One kind of answer: its `samples`, those `confirmed` by a real endpoint, and every aspect of it."""

    samples: int
    aspects: Mapping[FactKey, FactCounts]
    confirmed: int = 0
    example: str = ""


Facts = Mapping[str, Situation]
"""Situations by name; KNOWN and SESSION, which gather others, among them. Immutable."""


def possible(aspect: FactKey, situation: Situation) -> int:
    """Samples in which this could have shown: those that have the object or array which holds it."""
    parent = aspect.name.rpartition("/")[0] if aspect.name.startswith("/") else ""
    holder = situation.aspects.get(FactKey("member", parent)) if parent else None
    if not parent:
        return situation.samples
    return holder.values.get("object", 0) + holder.values.get("array", 0) if holder else 0
