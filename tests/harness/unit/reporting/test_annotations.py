"""Annotations for GitHub and the Code Quality file for GitLab: read as their readers do, hostile texts included."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given

from hpp_contract.engine import Outcome, Report, Subject
from hpp_contract.engine.errors import UNVERIFIED
from hpp_contract.engine.rule import Finding
from hpp_contract.engine.sanitize import sanitize_report
from hpp_contract.privacy.redact import Redactor
from hpp_contract.reporting.github import MAX_ANNOTATIONS, github, guarded
from hpp_contract.reporting.gitlab import gitlab
from hpp_contract.reporting.terminal import terminal
from hpp_contract.reporting.view import ReportView
from tests.harness.support.github_runner import runner
from tests.harness.support.sample_pages import drifted
from tests.harness.support.sample_reports import ENDPOINT, EVERY_OUTCOME, REPORTS, finding, report, verdict

TOKEN = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"


# --- GitHub


@given(REPORTS)
def test_nothing_in_a_report_becomes_a_command(hostile: Report) -> None:
    """Of a job's output a runner obeys the annotations alone, as many as there are lines, whatever the texts are."""
    clean = sanitize_report(hostile, Redactor())
    commands = runner(guarded(terminal(ReportView(clean)), TOKEN) + github(ReportView(clean)))
    assert len(commands) == len(github(ReportView(clean)).splitlines())
    assert {command.name for command in commands} <= {"error", "warning", "notice"}
    assert all(command.properties.keys() <= {"title", "file"} for command in commands)
    assert max(Counter(command.name for command in commands).values(), default=0) <= MAX_ANNOTATIONS


def test_the_guard_is_needed_and_holds() -> None:
    """A text that begins a line of the report is a command to a runner, and none between the guards."""
    text = terminal(ReportView(report(notes=("::error title=x::not ours", "::stop-commands::x"))))
    assert [command.text for command in runner(text)] == ["not ours"]
    assert runner(guarded(text, TOKEN)) == []
    assert runner(guarded(text, TOKEN) + "::error::ours") == [("error", {}, "ours")]


@given(REPORTS)
def test_a_failed_run_has_an_error(hostile: Report) -> None:
    """There is an error if and only if the run fails."""
    commands = runner(github(ReportView(sanitize_report(hostile, Redactor()))))
    assert ("error" in {command.name for command in commands}) == (hostile.exit_code != 0)


def test_texts_arrive_as_they_are() -> None:
    """Percent signs, colons, commas and line ends of a text arrive, in the title as in the message."""
    nasty = verdict("HPP-S01", Outcome.BROKEN, Finding("a,b", "100%", "::error::%0A", "x.yaml#2, y"))
    (written,) = runner(github(ReportView(report(nasty))))
    assert written.properties == {"title": "HPP-S01 a-rule: broken"}
    assert "a,b: expected 100%, found ::error::%0A · x.yaml#2, y\n" in written.text


def test_levels_follow_the_verdict() -> None:
    """Broken is an error, a warning a warning unless strict, a known failure and silence are notices."""

    def levels(judged: Report) -> dict[str, str]:
        return {
            written.properties["title"].split(":")[0]: written.name for written in runner(github(ReportView(judged)))
        }

    assert levels(EVERY_OUTCOME) == {
        "Problem with the run": "error",
        "HPP-S02 a-rule": "error",
        "HPP-E01 a-rule": "error",
        "HPP-H01 a-rule": "warning",
        "1 rule not tested": "notice",
    }
    assert levels(replace(EVERY_OUTCOME, strict=True))["HPP-H01 a-rule"] == "error"
    assert levels(report(verdict("HPP-S01", Outcome.BROKEN, finding(), known_failing="x"))) == {
        "HPP-S01 a-rule": "notice"
    }
    assert levels(report(unverified="closed port")) == {"Could not verify": "error"}
    assert report(unverified="closed port").exit_code == UNVERIFIED


def test_annotations_over_the_limit_are_summarized() -> None:
    """More annotations of a level than GitHub shows end in one that names the rest."""
    many = report(*(verdict(f"HPP-S{number:02}", Outcome.BROKEN, finding()) for number in range(1, 21)))
    written = runner(github(ReportView(many)))
    assert len(written) == MAX_ANNOTATIONS
    assert written[-1].properties["title"] == "11 more"
    assert "HPP-S20 a-rule: broken" in written[-1].text


def test_a_recording_is_annotated_where_it_is() -> None:
    """An annotation about a recording names its file, so that the pull request shows it there."""
    kept = replace(report(verdict("HPP-S01", Outcome.BROKEN, finding())), subject=Subject("recording", "x.yaml"))
    assert runner(github(ReportView(kept)))[0].properties["file"] == "x.yaml"
    assert "file" not in runner(github(ReportView(replace(kept, subject=ENDPOINT))))[0].properties


def test_changes_are_annotated_by_class() -> None:
    """What fails a drift run is an error, other changes are notices, and what is alike is written once."""
    written = [(one.name, one.properties["title"]) for one in runner(github(ReportView(drifted())))]
    assert written == [
        ("error", "breaking, new: waiting, in-progress · /expires_at is gone"),
        ("error", "risky, known since 2026-11-02: waiting · /status is PARKED, which is new"),
        ("notice", "additive, new: any session · /links is new (object)"),
    ]


# --- GitLab


@given(REPORTS)
def test_code_quality_is_what_gitlab_reads(hostile: Report) -> None:
    """Each entry has what GitLab asks for, a severity it knows and a fingerprint of its own; a failed run has one."""
    entries = json.loads(gitlab(ReportView(sanitize_report(hostile, Redactor()))))
    for entry in entries:
        assert entry.keys() == {"description", "check_name", "fingerprint", "severity", "location"}
        assert entry["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert re.fullmatch("[0-9a-f]{64}", entry["fingerprint"])
        assert entry["location"]["path"]
        assert entry["location"]["lines"] == {"begin": 1}
    assert len({entry["fingerprint"] for entry in entries}) == len(entries)
    if hostile.exit_code:
        assert entries


def test_fingerprints_outlive_what_varies() -> None:
    """The same finding with another value found, or beside other findings, keeps its fingerprint; another place has
    another."""

    def prints(*findings: Finding) -> set[str]:
        judged = report(verdict("HPP-S01", Outcome.BROKEN, *findings))
        return {entry["fingerprint"] for entry in json.loads(gitlab(ReportView(judged)))}

    one = Finding("/a", "x", "a string of 3", "GET … (poll 1)", "smoke")
    assert prints(one) == prints(replace(one, found="a string of 4", evidence="GET … (poll 2)"))
    assert prints(one) < prints(one, replace(one, where="/b"), replace(one, case="waiting"))
    assert len(prints(one, replace(one, where="/b"), replace(one, case="waiting"))) == 3


@pytest.mark.parametrize(
    ("judged", "severities"),
    [
        (EVERY_OUTCOME, ["critical", "critical", "blocker", "minor"]),
        (report(verdict("HPP-S01", Outcome.BROKEN, finding(), known_failing="why")), ["info"]),
        (report(unverified="closed port"), ["blocker"]),
        (drifted(), ["critical", "minor", "major"]),
        (replace(drifted(), changes=(replace(drifted().changes[2], cause="", known_failing="why"),)), ["info"]),
        (report(verdict("HPP-S01", Outcome.OK)), []),
    ],
    ids=["every-outcome", "known", "unverified", "drift", "known drift", "kept"],
)
def test_severities_follow_the_verdict(judged: Report, severities: list[str]) -> None:
    """What fails the run is critical or worse, what warns is minor, what is known is said and weighs nothing."""
    assert [entry["severity"] for entry in json.loads(gitlab(ReportView(judged)))] == severities


def test_a_recording_is_found_by_its_path() -> None:
    """An entry about a recording has its path, without a leading dot; one about anything else is named by its kind."""
    kept = report(verdict("HPP-S01", Outcome.BROKEN, replace(finding(), evidence="./cassettes/x.yaml#2")))
    kept = replace(kept, subject=Subject("recording", "cassettes"))
    assert json.loads(gitlab(ReportView(kept)))[0]["location"]["path"] == "cassettes/x.yaml"
    assert json.loads(gitlab(ReportView(replace(kept, subject=ENDPOINT))))[0]["location"]["path"] == "endpoint"
