"""Changes as reports show them: what changed alike in several situations is one change to a reader."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hpp_contract.engine.report import SEPARATOR, Change
from hpp_contract.engine.rule import ChangeClass

_GATHERED = "any "
"""How the name of a situation begins that only gathers others."""


@dataclass(frozen=True, slots=True)
class Group:
    """The same change in several `situations`; `first` stands for all of them."""

    first: Change
    situations: tuple[str, ...]

    @property
    def fact(self) -> str:
        """`waiting, in-progress · /expires_at`."""
        told = [name for name in self.situations if not name.startswith(_GATHERED)] or list(self.situations)
        return f"{', '.join(told)}{SEPARATOR}{self.first.aspect}"


def groups(changes: Iterable[Change]) -> tuple[Group, ...]:
    """Changes of one class, aspect, before and after together, in the order of the first of each."""
    alike: dict[tuple[ChangeClass, str, str, str], list[Change]] = {}
    for change in changes:
        alike.setdefault((change.change_class, change.aspect, change.before, change.after), []).append(change)
    return tuple(Group(same[0], tuple(change.situation for change in same)) for same in alike.values())


def by_class(changes: Iterable[Change]) -> str:
    """`2 breaking, 1 additive`; empty when there are none."""
    grouped = groups(changes)
    counts = {each: sum(group.first.change_class is each for group in grouped) for each in ChangeClass}
    return ", ".join(f"{count} {each}" for each, count in counts.items() if count)
