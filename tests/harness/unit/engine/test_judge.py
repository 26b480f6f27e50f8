"""No input crashes the judge, and every finding belongs to a rule of the catalogue."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.engine import Outcome, Report, Subject, judge
from hpp_contract.engine.judge import SAMPLE, Judge, Tally, broken, by_condition, exercised
from hpp_contract.engine.rule import Finding, Rule, rule
from hpp_contract.engine.rule import Subject as Kind
from hpp_contract.model import Context, Exchange, Instant, Request, Response, Trace
from hpp_contract.model.client_read import ClientRead, ClientResult
from hpp_contract.rules import CATALOGUE
from hpp_contract.server import simulate_server
from hpp_contract.spec.schema_files import SHAPES, example

names = st.text(st.characters(max_codepoint=255), max_size=20) | st.sampled_from(
    ["Content-Type", "Content-Encoding", "Content-Length", "Cache-Control", "Date", "WWW-Authenticate", "Authorization"]
)
header_values = st.text(st.characters(max_codepoint=255), max_size=40) | st.sampled_from(
    ["application/json", "gzip", "text/html", "Basic eA==", "Basic", "Sun, 06 Nov 1994 08:49:37 GMT", "max-age=x"]
)
headers = st.lists(st.tuples(names, header_values), max_size=5).map(tuple)
json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)
members = st.sampled_from(
    ["session_id", "status", "updated_at", "expires_at", "order_id", "customer", "error_code", "x"]
)
KINDS: list[Kind] = ["endpoint", "recording", "client"]
objects = st.dictionaries(members, json_values, max_size=6)


def as_bytes(value: object) -> bytes:
    import json

    return json.dumps(value).encode()


bodies = st.binary(max_size=80) | objects.map(as_bytes) | st.sampled_from([as_bytes(example(name)) for name in SHAPES])
urls = st.sampled_from(["https://h/hpp/v1/sessions/x", "http://[::1", "", "/hpp/v1/sessions/%ff"]) | st.text(
    max_size=30
)
knowledge = st.builds(
    Context,
    recorded=st.booleans(),
    credentials=st.sampled_from([None, "right", "wrong", "none"]),
    session=st.sampled_from([None, "known", "unknown", "malformed"]),
    retried=st.booleans(),
    provenance=st.none() | st.text(max_size=8),
    base_path=st.none() | st.text(max_size=5),
    secrets=st.lists(st.text(max_size=12), max_size=2).map(tuple),
)
responses = st.builds(
    Response,
    status=st.integers(100, 999) | st.sampled_from([200, 401, 404]),
    headers=headers,
    body=bodies,
    complete=st.booleans(),
)
exchanges = st.builds(
    Exchange,
    request=st.builds(Request, method=st.text(max_size=8) | st.just("GET"), url=urls, headers=headers, body=bodies),
    response=st.none() | responses,
    failure=st.none() | st.just("reset"),
    at=st.none() | st.builds(Instant, st.integers(-(10**18), 10**19)),
    elapsed=st.none() | st.floats(0, 10),
    evidence=st.text(max_size=5),
    context=knowledge,
)


@given(st.lists(exchanges, max_size=4), st.sampled_from(KINDS))
def test_anything_can_be_judged(given: list[Exchange], kind: Kind) -> None:
    """Whatever bytes come, no rule crashes and every finding belongs to a rule of the catalogue."""
    verdicts = judge(given, CATALOGUE, Subject(kind, "noise"))
    assert [verdict.rule.id for verdict in verdicts if verdict.outcome is Outcome.ERROR] == []
    assert {verdict.rule for verdict in verdicts} <= set(CATALOGUE)


@given(responses, st.sampled_from(KINDS[:2]))
def test_secrets_stay_out_of_findings(response: Response, kind: Kind) -> None:
    """No finding repeats the credentials or a member that may be about a person."""
    person = b'{"customer": {"given_name": "Ottilie-Secret"}, "order_id": "Ottilie-Secret", "status": "X"}'
    request = Request("GET", "https://h/hpp/v1/sessions/x", (("Authorization", "Basic Ottilie-Secret"),))
    exchange = Exchange(request, replace(response, body=person), context=Context(secrets=("Ottilie-Secret",)))
    findings = [finding for verdict in judge([exchange], CATALOGUE, Subject(kind, "x")) for finding in verdict.findings]
    assert not [finding for finding in findings if "Ottilie" in repr(finding)]


def crashing() -> Rule:
    @rule("HPP-X01", "crashes", "must", "inferred", "nowhere", when=lambda _: True)
    def crash(_: Exchange) -> list[Finding]:
        """It crashes."""
        raise ZeroDivisionError

    return crash


def test_a_crash_is_our_error() -> None:
    """A rule that crashes is reported as an error, the others still run, and the exit code says could not verify."""
    verdicts = judge(simulate_server("waiting"), [crashing(), *CATALOGUE], Subject("endpoint", "x"))
    assert verdicts[0].outcome is Outcome.ERROR
    assert verdicts[-1].outcome is not Outcome.ERROR
    assert Report(Subject("endpoint", "x"), verdicts).exit_code == 3


def test_one_fault_one_finding() -> None:
    """A body that is not JSON yields the one finding that matters."""
    (exchange,) = simulate_server("completed-with-order")
    assert exchange.response is not None
    for body in (b"", b"{", b"\xff\xfe", b"<html>"):
        broken = replace(exchange, response=replace(exchange.response, body=body))
        verdicts = judge([broken], CATALOGUE, Subject("endpoint", "x"))
        assert sum(verdict.total for verdict in verdicts) == 1


def test_findings_are_bounded() -> None:
    """However long the evidence, a rule keeps a sample of its findings and counts them all."""
    (exchange,) = simulate_server("waiting")
    assert exchange.response is not None
    broken = replace(exchange, response=replace(exchange.response, body=b"[]"))
    verdicts = judge([broken] * 1000, CATALOGUE, Subject("endpoint", "x"))
    (verdict,) = [verdict for verdict in verdicts if verdict.rule.id == "HPP-S01"]
    assert (verdict.total, len(verdict.findings)) == (1000, 50)


CLIENT, DRIFT = Subject("client", "x"), Subject("drift", "x")
FOUND = Finding("here", "a", "b", "somewhere", "smoke")


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
    polls = [replace(each, evidence=f"#{poll}") for poll, each in enumerate(simulate_server("waiting", 3))]
    trace = Trace("", tuple(polls))
    fed: dict[str, Any] = {"exchange": trace.exchanges[0], "trace": trace, "requests": trace}
    for scope in ("exchange", "trace", "requests"):
        judging = Judge([finder(scope)], Subject("recording", "x"))
        for name, subject in fed.items():
            getattr(judging, name)(subject)
        last = trace.exchanges[-1].evidence if scope != "exchange" else trace.exchanges[0].evidence
        order = list(fed).index(scope) + 1
        assert judging.tallies["HPP-X01"].findings == [((order,), Finding("here", "a", "b", last))]
        assert judging.verdicts[0].total == 1
    answers = Judge([finder("answer")], CLIENT)
    answers.answer(ClientRead("x", "x", ClientResult(), evidence="request line"))
    assert [found.evidence for found in answers.verdicts[0].findings] == ["request line"]
    assert Judge([finder("answer")], Subject("endpoint", "x")).verdicts == ()


def test_the_rules_that_one_exchange_breaks() -> None:
    """Those that apply and find something, with their findings; a rule that crashes is not broken."""
    (exchange,) = simulate_server("waiting")
    found, crashed = finder("exchange"), replace(crashing(), id="HPP-X02")
    assert broken([found, *CATALOGUE[-1:]], exchange) == [(found, [Finding("here", "a", "b")])]
    groups = by_condition([found, crashed, finder("trace")], "exchange")
    assert list(exercised(groups, exchange)) == [(found, (Finding("here", "a", "b"),)), (crashed, ())]


def test_a_crash_beside_a_finding() -> None:
    """What was found before a crash is kept, and the first crash is reported with its place."""
    judging = Judge([finder("exchange", crashes=True)], Subject("endpoint", "x"))
    for each in simulate_server("waiting", 2):
        judging.exchange(each)
    (verdict,) = judging.verdicts
    assert (verdict.rule.id, verdict.outcome, verdict.total) == ("HPP-X01", Outcome.ERROR, 3)
    assert len(verdict.findings) == 3
    assert Judge([finder("exchange")], Subject("endpoint", "x")).verdicts[0].outcome is Outcome.NOT_EXERCISED
    evidence = simulate_server("waiting", 2)[0].evidence
    assert verdict.findings[-1] == Finding("hpp-contract", "a verdict", f"ZeroDivisionError while judging {evidence}")


def test_judges_are_merged() -> None:
    """Evidence that two judges had is as if one had had it."""
    one, two = (Judge([finder("exchange")], Subject("endpoint", "x")) for _ in range(2))
    two.exchange(simulate_server("waiting")[0], (7,))
    one.merge(two.tallies)
    one.merge({"HPP-X01": Tally(True, 1, [((7,), FOUND)])})
    assert [each.where for each in one.verdicts[0].findings] == ["here", "here"]
    assert [order for order, _ in one.tallies["HPP-X01"].findings] == [(7,), (7,)]


@pytest.mark.parametrize("scope", ["request", "exchange", "recording", "trace", "requests"])
def test_a_place_may_be_given(scope: str) -> None:
    """Evidence that was read elsewhere keeps the place that it had there."""
    judging, trace = Judge([finder(scope)], Subject("recording", "x")), Trace("", tuple(simulate_server("waiting", 2)))
    if scope in ("trace", "requests"):
        getattr(judging, scope)(trace, (7, 3))
    else:
        judging.exchange(trace.exchanges[0], (7, 3))
    assert [order for order, _ in judging.tallies["HPP-X01"].findings] == [(7, 3)]
    (verdict,) = judging.verdicts
    assert (verdict.rule.scope, verdict.outcome, verdict.total) == (scope, Outcome.BROKEN, 1)


def test_requests_that_were_refused_are_requests() -> None:
    """Rules about the endpoint see a session's reads, rules about the client every request for it."""
    polls = (*simulate_server("no-credentials"), *simulate_server("waiting"))
    counted: dict[Literal["trace", "requests"], int] = {"trace": 1, "requests": 2}
    for scope, count in counted.items():

        @rule("HPP-X01", "counts", "must", "inferred", "nowhere", when=lambda _: True, scope=scope)
        def counts(trace: Trace) -> Any:
            """It counts."""
            yield Finding(str(len(trace.exchanges)), "a", "b")

        (verdict,) = judge(polls, [counts], Subject("recording", "x"))
        assert [found.where for found in verdict.findings] == [str(count)]


def test_a_rule_that_has_nothing_to_say() -> None:
    """A rule whose condition never holds was not exercised, and the next is asked all the same."""

    def silent(_: object) -> tuple[Finding, ...]:
        """It finds nothing."""
        return ()

    never = rule("HPP-X02", "never", "must", "inferred", "nowhere", when=lambda _: False)(silent)
    kept = rule("HPP-X03", "kept", "must", "inferred", "nowhere", when=lambda each: each is not None)(silent)
    judging = Judge([never, kept], Subject("endpoint", "x"))
    judging.exchange(simulate_server("waiting")[0])
    assert [verdict.outcome for verdict in judging.verdicts] == [Outcome.NOT_EXERCISED, Outcome.OK]
