"""A finding may weigh less than its rule can, and every format says how much it does."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from hpp_contract.engine.report import Outcome, Report, RuleVerdict
from hpp_contract.engine.rule import Finding, Severity
from hpp_contract.reporting.formats import WRITERS
from hpp_contract.reporting.github import github
from hpp_contract.reporting.gitlab import gitlab
from hpp_contract.reporting.html.page import html
from hpp_contract.reporting.json_report import json_report
from hpp_contract.reporting.junit import junit
from hpp_contract.reporting.markdown import markdown
from hpp_contract.reporting.terminal import terminal
from hpp_contract.reporting.view import ReportView
from tests.harness.support.html_reader import Page
from tests.harness.support.sample_reports import make_rule, report

HEAVY = Finding("/heavy", "x", "500", "GET …")
LIGHT = replace(HEAVY, where="/light", severity=Severity.SHOULD)
REMARK = replace(HEAVY, where="/told", severity=Severity.INFO)
MUST = make_rule("HPP-S01")

MIXED = report(RuleVerdict(MUST, Outcome.BROKEN, (REMARK, LIGHT, HEAVY), 3))
WARNS = report(RuleVerdict(MUST, Outcome.WARNED, (LIGHT, REMARK), 2))
INFORMS = report(RuleVerdict(MUST, Outcome.OK, (REMARK,), 1))

FORMATS = {writer.name: writer.render for writer in WRITERS} | {"terminal": terminal, "github": github}


@pytest.mark.parametrize("name", sorted(FORMATS.keys() - {"gitlab", "json"}))
def test_the_heaviest_comes_first(name: str) -> None:
    """Findings are shown by weight, and those that weigh less than the first say so."""
    text = " ".join(FORMATS[name](ReportView(MIXED)).split())
    if name == "html":
        text = Page(html(ReportView(MIXED))).text
    places = [text.index(where) for where in ("/heavy", "/light", "/told")]
    assert places == sorted(places)
    assert "500 (only a warning)" in text
    assert "500 (only for information)" in text
    assert text.count("500 (only") == 2


@pytest.mark.parametrize("name", ["terminal", "markdown", "html"])
def test_a_must_that_only_warns_is_no_must_here(name: str) -> None:
    """A must of which only lighter findings were made is shown at their weight."""
    text = FORMATS[name](ReportView(WARNS))
    assert "should here" in text
    assert "500 (only a warning)" not in text
    assert "500 (only for information)" in text
    assert ("must · stated" if name == "terminal" else "(must, stated)") not in text


def test_the_verdict_of_a_must_that_only_warns() -> None:
    """It is a warning to the headline, to annotations, to JUnit and to GitLab, and an error with --strict."""
    assert ReportView(WARNS).headline == "Contract kept, with 1 warning"
    assert github(ReportView(WARNS)).startswith("::warning ")
    assert github(ReportView(replace(WARNS, strict=True))).startswith("::error ")
    [case, _] = ET.fromstring(junit(ReportView(WARNS))).iter("testcase")  # noqa: S314  our own output
    assert [child.tag for child in case] == ["system-out"]
    assert [entry["severity"] for entry in json.loads(gitlab(ReportView(WARNS)))] == ["minor", "info"]
    assert [entry["severity"] for entry in json.loads(gitlab(ReportView(MIXED)))] == ["critical", "minor", "info"]


def test_gitlab_keeps_the_heaviest_of_a_place() -> None:
    """Where findings of several weights are one entry to GitLab, it is the heaviest."""
    same = report(RuleVerdict(MUST, Outcome.BROKEN, (replace(LIGHT, where="/heavy"), HEAVY), 2))
    assert [entry["severity"] for entry in json.loads(gitlab(ReportView(same)))] == ["critical"]


def test_json_has_the_severity_of_a_finding() -> None:
    """The JSON report says what a finding weighs where that is less than the rule can."""
    [rule] = json.loads(json_report(ReportView(MIXED)))["rules"]
    assert rule["severity"] == "must"
    assert [found.get("severity") for found in rule["findings"]] == ["info", "should", None]


@pytest.mark.parametrize("judged", [INFORMS], ids=["must"])
def test_a_must_that_only_informs(judged: Report) -> None:
    """A must of which only information was found is kept, and its finding is among the information."""
    view = ReportView(judged)
    assert view.headline == "Contract kept"
    assert [block.name for block in view.informational] == ["HPP-S01 a-rule"]
    assert "For information" in terminal(view)
    assert "only for information" not in terminal(view)
    assert "For information" in markdown(view)


def test_the_page_says_why_it_weighs_less() -> None:
    """Where a finding weighs less than the rule can, the page has the rule's sentences about that."""

    def check(_: object) -> list[Finding]:
        """The rule is kept.

        Somebody loses a session.

        A malformed id is only a warning.
        """
        return []

    rule = replace(MUST, check=check)
    lighter = report(RuleVerdict(rule, Outcome.WARNED, (LIGHT,), 1))
    assert "A malformed id is only a warning." in Page(html(ReportView(lighter))).text
    heavy = report(RuleVerdict(rule, Outcome.BROKEN, (HEAVY,), 1))
    assert "A malformed id is only a warning." not in Page(html(ReportView(heavy))).text
