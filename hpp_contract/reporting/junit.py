"""The report as JUnit XML, as GitHub's and GitLab's readers take it: a suite per letter, a test case per rule."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections import Counter

from hpp_contract.engine.report import Outcome, Report, RuleVerdict
from hpp_contract.reporting.view import Block, Letter, ReportView, plural

_ILLEGAL = re.compile("[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 forbids or discourages: no escape can carry it."""


def junit(view: ReportView) -> str:
    """JUnit XML. Broken is a failure, a warning one only when strict; not exercised and known failing are skipped.

    No test of a run that could not be verified passes: what was seen to be kept is skipped, and says so.
    """
    suites = [_changes(view)] if view.is_drift else [_letter(letter, view) for letter in view.letters]
    suites.append(_run(view))
    root = ET.Element("testsuites", {"name": "hpp-contract", **_sums(suites)})
    root.extend(suites)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _letter(letter: Letter, view: ReportView) -> ET.Element:
    return _suite(f"{letter.letter}: {letter.about}", [_rule(block, view.report) for block in letter.blocks], view)


def _changes(view: ReportView) -> ET.Element:
    """A test case for each change, failed when its class fails the run; and one that there are any facts at all."""
    cases = [_case("facts", view.report, "the facts were compared")]
    for group in view.changes:
        case = _case("facts", view.report, group.title)
        text = "\n".join((f"{group.label}: {group.title}", *(f"{n + ':':15}{t}" for n, t in group.fields.items())))
        if view.fails(group):
            _child(case, "failure", f"{group.label}: {group.title}", text)
        else:
            ET.SubElement(case, "system-out").text = _legal(text)
        cases.append(case)
    return _suite("drift", cases, view)


def _run(view: ReportView) -> ET.Element:
    """What made the run fail though no rule did: without it a reader of this file alone would see green."""
    report = view.report
    verified = _case("run", report, "the run could be verified")
    if view.doubt is not None:
        _child(verified, "error", view.doubt, view.headline)
    else:
        ET.SubElement(verified, "system-out").text = _legal(view.headline)
    cases = [verified]
    for rule in report.left_out:
        case = _case(rule.letter, report, f"{rule.id} {rule.slug}")
        _child(case, "skipped", "left out of this run")
        cases.append(case)
    for number, problem in enumerate(report.problems, start=1):
        case = _case("run", report, f"problem {number}")
        _child(case, "failure", problem)
        cases.append(case)
    return _suite("run", cases, view)


def _rule(block: Block, report: Report) -> ET.Element:
    case = _case(block.rule.letter, report, block.name)
    tag = _tag(block.verdict, report.strict)
    text = "\n\n".join(
        "\n".join(f"{name + ':':10}{value}" for name, value in finding.fields.items()) for finding in block.findings
    )
    if tag == "skipped":
        reason = block.verdict.known_failing
        _child(case, tag, f"known failing: {reason}" if reason is not None else "not exercised", text)
    elif tag != "system-out":
        summary = f"{block.matter}." if report.subject.kind == "client" and block.matter else block.rule.summary
        _child(case, tag, f"{summary} ({plural(block.total, 'finding')})", text)
    elif text:
        ET.SubElement(case, tag).text = _legal(f"{block.verdict.outcome}: {block.rule.summary}\n\n{text}")
    return case


def _tag(verdict: RuleVerdict, strict: bool) -> str:
    if verdict.outcome is Outcome.NOT_EXERCISED or verdict.known_failing is not None:
        return "skipped"
    if verdict.outcome is Outcome.ERROR:
        return "error"
    fails = verdict.outcome is Outcome.BROKEN or (strict and verdict.outcome is Outcome.WARNED)
    return "failure" if fails else "system-out"


def _case(group: str, report: Report, name: str) -> ET.Element:
    classname = f"hpp-contract.{report.subject.kind}.{group}"
    return ET.Element("testcase", {"classname": classname, "name": name, "time": "0"})


def _child(case: ET.Element, tag: str, message: str, text: str = "") -> None:
    ET.SubElement(case, tag, {"message": _legal(message)}).text = _legal(text or message)


def _suite(name: str, cases: list[ET.Element], view: ReportView) -> ET.Element:
    if view.doubt is not None:
        for case in cases:
            if {child.tag for child in case} <= {"system-out"}:
                why = "not compared" if view.is_drift else "seen to be kept"
                case.insert(0, ET.Element("skipped", {"message": f"{why}, or not all of it: the run was not verified"}))
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
