"""Small hand-made rules and reports, and a strategy for hostile ones; the real catalogue has no part in them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from hypothesis import strategies as st

from hpp_contract.engine.report import Outcome, Report, RuleVerdict, Subject
from hpp_contract.engine.rule import Finding, Rule, rule

ENDPOINT = Subject("endpoint", "https://api.example")


def make_rule(code: str, severity: Literal["must", "should", "info"] = "must", slug: str = "a-rule") -> Rule:
    def check(_: Any) -> list[Finding]:
        """The rule is kept.

        Otherwise somebody loses a session.
        """
        return []

    return rule(code, slug, severity, "stated", "Read Session › Operation", when=lambda _: True)(check)


def finding(found: str = '"EXPIRED"', case: str = "") -> Finding:
    return Finding("/status", "a documented status", found, "x.yaml#2", case)


def verdict(code: str, outcome: Outcome, *findings: Finding, **more: Any) -> RuleVerdict:
    severity: Literal["must", "should"] = "should" if outcome is Outcome.WARNED else "must"
    return RuleVerdict(make_rule(code, severity), outcome, findings, **{"total": len(findings), **more})


def report(*verdicts: RuleVerdict, **more: Any) -> Report:
    return Report(ENDPOINT, verdicts, **more)


EVERY_OUTCOME = report(
    verdict("HPP-S01", Outcome.OK),
    verdict("HPP-S02", Outcome.BROKEN, finding()),
    verdict("HPP-H01", Outcome.WARNED, finding()),
    verdict("HPP-L01", Outcome.NOT_EXERCISED),
    verdict("HPP-E01", Outcome.ERROR, finding("KeyError")),
    problems=("known.txt:3: HPP-S01 is kept now.",),
    notes=("No session is COMPLETED.",),
)

HOSTILE = st.text(
    st.one_of(st.characters(), st.sampled_from("\x1b\x00\x07\r\n\t<>&|`[]()*_#@!\\\"'\u202e\ud800\ufffe\x85")),
    max_size=30,
)
"""Any text at all: control characters, lone surrogates, markup of every kind."""

_FINDINGS = st.builds(Finding, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE)


def _verdicts(
    outcomes: Iterable[Outcome], known_failing: st.SearchStrategy[str | None]
) -> st.SearchStrategy[RuleVerdict]:
    codes = st.sampled_from(["HPP-R01", "HPP-S01", "HPP-K07"])
    total = st.integers(2, 1000)
    return st.builds(
        verdict, codes, st.sampled_from(list(outcomes)), _FINDINGS, _FINDINGS, known_failing=known_failing, total=total
    )


_VERDICTS = _verdicts(Outcome, st.none()) | _verdicts([Outcome.BROKEN, Outcome.WARNED], HOSTILE)
REPORTS = st.builds(
    Report,
    st.builds(Subject, st.sampled_from(["endpoint", "client", "recording"]), HOSTILE, st.booleans()),
    st.lists(_VERDICTS, max_size=3, unique_by=lambda verdict: verdict.rule.id).map(tuple),
    st.none() | HOSTILE.filter(bool),
    st.lists(HOSTILE.filter(bool), max_size=2).map(tuple),
    st.lists(HOSTILE.filter(bool), max_size=2).map(tuple),
    st.booleans(),
)
"""Reports whose every text is hostile."""
