"""The terminal report: what a reader sees, and that no text can steer the terminal."""

from __future__ import annotations

import re

import pytest
from hypothesis import given

from hpp_contract.engine import Outcome, Report, RuleVerdict, Subject
from hpp_contract.engine.sanitize import sanitize_report
from hpp_contract.privacy.redact import Redactor
from hpp_contract.reporting.terminal import terminal
from hpp_contract.reporting.view import ReportView
from hpp_contract.rules import CATALOGUE
from tests.harness.support.sample_reports import EVERY_OUTCOME, REPORTS, finding, report, verdict


def test_terminal_is_complete() -> None:
    """The terminal report names verdict, counts, each failing rule with its findings, silence, problems and notes."""
    text = terminal(ReportView(EVERY_OUTCOME))
    for expected in [
        "endpoint: https://api.example",
        "Contract broken: 1 rule",
        "5 rules: 1 ok, 1 broken, 1 warned, 1 not exercised, 1 error",
        "Not tested: this run had nothing these rules apply to (1): HPP-L01; -v has more",
        "HPP-S02 a-rule  broken · must · stated",
        "HPP-H01 a-rule  warned · should · stated",
        "HPP-E01 a-rule  error · must · stated",
        "where     /status",
        "expected  a documented status",
        'found     "EXPIRED"',
        "evidence  x.yaml#2",
        "known.txt:3: HPP-S01 is kept now.",
        "No session is COMPLETED.",
    ]:
        assert expected in text
    assert text.rstrip().endswith("Why this matters: hpp-contract explain HPP-S02")
    assert "HPP-S01 a-rule" not in text
    assert re.search(r"ok +HPP-S01 a-rule", terminal(ReportView(EVERY_OUTCOME), verbose=True))


def test_terminal_counts_by_letter() -> None:
    """With -v a table has one row per letter that was judged, with its counts."""
    lines = terminal(ReportView(EVERY_OUTCOME), verbose=True).splitlines()
    rows = {line[0]: line for line in lines if re.match(r"[A-Z]  \w", line)}
    assert list(rows) == ["H", "S", "L", "E"]
    assert re.findall(r"[\d-]+(?= \||$)", rows["S"]) == ["1", "1", "-", "-", "-"]


def test_terminal_groups_equal_findings() -> None:
    """The same finding in several places is shown once, at most five are shown, and the rest is counted."""
    same = [finding()] * 3
    others = [finding(str(number)) for number in range(6)]
    text = terminal(ReportView(report(verdict("HPP-S02", Outcome.BROKEN, *same, *others, total=100))))
    assert text.count("found     ") == 5
    assert "x.yaml#2 and 2 more places" in text
    assert "… and 93 more" in text


@given(REPORTS)
def test_terminal_obeys_no_text(hostile: Report) -> None:
    """No escape reaches the terminal from a text, with or without colours, and every id is whole at 80 columns."""
    clean = sanitize_report(hostile, Redactor())
    plain = terminal(ReportView(clean), width=80)
    assert all((line.isprintable() and len(line) <= 80) or not line.isascii() for line in plain.splitlines())
    assert all(char.isprintable() or char == "\n" for char in plain)
    assert all(judged.rule.id in terminal(ReportView(clean), width=80, verbose=True) for judged in clean.rules)
    styled = re.sub(r"\x1b\[[\d;]*m", "", terminal(ReportView(clean), width=80, colour=True))
    assert "\x1b" not in styled
    assert styled.split() == plain.split()


def test_terminal_does_not_interpret_markup() -> None:
    """Square brackets and colons in a finding are shown as they are."""
    assert "[bold red]x[/] :smile:" in terminal(
        ReportView(report(verdict("HPP-S01", Outcome.BROKEN, finding("[bold red]x[/] :smile:"))))
    )


@pytest.mark.parametrize(
    ("judged", "words"),
    [
        (report(verdict("HPP-S01", Outcome.OK)), "Contract kept"),
        (report(verdict("HPP-S01", Outcome.WARNED, finding())), "Contract kept, with 1 warning"),
        (
            report(verdict("HPP-S01", Outcome.WARNED, finding()), strict=True),
            "Contract broken: 1 warning, and --strict",
        ),
        (report(*[verdict(f"HPP-S0{n}", Outcome.BROKEN, finding()) for n in (1, 2)]), "Contract broken: 2 rules"),
        (
            report(verdict("HPP-S01", Outcome.BROKEN, finding(), known_failing="x")),
            "Contract kept (1 known failure on record)",
        ),
        (report(verdict("HPP-S01", Outcome.OK), problems=("p",)), "Not accepted: 1 problem"),
        (report(verdict("HPP-S01", Outcome.ERROR, finding())), "Could not verify: 1 rule crashed"),
        (report(unverified="nobody listens"), "Could not verify: nobody listens"),
        (
            report(verdict("HPP-S01", Outcome.BROKEN), unverified="x"),
            "Contract broken: 1 rule; the rest could not be verified: x",
        ),
    ],
    ids=["kept", "warned", "strict", "broken", "known", "problem", "crash", "unverified", "unverified-and-broken"],
)
def test_headline(judged: Report, words: str) -> None:
    """The headline says in words what the exit code says in numbers."""
    assert ReportView(judged).headline.startswith(words)


@given(REPORTS)
def test_headline_agrees_with_the_exit_code(hostile: Report) -> None:
    """Only a run that leaves with 0 is called kept, only one with 3 unverified."""
    start = ReportView(hostile).headline.split(":")[0].split(",")[0].split(" (")[0]
    assert (start == "Contract kept") == (hostile.exit_code == 0)
    assert (start == "Could not verify") == (hostile.exit_code == 3)


def test_every_rule_of_a_drift_run() -> None:
    """With -v a drift run names every rule too."""
    report = Report(Subject("drift", "x"), (RuleVerdict(CATALOGUE[0], Outcome.OK),))
    assert CATALOGUE[0].id in terminal(ReportView(report), verbose=True)
    assert CATALOGUE[0].id not in terminal(ReportView(report))
