"""The judge survives anything, and says only what the catalogue knows."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.exchange import Exchange, Instant, Knowledge, Request, Response
from hpp_contract.rules.catalogue import CATALOGUE
from hpp_contract.rules.rule import Rule, rule
from hpp_contract.schemas import SHAPES, example
from hpp_contract.server import rehearse
from hpp_contract.verdict import Outcome, Report, Subject, judge

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
objects = st.dictionaries(members, json_values, max_size=6)


def as_bytes(value: object) -> bytes:
    import json

    return json.dumps(value).encode()


bodies = st.binary(max_size=80) | objects.map(as_bytes) | st.sampled_from([as_bytes(example(name)) for name in SHAPES])
urls = st.sampled_from(["https://h/hpp/v1/sessions/x", "http://[::1", "", "/hpp/v1/sessions/%ff"]) | st.text(
    max_size=30
)
knowledge = st.builds(
    Knowledge,
    kept=st.booleans(),
    credentials=st.sampled_from([None, "right", "wrong", "none"]),
    session=st.sampled_from([None, "known", "unknown", "malformed"]),
    healed=st.booleans(),
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
    known=knowledge,
)


@given(st.lists(exchanges, max_size=4), st.sampled_from(["endpoint", "recording", "client"]))
def test_anything_can_be_judged(given: list[Exchange], kind: str) -> None:
    """Whatever bytes come, no rule crashes and every finding belongs to a rule of the catalogue."""
    verdicts = judge(given, CATALOGUE, Subject(kind, "noise"))
    assert [verdict.rule.id for verdict in verdicts if verdict.outcome is Outcome.ERROR] == []
    assert {verdict.rule for verdict in verdicts} <= set(CATALOGUE)


@given(responses, st.sampled_from(["endpoint", "recording"]))
def test_secrets_stay_out_of_findings(response: Response, kind: str) -> None:
    """No finding repeats the credentials or a member that may be about a person."""
    person = b'{"customer": {"given_name": "Ottilie-Secret"}, "order_id": "Ottilie-Secret", "status": "X"}'
    request = Request("GET", "https://h/hpp/v1/sessions/x", (("Authorization", "Basic Ottilie-Secret"),))
    exchange = Exchange(request, replace(response, body=person), known=Knowledge(secrets=("Ottilie-Secret",)))
    findings = [finding for verdict in judge([exchange], CATALOGUE, Subject(kind, "x")) for finding in verdict.findings]
    assert not [finding for finding in findings if "Ottilie" in repr(finding)]


def crashing() -> Rule:
    @rule("HPP-X01", "crashes", "must", "inferred", "nowhere", when=lambda _: True)
    def crash(_: Exchange) -> list[object]:
        """It crashes."""
        raise ZeroDivisionError

    return crash


def test_a_crash_is_our_error() -> None:
    """A rule that crashes is reported as ours, the others still run, and the exit code says could not verify."""
    verdicts = judge(rehearse("waiting"), [crashing(), *CATALOGUE], Subject("endpoint", "x"))
    assert verdicts[0].outcome is Outcome.ERROR
    assert verdicts[-1].outcome is not Outcome.ERROR
    assert Report(Subject("endpoint", "x"), verdicts).exit_code == 3


def test_one_fault_one_finding() -> None:
    """A body that is not JSON yields the one finding that matters."""
    (exchange,) = rehearse("completed-with-order")
    assert exchange.response is not None
    for body in (b"", b"{", b"\xff\xfe", b"<html>"):
        broken = replace(exchange, response=replace(exchange.response, body=body))
        verdicts = judge([broken], CATALOGUE, Subject("endpoint", "x"))
        assert sum(verdict.total for verdict in verdicts) == 1


def test_findings_are_bounded() -> None:
    """However long the evidence, a rule keeps a sample of its findings and counts them all."""
    (exchange,) = rehearse("waiting")
    assert exchange.response is not None
    broken = replace(exchange, response=replace(exchange.response, body=b"[]"))
    verdicts = judge([broken] * 1000, CATALOGUE, Subject("endpoint", "x"))
    (verdict,) = [verdict for verdict in verdicts if verdict.rule.id == "HPP-S01"]
    assert (verdict.total, len(verdict.findings)) == (1000, 50)
