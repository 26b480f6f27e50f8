"""The timeline of each change in a history: when it was first seen, since when it is there, whether it still is.

A run that verified nothing, or did not observe a change's situation, says neither that it is there nor that it is gone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal

from hpp_contract.drift.facts import MALFORMED_ID, NO_CREDENTIALS, STATUS, UNKNOWN_ID, WRONG_CREDENTIALS
from hpp_contract.drift.history import Run
from hpp_contract.engine.report import Change
from hpp_contract.spec.schema_files import SHAPES

State = Literal["still there", "gone", "accepted"]

DOCUMENTED: Final = (*SHAPES, NO_CREDENTIALS, WRONG_CREDENTIALS, UNKNOWN_ID, MALFORMED_ID)
"""Situations that the documentation describes or implies, and that a run can observe."""


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
    """A timeline for every change, in the order of `first_seen`."""
    timelines: dict[tuple[str, str], ChangeTimeline] = {}
    for run in runs:
        seen = {(change.fact, change.after): change for change in run.changes}
        for key, change in seen.items():
            timelines[key] = _seen(timelines.get(key), change, run)
        for key, timeline in timelines.items():
            if key not in seen and timeline.state == "still there" and _shows_absence(run, timeline.change):
                timelines[key] = replace(timeline, state="gone", until=run.at)
    return tuple(timelines.values())


def _seen(timeline: ChangeTimeline | None, change: Change, run: Run) -> ChangeTimeline:
    if timeline is None:
        timeline = ChangeTimeline(change, run.at, run.at, run.at, 0)
    back = timeline.state != "still there"
    seen = replace(
        timeline, change=change, last_seen=run.at, runs=timeline.runs + 1, since=run.at if back else timeline.since
    )
    if run.accepted is not None:
        return replace(seen, state="accepted", until=run.at)
    return replace(seen, state="still there", until=None)


def _shows_absence(run: Run, change: Change) -> bool:
    """Whether a run without the change observed its situation. No run observes every status."""
    decided = change.aspect != STATUS.text and change.fact not in run.undecided
    return decided and change.situation in run.observed


def never_observed(confirmed: Iterable[str]) -> tuple[str, ...]:
    """Documented situations that are not `confirmed` by a real endpoint."""
    observed = set(confirmed)
    return tuple(name for name in DOCUMENTED if name not in observed)
