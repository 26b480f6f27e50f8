"""The report as JSON: a public interface (`schemas/tool/report.json`), key order included."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from hpp_contract import __version__
from hpp_contract.engine.report import Change, Report, RuleVerdict
from hpp_contract.engine.rule import Finding
from hpp_contract.reporting.reproduce import reproduce_command
from hpp_contract.reporting.view import ReportView, total


def json_report(view: ReportView) -> str:
    """The report as one JSON object, indented, ending in a line end."""
    return json.dumps(as_object(view.report), indent=2, ensure_ascii=False) + "\n"


def as_object(report: Report) -> dict[str, Any]:
    """The same as a dict. `unverified`, `problems`, `notes` and `learned` are there only when they say something."""
    value: dict[str, Any] = {
        "tool": "hpp-contract",
        "version": __version__,
        "subject": {"kind": report.subject.kind, "name": report.subject.name, "embedded": report.subject.embedded},
        "summary": {outcome.value: count for outcome, count in report.summary.items()},
        "exit_code": report.exit_code,
        "rules": [_rule(verdict, report) for verdict in report.rules],
    }
    doubt = ReportView(report).doubt
    if doubt is not None:
        value["unverified"] = doubt
    for key, sentences in (("problems", report.problems), ("notes", report.notes)):
        if sentences:
            value[key] = list(sentences)
    if report.left_out:
        value["left_out"] = [rule.id for rule in report.left_out]
    if report.learned:
        value["learned"] = [{"question": question, "answer": answer} for question, answer in report.learned]
    if report.subject.kind == "drift":
        value["changes"] = [_change(change, report) for change in report.changes]
    return value


def _change(change: Change, report: Report) -> dict[str, Any]:
    value = {"class": change.change_class.value, "fact": change.fact, "before": change.before, "after": change.after}
    more = {"what": change.what, "cause": change.cause, "example": change.example, "advice": change.advice}
    more["curl"] = report.commands.get(change.example, "")
    known = {} if change.known_since is None else {"new": not change.known_since}
    since = {"since": change.known_since, "known_failing": change.known_failing}
    return value | {name: text for name, text in more.items() if text} | known | {k: v for k, v in since.items() if v}


def _finding(finding: Finding, report: Report) -> dict[str, Any]:
    """The finding; its severity only where it weighs less than the rule can, and the command only where a request shows
    it again."""
    value = {name: text for name, text in asdict(finding).items() if text is not None}
    command = reproduce_command(report, finding)
    return value | ({"curl": command} if command.startswith("curl ") else {})


def _rule(verdict: RuleVerdict, report: Report) -> dict[str, Any]:
    rule = verdict.rule
    value: dict[str, Any] = {
        "id": rule.id,
        "slug": rule.slug,
        "severity": rule.severity.value,
        "basis": rule.basis.value,
        "outcome": verdict.outcome.value,
        "findings": [_finding(finding, report) for finding in verdict.findings],
    }
    if total(verdict) > len(verdict.findings):
        value["total"] = total(verdict)
    if verdict.known_failing is not None:
        value["known_failing"] = verdict.known_failing
    return value
