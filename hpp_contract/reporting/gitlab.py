"""The report as a Code Quality file for GitLab, which shows in a merge request what is new and what is gone.

GitLab identifies an entry by its fingerprint only, so the fingerprint is made of what stays the same from run to run.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from hpp_contract.engine.report import Outcome, Report, RuleVerdict
from hpp_contract.engine.rule import ChangeClass, Finding, Severity
from hpp_contract.reporting.view import ReportView

_WEIGHT = {Severity.MUST: "critical", Severity.SHOULD: "minor", Severity.INFO: "info"}

_CHANGE = {
    ChangeClass.BREAKING: "critical",
    ChangeClass.RISKY: "major",
    ChangeClass.ADDITIVE: "minor",
    ChangeClass.COSMETIC: "info",
}


def gitlab(view: ReportView) -> str:
    """A JSON array of entries, one for each rule, place and case or file that something was found in."""
    entries: dict[str, dict[str, Any]] = {}
    for entry in (*_run(view), *(_changes(view) if view.is_drift else _findings(view))):
        entries.setdefault(entry["fingerprint"], entry)
    return json.dumps(list(entries.values()), indent=2, ensure_ascii=False) + "\n"


def _findings(view: ReportView) -> Iterator[dict[str, Any]]:
    for block in view.blocks:
        heaviest_first = sorted(block.verdict.findings, key=lambda one: block.rule.weight(one).rank)
        yield from (_finding(block.verdict, finding, view.report) for finding in heaviest_first)


def _finding(verdict: RuleVerdict, finding: Finding, report: Report) -> dict[str, Any]:
    rule, file = verdict.rule, _file(finding, report)
    text = f"{rule.summary} {finding.where}: expected {finding.expected}, found {finding.found}"
    if verdict.outcome is Outcome.ERROR:
        severity = "blocker"
    elif verdict.known_failing is not None:
        severity, text = "info", f"Known failing ({verdict.known_failing}): {text}"
    else:
        severity = _WEIGHT[rule.weight(finding)]
    where = f"{text} (case {finding.case})" if finding.case else text
    return _entry(f"{rule.id} {rule.slug}", where, severity, file, rule.id, finding.where, finding.case)


def _file(finding: Finding, report: Report) -> str:
    """The recording that the finding is about, else the kind of subject: an entry must have a path."""
    file = finding.evidence.rpartition("#")[0] if report.subject.kind == "recording" else ""
    return PurePath(file).as_posix() if file else report.subject.kind


def _changes(view: ReportView) -> Iterator[dict[str, Any]]:
    for group in view.changes:
        text = ". ".join(filter(None, (group.title, group.news.capitalize(), group.first.advice)))
        severity = "info" if "known failing" in group.fields else _CHANGE[group.change_class]
        yield _entry(f"drift {group.change_class}", text, severity, "drift", group.fact, group.first.after)


def _run(view: ReportView) -> Iterator[dict[str, Any]]:
    kind = view.report.subject.kind
    if view.doubt is not None:
        yield _entry("could-not-verify", view.headline, "blocker", kind)
    if view.report.left_out:
        names = ", ".join(f"{rule.id} {rule.slug}" for rule in view.report.left_out)
        yield _entry("left-out", f"Left out of this run, so not judged: {names}", "info", kind)
    for problem in view.report.problems:
        yield _entry("problem", problem, "critical", kind, problem)


def _entry(check: str, description: str, severity: str, path: str, *identity: str) -> dict[str, Any]:
    fingerprint = hashlib.sha256("\0".join((check, path, *identity)).encode("utf-8", "backslashreplace")).hexdigest()
    return {
        "description": description,
        "check_name": check,
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {"path": path, "lines": {"begin": 1}},
    }
