"""What a history of drift runs adds up to, as text, Markdown and JSON (`schemas/tool/history.json#/$defs/summary`)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from hpp_contract import __version__
from hpp_contract.drift.history import Run
from hpp_contract.drift.timeline import ChangeTimeline, change_timelines, never_observed
from hpp_contract.privacy.sanitize import printable
from hpp_contract.reporting.markdown import code, escape
from hpp_contract.reporting.view import grouped_changes, plural

_VERDICTS = {"quiet": "quiet", "drift": "with drift", "unverified": "not verified"}


@dataclass(frozen=True, slots=True)
class Since:
    """All `runs` of a history, oldest first; `torn` counts lines that are no run, `confirmed` the situations that the
    baseline has met at a real endpoint."""

    runs: Sequence[Run]
    torn: int = 0
    confirmed: tuple[str, ...] = ()

    @property
    def stories(self) -> tuple[ChangeTimeline, ...]:
        return change_timelines(self.runs)

    @property
    def never_observed(self) -> tuple[str, ...]:
        return never_observed((*self.confirmed, *(name for run in self.runs for name in run.confirmed)))

    @property
    def verdicts(self) -> dict[str, int]:
        counts = Counter[str](run.verdict for run in self.runs)
        return {verdict: counts[verdict] for verdict in _VERDICTS}


def since_text(since: Since) -> str:
    """The summary for a person: what is still there first."""
    lines = [_headline(since), ""]
    for state in ("still there", "gone", "accepted"):
        told = [line for line, story in _lines(since.stories) if story.state == state]
        lines += [state.capitalize(), *(f"  {line}" for line in told), ""] if told else []
    lines += ["No change was ever seen.", ""] if not since.stories else []
    return printable_lines([*lines, *_sentences(since)])


def since_markdown(since: Since) -> str:
    """The same as Markdown, with a table of the changes."""
    rows = [
        f"| {story.change.change_class} | {code(fact)} | {code(f'{story.change.before} → {story.change.after}')} "
        f"| {_day(story.since)} | {story.state}{_until(story)} |"
        for fact, story in _facts(since.stories)
    ]
    table = ["| class | fact | change | since | state |", "|---|---|---|---|---|", *rows] if rows else []
    blocks = ["## Drift over time", escape(_headline(since)), "\n".join(table), *map(escape, _sentences(since))]
    return "\n\n".join(filter(None, blocks)) + "\n"


def since_json(since: Since) -> str:
    """The same as JSON; changes one by one, not gathered."""
    value: dict[str, Any] = {
        "tool": "hpp-contract",
        "version": __version__,
        "runs": len(since.runs),
        "verdicts": since.verdicts,
        "changes": [_story(story) for story in since.stories],
        "never_observed": list(since.never_observed),
    }
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def printable_lines(lines: Iterable[str]) -> str:
    """Lines of text with nothing in them that could steer a terminal."""
    return "\n".join(map(printable, lines)) + "\n"


def _story(story: ChangeTimeline) -> dict[str, Any]:
    change = story.change
    value = {"class": change.change_class.value, "fact": change.fact, "before": change.before, "after": change.after}
    times = {"first_seen": story.first_seen, "since": story.since, "last_seen": story.last_seen, "until": story.until}
    return {**value, "state": story.state, "runs": story.runs, **times}


def _headline(since: Since) -> str:
    if not since.runs:
        return "No run yet."
    counts = ", ".join(f"{count} {_VERDICTS[verdict]}" for verdict, count in since.verdicts.items())
    return f"{plural(len(since.runs), 'run')} from {_day(since.runs[0].at)} to {_day(since.runs[-1].at)}: {counts}"


def _facts(told: Iterable[ChangeTimeline]) -> list[tuple[str, ChangeTimeline]]:
    """Stories with their facts; those that went alike in several situations, as one."""
    alike: dict[tuple[str | None, ...], list[ChangeTimeline]] = {}
    for story in told:
        change = story.change
        alike.setdefault((change.aspect, change.before, change.after, story.since, story.until), []).append(story)
    return [(grouped_changes(each.change for each in same)[0].fact, same[0]) for same in alike.values()]


def _lines(told: Iterable[ChangeTimeline]) -> list[tuple[str, ChangeTimeline]]:
    return [(_line(fact, story), story) for fact, story in _facts(told)]


def _line(fact: str, story: ChangeTimeline) -> str:
    change = story.change
    first = f", first seen {_day(story.first_seen)}" if story.first_seen != story.since else ""
    times = f"since {_day(story.since)}{_until(story)}, in {plural(story.runs, 'run')}{first}"
    return f"{change.change_class:<9} {fact}: {change.before} → {change.after} ({times})"


def _until(story: ChangeTimeline) -> str:
    return f" until {_day(story.until)}" if story.until else ""


def _day(at: str) -> str:
    return at[:10]


def _sentences(since: Since) -> list[str]:
    missing = since.never_observed
    return [
        *([f"Documented, never observed: {', '.join(missing)}."] if missing else []),
        *([f"{plural(since.torn, 'line')} of the history could not be read."] if since.torn else []),
    ]
