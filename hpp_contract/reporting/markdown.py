"""The report as Markdown, for a job's summary page. Text from outside stays text: no markup, no links, no mentions."""

from __future__ import annotations

import re
from collections.abc import Iterable

from hpp_contract.reporting.view import INFORMATION, OUTCOMES, Block, ReportView

LISTED = 5
"""Findings shown per rule; the JSON report has more."""

_SPECIAL = re.compile(r"[\\`*_\[\]<>&|~#@$]|:(?=\S)|www\.|^[-+=]|^\d+[.)]", re.IGNORECASE)
"""What GitHub or GitLab would make markup, a link, a mention, a formula, an emoji or a list of."""


def markdown(view: ReportView) -> str:
    """The verdict, then the counts by letter and every rule that failed with its findings, or what has drifted."""
    report = view.report
    subject = f"{escape(report.subject.kind)} {code(report.subject.name)}"
    problems = _list("Problems with the run", map(escape, report.problems))
    notes = _list("Notes", map(escape, report.notes))
    if view.is_drift:
        advice = dict.fromkeys(escape(group.first.advice) for group in view.changes if group.first.advice)
        body = [subject, *_changes(view), *_list("What the author of a client should do", advice), *problems, *notes]
    else:
        body = [
            *_matters(view),
            subject,
            *map(_block, view.blocks),
            *problems,
            *_list(INFORMATION, map(_information, view.informational)),
            *_list("Learned from this endpoint", map(escape, view.learned)),
            *notes,
            *([view.counts, *_tested(view)] if view.has_judged and not view.narrowed else []),
            *([f"See it again: {code(view.reproduce)}"] if view.reproduce else []),
        ]
    headline, reason = view.verdict if view.is_drift else (view.headline, "")
    top = [f"## {escape(headline)}", *([escape(reason)] if reason else [])]
    more = [f"{view.more_label}: `{view.more_command}`"] if view.more_command else []
    return "\n\n".join([*top, *body, *more]) + "\n"


def escape(text: str) -> str:
    """Text as one line of Markdown that renders as itself."""
    return _SPECIAL.sub(lambda match: "".join(f"&#{ord(char)};" for char in match[0]), " ".join(text.split()))


def code(text: str) -> str:
    """Text in a code span; an HTML one, because no character then ends it."""
    return f"<code>{escape(text)}</code>" if text.strip() else ""


def _changes(view: ReportView) -> list[str]:
    """A table of the changes, with since when where a history is kept."""
    dated = any(group.news for group in view.changes)
    columns = ("before", "after", "rules", "known failing", "example")
    shown = [name for name in columns if any(name in group.fields for group in view.changes)]
    rows = [
        _row(
            group.change_class,
            *([group.news] if dated else []),
            code(", ".join(filter(None, (group.title, group.fields.get("also"))))),
            *(code(group.fields.get(name, "")) for name in shown),
        )
        for group in view.changes
    ]
    return [_table(("class", *(["since"] if dated else []), "what changed", *shown), rows)] if rows else []


def _matters(view: ReportView) -> list[str]:
    return ["\n".join(f"- {escape(matter)}" for matter in view.matters)] if view.matters else []


def _tested(view: ReportView) -> list[str]:
    """The counts by letter and what was not tested, folded away."""
    parts = [_counts(view)]
    if view.not_exercised:
        parts.append(f"Not tested: {', '.join(block.name for block in view.not_exercised)}")
    about = f"Counts, and what was not tested: {len(view.not_exercised)}"
    return [f"<details><summary>{about}</summary>", *parts, "</details>"]


def _counts(view: ReportView) -> str:
    rows = [
        _row(letter.letter, letter.about, *(str(letter.count(outcome)) for outcome in OUTCOMES))
        for letter in view.letters
    ]
    head = f"| | about | {' | '.join(OUTCOMES.values())} |"
    return "\n".join([head, "|---|---|" + "---:|" * len(OUTCOMES), *rows])


def _block(block: Block) -> str:
    rule, known, more = block.rule, block.verdict.known_failing, block.more(LISTED)
    rows = [_row(*map(code, finding.fields.values())) for finding in block.findings[:LISTED]]
    columns = ("where", "expected", "found", "cases" if block.judged else "evidence")
    lines = [
        f"### {block.name}: {block.outcome}",
        f"{rule.summary} ({', '.join(filter(None, (block.weight, rule.basis, block.in_cases)))})",
        f"Known failing: {escape(known)}" if known is not None else "",
        _table(columns, rows),
        f"… and {more} more." if more > 0 else "",
    ]
    return "\n\n".join(filter(None, lines))


def _information(block: Block) -> str:
    if block.judged:
        return f"{block.name}: {escape(block.matter)}"
    first = block.findings[0]
    return f"{block.name}, {block.places}: {code(first.found)} at {code(first.finding.where)}"


def _list(title: str, items: Iterable[str]) -> list[str]:
    lines = [f"- {item}" for item in items]
    return ["\n".join([f"### {title}", "", *lines])] if lines else []


def _table(columns: tuple[str, ...], rows: list[str]) -> str:
    return "\n".join([_row(*columns), "|" + "---|" * len(columns), *rows])


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
