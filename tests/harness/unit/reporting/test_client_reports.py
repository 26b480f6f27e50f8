"""The report about a client: what matters comes first, in words, with how many cases show it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.cases import CASES
from hpp_contract.client.verdicts import RULES
from hpp_contract.engine.report import Outcome, Report, RuleVerdict, Slice, Subject
from hpp_contract.engine.rule import Consequence, Finding, Rule
from hpp_contract.reporting.github import github
from hpp_contract.reporting.html.page import html
from hpp_contract.reporting.junit import junit
from hpp_contract.reporting.markdown import markdown
from hpp_contract.reporting.terminal import terminal
from hpp_contract.reporting.view import MATTERS, ReportView
from hpp_contract.rules import CATALOGUE

COMMAND = "hpp-contract client --python a.quite.long.package.of.modules:read_session --tls"
BY_ID = {rule.id: rule for rule in RULES}
SILENT = RuleVerdict(BY_ID["HPP-R09"], Outcome.NOT_EXERCISED)


def failing(code: str, *cases: str, outcome: Outcome = Outcome.BROKEN, **more: Any) -> RuleVerdict:
    """A rule that failed in these cases."""
    findings = tuple(
        Finding("answer", "an error", f"a session {n % 2}", "request 1", case) for n, case in enumerate(cases)
    )
    return RuleVerdict(BY_ID[code], outcome, findings, len(findings), **more)


def report(*verdicts: RuleVerdict, judged: int = 9, **more: Any) -> Report:
    """A report about a client, in which each rule was judged in so many cases."""
    names = [f"case-{number}" for number in range(judged)]
    parts = tuple(
        Slice(
            name,
            {
                verdict.rule.id: verdict.outcome if name in {each.case for each in verdict.findings} else Outcome.OK
                for verdict in verdicts
            },
        )
        for name in names
    )
    return Report(Subject("client", "shop:read"), verdicts, slices=parts, reproduce=COMMAND, **more)


def cases(count: int) -> list[str]:
    return [f"case-{number}" for number in range(count)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_about_clients_says_what_it_means(rule: Rule) -> None:
    """Each has a clause with its reach that reads well of none, one and many cases, and is no sentence of its own."""
    assert rule.reach
    assert rule.reach.startswith("{count} ") or "{" not in rule.reach
    for text in (rule.in_words(0, 0), rule.in_words(1, 7), rule.in_words(7, 7, "what was found")):
        assert not re.search(r"[{}/]|\.$|^[A-Z][a-z]", text), text
    if rule.reach.startswith("{count}"):
        assert rule.in_words(7, 9).startswith("7 of 9 ")


def test_rules_that_judge_no_client_say_nothing_of_it() -> None:
    """Only rules about clients have a clause."""
    assert {rule.id for rule in CATALOGUE if rule.reach} == set(BY_ID)


def test_the_reach_is_in_words() -> None:
    """How many refusals were taken for sessions stands in the second line, and beside the rule."""
    text = terminal(ReportView(report(failing("HPP-A25", *cases(9)))))
    assert text.splitlines()[1] == "  - 9 of 9 refusals are reported as a session, or as nothing (HPP-A25)"
    assert "HPP-A25 refusal-is-error  broken · must · referenced · 9 of 9 cases" in text
    one = terminal(ReportView(report(failing("HPP-A25", "case-3"))))
    assert one.splitlines()[1] == "  - 1 of 9 refusals is reported as a session, or as nothing (HPP-A25)"


def test_a_key_that_is_given_away_comes_before_a_wait() -> None:
    """A server without a valid certificate has the key; one that keeps silent has a worker."""
    view = ReportView(report(failing("HPP-A33", *cases(3)), failing("HPP-R13", "case-1"), failing("HPP-R05", "case-2")))
    assert [block.rule.id for block in view.blocks] == ["HPP-R05", "HPP-R13", "HPP-A33"]


def test_a_long_command_takes_one_line() -> None:
    """A class path does not push the findings out of sight: the command stands whole below them."""
    long = replace(report(failing("HPP-A25", "case-3")), subject=Subject("client", f"java -cp {'x' * 300} Adapter"))
    lines = terminal(ReportView(long)).splitlines()
    assert lines[2].startswith("client: java -cp xxx")
    assert lines[2].endswith("…")
    assert lines[4].startswith("HPP-A25")


@given(st.lists(st.sampled_from(sorted(BY_ID)), min_size=1, max_size=12, unique=True), st.data())
def test_findings_come_by_consequence(codes: list[str], data: st.DataObject) -> None:
    """What is broken comes before what warns, the worse consequence before the milder, in every order of the rules; no
    more than three lines say what matters, each of another consequence."""
    verdicts = [
        failing(
            code,
            *cases(data.draw(st.integers(1, 9))),
            outcome=data.draw(st.sampled_from([Outcome.BROKEN, Outcome.WARNED])),
        )
        for code in codes
    ]
    view = ReportView(report(*verdicts))
    ranks = [(block.verdict.outcome is Outcome.WARNED, block.rule.consequence.rank) for block in view.blocks]
    assert ranks == sorted(ranks)
    assert {block.rule.id for block in view.blocks} == set(codes)
    shown = [BY_ID[re.findall(r"\((HPP-\w\d\d)", line)[0]].consequence for line in view.matters]
    assert len(shown) == len(set(shown)) == min(MATTERS, len({BY_ID[code].consequence for code in codes}))


def test_no_order_is_the_second_line() -> None:
    """That a client gives its caller no order, as it says itself, is told before all else."""
    verdicts = [failing("HPP-A25", *cases(3)), failing("HPP-A38", "case-0", outcome=Outcome.WARNED)]
    assert ReportView(report(*verdicts)).matters[0].startswith("order_id is not exposed")


def test_rules_of_one_consequence_share_a_line() -> None:
    """The rule that failed most often speaks for the others, whose ids follow."""
    [line] = ReportView(report(failing("HPP-A23", "case-1"), failing("HPP-A24", *cases(4)))).matters
    assert line.startswith("4 of 9 bodies that are no JSON text")
    assert line.endswith("(HPP-A24, also HPP-A23)")


def test_what_is_on_record_comes_last() -> None:
    """A known failure is told after what nobody knows of, and as such."""
    verdicts = [failing("HPP-A25", *cases(3), known_failing="ticket 5"), failing("HPP-R13", "case-0")]
    assert [line.split(" (")[1] for line in ReportView(report(*verdicts)).matters] == [
        "HPP-R13)",
        "HPP-A25; known failing)",
    ]


def test_a_line_that_fails_nothing_says_so() -> None:
    """Of a run that fails, lines about rules that only warn say so; of one that does not, its headline does."""
    light = failing("HPP-A26", *cases(2), outcome=Outcome.WARNED)
    lines = ReportView(report(failing("HPP-A25", *cases(3)), light)).matters
    assert [line.rpartition("(")[2] for line in lines] == ["HPP-A25)", "HPP-A26; warns)"]
    assert "warns" not in ReportView(report(light)).matters[0]


def test_the_client_s_own_reason_is_in_the_line() -> None:
    """Where no request or no answer came, the first line has the reason, cut where it is long."""
    reason = "no request for this session came: NameError: name 'requets' is not defined"
    verdict = RuleVerdict(BY_ID["HPP-R02"], Outcome.BROKEN, (Finding("request path", "x", reason, case="case-0"),), 1)
    assert ReportView(report(verdict)).matters == (
        f"1 of 9 reads does not ask at the documented address: {reason} (HPP-R02)",
    )
    long = RuleVerdict(BY_ID["HPP-A37"], Outcome.BROKEN, (Finding("answer", "x", "y" * 200, case="case-0"),), 1)
    assert ReportView(report(long)).matters[0].endswith(f"{'y' * 100}… (HPP-A37)")


def test_many_untested_rules_are_only_counted() -> None:
    """More than a few rules that were not tested are counted, not named."""
    silent = [RuleVerdict(rule, Outcome.NOT_EXERCISED) for rule in RULES[:20]]
    text = terminal(ReportView(report(failing("HPP-R13", "case-0"), *silent)))
    assert "nothing these rules apply to (20); -v has more" in text


def test_crashes_of_ours_matter_to_nobody() -> None:
    """A rule that crashed says nothing about the client."""
    assert ReportView(report(failing("HPP-A25", "case-1", outcome=Outcome.ERROR))).matters == ()


@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_command_is_whole_and_at_the_end(width: int) -> None:
    """The command that shows the first failure again is printed once, in one line however narrow the terminal."""
    text = terminal(ReportView(report(failing("HPP-A25", "case-3"), failing("HPP-R13", "case-0"))), width=width)
    assert text.count(COMMAND) == 1
    assert text.splitlines()[-2:] == [
        f"See it again: {COMMAND} --only case-3",
        "Why this matters: hpp-contract explain HPP-A25",
    ]


def test_a_case_about_the_rule_comes_first() -> None:
    """What is shown again is a case that is about the rule, wherever it was broken first."""
    same = [Finding("answer", "an error", "a session", "request 1", case) for case in ("id-with-slash", "not-found")]
    judged = report(RuleVerdict(BY_ID["HPP-A25"], Outcome.BROKEN, tuple(same), 2))
    assert ReportView(judged).reproduce == f"{COMMAND} --only not-found"
    assert "cases     not-found, id-with-slash" in terminal(ReportView(judged))


def test_cases_are_named_and_counted() -> None:
    """Of the cases that show the same, some are named and the rest is counted; their requests are nobody's concern."""
    text = terminal(ReportView(report(failing("HPP-A25", *cases(9)))))
    assert "cases     case-0, case-2, case-4, case-6 and 1 more" in text
    assert "request 1" not in text


def test_counts_follow_the_findings() -> None:
    """How many rules came to what is one line after the findings, a table with -v, and nothing in a narrowed run."""
    judged = report(failing("HPP-A25", "case-1"), SILENT, asides=("Aside.",))
    plain, verbose = terminal(ReportView(judged)), terminal(ReportView(judged), verbose=True)
    narrowed = terminal(ReportView(judged, narrowed=True))
    assert plain.index("refusal-is-error") < plain.index("2 rules: 0 ok, 1 broken")
    assert "rules about" not in plain
    assert "Aside." not in plain
    assert "(1): HPP-R09" in plain
    assert verbose.index("refusal-is-error") < verbose.index("rules about")
    assert "Aside." in verbose
    assert re.search(r"not exercised +HPP-R09", verbose)
    assert "2 rules" not in narrowed
    for text in (narrowed, *(writer(ReportView(judged, narrowed=True)) for writer in (markdown, github))):
        assert "HPP-R09" not in text
    assert "Not tested" not in html(ReportView(judged, narrowed=True))
    assert all("HPP-R09" in writer(ReportView(judged)) for writer in (terminal, markdown, html, github))


def test_information_is_a_line_unless_asked_for() -> None:
    """What changes no result is named in one line; -v says how many cases it is about."""
    judged = report(failing("HPP-R07", *cases(7), outcome=Outcome.OK))
    assert "  HPP-R07 json-content-type (-v has more)" in terminal(ReportView(judged))
    assert "json-content-type: 7 of 9 reads have no Content-Type as in the" in terminal(
        ReportView(judged), verbose=True
    )
    assert "7 of 9 reads have no" in markdown(ReportView(judged))
    assert "7 of 9 reads have no" in html(ReportView(judged))


@pytest.mark.parametrize("writer", [terminal, markdown, html], ids=["terminal", "markdown", "html"])
def test_what_matters_stands_above_the_findings(writer: Any) -> None:
    """Each format for readers has what matters, then the findings, then the counts."""
    text = writer(ReportView(report(failing("HPP-A25", *cases(5)), SILENT)))
    places = (
        [text.index(part) for part in ("5 of 9 refusals are reported", "5 of 9 cases", "accepts-json")]
        if writer is not terminal
        else [text.index(part) for part in ("5 of 9 refusals are reported", "5 of 9 cases", "2 rules")]
    )
    assert places == sorted(places)


def test_annotations_and_junit_say_it_too() -> None:
    """An annotation begins with what matters and has the command; a failure of JUnit has it as its message."""
    view = ReportView(report(failing("HPP-A25", *cases(5))))
    assert "::5 of 9 refusals are reported as a session, or as nothing.%0A" in github(view)
    assert f"{COMMAND} --only case-0" in github(view)
    assert 'message="5 of 9 refusals are reported as a session, or as nothing. (5 findings)"' in junit(view)


def test_a_server_s_report_has_no_cases() -> None:
    """What a server thinks of the requests it got is told without numbers of cases."""
    judged = Report(Subject("client", "seen at http://127.0.0.1"), (failing("HPP-R01", ""),))
    assert ReportView(judged).matters == ("reads are sent with another method than GET (HPP-R01)",)
    assert "cases" not in terminal(ReportView(judged))


def test_the_page_has_a_curl_line() -> None:
    """For each case that the server of `hpp-contract serve` has, the page shows how to see its answer by hand."""
    smoke = html(ReportView(report(failing("HPP-A25", "not-found", "base-url-with-prefix"))))
    assert f"$URL/hpp/v1/sessions/{CASES['not-found'].sessions[0]}&#34;" in smoke
    assert f"$URL/eu/gateway/hpp/v1/sessions/{CASES['base-url-with-prefix'].sessions[0]}&#34;" in smoke
    for name in ("key-with-colon", "unproven-server", "generated", "recorded-x"):
        assert "curl" not in html(ReportView(report(failing("HPP-A25", name))))


def test_where_nothing_is_repeated_there_is_no_command() -> None:
    """A report without a command for its cases shows none."""
    judged = replace(report(failing("HPP-A25", "case-1")), reproduce="")
    assert ReportView(judged).reproduce == ""
    assert "See it again" not in terminal(ReportView(judged)) + markdown(ReportView(judged))


def test_consequences_are_ordered() -> None:
    """A refusal as a session, a wrong order, no session, credentials, broken bodies, set-up."""
    assert [each.value for each in sorted(Consequence, key=lambda each: each.rank)][1:] == [
        *("refusal", "order", "unreadable", "credentials", "body", "set-up")
    ]
