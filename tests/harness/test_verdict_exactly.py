"""The verdict, down to each of its decisions: what counts, what is excused, and what a run exits with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hpp_contract.exchange import Trace
from hpp_contract.rules.catalogue import CATALOGUE
from hpp_contract.rules.rule import Finding, Rule, Severity, rule
from hpp_contract.server import rehearse
from hpp_contract.verdict import Outcome, Report, RuleVerdict, Subject, judge
from hpp_contract.verdict.change import Change, ChangeClass
from hpp_contract.verdict.judge import SAMPLE, Judge, Tally
from hpp_contract.verdict.known_failing import Entry, apply, parse, read_known_failing
from hpp_contract.verdict.problems import UsageProblem
from hpp_contract.verdict.report import outcome_of

MUST, SHOULD, INFO = (next(each for each in CATALOGUE if each.severity is severity) for severity in Severity)
CODES = ["HPP-A05", "HPP-A06"]
CLIENT, DRIFT = Subject("client", "x"), Subject("drift", "x")
FOUND = Finding("here", "a", "b", "somewhere", "smoke")


def broken(*findings: Finding, total: int = 0, rule_: Rule = MUST) -> RuleVerdict:
    outcome = Outcome.BROKEN if rule_ is MUST else Outcome.WARNED
    return RuleVerdict(rule_, outcome, findings, total or len(findings))


def change(weight: ChangeClass) -> Change:
    return Change(weight, "waiting · /status value · of old", "A", "B")


@pytest.mark.parametrize(
    ("rule_", "exercised", "findings", "outcome"),
    [
        (MUST, True, 1, "broken"),
        (MUST, True, 0, "ok"),
        (MUST, False, 0, "not-exercised"),
        (SHOULD, True, 2, "warned"),
        (INFO, True, 1, "ok"),
        (INFO, False, 0, "not-exercised"),
    ],
)
def test_outcomes(rule_: Rule, exercised: bool, findings: int, outcome: str) -> None:
    """Severity decides what a finding comes to, and silence is no success."""
    assert outcome_of(rule_, exercised, findings) == outcome


ERROR = RuleVerdict(MUST, Outcome.ERROR)
EXCUSED = replace(broken(FOUND, rule_=SHOULD), known_failing="known")


@pytest.mark.parametrize(
    ("report", "code"),
    [
        (Report(CLIENT, ()), 0),
        (Report(CLIENT, (broken(FOUND),)), 1),
        (Report(CLIENT, (replace(broken(FOUND), known_failing="known"),)), 0),
        (Report(CLIENT, (broken(FOUND, rule_=SHOULD),)), 0),
        (Report(CLIENT, (broken(FOUND, rule_=SHOULD),), strict=True), 1),
        (Report(CLIENT, (EXCUSED,), strict=True), 0),
        (Report(CLIENT, (), problems=("stale",)), 1),
        (Report(CLIENT, (), unverified="down"), 3),
        (Report(CLIENT, (), unverified=""), 3),
        (Report(CLIENT, (ERROR,)), 3),
        (Report(CLIENT, (ERROR, broken(FOUND)), unverified="down"), 1),
        (Report(CLIENT, (), changes=(change(ChangeClass.BREAKING),)), 0),
        (Report(DRIFT, (broken(FOUND),)), 0),
        (Report(DRIFT, (), changes=(change(ChangeClass.BREAKING),)), 1),
        (Report(DRIFT, (), changes=(change(ChangeClass.RISKY),)), 1),
        (Report(DRIFT, (), changes=(change(ChangeClass.ADDITIVE),)), 0),
        (Report(DRIFT, (), changes=(change(ChangeClass.COSMETIC),), strict=True), 1),
        (Report(DRIFT, (), strict=True), 0),
        (Report(DRIFT, (), changes=(change(ChangeClass.RISKY),), fail_on=frozenset({ChangeClass.BREAKING})), 0),
    ],
    ids=map(str, range(19)),
)
def test_exit_codes(report: Report, code: int) -> None:
    """What is proven broken stays broken; what could not be verified is neither kept nor broken."""
    assert report.exit_code == code


def test_summary() -> None:
    """Every outcome is counted, those that nobody had too."""
    told = Report(CLIENT, (ERROR, broken(FOUND), broken(FOUND), EXCUSED)).summary
    assert told == {"ok": 0, "broken": 2, "warned": 1, "not-exercised": 0, "error": 1}
    assert list(told) == list(Outcome)


def test_what_a_change_is_about() -> None:
    """Situation and aspect are what stands before and after the first separator."""
    told = change(ChangeClass.RISKY)
    assert (told.situation, told.aspect) == ("waiting", "/status value · of old")


def test_tallies() -> None:
    """A tally keeps the first findings in the evidence's order, counts all, and names where they were found."""
    one, two = Tally(True), Tally(crash=((3,), "later"))
    for number in range(SAMPLE + 1):
        one.add((2 * number,), replace(FOUND, evidence=""), f"#{number}")
    two.add((1,), FOUND, "#x")
    one.merge(two)
    assert (one.exercised, one.total, len(one.findings)) == (True, SAMPLE + 2, SAMPLE)
    assert [found.evidence for _, found in one.findings[:3]] == ["#0", "somewhere", "#1"]
    one.merge(Tally(crash=((2,), "first")))
    one.merge(Tally(crash=((4,), "last")))
    assert one.crash == ((2,), "first")
    two.merge(Tally())
    assert not two.exercised
    two.merge(Tally(True))
    assert two.exercised


def finder(scope: Any, crashes: bool = False) -> Rule:
    @rule("HPP-X01", "finds", "must", "inferred", "nowhere", when=lambda _: True, scope=scope)
    def find(subject: object) -> Any:
        """It finds."""
        if subject is not None:
            yield Finding("here", "a", "b")
        if crashes:
            raise ZeroDivisionError

    return find


def test_each_scope_is_asked_about_its_own() -> None:
    """Exchanges, traces, requests and answers go to the rules of their scope, in the order they were fed."""
    polls = [replace(each, evidence=f"#{poll}") for poll, each in enumerate(rehearse("waiting", 3))]
    trace: Any = SimpleNamespace(exchanges=polls)
    fed: dict[str, Any] = {"exchange": trace.exchanges[0], "trace": trace, "requests": trace}
    for scope in ("exchange", "trace", "requests"):
        court = Judge([finder(scope)], Subject("recording", "x"))
        for name, subject in fed.items():
            getattr(court, name)(subject)
        last = trace.exchanges[-1].evidence if scope != "exchange" else trace.exchanges[0].evidence
        order = list(fed).index(scope) + 1
        assert court.tallies["HPP-X01"].findings == [((order,), Finding("here", "a", "b", last))]
        assert court.verdicts[0].total == 1
    answers = Judge([finder("answer")], CLIENT)
    answers.answer(SimpleNamespace(evidence="request line"))
    assert [found.evidence for found in answers.verdicts[0].findings] == ["request line"]
    assert Judge([finder("answer")], Subject("endpoint", "x")).verdicts == ()


def test_a_crash_beside_a_finding() -> None:
    """What was found before a crash is kept, and the first crash is told with its place."""
    court = Judge([finder("exchange", crashes=True)], Subject("endpoint", "x"))
    for each in rehearse("waiting", 2):
        court.exchange(each)
    (verdict,) = court.verdicts
    assert (verdict.rule.id, verdict.outcome, verdict.total) == ("HPP-X01", Outcome.ERROR, 3)
    assert len(verdict.findings) == 3
    assert Judge([finder("exchange")], Subject("endpoint", "x")).verdicts[0].outcome is Outcome.NOT_EXERCISED
    evidence = rehearse("waiting", 2)[0].evidence
    assert verdict.findings[-1] == Finding("hpp-contract", "a verdict", f"ZeroDivisionError while judging {evidence}")


def test_judges_are_merged() -> None:
    """Evidence that two judges had is as if one had had it."""
    one, two = (Judge([finder("exchange")], Subject("endpoint", "x")) for _ in range(2))
    two.exchange(rehearse("waiting")[0], (7,))
    one.merge(two.tallies)
    one.merge({"HPP-X01": Tally(True, 1, [((7,), FOUND)])})
    assert [each.where for each in one.verdicts[0].findings] == ["here", "here"]
    assert [order for order, _ in one.tallies["HPP-X01"].findings] == [(7,), (7,)]


@pytest.mark.parametrize("scope", ["request", "exchange", "recording", "trace", "requests"])
def test_a_place_may_be_told(scope: str) -> None:
    """Evidence that was read elsewhere keeps the place that it had there."""
    court, trace = Judge([finder(scope)], Subject("recording", "x")), SimpleNamespace(exchanges=rehearse("waiting", 2))
    if scope in ("trace", "requests"):
        getattr(court, scope)(trace, (7, 3))
    else:
        court.exchange(trace.exchanges[0], (7, 3))
    assert [order for order, _ in court.tallies["HPP-X01"].findings] == [(7, 3)]
    (verdict,) = court.verdicts
    assert (verdict.rule.scope, verdict.outcome, verdict.total) == (scope, Outcome.BROKEN, 1)


def test_requests_that_were_refused_are_requests() -> None:
    """Rules about the endpoint see a session's reads, rules about the client every request for it."""
    polls = (*rehearse("no-credentials"), *rehearse("waiting"))
    for scope, count in (("trace", 1), ("requests", 2)):

        @rule("HPP-X01", "counts", "must", "inferred", "nowhere", when=lambda _: True, scope=scope)  # type: ignore[arg-type]
        def counts(trace: Trace) -> Any:
            """It counts."""
            yield Finding(str(len(trace.exchanges)), "a", "b")

        (verdict,) = judge(polls, [counts], Subject("recording", "x"))
        assert [found.where for found in verdict.findings] == [str(count)]


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("# a\n# b\nHPP-A05\nHPP-A06", ["a b", "a b"]),
        ("# a\nHPP-A05\n# b\nHPP-A06", ["a", "b"]),
        ("# old\n\n#Xmas #2\n#\nHPP-A05", ["Xmas #2"]),
        ("## a ##\n  HPP-A05  # aside", ["a ##"]),
    ],
)
def test_reasons(text: str, reasons: list[str]) -> None:
    """The comment above a block of entries is the reason of each, and begins anew below an entry or an empty line."""
    assert [entry.reason for entry in parse(text, "x", CODES)] == reasons


def test_a_list_in_a_file(tmp_path: Path) -> None:
    """Entries say in which file and line they stand; a file that cannot be named is told."""
    file = tmp_path / "known.txt"
    file.write_bytes(b"\xef\xbb\xbf# a\nHPP-A05")
    assert read_known_failing(file, CODES) == (Entry("HPP-A05", None, "a", f"{file}:2"),)
    with pytest.raises(UsageProblem, match="cannot be read \\(no such name\\)"):
        read_known_failing(Path("a\0b"), CODES)
    with pytest.raises(UsageProblem, match="there is no rule HPP-A07; did you mean HPP-A06\\?"):
        parse("# a\nHPP-A07", "x", CODES)


def entry(case: str | None, rule_: Rule = MUST) -> Entry:
    return Entry(rule_.id, case, f"because {case}", "known:1")


OTHER = replace(FOUND, case="html")


@pytest.mark.parametrize(
    ("verdict", "cases", "reason"),
    [
        (broken(FOUND), [None], "because None"),
        (broken(FOUND), ["smoke", None], "because None"),
        (broken(FOUND), ["smoke"], "because smoke"),
        (broken(FOUND, OTHER, FOUND), ["smoke", "html"], "because smoke; because html"),
        (broken(FOUND, OTHER), ["smoke"], None),
        (broken(FOUND, total=2), ["smoke"], None),
        (broken(FOUND, total=2), [None], "because None"),
        (broken(FOUND, rule_=SHOULD), [None], "because None"),
        (broken(FOUND), [], None),
        (RuleVerdict(MUST, Outcome.OK), [None], None),
    ],
    ids=map(str, range(10)),
)
def test_what_is_excused(verdict: RuleVerdict, cases: list[str | None], reason: str | None) -> None:
    """A failure is excused as a whole, or when every case of it is, also in a run that could not verify the rest."""
    entries = [entry(case, verdict.rule) for case in cases]
    for unverified in (None, "down"):
        told = apply(Report(CLIENT, (verdict,), unverified), entries)
        assert told.rules == (replace(verdict, known_failing=reason),)
        assert not (unverified and told.problems)


@pytest.mark.parametrize(
    ("verdict", "case", "said"),
    [
        (None, None, " matches nothing: this kind of run does not judge the rule; remove the entry."),
        (ERROR, None, None),
        (RuleVerdict(MUST, Outcome.NOT_EXERCISED), None,
         " matches nothing: the rule was not exercised; remove the entry."),
        (RuleVerdict(INFO, Outcome.OK), None, " excuses nothing: an info rule never fails a run; remove the entry."),
        (RuleVerdict(MUST, Outcome.OK), None, " is listed as known failing but is kept now; remove the entry."),
        (broken(FOUND), None, None),
        (broken(FOUND), "smoke", None),
        (broken(FOUND), "html", "@html matches nothing: no such case fails this rule now; remove the entry."),
        (broken(FOUND, total=2), "html", None),
    ],
    ids=map(str, range(9)),
)  # fmt: skip
def test_entries_that_excuse_nothing(verdict: RuleVerdict | None, case: str | None, said: str | None) -> None:
    """A debt that was paid, or never was one, is told with its place; what nobody can tell is left alone."""
    about = verdict.rule if verdict else MUST
    before = Report(CLIENT, (verdict,) if verdict else (), problems=("earlier",))
    told = apply(before, [entry(case, about)])
    assert told.problems == ("earlier", *([f"known:1: {about.id}{said}"] if said else []))
    assert apply(before, [entry(case, about)], frozenset({"other"})).problems == ("earlier",)
    assert apply(before, [entry(case, about)], frozenset({case or "x"})).problems == (told if case else before).problems


def test_a_rule_that_has_nothing_to_say() -> None:
    """A rule whose condition never holds was not exercised, and the next is asked all the same."""

    def silent(_: object) -> tuple[Finding, ...]:
        """It finds nothing."""
        return ()

    never = rule("HPP-X02", "never", "must", "inferred", "nowhere", when=lambda _: False)(silent)
    kept = rule("HPP-X03", "kept", "must", "inferred", "nowhere", when=lambda each: each is not None)(silent)
    court = Judge([never, kept], Subject("endpoint", "x"))
    court.exchange(rehearse("waiting")[0])
    assert [verdict.outcome for verdict in court.verdicts] == [Outcome.NOT_EXERCISED, Outcome.OK]
