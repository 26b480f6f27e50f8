"""The known-failing list: how it is read, what it excuses, and that an entry which no longer fails must be removed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.engine import Outcome, Report, RuleVerdict, Subject
from hpp_contract.engine.errors import UsageProblem
from hpp_contract.engine.known_failing import Entry, apply, parse, read_known_failing
from hpp_contract.engine.rule import Finding, Rule, Severity
from hpp_contract.rules import CATALOGUE
from tests.harness.support.sample_reports import finding, make_rule, report, verdict

CODES = ("HPP-A05", "HPP-A06", "HPP-S01")


def _entry(rule: str, case: str | None = None, reason: str = "ticket 5") -> Entry:
    return Entry(rule, case, reason, "known.txt:2")


# --- Reading


def test_a_list_is_read_with_its_reasons() -> None:
    """An entry's reason is the comment block above it, or above its block of entries."""
    text = "\ufeff# a preamble\n\n# ticket 5,\n# since May\nHPP-A05@empty-200\nHPP-A06  # aside\n\n#ours\nHPP-S01\n"
    entries = parse(text.removeprefix("\ufeff"), "known.txt", CODES)
    assert [(str(entry), entry.reason, entry.place) for entry in entries] == [
        ("HPP-A05@empty-200", "ticket 5, since May", "known.txt:5"),
        ("HPP-A06", "ticket 5, since May", "known.txt:6"),
        ("HPP-S01", "ours", "known.txt:9"),
    ]


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing known\n"], ids=["empty", "blank", "comment"])
def test_an_empty_list_is_fine(text: str) -> None:
    """A list without entries excuses nothing and is no error."""
    assert parse(text, "known.txt", CODES) == ()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("# r\nHPP-S10\n", "known.txt:2: there is no rule HPP-S10; did you mean HPP-S01?"),
        ("# r\nhpp-a05\n", "known.txt:2: there is no rule hpp-a05; did you mean HPP-A05?"),
        ("# r\nXYZ-Q99\n", "known.txt:2: there is no rule XYZ-Q99; hpp-contract rules lists them."),
        ("HPP-A05\n", "known.txt:1: HPP-A05 has no reason; write one in a comment line directly above it."),
        ("#\nHPP-A05\n", "known.txt:2: HPP-A05 has no reason; write one in a comment line directly above it."),
        ("# r\n\nHPP-A05\n", "known.txt:3: HPP-A05 has no reason; write one in a comment line directly above it."),
        (
            "# r\nHPP-A05\n\nHPP-A06\n",
            "known.txt:4: HPP-A06 has no reason; write one in a comment line directly above it.",
        ),
        ("# r\nHPP-A05\nHPP-A05\n", "known.txt:3: HPP-A05 is already listed at known.txt:2."),
        ("# r\nstatus known\n", "known.txt:2: this line is no entry; write a rule as HPP-A05 or HPP-A05@case-name."),
        ("# r\nHPP-A05@\n", "known.txt:2: this line is no entry; write a rule as HPP-A05 or HPP-A05@case-name."),
        ("# r\nHPP-A05 @x\n", "known.txt:2: this line is no entry; write a rule as HPP-A05 or HPP-A05@case-name."),
    ],
    ids=[
        "typo",
        "lower-case",
        "strange",
        "no-reason",
        "empty-reason",
        "reason-apart",
        "second-block",
        "twice",
        "words",
        "no-case",
        "space",
    ],
)
def test_a_faulty_line_is_named(text: str, sentence: str) -> None:
    """Each fault of a list is one sentence with file and line, and a usage error."""
    with pytest.raises(UsageProblem) as problem:
        parse(text, "known.txt", CODES)
    assert str(problem.value) == sentence
    assert problem.value.exit_code == 2


def test_a_wrong_file_is_not_quoted() -> None:
    """A file of secrets given by mistake is refused without showing any of it."""
    with pytest.raises(UsageProblem) as problem:
        parse("# local\nPASSWORD=hunter2\n", "x", CODES)
    assert "hunter2" not in str(problem.value)


@given(st.text(alphabet=st.characters() | st.sampled_from("#@\n HPA05-"), max_size=60))
def test_any_text_is_a_list_or_a_usage_problem(text: str) -> None:
    """Whatever the file holds, it is read or refused in one line."""
    sentence = ""
    try:
        entries = parse(text, "known.txt", CODES)
    except UsageProblem as problem:
        entries, sentence = (), str(problem)
    assert "\n" not in sentence
    assert all(entry.rule in CODES and entry.reason for entry in entries)


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    """A missing file, a folder and bytes that are no text are one sentence each."""
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for name, reason in [("missing", "No such file"), (".", "Is a directory"), ("binary", "not UTF-8")]:
        with pytest.raises(UsageProblem, match=reason):
            read_known_failing(tmp_path / name, CODES)


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    """An editor's byte order mark does not hide the first comment."""
    (tmp_path / "list").write_text("# r\r\nHPP-A05\r\n", encoding="utf-8-sig")
    assert [str(entry) for entry in read_known_failing(tmp_path / "list", CODES)] == ["HPP-A05"]


# --- Applying

A05_BROKEN = verdict("HPP-A05", Outcome.BROKEN, finding(case="one"), finding(case="two"))


@pytest.mark.parametrize("outcome", [Outcome.BROKEN, Outcome.WARNED])
def test_a_listed_rule_may_fail(outcome: Outcome) -> None:
    """A listed rule still shows its findings and outcome, and no longer fails the run, strict or not."""
    judged = report(verdict("HPP-A05", outcome, finding()), strict=True)
    assert judged.exit_code == 1
    excused = apply(judged, [_entry("HPP-A05")])
    assert excused.rules[0].known_failing == "ticket 5"
    assert (excused.rules[0].outcome, excused.rules[0].findings) == (outcome, judged.rules[0].findings)
    assert excused.exit_code == 0


def test_an_entry_excuses_its_own_rule_only() -> None:
    """A rule that is not listed fails as ever."""
    judged = report(A05_BROKEN, verdict("HPP-A06", Outcome.BROKEN, finding()))
    assert apply(judged, [_entry("HPP-A05")]).exit_code == 1


def test_cases_are_excused_one_by_one() -> None:
    """A rule that fails in listed cases only is excused; one further case fails it."""
    one, two = _entry("HPP-A05", "one", "first"), _entry("HPP-A05", "two", "second")
    assert apply(report(A05_BROKEN), [one]).exit_code == 1
    both = apply(report(A05_BROKEN), [one, two])
    assert both.exit_code == 0
    assert both.rules[0].known_failing == "first; second"


def test_findings_beyond_the_listed_ones_are_not_excused_by_case() -> None:
    """Where more was found than is listed, nobody knows the cases of the rest, so entries by case excuse nothing."""
    many = replace(A05_BROKEN, total=99)
    entries = [_entry("HPP-A05", "one"), _entry("HPP-A05", "two")]
    assert apply(report(many), entries).exit_code == 1
    assert apply(report(many), [_entry("HPP-A05")]).exit_code == 0


@pytest.mark.parametrize(
    ("judged", "entry", "words"),
    [
        (verdict("HPP-A05", Outcome.OK), _entry("HPP-A05"), "is listed as known failing but is kept now"),
        (verdict("HPP-A05", Outcome.OK), _entry("HPP-A05", "one"), "is listed as known failing but is kept now"),
        (verdict("HPP-A05", Outcome.NOT_EXERCISED), _entry("HPP-A05"), "matches nothing: the rule was not exercised"),
        (verdict("HPP-A06", Outcome.OK), _entry("HPP-A05"), "matches nothing: this kind of run does not judge"),
        (A05_BROKEN, _entry("HPP-A05", "three"), "matches nothing: no such case fails this rule now"),
        (
            RuleVerdict(make_rule("HPP-A05", "info"), Outcome.OK, (finding(),), 1),
            _entry("HPP-A05"),
            "excuses nothing: an info rule never fails",
        ),
    ],
    ids=["surprise-pass", "case-of-a-kept-rule", "not-exercised", "not-judged", "no-such-case", "info"],
)
def test_an_entry_that_excuses_nothing_fails_the_run(judged: RuleVerdict, entry: Entry, words: str) -> None:
    """A surprise pass, and an entry that matches nothing, each fail the run with one sentence naming file and line."""
    others = [_entry("HPP-A05", "one"), _entry("HPP-A05", "two")] if judged is A05_BROKEN else []
    applied = apply(report(judged), [*others, entry])
    assert len(applied.problems) == 1
    assert applied.problems[0].startswith(f"known.txt:2: {entry} {words}")
    assert applied.exit_code == 1


def test_a_narrowed_run_leaves_other_entries_alone() -> None:
    """Entries about cases that a narrowed run did not run are no surprise; about one that it ran they are."""
    kept = report(verdict("HPP-A05", Outcome.OK), verdict("HPP-A06", Outcome.NOT_EXERCISED))
    entries = [_entry("HPP-A05"), _entry("HPP-A05", "one"), _entry("HPP-A06")]
    assert apply(kept, entries, frozenset({"smoke"})).exit_code == 0
    assert len(apply(kept, entries, frozenset({"one"})).problems) == 1


def test_what_could_not_be_verified_says_nothing_about_an_entry() -> None:
    """A run that verified nothing stays one: no entry is called stale, and the exit code stays 3."""
    judged = report(verdict("HPP-A05", Outcome.NOT_EXERCISED), unverified="closed port")
    assert apply(judged, [_entry("HPP-A05")]) == judged
    crashed = report(verdict("HPP-A05", Outcome.ERROR, finding()))
    for entry in (_entry("HPP-A05"), _entry("HPP-A05", "one")):
        assert apply(crashed, [entry]) == crashed


_OUTCOMES = st.sampled_from(Outcome)


@given(st.lists(_OUTCOMES, min_size=3, max_size=3), st.sets(st.sampled_from(CODES)))
def test_a_list_decides_exactly_its_own_rules(outcomes: list[Outcome], listed: set[str]) -> None:
    """A run with a list is kept just when the broken rules are the listed ones, and nothing else is wrong."""
    with_findings = (Outcome.BROKEN, Outcome.WARNED, Outcome.ERROR)
    judged: Report = report(
        *(
            verdict(code, outcome, *[finding()] * (outcome in with_findings))
            for code, outcome in zip(CODES, outcomes, strict=True)
        )
    )
    applied = apply(judged, [_entry(code) for code in sorted(listed)])
    by_code = dict(zip(CODES, outcomes, strict=True))
    unlisted = any(by_code[code] is Outcome.BROKEN for code in set(CODES) - listed)
    stale = any(by_code[code] in (Outcome.OK, Outcome.NOT_EXERCISED) for code in listed)
    assert (applied.exit_code == 1) == (unlisted or stale)
    assert applied.summary == judged.summary


MUST, SHOULD, INFO = (next(each for each in CATALOGUE if each.severity is severity) for severity in Severity)
ANSWER_CODES = ["HPP-A05", "HPP-A06"]
CLIENT, DRIFT = Subject("client", "x"), Subject("drift", "x")
FOUND = Finding("here", "a", "b", "somewhere", "smoke")


def broken(*findings: Finding, total: int = 0, rule_: Rule = MUST) -> RuleVerdict:
    outcome = Outcome.BROKEN if rule_ is MUST else Outcome.WARNED
    return RuleVerdict(rule_, outcome, findings, total or len(findings))


ERROR = RuleVerdict(MUST, Outcome.ERROR)


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
    assert [entry.reason for entry in parse(text, "x", ANSWER_CODES)] == reasons


def test_a_list_in_a_file(tmp_path: Path) -> None:
    """Entries say in which file and line they stand; a file that cannot be named is judged."""
    file = tmp_path / "known.txt"
    file.write_bytes(b"\xef\xbb\xbf# a\nHPP-A05")
    assert read_known_failing(file, ANSWER_CODES) == (Entry("HPP-A05", None, "a", f"{file}:2"),)
    with pytest.raises(UsageProblem, match="cannot be read \\(no such name\\)"):
        read_known_failing(Path("a\0b"), ANSWER_CODES)
    with pytest.raises(UsageProblem, match="there is no rule HPP-A07; did you mean HPP-A06\\?"):
        parse("# a\nHPP-A07", "x", ANSWER_CODES)


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
        judged = apply(Report(CLIENT, (verdict,), unverified), entries)
        assert judged.rules == (replace(verdict, known_failing=reason),)
        assert not (unverified and judged.problems)


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
    """An entry that no longer fails, or never did, is a problem with its place; an undecidable one is left alone."""
    about = verdict.rule if verdict else MUST
    before = Report(CLIENT, (verdict,) if verdict else (), problems=("earlier",))
    judged = apply(before, [entry(case, about)])
    assert judged.problems == ("earlier", *([f"known:1: {about.id}{said}"] if said else []))
    assert apply(before, [entry(case, about)], frozenset({"other"})).problems == ("earlier",)
    assert (
        apply(before, [entry(case, about)], frozenset({case or "x"})).problems == (judged if case else before).problems
    )
