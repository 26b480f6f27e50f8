"""Annotations for GitHub: workflow commands that a runner finds in a job's output and shows on the pull request.

Whatever else is printed beside them must not be taken for a command: `guarded` sees to that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Literal, NamedTuple

from hpp_contract.engine.errors import UNVERIFIED
from hpp_contract.engine.report import Outcome, Report, RuleVerdict
from hpp_contract.reporting.changes import groups
from hpp_contract.reporting.view import OUTCOMES, failing, grouped, headline, location, plural, total

SHOWN = 10
"""Annotations of one level that GitHub shows for a step."""

LISTED = 3
"""Findings told in one annotation; the report has more."""

Level = Literal["error", "warning", "notice"]


class Annotation(NamedTuple):
    """One annotation: `file` is the recording it is about, empty when there is none."""

    level: Level
    title: str
    text: str
    file: str = ""


def github(report: Report) -> str:
    """A line for each rule that failed, each change and each problem, the worst first, at most SHOWN a level."""
    by_level = sorted(_all(report), key=lambda one: ("error", "warning", "notice").index(one.level))
    lines = []
    for _, level in groupby(by_level, key=lambda one: one.level):
        lines += [_command(one) for one in _bounded(list(level))]
    return "".join(f"{line}\n" for line in lines)


def complaint(sentence: str) -> str:
    """The annotation for a run that ended before there was a report."""
    return f"{_command(Annotation('error', 'hpp-contract', sentence))}\n"


def guarded(text: str, token: str) -> str:
    """The text between two lines that keep a runner from reading commands in it. `token` must be nobody's guess."""
    return f"::stop-commands::{token}\n{text}\n::{token}::\n"


def _all(report: Report) -> Iterator[Annotation]:
    if report.exit_code == UNVERIFIED:
        yield Annotation("error", "Could not verify", headline(report))
    yield from (Annotation("error", "Problem with the run", problem) for problem in report.problems)
    if report.subject.kind == "drift":
        yield from _changes(report)
        return
    yield from (_of(verdict, report) for verdict in failing(report, Outcome.BROKEN, Outcome.ERROR, Outcome.WARNED))
    silent = failing(report, Outcome.NOT_EXERCISED)
    if silent:
        names = ", ".join(f"{verdict.rule.id} {verdict.rule.slug}" for verdict in silent)
        yield Annotation("notice", f"{plural(len(silent), 'rule')} not exercised", names)


def _changes(report: Report) -> Iterator[Annotation]:
    for group in groups(report.changes):
        change = group.first
        level: Level = "error" if report.strict or change.change_class in report.fail_on else "notice"
        text = [f"{change.before} → {change.after}", change.example, change.advice]
        yield Annotation(level, f"{change.change_class}: {group.fact}", "\n".join(filter(None, text)))


def _of(verdict: RuleVerdict, report: Report) -> Annotation:
    shown = grouped(verdict.findings)[:LISTED]
    more = total(verdict) - sum(1 + further for _, further in shown)
    lines = [verdict.rule.summary]
    if verdict.known_failing is not None:
        lines.append(f"Known failing: {verdict.known_failing}")
    for found, further in shown:
        evidence = f" · {where}" if (where := location(found, further)) else ""
        lines.append(f"{found.where}: expected {found.expected}, found {found.found}{evidence}")
    lines += [f"… and {more} more"] if more > 0 else []
    lines.append(f"hpp-contract explain {verdict.rule.id}")
    title = f"{verdict.rule.id} {verdict.rule.slug}: {OUTCOMES[verdict.outcome]}"
    return Annotation(_level(verdict, report.strict), title, "\n".join(lines), _file(verdict, report))


def _level(verdict: RuleVerdict, strict: bool) -> Level:
    if verdict.known_failing is not None:
        return "notice"
    return "warning" if verdict.outcome is Outcome.WARNED and not strict else "error"


def _file(verdict: RuleVerdict, report: Report) -> str:
    """The recording that the first finding is about."""
    if report.subject.kind != "recording":
        return ""
    return next((found.evidence.rpartition("#")[0] for found in verdict.findings), "")


def _bounded(level: list[Annotation]) -> Iterable[Annotation]:
    if len(level) <= SHOWN:
        return level
    rest = level[SHOWN - 1 :]
    told = Annotation(rest[0].level, f"{len(rest)} more", "\n".join(one.title for one in rest))
    return [*level[: SHOWN - 1], told]


def _command(one: Annotation) -> str:
    properties = {"title": one.title, "file": one.file}
    told = ",".join(f"{name}={_property(text)}" for name, text in properties.items() if text)
    return f"::{one.level} {told}::{_data(one.text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
