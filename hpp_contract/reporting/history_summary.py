"""The summary of a history of drift runs as text, Markdown and JSON (`schemas/tool/history.json#/$defs/summary`)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from textwrap import fill
from typing import Any

from hpp_contract import __version__
from hpp_contract.drift.history import ChangeTimeline, Run, change_timelines, moments, never_observed
from hpp_contract.engine.report import Change
from hpp_contract.privacy.sanitize import printable
from hpp_contract.reporting.markdown import code, escape
from hpp_contract.reporting.view import ChangeGroup, grouped_changes, plural

_VERDICTS = {"quiet": "quiet", "drift": "with drift", "unverified": "not verified"}


@dataclass(frozen=True, slots=True)
class HistorySummary:
    """All `runs` of a history, oldest first; `torn` counts lines that are no run, `confirmed` are the situations that
    the baseline observed at a real endpoint."""

    runs: Sequence[Run]
    torn: int = 0
    confirmed: tuple[str, ...] = ()

    @property
    def timelines(self) -> tuple[ChangeTimeline, ...]:
        return change_timelines(self.runs)

    @property
    def never_observed(self) -> tuple[str, ...]:
        return never_observed((*self.confirmed, *(name for run in self.runs for name in run.confirmed)))

    @property
    def verdicts(self) -> dict[str, int]:
        counts = Counter[str](run.verdict for run in self.runs)
        return {verdict: counts[verdict] for verdict in _VERDICTS}

    def when(self, at: str) -> str:
        """A time of a run in words."""
        return moments(self.runs)(at)


def summary_text(summary: HistorySummary, width: int = 80) -> str:
    """The summary as text, `width` columns wide: the changes that are still there first."""
    lines = [_headline(summary), ""]
    for state in ("still there", "gone", "accepted"):
        lines_of_state = [_line(summary, *each) for each in _grouped(summary.timelines) if each[1].state == state]
        lines += [state.capitalize(), *(f"  {line}" for line in lines_of_state), ""] if lines_of_state else []
    lines += ["No change was ever seen.", ""] if not summary.timelines else []
    return printable_lines([*lines, *_sentences(summary)], width)


def summary_markdown(summary: HistorySummary) -> str:
    """The same as Markdown, with a table of the changes."""
    rows = [
        f"| {group.change_class} | {code(group.title)} | {summary.when(each.since)} "
        f"| {each.state}{_until(summary, each)} |"
        for group, each in _grouped(summary.timelines)
    ]
    table = ["| class | what changed | since | state |", "|---|---|---|---|", *rows] if rows else []
    blocks = ["## Drift over time", escape(_headline(summary)), "\n".join(table), *map(escape, _sentences(summary))]
    return "\n\n".join(filter(None, blocks)) + "\n"


def summary_json(summary: HistorySummary) -> str:
    """The same as JSON; each change on its own."""
    value: dict[str, Any] = {
        "tool": "hpp-contract",
        "version": __version__,
        "runs": len(summary.runs),
        "verdicts": summary.verdicts,
        "changes": [_entry(timeline) for timeline in summary.timelines],
        "never_observed": list(summary.never_observed),
    }
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def printable_lines(lines: Iterable[str], width: int) -> str:
    """Wrapped lines of text with nothing in them that could steer a terminal."""
    wrap = partial(fill, width=width, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)
    return "\n".join(wrap(printable(line)) for line in lines) + "\n"


def _entry(timeline: ChangeTimeline) -> dict[str, Any]:
    change = timeline.change
    value = {"class": change.change_class.value, "fact": change.fact, "before": change.before, "after": change.after}
    words = {"what": change.what, "cause": change.cause, "advice": change.advice}
    value |= {name: text for name, text in words.items() if text}
    times = {
        "first_seen": timeline.first_seen,
        "since": timeline.since,
        "last_seen": timeline.last_seen,
        "until": timeline.until,
    }
    return {**value, "state": timeline.state, "runs": timeline.runs, **times}


def _headline(summary: HistorySummary) -> str:
    if not summary.runs:
        return "No run yet."
    counts = ", ".join(f"{count} {_VERDICTS[verdict]}" for verdict, count in summary.verdicts.items())
    return (
        f"{plural(len(summary.runs), 'run')} from {_day(summary.runs[0].at)} to {_day(summary.runs[-1].at)}: {counts}"
    )


def _grouped(timelines: Iterable[ChangeTimeline]) -> list[tuple[ChangeGroup, ChangeTimeline]]:
    """A group for each cause, as in the report of a run; what began or ended at another time is one of its own."""
    same: dict[tuple[str | None, ...], dict[Change, ChangeTimeline]] = {}
    for each in timelines:
        same.setdefault((each.since, each.state, each.until), {})[each.change] = each
    return [(group, own[group.first]) for own in same.values() for group in grouped_changes(tuple(own))]


def _line(summary: HistorySummary, group: ChangeGroup, timeline: ChangeTimeline) -> str:
    when = summary.when
    first = f", first seen {when(timeline.first_seen)}" if timeline.first_seen != timeline.since else ""
    times = f"since {when(timeline.since)}{_until(summary, timeline)}, in {plural(timeline.runs, 'run')}{first}"
    return f"{group.change_class:<9} {group.title} ({times})"


def _until(summary: HistorySummary, timeline: ChangeTimeline) -> str:
    return f" until {summary.when(timeline.until)}" if timeline.until else ""


def _day(at: str) -> str:
    return at[:10]


def _unverified(summary: HistorySummary, silent: Sequence[Run]) -> str:
    """What the last runs, the latest first, could not verify, and since when."""
    last = "The last run" if len(silent) == 1 else f"The last {len(silent)} runs"
    return f"{last}, since {summary.when(silent[-1].at)}, could not verify: {silent[0].why or 'no reason is kept.'}"


def _sentences(summary: HistorySummary) -> list[str]:
    missing = summary.never_observed
    silent = list(takewhile(lambda run: run.verdict == "unverified", reversed(summary.runs)))
    return [
        *([_unverified(summary, silent)] if silent else []),
        *([f"Documented, never observed: {', '.join(missing)}."] if missing else []),
        *([f"{plural(summary.torn, 'line')} of the history could not be read."] if summary.torn else []),
    ]
