"""A run that could not be verified looks green in no format, says why, and says what was verified in spite of it."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.engine.report import Change, Outcome, Report, Subject
from hpp_contract.engine.rule import ChangeClass
from hpp_contract.reporting.formats import WRITERS
from hpp_contract.reporting.github import github
from hpp_contract.reporting.junit import junit
from hpp_contract.reporting.markdown import markdown
from hpp_contract.reporting.terminal import terminal
from hpp_contract.reporting.view import ReportView
from tests.harness.support.junit_reader import passing
from tests.harness.support.sample_reports import REPORTS, finding, report, verdict

WHY = "nobody listens."
CRASH = "1 rule crashed, which is a fault of hpp-contract"
KEPT = verdict("HPP-S01", Outcome.OK)
WARNED = verdict("HPP-H01", Outcome.WARNED, finding())
BROKEN = verdict("HPP-S02", Outcome.BROKEN, finding())
CRASHED = verdict("HPP-E01", Outcome.ERROR, finding("KeyError"))
SILENT = verdict("HPP-L01", Outcome.NOT_EXERCISED)
ADDITIVE = Change(ChangeClass.ADDITIVE, "waiting · /y", "absent", "string")
BREAKING = Change(ChangeClass.BREAKING, "waiting · /x", "present", "absent")

FORMATS = {writer.name: writer.render for writer in WRITERS} | {"terminal": terminal, "github": github}
DRIFT = Subject("drift", "https://api.example against baseline")


def drift(*changes: Change, **more: Any) -> Report:
    return Report(DRIFT, (KEPT, WARNED), changes=changes, **more)


UNVERIFIED = {
    "nothing": report(SILENT, unverified=WHY),
    "some": report(KEPT, WARNED, SILENT, unverified=WHY),
    "crashed": report(KEPT, CRASHED),
    "broken beside it": report(KEPT, BROKEN, unverified=WHY),
    "a problem beside it": report(KEPT, unverified=WHY, problems=("known.txt:3: kept now.",)),
    "drift": drift(unverified=WHY),
    "harmless drift": drift(ADDITIVE, unverified=WHY),
    "drift beside it": drift(BREAKING, unverified=WHY),
}


@given(
    judged=REPORTS,
    changes=st.lists(st.sampled_from([ADDITIVE, BREAKING]), max_size=2),
    is_drift=st.booleans(),
)
def test_junit_has_no_passing_test(judged: Report, changes: list[Change], is_drift: bool) -> None:
    """JUnit of a run that could not be verified, whatever it is about, has an error and no test that passes."""
    if is_drift:
        judged = replace(judged, subject=DRIFT, changes=tuple(changes))
    text = junit(ReportView(judged))
    if judged.exit_code == 3 or judged.unverified is not None:
        assert passing(text) == []
        assert int(ET.fromstring(text).get("errors", "0")) > 0  # noqa: S314  our own output
    else:
        assert passing(text) or judged.exit_code == 1


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("judged", UNVERIFIED.values(), ids=UNVERIFIED)
def test_every_format_says_why(name: str, judged: Report) -> None:
    """Every format says that not everything could be verified and why, also beside what is broken."""
    view = ReportView(judged)
    text = " ".join(FORMATS[name](view).split())
    why = WHY if judged.unverified else CRASH
    assert why in text
    if name == "json":
        assert json.loads(text)["unverified"] == why
    else:
        assert "ould not verify" in text or "could not be verified" in text


@pytest.mark.parametrize(
    ("judged", "words"),
    [
        ("nothing", "Could not verify: nobody listens."),
        ("some", "Could not verify: nobody listens. Verified all the same: 1 rule ok, 1 rule warned"),
        ("crashed", f"Could not verify: {CRASH}. Verified all the same: 1 rule ok"),
        ("broken beside it", "Contract broken: 1 rule; the rest could not be verified: nobody listens."),
    ],
)  # fmt: skip
def test_what_was_verified_is_said(judged: str, words: str) -> None:
    """The verdict says what was verified in spite of what could not be; what is broken comes first."""
    assert ReportView(UNVERIFIED[judged]).headline == words


def test_the_verdict_is_the_first_line() -> None:
    """On a terminal the first line is the verdict; about drift it is short, and why stands below."""
    for judged in UNVERIFIED.values():
        view = ReportView(judged)
        first, subject, *below = terminal(view, width=200).splitlines()
        assert first == (view.verdict[0] if view.is_drift else view.headline)
        assert view.report.subject.name in subject
        assert not view.is_drift or below[1] == view.verdict[1]


@pytest.mark.parametrize("judged", [UNVERIFIED["nothing"], UNVERIFIED["drift"], drift()], ids=["", "drift", "quiet"])
def test_nothing_to_say_more_about(judged: Report) -> None:
    """A report of nothing counts no rules, and sends nobody to further commands."""
    for text in (terminal(ReportView(judged)), markdown(ReportView(judged))):
        assert "hpp-contract " not in text
        assert text == f"{text.rstrip()}\n"
    assert all("0 ok" not in write(ReportView(judged)) for write in (terminal, markdown))
    assert "not tested" not in github(ReportView(judged))


def recorded(*verdicts: Any) -> Report:
    return Report(Subject("recording", "refusals.yaml"), verdicts)


REFUSED = verdict("HPP-E01", Outcome.OK)


@pytest.mark.parametrize("name", sorted(FORMATS.keys() - {"json", "gitlab", "github"}))
def test_no_session_is_said(name: str) -> None:
    """A recording with refusals only is kept, and every format that has a verdict says that it has no session."""
    text = FORMATS[name](ReportView(recorded(verdict("HPP-S01", Outcome.NOT_EXERCISED), REFUSED)))
    assert "Contract kept, but no session in it: nothing but refusals was judged" in " ".join(text.split())


def test_a_session_is_a_session() -> None:
    """A recording with a session, and an endpoint, are kept without more."""
    assert ReportView(recorded(verdict("HPP-S01", Outcome.OK), REFUSED)).headline == "Contract kept"
    assert ReportView(recorded(REFUSED)).headline == "Contract kept"
    assert ReportView(report(verdict("HPP-S01", Outcome.NOT_EXERCISED), REFUSED)).headline == "Contract kept"
