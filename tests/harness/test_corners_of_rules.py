"""What the faults of the catalogue do not reach: odd values, and what stands between a rule and a crash of ours."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hpp_contract.cli.answer_pair import answer_pair
from hpp_contract.client import rehearse_answer
from hpp_contract.exchange import Exchange, Headers, Instant, Knowledge, Request, Response, Trace
from hpp_contract.exchange.answer import Answer, Told
from hpp_contract.exchange.body import MISSING
from hpp_contract.exchange.redact import describe
from hpp_contract.reporting.catalogue import explain
from hpp_contract.rules.answer_errors import errors_tell_the_truth
from hpp_contract.rules.answer_given import instant, same, session_of, stalled
from hpp_contract.rules.catalogue import CATALOGUE, find
from hpp_contract.rules.http_body import content_coding_asked_for, one_json_value
from hpp_contract.rules.request import _outline, basic_credentials
from hpp_contract.rules.rule import Finding, Rule
from hpp_contract.rules.when import response_of

ID = "39a1c773-bafd-754d-af1f-b30c592f1267"
ASKED = Request("GET", f"https://h/hpp/v1/sessions/{ID}")


def test_a_rule_that_forgot_its_condition() -> None:
    """Reading what the condition did not make sure of is an error of ours, in words."""
    with pytest.raises(LookupError, match="its condition did not ask for"):
        response_of(Exchange(ASKED, None))
    with pytest.raises(LookupError, match="its condition did not ask for"):
        list(errors_tell_the_truth.check(Answer(case="x", asked=ID, told=Told())))


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (["Basic a", "Basic b"], "2 of them"),
        (["Basic "], "Basic with nothing after it"),
        (["Basic"], "Basic with nothing after it"),
        (["Bearer abcdefgh"], "another authentication scheme"),
        (["bAsIc YWJj"], None),
        (["<scrubbed>"], None),
    ],
)
def test_credentials(values: list[str], found: str | None) -> None:
    """What is wrong with Authorization headers is said without showing them."""
    request = replace(ASKED, headers=tuple(("Authorization", value) for value in values))
    findings = basic_credentials(Trace(ID, (Exchange(request, Response(200)),)))
    assert [finding.found for finding in findings] == ([found] if found else [])


@pytest.mark.parametrize(
    ("asked", "coding", "kept", "expected"),
    [
        ("identity", "gzip", False, "identity, as asked for"),
        ("gzip", "gzip", False, None),
        (None, "gzip", False, None),
        ("identity", "identity", False, None),
        ("gzip", "x-hpp", False, "a coding that decodes"),
        ("identity", "x-hpp", True, "identity, as asked for"),
        ("gzip", "x-hpp", True, None),
    ],
)
def test_content_coding(asked: str | None, coding: str, kept: bool, expected: str | None) -> None:
    """A coding that decodes is still wrong where the request ruled it out; a kept body may be decoded already."""
    import gzip

    body = gzip.compress(b"{}") if coding == "gzip" else b"{}"
    response = Response(200, (("Content-Encoding", f" {coding.upper()}"),), body)
    fields = (("Accept-Encoding", asked),) if asked else ()
    exchange = Exchange(replace(ASKED, headers=fields), response, known=Knowledge(kept=kept))
    findings = [Finding("header Content-Encoding", expected, f'"{coding}"')] if expected else []
    assert content_coding_asked_for(exchange) == findings


def test_a_number_too_long_to_read() -> None:
    """A number of more digits than Python converts is the body's fault and no crash."""
    body = b"1" * 5000
    exchange = Exchange(ASKED, Response(200, (("Content-Type", "application/json"),), body))
    assert [finding.found for finding in one_json_value(exchange)] == ["a number too long to read"]


def test_what_is_not_there() -> None:
    """A member that is missing has a name of its own."""
    assert (describe(MISSING), repr(MISSING)) == ("absent", "MISSING")


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan"), True, None, "soon"])
def test_what_is_no_time(value: object) -> None:
    """What is neither a number nor a text of a time is no instant."""
    assert instant(value) is None


def test_numbers_that_are_times() -> None:
    """Seconds and milliseconds since 1970 are instants, whole or not."""
    told = [instant(value) for value in (1_700_000_000, 1_700_000_000_123, 1_700_000_000.25, 1_700_000_000_123.0)]
    assert told == [
        Instant(1_700_000_000_000_000_000, 0),
        Instant(1_700_000_000_123_000_000, 3),
        Instant(1_700_000_000_250_000_000, 6),
        Instant(1_700_000_000_123_000_000, 6),
    ]


@pytest.mark.parametrize("rule", [rule for rule in CATALOGUE if rule.scope == "answer"], ids=lambda rule: rule.id)
def test_every_rule_about_answers_has_a_pair(rule: Rule) -> None:
    """`explain` shows what a good client tells and what a bad one tells, and they differ."""
    pair = answer_pair(rule)
    assert pair is not None
    assert pair[0] != pair[1]
    shown = " ".join(explain(rule, pair).split())
    assert all(" ".join(text.split()) in shown for text in pair)
    assert "Kept by" not in explain(rule)


@pytest.mark.parametrize(
    ("rule_id", "said"),
    [
        ("HPP-H14", "breaks-off (on waiting) breaks-off-later (on in-progress, from poll 2)"),
        ("HPP-L09", "fails-in-between (on in-progress, from poll 1 until poll 2)"),
        ("HPP-H03", "fails-once (on waiting, from poll 0 until poll 1)"),
    ],
)
def test_faults_that_begin_late(rule_id: str, said: str) -> None:
    """`explain` says from which poll to which a fault is told."""
    rule = find(rule_id)
    assert rule is not None
    assert said in " ".join(explain(rule).split())


def answered(
    status: int = 200, body: bytes = b"{}", sent: Headers = (), fields: Headers = (), **known: Any
) -> Exchange:
    """An exchange with these header fields."""
    typed = (("Content-Type", "application/json"), *fields)
    return Exchange(replace(ASKED, headers=sent), Response(status, typed, body), known=Knowledge(**known))


def found(rule_id: str, exchange: Exchange) -> list[str]:
    rule = find(rule_id)
    assert rule is not None
    return [finding.found for finding in rule(exchange)]


@pytest.mark.parametrize(
    ("accept", "refused"),
    [
        ("application/json", False),
        ("Text/HTML, APPLICATION/Json;q=0.5", False),
        ("application/*", False),
        ("*/*", False),
        ("", False),
        ("text/html", True),
    ],
)
def test_what_a_client_accepts(accept: str, refused: bool) -> None:
    """A client that accepts no JSON is told, however it writes what it accepts."""
    rule = next(rule for rule in CATALOGUE if rule.slug == "accepts-json")
    assert bool(rule(answered(sent=(("Accept", accept),)))) == refused


@pytest.mark.parametrize(
    ("declared", "refused"),
    [("UTF-8", None), ('"utf8"', None), ("us-ascii", None), (" utf-8 ;x=y", None), ("utf-16", "utf-16")],
)
def test_charsets(declared: str, refused: str | None) -> None:
    """Every way to declare UTF-8 is one, in whatever case the header field is named."""
    fields = (("CONTENT-type", f"application/json;CHARSET={declared}"),)
    exchange = Exchange(ASKED, Response(200, fields, b"{}"))
    assert found("HPP-H06", exchange) == ([f'"{refused}"'] if refused else [])


@pytest.mark.parametrize(
    ("sent", "fields", "count"),
    [
        ((("Cookie", "sid=secret"),), (), 1),
        ((("Cookie", "sid=<scrubbed>"),), (), 0),
        ((), (("Set-Cookie", "sid=secret; Path=/"),), 1),
        ((), (("Set-Cookie", "sid=scrubbed; Path=/x"),), 0),
    ],
)
def test_kept_cookies(sent: Headers, fields: Headers, count: int) -> None:
    """A recording holds no cookie of either side, and a placeholder is none."""
    rule = next(rule for rule in CATALOGUE if rule.slug == "no-kept-cookies")
    assert len(rule(answered(sent=sent, fields=fields, kept=True))) == count


def test_a_length_that_is_wrong() -> None:
    """A kept Content-Length says how long the body is."""
    rule = next(rule for rule in CATALOGUE if rule.check.__name__ == "length_agrees")
    assert [len(rule(answered(fields=(("Content-Length", told),), kept=True))) for told in ("2", "3")] == [0, 1]


def test_unknown_members_are_named_as_they_are() -> None:
    """A name is shown as far as it is printable, and where it stands."""
    exchange = answered(body=b'{"status": "WAITING", "Risk_Score-1.A b": 1, "a": {"b": "nul\\u0000"}}')
    assert [each.where for each in _rule("HPP-S09")(exchange)] == ["/Risk_Score-1.A?b", "/a"]
    assert [each.where for each in _rule("HPP-S15")(exchange)] == ["/a/b"]


def _rule(rule_id: str) -> Rule:
    rule = find(rule_id)
    assert rule is not None
    return rule


def test_paths_are_told_without_what_is_in_them() -> None:
    """Of a wrong path only words that look like a program's are repeated."""
    assert _outline("/hpp/v1/sessions/Ottilie/x-1/kco/39a1c773-bafd") == "/hpp/v1/sessions/…/…/kco/…"


def test_what_stalls() -> None:
    """A read that was never answered stalled; one that never came did not."""
    assert stalled(rehearse_answer("stalls-before-answer"))
    assert not stalled(rehearse_answer("waiting"))
    assert not stalled(Answer(case="x", asked=ID, told=Told()))


def test_what_is_the_same() -> None:
    """Only the id of a session may be written in small letters, by whoever holds it as a UUID."""
    assert same("session_id", ID, ID.upper())
    assert not same("order_id", ID, ID.upper())


def test_reading_leniently() -> None:
    """What follows a session, or white space before it, is passed over; a letter before it is not."""
    told = b'{"session_id": "x", "status": "WAITING"}'
    assert session_of(answered(body=b" \n" + told + b"}")) is not None
    assert session_of(answered(body=b"X" + told)) is None
