"""What is learned from an endpoint over sockets."""

from __future__ import annotations

import pytest

from hpp_contract.cases.scenarios import CREDENTIALS, session_id
from hpp_contract.engine.report import NOT_ANSWERED
from hpp_contract.probe import ProbePlan, ProbeResult, Target, probe, target_from
from hpp_contract.server import Server

COMPLETED, VISIT, DELETED, DIGITS, CHANGED = (
    "What does a COMPLETED session hold?",
    "Does a plain GET of redirect_url move WAITING to IN_PROGRESS?",
    "What does a read answer after DELETE?",
    "How many fraction digits do instants have?",
    "Does changing the order move expires_at?",
)


def of_endpoint(plan: ProbePlan = ProbePlan()) -> ProbeResult:  # noqa: B008  immutable
    with Server() as server:
        return probe(Target(server.url, CREDENTIALS, (session_id("completed-with-order"),)), plan)


@pytest.mark.socket
def test_learned_without_provisioning() -> None:
    """Reads alone answer what reads can."""
    answers = dict(of_endpoint().learned)
    assert answers[COMPLETED] == "order_id and klarna_reference"
    assert answers[DIGITS] == "updated_at 3, zone Z; expires_at 3, zone Z"
    assert [answers[question] for question in (VISIT, DELETED, CHANGED)] == [NOT_ANSWERED] * 3


@pytest.mark.socket
def test_nothing_is_learned_from_our_own_server() -> None:
    """A run against the embedded server alone settles nothing, and claims nothing."""
    assert probe(target_from(None, {}, (session_id("waiting"),), False)).learned == ()
