"""The rule × fault matrix of answers: only its own faults break an A rule. Then cases that no fault covers."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest

from hpp_contract.cases import CASES
from hpp_contract.client import ideal_read
from hpp_contract.client.ideal_client import ideal_reads
from hpp_contract.engine import Judge, Outcome, RuleVerdict, Subject
from hpp_contract.engine.fault import Fault, Variation
from hpp_contract.engine.rule import Rule, Severity
from hpp_contract.model import Exchange, Instant, Request, Response
from hpp_contract.model.client_read import Capabilities, ClientRead, ClientResult, Failure, Verdict
from hpp_contract.rules import CATALOGUE
from hpp_contract.rules.answer.errors import http_status_reachable
from hpp_contract.rules.answer.identity import not_stale
from hpp_contract.rules.answer.verdict import verdict_follows_status
from hpp_contract.rules.served import absent, instant, same, session_of, stalled, status_served
from tests.harness.support.exchanges import ASKED, ID, answered
from tests.harness.support.fault_matrix import Noticed, assert_caught, assert_honest, variations_from, weighed

ANSWER_RULES = [rule for rule in CATALOGUE if rule.scope == "answer"]
FAULTS = [pytest.param(rule, fault, id=f"{rule.id}-{fault.name}") for rule in ANSWER_RULES for fault in rule.faults]


def verdicts_on(*reads: ClientRead) -> tuple[RuleVerdict, ...]:
    """The verdicts on reads, none of them an error of our own."""
    judging = Judge(ANSWER_RULES, Subject("client", "a client"))
    for read in reads:
        judging.answer(read)
    assert not [verdict for verdict in judging.verdicts if verdict.outcome is Outcome.ERROR]
    return judging.verdicts


def noticed(*reads: ClientRead) -> Noticed:
    """The ids of the rules that found anything, each with the most that a finding weighs."""
    return weighed(verdicts_on(*reads))


@pytest.mark.parametrize(("rule", "fault"), FAULTS)
def test_every_fault_is_noticed(rule: Rule, fault: Fault) -> None:
    """An answer with this fault breaks its rule and no unrelated one; the honest answer breaks none."""
    honest = ideal_read(fault.scenario)
    assert noticed(honest) == {}
    assert_caught(rule, fault, noticed(fault(honest)))


@pytest.mark.parametrize(("rule", "variation"), variations_from("adapter"))
def test_honest_adapter(rule: Rule, variation: Variation) -> None:
    """A client that does this is held by no rule to break the contract."""
    assert_honest(rule, variation, verdicts_on(variation(ideal_read(variation.scenario))))


@pytest.mark.parametrize("rule", ANSWER_RULES, ids=lambda rule: rule.id)
def test_every_rule_has_an_honest_variation(rule: Rule) -> None:
    """Every rule has something beside its faults that comes close and is honest."""
    assert rule.variations


@pytest.mark.parametrize("name", CASES)
def test_ideal_client_breaks_nothing(name: str) -> None:
    """The ideal client gives no finding in any case, not even an informative one."""
    assert noticed(*ideal_reads(CASES[name])) == {}


@pytest.mark.parametrize("rule", ANSWER_RULES, ids=lambda rule: rule.id)
def test_every_rule_can_fail(rule: Rule) -> None:
    """Every rule has a fault, and it is an adapter's."""
    assert rule.faults
    assert all(fault.source == "adapter" and fault.scenario in CASES for fault in rule.faults)


URL = ASKED.url


def test_only_what_a_client_can_tell_is_asked_of_it() -> None:
    """Whether the status code can be reached is asked of refusals, and of clients that claim it can."""
    refused = replace(ideal_read("not-found"), result=ClientResult(failure=Failure(http_status=None)))
    assert http_status_reachable.when(refused)
    assert not http_status_reachable.when(replace(refused, can=Capabilities(error=("error_code",))))
    assert not http_status_reachable.when(ideal_read("waiting"))
    choices = replace(refused.served[-1], response=Response(300))
    assert http_status_reachable.when(replace(refused, served=(choices,)))
    empty = ideal_read("no-content-204")
    assert not http_status_reachable.when(replace(empty, result=ClientResult(failure=Failure())))
    assert not http_status_reachable.when(replace(refused, served=(replace(refused.served[-1], response=None),)))


def test_staleness_needs_an_earlier_session() -> None:
    """A first read cannot be stale, nor can one that the client left out."""
    polled = ideal_read("read-twice")
    assert not_stale.when(polled)
    assert not not_stale.when(replace(polled, earlier=()))
    assert not not_stale.when(replace(polled, result=ClientResult(skipped="it cannot")))


@pytest.mark.parametrize(
    ("body", "status"),
    [(b'{"status": "NEW"}', "NEW"), (b'{"status": 5}', None), (b'{"status": ""}', None), (b"{}", None)],
)
def test_a_status_is_a_word(body: bytes, status: str | None) -> None:
    """A status that is no word is none."""
    exchange = Exchange(Request("GET", URL), Response(200, (("Content-Type", "application/json"),), body))
    assert status_served(ClientRead(case="x", asked=ID, result=ClientResult(), served=(exchange,))) == status


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan"), True, None, "soon"])
def test_what_is_no_time(value: object) -> None:
    """What is neither a number nor a text of a time is no instant."""
    assert instant(value) is None


def test_numbers_that_are_times() -> None:
    """Seconds and milliseconds since 1970 are instants, whole or not."""
    instants = [instant(value) for value in (1_700_000_000, 1_700_000_000_123, 1_700_000_000.25, 1_700_000_000_123.0)]
    assert instants == [
        Instant(1_700_000_000_000_000_000, 0),
        Instant(1_700_000_000_123_000_000, 3),
        Instant(1_700_000_000_250_000_000, 6),
        Instant(1_700_000_000_123_000_000, 6),
    ]


def test_what_stalls() -> None:
    """A read that was never answered stalled; one that never came did not."""
    assert stalled(ideal_read("stalls-before-answer"))
    assert not stalled(ideal_read("waiting"))
    assert not stalled(ClientRead(case="x", asked=ID, result=ClientResult()))


def test_what_is_the_same() -> None:
    """Only the id of a session may be written in small letters, by clients that hold it as a UUID."""
    assert same("session_id", ID, ID.upper())
    assert not same("order_id", ID, ID.upper())


@pytest.mark.parametrize(("case", "weight"), [("trailing-garbage", "must"), ("byte-order-mark", "should")])
def test_a_body_that_is_handed_on_as_it_came_is_one_finding(case: str, weight: str) -> None:
    """Who returns the text of a body that it could not parse is told so by the rule about bodies, and by no other."""
    text = ClientResult(other="a str, which has no member of a session")
    assert noticed(replace(ideal_read(case), result=text)) == {"HPP-A24": weight}


def test_what_stands_for_an_error_is_no_finding_where_no_session_can_be() -> None:
    """Who returns False instead of raising is told so where the server refuses, not where it must not be spoken to."""
    false = ClientResult(other="a bool, which has no member of a session")
    assert noticed(replace(ideal_read("unproven-server"), result=false)) == {}


@pytest.mark.parametrize("value", [None, "", {}, [], {"family_name": ""}, {"customer": {"title": None}}])
def test_what_holds_nothing_is_absent(value: object) -> None:
    """A client whose serializer leaves empty texts out leaves out an object of nothing else, too."""
    assert absent(value)
    assert not absent({"customer": value, "family_name": "Exempelsson"})


def test_reading_leniently() -> None:
    """What follows a session, or white space before it, is passed over; a letter before it is not."""
    body = b'{"session_id": "x", "status": "WAITING"}'
    assert session_of(answered(body=b" \n" + body + b"}")) is not None
    assert session_of(answered(body=b"X" + body)) is None


MUST, SHOULD = Severity.MUST, Severity.SHOULD
VERDICTS_ON: dict[str, dict[str, Severity | None]] = {
    "completed-with-order": {"paid": None, "open": MUST, "failed": MUST, "gone": MUST, "error": MUST},
    "waiting": {"paid": MUST, "open": None, "failed": MUST, "gone": MUST, "error": None},
    "manual-id-check": {"paid": MUST, "open": None, "failed": MUST, "error": None},
    "timeout-status": {"paid": MUST, "open": None, "failed": MUST, "error": None},
    "back": {"paid": MUST, "open": None, "failed": SHOULD, "gone": MUST, "error": SHOULD},
    "error": {"paid": MUST, "open": None, "failed": SHOULD},
    "disabled": {"paid": MUST, "open": SHOULD, "failed": None, "gone": None, "error": None},
    "missing-status": {"paid": MUST, "open": None, "failed": MUST, "error": None},
    "null-status": {"paid": MUST, "open": None},
    "another-session-id": {"paid": MUST, "open": None, "gone": MUST, "error": None},
    "missing-outcome": {"paid": None, "open": None, "failed": MUST, "error": None},
    "html-200": {"paid": MUST, "open": None, "failed": MUST, "error": None},
    "truncated-json": {"paid": MUST, "open": None, "gone": MUST},
    "unauthorized": {"paid": MUST, "open": None, "failed": MUST, "gone": MUST, "error": None},
    "not-found": {"paid": MUST, "open": SHOULD, "failed": None, "gone": None, "error": None},
    "not-found-404-html": {"paid": MUST, "open": None, "failed": SHOULD, "gone": SHOULD, "error": None},
    "too-many-requests-429": {"paid": MUST, "open": None, "gone": MUST},
    "unavailable-503": {"paid": MUST, "open": None, "failed": MUST},
    "reset-before-answer": {"paid": MUST, "open": None, "gone": MUST, "error": None},
    "redirect-elsewhere": {"paid": MUST, "open": None, "gone": MUST, "error": None},
}
"""What each verdict weighs, where each of these cases was served."""


@pytest.mark.parametrize(
    ("case", "said", "weight"),
    [(case, said, weight) for case, weights in VERDICTS_ON.items() for said, weight in weights.items()],
)
def test_verdicts(case: str, said: str, weight: Severity | None) -> None:
    """A verdict is right, may be said, or costs somebody something, by what was served; alone or beside a session."""
    honest = replace(ideal_read(case), can=Capabilities(answers="verdict"))
    result = ClientResult(failure=Failure()) if said == "error" else ClientResult(verdict=cast("Verdict", said))
    found = [finding.severity or MUST for finding in verdict_follows_status(replace(honest, result=result))]
    assert found == ([weight] if weight is not None else [])
    if honest.result.session and said != "error":
        beside = replace(result, session=honest.result.session)
        assert len(verdict_follows_status(replace(honest, result=beside, can=Capabilities()))) == len(found)


def test_members_are_not_asked_of_verdicts() -> None:
    """A client that gives only verdicts is not blamed for sessions that its caller does not get."""
    for case in ("waiting", "unknown-status", "unknown-member", "closed-between-polls", "empty-200", "smoke"):
        read = replace(ideal_read(case), can=Capabilities(answers="verdict"))
        verdict: Verdict = "paid" if case == "smoke" else "open"
        assert noticed(replace(read, result=ClientResult(verdict=verdict))) == {}


def test_what_is_too_deep_for_us_is_not_said_to_be_no_json() -> None:
    """A body that our own parser gives up on is not said to be no JSON."""
    deep = answered(body=b"[" * 100_000 + b"]" * 100_000)
    read = ClientRead(case="x", asked=ID, result=ClientResult(session={}), served=(deep,))
    assert noticed(read) == {"HPP-A26": Severity.INFO}
    long = answered(body=b"1" * 10_000)
    assert noticed(replace(read, served=(long,))) == {"HPP-A26": Severity.INFO}


def test_every_must_says_who_loses_what() -> None:
    """Each must about clients has a reason of its own, no two in the same words."""
    reasons = [rule.why for rule in ANSWER_RULES if rule.severity is MUST]
    assert all(reasons)
    assert len(set(reasons)) == len(reasons)
