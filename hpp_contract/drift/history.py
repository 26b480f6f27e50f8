"""History: one line of JSON a run, only ever appended (`schemas/tool/history.json`), and the timeline of each change.

A crash can tear the last line and no other: reading skips what is no run, and the next append begins on a new line. A
run that verified nothing, or did not observe a change's situation, says neither that it is there nor that it is gone.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal

from hpp_contract import __version__
from hpp_contract.drift.baseline import FACTS_FILE, read_facts
from hpp_contract.drift.facts import MALFORMED_ID, NO_CREDENTIALS, STATUS, UNKNOWN_ID, WRONG_CREDENTIALS
from hpp_contract.drift.run import DriftResult
from hpp_contract.engine.errors import Unverifiable, UsageProblem
from hpp_contract.engine.files import abandoned
from hpp_contract.engine.lock import locked
from hpp_contract.engine.report import Change
from hpp_contract.engine.rule import ChangeClass
from hpp_contract.spec.schema_files import SHAPES

Verdict = Literal["quiet", "drift", "unverified"]


@dataclass(frozen=True, slots=True)
class Run:
    """One line: when (`at`, RFC 3339), of what, and its verdict.

    `observed` are the situations met, `confirmed` those of them met at a real endpoint, `undecided` the facts that were
    absent in too few samples to tell; `accepted` is the reason given when the changes became the baseline, except for
    the facts that were `left`.
    """

    at: str
    subject: str
    verdict: Verdict
    exit_code: int
    changes: tuple[Change, ...] = ()
    observed: tuple[str, ...] = ()
    confirmed: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    why: str | None = None
    accepted: str | None = None
    left: tuple[str, ...] = ()
    version: str = field(default=__version__)


def run_of(
    result: DriftResult,
    at: str,
    subject: str,
    exit_code: int,
    accepted: str | None = None,
    left: Iterable[Change] = (),
) -> Run:
    """The line for a run. A run that verified nothing says nothing about any change."""
    verdict: Verdict = "drift" if result.changes else "unverified" if result.unverified else "quiet"
    return Run(
        at,
        subject,
        verdict,
        exit_code,
        result.changes,
        result.observed,
        tuple(name for name, situation in result.facts.items() if situation.confirmed),
        result.undecided,
        result.unverified,
        accepted,
        tuple(change.fact for change in left),
    )


def line_of(run: Run) -> str:
    """The run as one line of JSON."""
    value: dict[str, Any] = {
        "at": run.at,
        "version": run.version,
        "subject": run.subject,
        "verdict": run.verdict,
        "exit_code": run.exit_code,
        "observed": list(run.observed),
        "confirmed": list(run.confirmed),
        "changes": [_line_of_change(change) for change in run.changes],
    }
    value |= {"undecided": list(run.undecided)} if run.undecided else {}
    value |= {"why": run.why} if run.why is not None else {}
    value |= {"accepted": run.accepted} if run.accepted is not None else {}
    value |= {"left": list(run.left)} if run.left else {}
    return json.dumps(value, ensure_ascii=False) + "\n"


def _line_of_change(change: Change) -> dict[str, str]:
    value = {"class": change.change_class.value, "fact": change.fact, "before": change.before, "after": change.after}
    more = {"what": change.what, "cause": change.cause, "advice": change.advice}
    return value | {name: text for name, text in more.items() if text}


def append(path: Path, line: str) -> None:
    """Append one line, on a line of its own; it is on the disk when this returns. Raises UsageProblem."""
    try:
        with path.open("ab+") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 1))
            torn = file.read(1) not in (b"", b"\n")
            file.write((b"\n" if torn else b"") + line.encode())  # opened to append: one write, at the end of the file
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise UsageProblem(f"{path} could not be written ({error.strerror}): name another --history file.") from None


def finish_acceptance(folder: Path, history: Path | None) -> None:
    """Put a baseline in its place whose run was killed between the line in `history` that tells of it and that. One of
    which no line tells was never accepted: the next acceptance removes it."""
    drafts = abandoned(folder / FACTS_FILE)
    if not drafts or history is None or not history.exists():
        return
    with locked((folder,)):
        accepted = {(run.at, run.subject) for run in read_history(history)[0] if run.accepted is not None}
        for draft in drafts:
            with contextlib.suppress(Unverifiable, OSError):
                last = read_facts(draft).accepted[-1]
                if (last.at, last.source) in accepted:
                    draft.replace(folder / FACTS_FILE)


def read_history(path: Path) -> tuple[tuple[Run, ...], int]:
    """Every run in the file, oldest first, and how many lines were none. Raises UsageProblem or Unverifiable."""
    try:
        text = path.read_bytes()
    except OSError as error:
        reason = error.strerror or "no such file"
        raise UsageProblem(f"{path} cannot be read ({reason}): --history names the file that runs append to.") from None
    found = list(_runs(text))
    runs = tuple(run for run in found if run is not None)
    if found and not runs:
        raise Unverifiable(f"{path} holds no line that is a run: --history names the file that drift runs append to.")
    return runs, len(found) - len(runs)


def _runs(text: bytes) -> Iterator[Run | None]:
    for line in text.split(b"\n"):
        if line.strip():
            try:
                yield _run(json.loads(line))
            except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
                yield None


def _run(value: Any) -> Run:
    if value["verdict"] not in ("quiet", "drift", "unverified"):
        raise ValueError("an unknown verdict")
    changes = map(_change, value["changes"])
    return Run(
        str(value["at"]),
        str(value["subject"]),
        value["verdict"],
        int(value["exit_code"]),
        tuple(changes),
        tuple(map(str, value["observed"])),
        tuple(map(str, value["confirmed"])),
        tuple(map(str, value.get("undecided", ()))),
        value.get("why"),
        value.get("accepted"),
        tuple(map(str, value.get("left", ()))),
        str(value["version"]),
    )


def _change(value: Any) -> Change:
    """A change of a line; older versions wrote no words."""
    fact, before, after = (str(value[name]) for name in ("fact", "before", "after"))
    advice, what, cause = (str(value.get(name, "")) for name in ("advice", "what", "cause"))
    return Change(ChangeClass(value["class"]), fact, before, after, advice=advice, what=what, cause=cause)


# --- Timelines: when each change was first seen, since when it is there, whether it still is


def with_news(changes: Iterable[Change], runs: Sequence[Run], at: str) -> tuple[Change, ...]:
    """The changes of a run that is not among `runs`, and is of the time `at`, each with when these first had it; new
    ones come first."""
    days = Counter(when[:10] for when in (*(run.at for run in runs), at))
    known = {(each.change.fact, each.change.after): each for each in change_timelines(runs)}

    def since(change: Change) -> str:
        timeline = known.get((change.fact, change.after))
        return timeline.since if timeline is not None and timeline.state == "still there" else ""

    dated = (replace(c, known_since=(when := since(c)), with_time=days[when[:10]] > 1) for c in changes)
    return tuple(sorted(dated, key=lambda c: bool(c.known_since)))


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
    if run.accepted is not None and change.fact not in run.left:
        return replace(seen, state="accepted", until=run.at)
    return replace(seen, state="still there", until=None)


def _shows_absence(run: Run, change: Change) -> bool:
    """Whether a run without the change observed its situation. No run observes every status."""
    decided = change.aspect != STATUS.text and change.fact not in run.undecided
    return decided and change.situation in run.observed


def moments(runs: Iterable[Run]) -> Callable[[str], str]:
    """How to write a time of these runs: the day, and the time too where a day has several of them."""
    days = Counter(run.at[:10] for run in runs)
    return lambda at: at[:10] if days[at[:10]] < 2 else f"{at[:10]} {at[11:16]}"


def never_observed(confirmed: Iterable[str]) -> tuple[str, ...]:
    """Documented situations that are not `confirmed` by a real endpoint."""
    observed = set(confirmed)
    return tuple(name for name in DOCUMENTED if name not in observed)
