"""Annotations for GitHub: workflow commands that a runner finds in a job's output and shows on the pull request.

Other output beside them must not be taken for a command: `guarded` takes care of that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Literal, NamedTuple

from hpp_contract.engine.report import Outcome, Report, RuleVerdict
from hpp_contract.reporting.view import Block, ChangeGroup, ReportView, plural

MAX_ANNOTATIONS = 10
"""Annotations of one level that GitHub shows for a step."""

LISTED = 3
"""Findings in one annotation; the report has more."""

Level = Literal["error", "warning", "notice"]


class Annotation(NamedTuple):
    """One annotation: `file` is the recording it is about, empty when there is none."""

    level: Level
    title: str
    text: str
    file: str = ""


def github(view: ReportView) -> str:
    """A line for each rule that failed, each change and each problem, the worst first, not too many of a level."""
    by_level = sorted(_all(view), key=lambda one: ("error", "warning", "notice").index(one.level))
    lines = []
    for _, level in groupby(by_level, key=lambda one: one.level):
        lines += [_command(one) for one in _bounded(list(level))]
    return "".join(f"{line}\n" for line in lines)


def error_annotation(sentence: str) -> str:
    """The annotation for a run that ended before there was a report."""
    return f"{_command(Annotation('error', 'hpp-contract', sentence))}\n"


def guarded(text: str, token: str) -> str:
    """The text between two lines that keep a runner from reading commands in it. `token` must be hard to guess."""
    return f"::stop-commands::{token}\n{text}\n::{token}::\n"


def _all(view: ReportView) -> Iterator[Annotation]:
    report = view.report
    if view.doubt is not None:
        yield Annotation("error", "Could not verify", view.headline)
    yield from (Annotation("error", "Problem with the run", problem) for problem in report.problems)
    if view.is_drift:
        yield from (_change(group, view) for group in view.changes)
        return
    yield from (_block(block, report) for block in view.blocks)
    if report.left_out:
        names = ", ".join(f"{rule.id} {rule.slug}" for rule in report.left_out)
        yield Annotation("notice", f"{plural(len(report.left_out), 'rule')} left out", names)
    if view.not_exercised and not view.narrowed and view.doubt is None:
        names = ", ".join(block.name for block in view.not_exercised)
        yield Annotation("notice", f"{plural(len(view.not_exercised), 'rule')} not tested", names)


def _change(group: ChangeGroup, view: ReportView) -> Annotation:
    text = "\n".join(f"{name}: {text}" for name, text in group.fields.items())
    return Annotation("error" if view.fails(group) else "notice", f"{group.label}: {group.title}", text)


def _block(block: Block, report: Report) -> Annotation:
    known, more = block.verdict.known_failing, block.more(LISTED)
    matter = [f"{block.matter}."] if report.subject.kind == "client" and block.matter else []
    lines = [*matter, block.rule.summary, *([f"Known failing: {known}"] if known is not None else [])]
    for view in block.findings[:LISTED]:
        found, evidence = view.finding, f" · {view.location}" if view.location else ""
        lines.append(f"{found.where}: expected {found.expected}, found {view.found}{evidence}")
    again = [view.command for view in block.findings[:1] if view.command and report.subject.kind == "client"]
    lines += [*([f"… and {more} more"] if more > 0 else []), *again, f"hpp-contract explain {block.rule.id}"]
    level, file = _level(block.verdict, report.strict), _file(block.verdict, report)
    return Annotation(level, f"{block.name}: {block.outcome}", "\n".join(lines), file)


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
    if len(level) <= MAX_ANNOTATIONS:
        return level
    rest = level[MAX_ANNOTATIONS - 1 :]
    summary = Annotation(rest[0].level, f"{len(rest)} more", "\n".join(one.title for one in rest))
    return [*level[: MAX_ANNOTATIONS - 1], summary]


def _command(one: Annotation) -> str:
    properties = {"title": one.title, "file": one.file}
    listed = ",".join(f"{name}={_property(text)}" for name, text in properties.items() if text)
    return f"::{one.level} {listed}::{_data(one.text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
