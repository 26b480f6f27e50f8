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

from hpp_contract.engine.known_failing import apply, parse
from hpp_contract.engine.report import Change, Outcome, Report, Subject
from hpp_contract.engine.rule import ChangeClass
from hpp_contract.engine.sanitize import sanitize_report
from hpp_contract.privacy.redact import Redactor
from hpp_contract.reporting.formats import WRITERS
from hpp_contract.reporting.github import github
from hpp_contract.reporting.html.page import html
from hpp_contract.reporting.json_report import as_object
from hpp_contract.reporting.junit import junit
from hpp_contract.reporting.markdown import markdown
from hpp_contract.reporting.terminal import terminal
from hpp_contract.reporting.view import ReportView, by_class, grouped_changes
from hpp_contract.spec.schema_files import load
from tests.harness.support.sample_reports import HOSTILE, finding, verdict

DRIFT = Subject("drift", "https://api.example against baseline")
GONE = Change(ChangeClass.BREAKING, "waiting · /x", "present", "absent", "GET …", "Make it optional.", "/x is gone")
NEW = Change(ChangeClass.ADDITIVE, "waiting · /y", "absent", "string", "GET …", "Ignore it.", "/y is new (string)")
RULE = Change(
    ChangeClass.RISKY, "waiting · HPP-S02", "kept", "broken", "GET …", "Look.", "/z is absent", known_failing=None
)
KNOWN = "2026-11-20T03:00:00Z"
BROKEN = verdict("HPP-S02", Outcome.BROKEN, finding())

CHANGES = st.builds(
    Change,
    st.sampled_from(ChangeClass),
    *[HOSTILE] * 7,
    known_since=st.none() | HOSTILE,
    known_failing=st.none() | HOSTILE,
)


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
        (report(replace(GONE, known_since=""), new_only=True), 1, "Drift: 1 breaking new"),
        (
            report(replace(GONE, known_since=KNOWN), new_only=True),
            0,
            "Drift: 1 breaking known, which does not fail the run",
        ),
        (
            report(replace(GONE, known_since=KNOWN), replace(NEW, known_since="")),
            1,
            "Drift: 1 additive new; 1 breaking known",
        ),
        (report(replace(RULE, known_failing="asked")), 0, "Drift: 1 risky, which does not fail the run"),
        (report(done="Baseline made: 9 facts in 2 situations"), 0, "Baseline made: 9 facts in 2 situations"),
        (report(GONE, done="Accepted: 1 change"), 1, "Accepted: 1 change; not accepted: 1 breaking"),
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
    """Terminal, JSON, JUnit, HTML and annotations each have class, words, before, after, example and advice."""
    judged = report(GONE, NEW)
    view = ReportView(judged)
    formats = (terminal(view, width=200), json.dumps(as_object(judged), ensure_ascii=False), junit(view), html(view))
    for text in (*formats, github(view)):
        for change in judged.changes:
            for part in (change.change_class, change.what, change.before, change.after, change.example, change.advice):
                assert part in text
    assert "| breaking | <code>waiting · /x is gone</code> | <code>present</code> |" in markdown(ReportView(judged))
    assert "- Make it optional." in markdown(ReportView(judged))


@pytest.mark.parametrize("name", ["terminal", "json", "junit", "markdown", "html", "gitlab", "github"])
def test_every_format_says_what_is_new(name: str) -> None:
    """New, or known since when, and new ones first: where a history is kept, and nowhere else."""
    writers = {writer.name: writer.render for writer in WRITERS} | {"terminal": terminal, "github": github}
    dated = (replace(GONE, known_since=KNOWN), replace(NEW, known_since=""))
    text = writers[name](ReportView(report(*sorted(dated, key=lambda change: bool(change.known_since)))))
    if name == "json":
        changes = json.loads(text)["changes"]
        assert [(change["new"], change.get("since")) for change in changes] == [(True, None), (False, KNOWN)]
    else:
        low = text.lower()
        assert "known since 2026-11-20" in low
        assert name == "github" or low.index("/y is new") < low.index("/x is gone"), "errors stand before notices"
    assert "known since" not in (plain := writers[name](ReportView(report(GONE, NEW)))).lower()
    assert '"new"' not in plain


def test_a_rule_is_folded_under_its_fact() -> None:
    """What follows from a change is a line of it, not a change of its own; the class is the worst of both."""
    also = replace(NEW, fact="waiting · /updated_at zone", what="/updated_at ends in an offset", cause=NEW.fact)
    view = ReportView(report(NEW, replace(RULE, cause=NEW.fact), also))
    (group,) = view.changes
    assert (group.change_class, group.title) == ("risky", "waiting · /y is new (string)")
    assert group.fields["rules"] == "HPP-S02 members-present"
    assert group.fields["also"] == "/updated_at ends in an offset"
    assert view.headline == "Drift: 1 risky"
    for text in (terminal(view), markdown(view), html(view)):
        assert "HPP-S02 members-present" in text
        assert "kept → broken" not in text
        assert "HPP-S02: kept" not in text


def test_a_known_failure_is_said() -> None:
    """A rule on record fails no run, and says why; without the record it does."""
    entries = parse("# asked in May\nHPP-S02\n", "known.txt", ["HPP-S02"])
    judged = apply(report(RULE), entries)
    assert (report(RULE).exit_code, judged.exit_code) == (1, 0)
    assert as_object(judged)["changes"][0]["known_failing"] == "asked in May"
    for text in (terminal(ReportView(judged)), markdown(ReportView(judged)), junit(ReportView(judged))):
        assert "asked in May" in text


def test_junit_fails_what_fails() -> None:
    """In JUnit a change fails when its class does, and rules do not."""
    suites = ET.fromstring(junit(ReportView(report(GONE, NEW))))  # noqa: S314  our own text
    assert suites.get("failures") == "1"
    assert [case.get("name") for case in suites.iter("testcase") if case.find("failure") is not None] == [
        "waiting · /x is gone"
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
    html(ReportView(judged))
