"""The curl line of a read: it asks the same, with no key and no session in it."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.cases.scenarios import CREDENTIALS, session_id
from hpp_contract.engine import Outcome, Report, Subject
from hpp_contract.engine.evidence import with_commands
from hpp_contract.engine.report import RuleVerdict
from hpp_contract.engine.rule import Finding
from hpp_contract.model import Context, Exchange, Request
from hpp_contract.privacy.curl import NO_SESSION, SHOWN, curl, quoted_segment
from hpp_contract.rules import CATALOGUE

BASE = "https://api.example/prefix"
KNOWN = session_id("waiting")
START = "curl -i --path-as-is"


def read(segment: str, context: Context, authorization: str | None = CREDENTIALS.authorization) -> Exchange:
    headers = (("Authorization", authorization),) if authorization else ()
    return Exchange(Request("GET", f"{BASE}/hpp/v1/sessions/{segment}", headers), None, "x", context=context)


@pytest.mark.parametrize(
    ("exchange", "line"),
    [
        (
            read(KNOWN, Context(credentials="right", session="known")),
            f'{START} -u "$HPP_USERNAME:$HPP_API_KEY" {BASE}/hpp/v1/sessions/"$HPP_SESSION_ID"',
        ),
        (
            read(KNOWN, Context(credentials="right", session="known"), "Basic kco_test_api_x"),
            f'{START} -H "Authorization: Basic $HPP_API_KEY" {BASE}/hpp/v1/sessions/"$HPP_SESSION_ID"',
        ),
        (
            read(KNOWN, Context(credentials="none", session="known"), None),
            f'{START} {BASE}/hpp/v1/sessions/"$HPP_SESSION_ID"',
        ),
        (
            read(KNOWN, Context(credentials="wrong", session="known")),
            f'{START} -u wrong:wrong {BASE}/hpp/v1/sessions/"$HPP_SESSION_ID"',
        ),
        (
            read(KNOWN, Context(credentials="wrong", session="known", form="wrong username")),
            f'{START} -u "wrong:$HPP_API_KEY" {BASE}/hpp/v1/sessions/"$HPP_SESSION_ID"',
        ),
        (
            read("5c2bbed0-1111-4111-8111-111111111111", Context(credentials="right", session="unknown")),
            f'{START} -u "$HPP_USERNAME:$HPP_API_KEY" {BASE}/hpp/v1/sessions/{NO_SESSION}',
        ),
        (
            read("a'%2Fb", Context(credentials="right", session="malformed")),
            f"{START} -u \"$HPP_USERNAME:$HPP_API_KEY\" {BASE}/hpp/v1/sessions/'a'\"'\"'%2Fb'",
        ),
        (read(KNOWN, Context()), ""),
        (replace(read(KNOWN, Context(session="known")), request=Request("GET", f"{BASE}/checkout/v3/orders")), ""),
    ],
    ids=["pair", "key", "none", "wrong", "user", "unknown", "malformed", "recorded", "order"],
)
def test_each_question_has_its_line(exchange: Exchange, line: str) -> None:
    """Credentials and sessions are variables; what a recording or another request asked has no line."""
    assert curl(exchange) == line
    assert KNOWN not in line


@pytest.mark.parametrize(
    ("segment", "unit", "times"), [("39a1c773" * 250, "39a1c773", 250), ("a" * 200, "a", 200), ("ab" * 61, "ab", 61)],
    ids=["id", "letter", "two"],
)  # fmt: skip
def test_a_repetition_is_repeated_by_the_shell(segment: str, unit: str, times: int) -> None:
    """A long segment that repeats itself is short in the line."""
    assert quoted_segment(segment) == f"\"$(printf '{unit}%.0s' $(seq {times}))\""


@given(st.text(min_size=1, max_size=SHOWN))
def test_a_short_segment_is_whole(segment: str) -> None:
    """A shell reads it as it was sent, whatever is in it."""
    assert shlex.split(quoted_segment(segment)) == [segment]


def test_a_long_one_is_cut() -> None:
    """What is neither short nor a repetition is cut, and the line says so."""
    segment = "".join(map(chr, range(33, 126))) * 2 + "!"
    assert quoted_segment(segment).endswith(f"… (of {len(segment)} characters)")


EVIDENCE = replace(read(KNOWN, Context(credentials="right", session="known")), evidence="GET …")


@pytest.mark.parametrize(
    ("subject", "exchange", "lines"),
    [
        (Subject("endpoint", "x"), EVIDENCE, 1),
        (Subject("drift", "x"), EVIDENCE, 1),
        (Subject("endpoint", "x", embedded=True), EVIDENCE, 0),
        (Subject("recording", "x"), EVIDENCE, 0),
        (Subject("endpoint", "x"), replace(EVIDENCE, evidence="another"), 0),
        (Subject("drift", "x"), replace(EVIDENCE, context=replace(EVIDENCE.context, recorded=True)), 0),
    ],
)
def test_what_has_a_line(subject: Subject, exchange: Exchange, lines: int) -> None:
    """Findings about an endpoint that can still be asked have a line, and nothing else has."""
    verdict = RuleVerdict(CATALOGUE[0], Outcome.BROKEN, (Finding("status", "a", "b", "GET …"),), 1)
    assert len(with_commands(Report(subject, (verdict,)), [exchange]).commands) == lines
