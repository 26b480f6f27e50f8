"""The report as Markdown, for a job's summary page. Text from outside stays text: no markup, no links, no mentions."""

from __future__ import annotations

import re

from hpp_contract.engine.report import Outcome, Report, RuleVerdict
from hpp_contract.engine.rule import Finding
from hpp_contract.reporting.changes import Group, groups
from hpp_contract.reporting.view import (
    OUTCOMES,
    by_letter,
    counts,
    failing,
    grouped,
    headline,
    informational,
    learned_lines,
    location,
    more_command,
    total,
)
from hpp_contract.rules import LETTERS

LISTED = 5
"""Findings shown per rule; the JSON report has more."""

_SPECIAL = re.compile(r"[\\`*_\[\]<>&|~#@$]|:(?=\S)|www\.|^[-+=]|^\d+[.)]", re.IGNORECASE)
"""What GitHub or GitLab would make markup, a link, a mention, a formula, an emoji or a list of."""


def markdown(report: Report) -> str:
    """The verdict, the counts by letter, every rule that failed with its findings, what was not exercised."""
    if report.subject.kind == "drift":
        return "\n\n".join(_drift(report)) + "\n"
    blocks = [
        f"## {escape(headline(report))}",
        f"{escape(report.subject.kind)} {code(report.subject.name)} · {counts(report)}",
        _table(report),
        *_failures(report),
        *_list("Problems with the run", [escape(problem) for problem in report.problems]),
        *_list("Worth knowing, never counted", [_remark(verdict) for verdict in informational(report)]),
        *_list("Learned from this endpoint", [escape(lesson) for lesson in learned_lines(report)]),
        *_list("Notes", [escape(note) for note in report.notes]),
        *_not_exercised(report),
        f"See more: `{more_command(report)}`",
    ]
    return "\n\n".join(blocks) + "\n"


def _drift(report: Report) -> list[str]:
    rows = [
        f"| {group.first.change_class} | " + " | ".join(map(code, _cells(group))) + " |"
        for group in groups(report.changes)
    ]
    table = ["| class | fact | before | after | example |", "|---|---|---|---|---|", *rows]
    advice = dict.fromkeys(f"{escape(group.first.advice)}" for group in groups(report.changes) if group.first.advice)
    return [
        f"## {escape(headline(report))}",
        f"{escape(report.subject.kind)} {code(report.subject.name)}",
        *(["\n".join(table)] if rows else []),
        *_list("What the author of a client should do", list(advice)),
        *_list("Problems with the run", [escape(problem) for problem in report.problems]),
        *_list("Notes", [escape(note) for note in report.notes]),
        f"See more: `{more_command(report)}`",
    ]


def _cells(group: Group) -> tuple[str, ...]:
    return (group.fact, group.first.before, group.first.after, group.first.example)


def escape(text: str) -> str:
    """Text as one line of Markdown that renders as itself."""
    return _SPECIAL.sub(lambda match: "".join(f"&#{ord(char)};" for char in match[0]), " ".join(text.split()))


def code(text: str) -> str:
    """Text in a code span; an HTML one, because no character then ends it."""
    return f"<code>{escape(text)}</code>" if text.strip() else ""


def _table(report: Report) -> str:
    lines = ["| | about | " + " | ".join(OUTCOMES.values()) + " |", "|---|---|" + "---:|" * len(OUTCOMES)]
    for letter, group in by_letter(report.rules).items():
        numbers = [sum(verdict.outcome is outcome for verdict in group) for outcome in OUTCOMES]
        lines.append(f"| {letter} | {LETTERS.get(letter, '')} | " + " | ".join(map(str, numbers)) + " |")
    return "\n".join(lines)


def _failures(report: Report) -> list[str]:
    return [_failure(verdict) for verdict in failing(report, Outcome.BROKEN, Outcome.ERROR, Outcome.WARNED)]


def _failure(verdict: RuleVerdict) -> str:
    rule = verdict.rule
    shown = grouped(verdict.findings)[:LISTED]
    rows = ["| where | expected | found | evidence |", "|---|---|---|---|", *(_row(*item) for item in shown)]
    more = total(verdict) - sum(1 + further for _, further in shown)
    known = verdict.known_failing
    lines = [
        f"### {rule.id} {rule.slug}: {OUTCOMES[verdict.outcome]}",
        f"{rule.summary} ({rule.severity}, {rule.basis})",
        f"Known failing: {escape(known)}" if known is not None else "",
        "\n".join(rows),
        f"… and {more} more." if more > 0 else "",
    ]
    return "\n\n".join(filter(None, lines))


def _row(finding: Finding, further: int) -> str:
    texts = (finding.where, finding.expected, finding.found, location(finding, further))
    return "| " + " | ".join(map(code, texts)) + " |"


def _remark(verdict: RuleVerdict) -> str:
    first = verdict.findings[0]
    return f"{verdict.rule.id} {verdict.rule.slug}, {total(verdict)} times: {code(first.found)} at {code(first.where)}"


def _list(title: str, items: list[str]) -> list[str]:
    return ["\n".join([f"### {title}", "", *(f"- {item}" for item in items)])] if items else []


def _not_exercised(report: Report) -> list[str]:
    silent = failing(report, Outcome.NOT_EXERCISED)
    if not silent:
        return []
    names = ", ".join(f"{verdict.rule.id} {verdict.rule.slug}" for verdict in silent)
    return [f"<details><summary>Not exercised: {len(silent)}</summary>\n\n{names}\n\n</details>"]
