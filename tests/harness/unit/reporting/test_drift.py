"""Reports about drift: the changes decide, every format says the same, and hostile text stays text."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from hpp_contract.engine.report import Change, Outcome, Report, Subject
from hpp_contract.engine.rule import ChangeClass
from hpp_contract.engine.sanitize import sanitize_report
from hpp_contract.privacy.redact import Redactor
from hpp_contract.reporting.json_report import as_object
from hpp_contract.reporting.junit import junit
from hpp_contract.reporting.markdown import markdown
from hpp_contract.reporting.terminal import terminal
from hpp_contract.reporting.view import ReportView, by_class, grouped_changes
from hpp_contract.spec.schema_files import load
from tests.harness.support.sample_reports import HOSTILE, finding, verdict

DRIFT = Subject("drift", "https://api.example against baseline")
GONE = Change(ChangeClass.BREAKING, "waiting · /x", "present", "absent", "GET …", "Make it optional.")
NEW = Change(ChangeClass.ADDITIVE, "waiting · /y", "absent", "string", "GET …", "Ignore it.")
BROKEN = verdict("HPP-S02", Outcome.BROKEN, finding())

CHANGES = st.builds(Change, st.sampled_from(ChangeClass), HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE)


def report(*changes: Change, **more: Any) -> Report:
    return Report(DRIFT, (BROKEN,), changes=changes, **more)


@pytest.mark.parametrize(
    ("judged", "code", "words"),
    [
        (report(), 0, "No drift"),
        (report(NEW), 0, "Drift: 1 additive, which does not fail the run"),
        (report(GONE, NEW), 1, "Drift: 1 breaking, 1 additive"),
        (report(NEW, strict=True), 1, "Drift: 1 additive"),
        (report(GONE, fail_on=frozenset()), 0, "Drift: 1 breaking, which does not fail the run"),
        (report(unverified="an outage."), 3, "Could not verify: an outage."),
        (report(NEW, unverified="an outage."), 3, "Could not verify: an outage. Drift: 1 additive"),
        (report(GONE, unverified="an outage."), 1, "Drift: 1 breaking; the rest could not be verified: an outage."),
        (report(problems=("known.txt:1: kept now.",)), 1, "Not accepted: 1 problem with the run, listed below"),
    ],
)
def test_changes_decide(judged: Report, code: int, words: str) -> None:
    """The exit code and the headline follow the changes; a rule that was broken all along does not count."""
    assert (judged.exit_code, ReportView(judged).headline) == (code, words)


def test_equal_changes_are_one() -> None:
    """The same change in several situations is one change to a reader; situations that gather others are not named."""
    there = replace(GONE, fact="failed · /x")
    everywhere = replace(GONE, fact="any session · /x")
    (group,) = grouped_changes([GONE, there, everywhere])
    assert group.fact == "waiting, failed · /x"
    assert by_class([GONE, there, everywhere, NEW]) == "1 breaking, 1 additive"
    (only,) = grouped_changes([everywhere])
    assert only.fact == "any session · /x"


def test_every_format_has_the_changes() -> None:
    """Terminal, JSON, JUnit and Markdown each have class, fact, before, after, example and advice."""
    judged = report(GONE, NEW)
    view = ReportView(judged)
    for text in (terminal(view, width=200), json.dumps(as_object(judged), ensure_ascii=False), junit(view)):
        for change in judged.changes:
            for part in (change.change_class, change.fact, change.before, change.after, change.example, change.advice):
                assert part in text
    assert "| breaking | <code>waiting · /x</code> | <code>present</code> |" in markdown(ReportView(judged))
    assert "- Make it optional." in markdown(ReportView(judged))


def test_junit_fails_what_fails() -> None:
    """In JUnit a change fails when its class does, and rules do not."""
    suites = ET.fromstring(junit(ReportView(report(GONE, NEW))))  # noqa: S314  our own text
    assert suites.get("failures") == "1"
    assert [case.get("name") for case in suites.iter("testcase") if case.find("failure") is not None] == [
        "waiting · /x"
    ]


@given(st.lists(CHANGES, max_size=4))
def test_hostile_changes_stay_text(changes: list[Change]) -> None:
    """No text in a change steers a terminal, breaks a format or becomes markup."""
    judged = sanitize_report(report(*changes), Redactor())
    assert all(char.isprintable() or char == "\n" for char in terminal(ReportView(judged), width=80))
    Draft202012Validator(load("tool/report")).validate(json.loads(json.dumps(as_object(judged))))
    ET.fromstring(junit(ReportView(judged)))  # noqa: S314  our own text
    assert "<script" not in markdown(ReportView(judged))
    assert len(markdown(ReportView(judged)).split("| class |")) == (2 if changes else 1)
