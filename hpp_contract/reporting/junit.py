"""The report as JUnit XML, as GitHub's and GitLab's readers take it: a suite per letter, a test case per rule."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections import Counter

from hpp_contract.engine.report import Outcome, Report, RuleVerdict
from hpp_contract.engine.rule import Finding
from hpp_contract.reporting.changes import groups
from hpp_contract.reporting.view import by_letter, grouped, location, plural, total
from hpp_contract.rules import LETTERS

_ILLEGAL = re.compile("[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 forbids or discourages: no escape can carry it."""


def junit(report: Report) -> str:
    """JUnit XML. Broken is a failure, a warning one only when strict; not exercised and known failing are skipped."""
    if report.subject.kind == "drift":  # rules do not decide there
        suites = [_changes(report)]
    else:
        suites = [_suite(letter, group, report) for letter, group in by_letter(report.rules).items()]
    suites.append(_run(report))
    root = ET.Element("testsuites", {"name": "hpp-contract", **_sums(suites)})
    root.extend(suites)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(letter: str, group: list[RuleVerdict], report: Report) -> ET.Element:
    cases = [_case(verdict, report) for verdict in group]
    return _counted(f"{letter}: {LETTERS.get(letter, 'further rules')}", cases)


def _changes(report: Report) -> ET.Element:
    """A test case for each change, failed when its class fails the run; and one that there are any facts at all."""
    cases = [_element("facts", report, "the facts were compared")]
    for group in groups(report.changes):
        change = group.first
        case = _element("facts", report, group.fact)
        tag = "failure" if report.strict or change.change_class in report.fail_on else "system-out"
        text = f"{change.change_class}: {change.before} → {change.after}\n{change.example}\n{change.advice}"
        if tag == "failure":
            _child(case, tag, f"{change.change_class}: {change.before} → {change.after}", text)
        else:
            ET.SubElement(case, tag).text = _legal(text)
        cases.append(case)
    return _counted("drift", cases)


def _run(report: Report) -> ET.Element:
    """What made the run fail though no rule did: without it a reader of this file alone would see green."""
    verified = _element("run", report, "the run could be verified")
    if report.unverified is not None:
        _child(verified, "error", report.unverified)
    cases = [verified]
    for number, problem in enumerate(report.problems, start=1):
        case = _element("run", report, f"problem {number}")
        _child(case, "failure", problem)
        cases.append(case)
    return _counted("run", cases)


def _case(verdict: RuleVerdict, report: Report) -> ET.Element:
    case = _element(verdict.rule.letter, report, f"{verdict.rule.id} {verdict.rule.slug}")
    tag = _tag(verdict, report.strict)
    text = "\n\n".join(_finding(*item) for item in grouped(verdict.findings))
    if tag == "skipped":
        reason = verdict.known_failing
        _child(case, tag, f"known failing: {reason}" if reason is not None else "not exercised", text)
    elif tag != "system-out":
        _child(case, tag, f"{verdict.rule.summary} ({plural(total(verdict), 'finding')})", text)
    elif text:
        ET.SubElement(case, tag).text = _legal(f"{verdict.outcome}: {verdict.rule.summary}\n\n{text}")
    return case


def _tag(verdict: RuleVerdict, strict: bool) -> str:
    if verdict.outcome is Outcome.NOT_EXERCISED or verdict.known_failing is not None:
        return "skipped"
    if verdict.outcome is Outcome.ERROR:
        return "error"
    fails = verdict.outcome is Outcome.BROKEN or (strict and verdict.outcome is Outcome.WARNED)
    return "failure" if fails else "system-out"


def _finding(finding: Finding, further: int) -> str:
    lines = {"where": finding.where, "expected": finding.expected, "found": finding.found}
    return "\n".join(
        f"{name + ':':10}{text}" for name, text in {**lines, "evidence": location(finding, further)}.items()
    )


def _element(group: str, report: Report, name: str) -> ET.Element:
    classname = f"hpp-contract.{report.subject.kind}.{group}"
    return ET.Element("testcase", {"classname": classname, "name": name, "time": "0"})


def _child(case: ET.Element, tag: str, message: str, text: str = "") -> None:
    ET.SubElement(case, tag, {"message": _legal(message)}).text = _legal(text or message)


def _counted(name: str, cases: list[ET.Element]) -> ET.Element:
    tags = Counter(child.tag for case in cases for child in case)
    counts = {"tests": len(cases), "failures": tags["failure"], "errors": tags["error"], "skipped": tags["skipped"]}
    suite = ET.Element("testsuite", {"name": name, **{key: str(count) for key, count in counts.items()}, "time": "0"})
    suite.extend(cases)
    return suite


def _sums(suites: list[ET.Element]) -> dict[str, str]:
    keys = ("tests", "failures", "errors", "skipped")
    return {key: str(sum(int(suite.get(key, "0")) for suite in suites)) for key in keys}


def _legal(text: str) -> str:
    return _ILLEGAL.sub(lambda match: match[0].encode("unicode_escape").decode(), text)
