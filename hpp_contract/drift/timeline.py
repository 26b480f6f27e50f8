"""Since when: what the lines of a history add up to: each change, when it was first seen, whether it is still there.

A night that verified nothing, or did not meet a change's situation, says neither that it is there nor that it is gone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal

from hpp_contract.drift.aspect import STATUS
from hpp_contract.drift.history import Run
from hpp_contract.drift.situation import MALFORMED_ID, NO_CREDENTIALS, UNKNOWN_ID, WRONG_CREDENTIALS
from hpp_contract.engine.report import Change
from hpp_contract.spec.schema_files import SHAPES

State = Literal["still there", "gone", "accepted"]

DOCUMENTED: Final = (*SHAPES, NO_CREDENTIALS, WRONG_CREDENTIALS, UNKNOWN_ID, MALFORMED_ID)
"""Situations that the documentation describes or that follow from it, and that a run can meet."""


@dataclass(frozen=True, slots=True)
class ChangeTimeline:
    """One change over all runs: `first_seen` ever, there `since` (it may have gone and come back), `last_seen`, in how
    many `runs`, its `state` and when that began (`until`; None while it is there). Times are RFC 3339."""

    change: Change
    first_seen: str
    since: str
    last_seen: str
    runs: int = 1
    state: State = "still there"
    until: str | None = None


def change_timelines(runs: Iterable[Run]) -> tuple[ChangeTimeline, ...]:
    """Every change that any run saw, in the order of first sight."""
    told: dict[tuple[str, str], ChangeTimeline] = {}
    for run in runs:
        seen = {(change.fact, change.after): change for change in run.changes}
        for key, change in seen.items():
            told[key] = _seen(told.get(key), change, run)
        for key, story in told.items():
            if key not in seen and story.state == "still there" and _shows_its_absence(run, story.change):
                told[key] = replace(story, state="gone", until=run.at)
    return tuple(told.values())


def _seen(story: ChangeTimeline | None, change: Change, run: Run) -> ChangeTimeline:
    if story is None:
        story = ChangeTimeline(change, run.at, run.at, run.at, 0)
    back = story.state != "still there"
    seen = replace(story, change=change, last_seen=run.at, runs=story.runs + 1, since=run.at if back else story.since)
    if run.accepted is not None:
        return replace(seen, state="accepted", until=run.at)
    return replace(seen, state="still there", until=None)


def _shows_its_absence(run: Run, change: Change) -> bool:
    """Whether a run that did not see the change met what would have shown it. No run meets every status."""
    decided = change.aspect != STATUS.text and change.fact not in run.undecided
    return decided and change.situation in run.observed


def never_observed(confirmed: Iterable[str]) -> tuple[str, ...]:
    """Documented situations that are not among those `confirmed` at a real endpoint."""
    met = set(confirmed)
    return tuple(name for name in DOCUMENTED if name not in met)
