"""What the faults and variations of the rules L do not cover: how much is lost, and who was to blame."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from hpp_contract.engine import Outcome, Subject, judge
from hpp_contract.engine.edits import Edit, body, edits, header, status
from hpp_contract.model import Context, Exchange, Instant, Request, Response
from hpp_contract.model.exchange import Created
from hpp_contract.rules import CATALOGUE
from tests.harness.support.fake_time import NOON, SECOND

ID = "39a1c773-bafd-754d-af1f-b30c592f1267"
OTHER = "5c2bbed0-1111-4111-8111-111111111111"
HOUR = 3600
KEY = (("Authorization", "Basic kco_test_api_c2VjcmV0c2VjcmV0"),)
GONE: Edit = edits(status(404), body(b""))
PAGE: Edit = edits(status(404), body(b"<html></html>"), header("Content-Type", "text/html"))


def read(at: float, state: str = "WAITING", *, updated: float = 0, session: str = ID, **members: Any) -> Exchange:
    """A read so many seconds after noon of a session that lives for two days."""
    value = {
        "session_id": session,
        "status": state,
        "updated_at": Instant(NOON + round(updated * SECOND)).format(3),
        "expires_at": Instant(NOON + 47 * HOUR * SECOND).format(3),
        **members,
    }
    return Exchange(
        Request("GET", f"https://api.kustom.co/hpp/v1/sessions/{session}", KEY),
        Response(200, (("Content-Type", "application/json"),), json.dumps(value).encode()),
        at=Instant(NOON + round(at * SECOND)),
        evidence=f"log#{at}",
        context=Context(recorded=True),
    )


def said(rule_id: str, *exchanges: Exchange) -> Outcome:
    rules = [rule for rule in CATALOGUE if rule.id == rule_id]
    (verdict,) = judge(exchanges, rules, Subject("endpoint", "x"))
    return verdict.outcome


def unknown(exchange: Exchange) -> Exchange:
    return replace(exchange, request=replace(exchange.request, headers=()))


ORDER: dict[str, Any] = {"order_id": OTHER, "klarna_reference": "X438HG0Q"}


@pytest.mark.parametrize(
    ("state", "after", "outcome"),
    [
        ("WAITING", 10 * HOUR, Outcome.BROKEN),
        ("TIMEOUT", HOUR, Outcome.BROKEN),
        ("COMPLETED", HOUR - 1, Outcome.BROKEN),
        ("COMPLETED", HOUR + 1, Outcome.WARNED),
        ("CANCELLED", 60, Outcome.WARNED),
        ("DISABLED", 60, Outcome.WARNED),
        ("WAITING", 48 * HOUR, Outcome.OK),
    ],
)
def test_until_when_a_session_is_there(state: str, after: int, outcome: Outcome) -> None:
    """An open session must be there until it expires, a completed one for an hour; a lost one is a warning else."""
    assert said("HPP-L08", read(0, state), GONE(read(after))) is outcome
    weaker = Outcome.WARNED if outcome is Outcome.BROKEN else outcome
    assert said("HPP-L08", unknown(read(0, state)), unknown(GONE(read(after)))) is weaker, "perhaps another asked"


def test_a_completed_session_without_a_time() -> None:
    """Where nothing says when it completed, a completed session is taken for a new one."""
    assert said("HPP-L08", read(0, "COMPLETED", updated_at="?"), GONE(read(9 * HOUR))) is Outcome.BROKEN


@pytest.mark.parametrize(("pages", "beside", "outcome"), [
    (2, True, Outcome.OK),
    (3, True, Outcome.BROKEN),
    (3, False, Outcome.WARNED),
])  # fmt: skip
def test_pages_in_the_place_of_a_session(pages: int, beside: bool, outcome: Outcome) -> None:
    """Pages that stay are a lost session where others are answered, and an outage where nothing is."""
    reads = [read(0), *(PAGE(read(10 + number)) for number in range(pages))]
    others = [read(11, session=OTHER)] if beside else []
    assert said("HPP-L08", *reads, *others) is outcome
    assert said("HPP-L08", *reads, *others, read(99)) is Outcome.OK, "it was there again"


def test_two_merchants_in_one_log() -> None:
    """What one merchant's key does not find is no lost session of another's."""
    other = (("Authorization", "Basic kco_test_api_b3RoZXJvdGhlcm90aGVy"),)
    other_reader = replace(GONE(read(5)), request=replace(read(5).request, headers=other))
    assert said("HPP-L08", read(0), other_reader, read(9)) is Outcome.OK


def made(exchange: Exchange, *, settled: bool = False, disabled: bool = False) -> Exchange:
    known = Created(OTHER, settled=settled, disabled=disabled)
    return replace(exchange, context=replace(exchange.context, created=known))


@pytest.mark.parametrize(
    ("reads", "outcome"),
    [
        ([made(GONE(read(1))), made(GONE(read(11)), settled=True)], Outcome.BROKEN),
        ([made(GONE(read(1))), made(GONE(read(11)), settled=True), made(read(12))], Outcome.BROKEN),
        ([made(GONE(read(1))), made(read(2)), made(read(3), settled=True)], Outcome.OK),
        ([made(GONE(read(1)))], Outcome.WARNED),
        ([made(status(401)(read(1)), settled=True)], Outcome.OK),
        ([made(PAGE(read(1)), settled=True)], Outcome.OK),
        ([made(read(1)), made(GONE(read(2)), disabled=True), made(GONE(read(3)), disabled=True)], Outcome.OK),
        ([GONE(read(1))], Outcome.NOT_EXERCISED),
    ],
)
def test_a_session_that_was_just_made(reads: list[Exchange], outcome: Outcome) -> None:
    """What this run made must be found within ten seconds; until it is disabled, and unless the key is refused."""
    assert said("HPP-L08", *reads) is outcome


@pytest.mark.parametrize(
    ("reads", "outcome"),
    [
        ([read(0, "COMPLETED", updated=9), read(1, "WAITING", updated=0)], Outcome.BROKEN),
        ([read(0, "COMPLETED", updated=9), read(1, "WAITING", updated=10), read(2, "COMPLETED", updated=9)],
         Outcome.BROKEN),
        ([read(0, "COMPLETED", updated=9), read(1), read(2, "COMPLETED", updated=8)], Outcome.BROKEN),
        ([read(0, "COMPLETED", updated=9), read(1), read(2, "COMPLETED", updated=9)], Outcome.WARNED),
        ([read(0, "COMPLETED", updated=9), read(1, updated_at="?"), read(2, "COMPLETED", updated=9)], Outcome.BROKEN),
    ],
)  # fmt: skip
def test_a_final_status_that_is_left(reads: list[Exchange], outcome: Outcome) -> None:
    """Only an older state in between, after which the same final state comes again, is a replica's."""
    assert said("HPP-L01", *reads) is outcome


@pytest.mark.parametrize(
    ("reads", "outcome"),
    [
        ([read(0, "COMPLETED", **ORDER), read(1, "COMPLETED", order_id=OTHER)], Outcome.BROKEN),
        ([read(0, "COMPLETED", **ORDER), read(1, "COMPLETED", order_id=None, klarna_reference="X438HG0Q")],
         Outcome.BROKEN),
        ([read(0, "COMPLETED", updated=9, **ORDER), read(1, "COMPLETED", order_id=OTHER),
          read(2, "COMPLETED", updated=9, **ORDER)], Outcome.WARNED),
        ([read(0, "COMPLETED", **ORDER), read(1, "COMPLETED"), read(2, "COMPLETED", order_id=ID)], Outcome.BROKEN),
        ([read(0, "COMPLETED", **ORDER), read(0, "COMPLETED", order_id=ID)], Outcome.BROKEN),
        ([read(0, "IN_PROGRESS", order_id=OTHER), read(1, "FAILED")], Outcome.OK),
        ([read(0, "IN_PROGRESS", order_id=OTHER), read(1, "COMPLETED", order_id=ID)], Outcome.BROKEN),
        ([read(0, "COMPLETED", authorization_token=OTHER), read(1, "COMPLETED", authorization_token=ID)],
         Outcome.WARNED),
        ([read(0, "COMPLETED", authorization_token=OTHER), read(1, "COMPLETED")], Outcome.WARNED),
        ([read(0, "COMPLETED", order_id=OTHER), read(1, "COMPLETED", **ORDER)], Outcome.OK),
    ],
)  # fmt: skip
def test_an_outcome_that_changes(reads: list[Exchange], outcome: Outcome) -> None:
    """An order or reference never changes, and does not go from a completed session; of a token that is a warning."""
    assert said("HPP-L06", *reads) is outcome
