"""Change: one difference between what an endpoint was and what it is, and how bad that is for a client."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class ChangeClass(StrEnum):
    """Worst first. BREAKING: a correct client fails. RISKY: a careless one does (a new enum value, a null, relaxed
    authentication). ADDITIVE: something new that clients ignore. COSMETIC: no client should notice."""

    BREAKING = "breaking"
    RISKY = "risky"
    ADDITIVE = "additive"
    COSMETIC = "cosmetic"


FAIL_ON: Final = frozenset({ChangeClass.BREAKING, ChangeClass.RISKY})
"""The classes that make a run fail unless it is told otherwise."""

SEPARATOR: Final = " · "


@dataclass(frozen=True, slots=True)
class Change:
    """`fact` is `situation · aspect`, such as `waiting · /expires_at`; `before` and `after` are value classes in words.

    `example` is the request that shows it and `advice` what the author of a client should do. All texts are safe to
    print, once through the gate.
    """

    change_class: ChangeClass
    fact: str
    before: str
    after: str
    example: str = ""
    advice: str = ""

    @property
    def situation(self) -> str:
        return self.fact.partition(SEPARATOR)[0]

    @property
    def aspect(self) -> str:
        """What changed, wherever it did: the identity of a change across situations."""
        return self.fact.partition(SEPARATOR)[2]
