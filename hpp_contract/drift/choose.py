"""Which changes an acceptance is about, by the names that somebody gave."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from fnmatch import fnmatchcase

from hpp_contract.engine.errors import UsageProblem, suggest
from hpp_contract.engine.report import SEPARATOR, Change


def chosen(changes: Sequence[Change], names: Iterable[str]) -> tuple[Change, ...]:
    """The changes whose fact one of `names` gives, and what follows from them. A name is a fact (`waiting · /channel`),
    what of it changed (`/channel`, a rule, or the place where a broken rule shows), or a glob of these.

    Raises UsageProblem for one that names nothing.
    """
    facts: set[str] = set()
    for name in names:
        matching = {change.fact for change in changes if _matches(change, name)}
        if not matching:
            offered = list(dict.fromkeys(change.fact for change in changes))
            first = f"the first of {len(offered)} changes is {offered[0]!r}." if offered else "nothing has changed."
            raise UsageProblem(
                f"--accept-only {name!r} names no change of this run, so nothing was accepted; "
                f"{suggest(name, offered, first)}"
            )
        facts |= matching
    return tuple(change for change in changes if change.fact in _with_followers(changes, facts))


def _matches(change: Change, name: str) -> bool:
    place = change.what.partition(" is ")[0]  # reports call the break of a rule by where it shows
    called = (change.fact, change.aspect, place, f"{change.situation}{SEPARATOR}{place}")
    return any(text == name or fnmatchcase(text, name) for text in called)


def _with_followers(changes: Sequence[Change], facts: Collection[str]) -> set[str]:
    found = set(facts)
    while more := {change.fact for change in changes if change.cause in found} - found:
        found |= more
    return found
