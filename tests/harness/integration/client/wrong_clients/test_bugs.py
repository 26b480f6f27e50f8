"""Wrong clients, one bug each: every one is caught by the rule that names its bug, and blamed for nothing else."""

from __future__ import annotations

import pytest

from hpp_contract.cases import CASES
from hpp_contract.client import RunOptions, run, run_case
from hpp_contract.client.adapters.python import PythonAdapter
from hpp_contract.engine import Outcome, Report, Subject
from hpp_contract.engine.rule import JUDGES
from hpp_contract.rules import CATALOGUE
from hpp_contract.rules.answer import conduct
from tests.harness.integration.client.wrong_clients import (
    conforming,
    wrong_failures,
    wrong_members,
    wrong_requests,
    wrong_wire,
)
from tests.harness.integration.client.wrong_clients.declare import BUGS, wrong_clients
from tests.harness.support import sample_clients
from tests.harness.support.fake_time import noon
from tests.harness.support.sample_clients import Client

WRONG = wrong_clients(wrong_requests, wrong_wire, wrong_members, wrong_failures)
OUT_OF_REACH = {"HPP-R04", "HPP-R15"}
"""Plain http is for loopback, and other hosts are documented ones: these tests are on loopback."""


def judged(client: Client, *names: str, wait: float = 2.6) -> Report:
    plan = RunOptions(
        wait, clock=noon
    )  # of a client that ends in 2038 it shows in one case now, and in all of them then
    return run([CASES[name] for name in names], lambda: PythonAdapter(client), Subject("client", "a"), plan)


def blamed(report: Report) -> dict[str, set[str]]:
    """The cases in which each rule was broken, musts and shoulds alike."""
    assert not [verdict.rule.id for verdict in report.rules if verdict.outcome is Outcome.ERROR]
    found = [v for v in report.rules if v.outcome in (Outcome.BROKEN, Outcome.WARNED)]
    return {verdict.rule.id: {finding.case for finding in verdict.findings} for verdict in found}


@pytest.mark.socket
@pytest.mark.parametrize("client", WRONG, ids=lambda client: client.__name__)
def test_wrong_client_is_caught(client: type[Client], monkeypatch: pytest.MonkeyPatch) -> None:
    """A client with one bug breaks the rule that names it in every case that shows it, and no unrelated rule."""
    for place in (conduct, run_case):
        monkeypatch.setattr(place, "OWN_LIMIT_S", 0.6)
    bug = BUGS[client]
    found = blamed(judged(client(), *bug.cases))
    assert found == {bug.rule: set(bug.cases)} | {name: found.get(name) for name in bug.also}


def test_there_are_enough() -> None:
    """Every must and every should that judges clients has a wrong client that it alone is there for."""
    rules = {rule.id for rule in CATALOGUE if "client" in JUDGES[rule.scope] and rule.severity != "info"}
    assert rules - {BUGS[client].rule for client in WRONG} == OUT_OF_REACH
    assert len(WRONG) >= 30


CONFORMING = (
    *(sample_clients.Client, sample_clients.ResultClient, sample_clients.TypedClient),
    *(sample_clients.RetryingClient, sample_clients.FollowingClient, sample_clients.RawKeyClient),
    *(
        sample_clients.AsyncClient,
        conforming.RefusesOtherSessions,
        conforming.Strict,
        conforming.Lenient,
        conforming.HoldsTypes,
    ),
    *(
        conforming.RefusesOddIds,
        conforming.SaysItKnowsNineStatuses,
        conforming.CountsSeconds,
        conforming.CountsMilliseconds,
    ),
    *(conforming.WritesNoStatusAsZero, conforming.RefusesOddKeys, conforming.KeepsConnection),
)


def judged_in_all(client: type[Client]) -> Report:
    return run(
        tuple(CASES.values()), lambda: PythonAdapter(client()), Subject("client", "a"), RunOptions(extra_adapters=3)
    )


@pytest.mark.socket
@pytest.mark.parametrize("client", CONFORMING, ids=lambda client: client.__name__)
def test_conforming_client_is_kept(client: type[Client]) -> None:
    """A conforming client, whatever its manners, breaks and warns of nothing in any case."""
    report = judged_in_all(client)
    assert blamed(report) == {}
    assert report.exit_code == 0


@pytest.mark.socket
def test_client_that_says_what_it_cannot_is_kept() -> None:
    """What a client declares it cannot do is one warning in all."""
    assert blamed(judged_in_all(conforming.SaysWhatItCannot)) == {"HPP-A09": {"smoke"}}


@pytest.mark.socket
@pytest.mark.parametrize(
    ("client", "rule"),
    [(wrong_failures.ComparesContentTypeLetterByLetter, "HPP-A17"), (conforming.AcceptsDeepLists, "HPP-A26")],
)
def test_for_information(client: type[Client], rule: str) -> None:
    """What working clients do, too, is told and counts for nothing."""
    report = judged(client(), "capital-charset", "deeply-nested-200", "text-plain-session")
    assert blamed(report) == {}
    assert [verdict.rule.id for verdict in report.rules if verdict.findings] == [rule]


@pytest.mark.socket
def test_client_that_waits_for_a_challenge_is_only_warned() -> None:
    """A client that sends its credentials when it is asked for them is warned of that, and of nothing else."""
    report = judged_in_all(sample_clients.ChallengedClient)
    assert set(blamed(report)) == {"HPP-R14"}
    assert report.exit_code == 0


@pytest.mark.socket
def test_closed_enumeration_only_warns() -> None:
    """A client that cannot represent a tenth status, and does not say so, is warned and passes."""
    report = judged_in_all(conforming.KnowsNineStatuses)
    assert blamed(report) == {"HPP-A18": {"unknown-status", "timeout-status"}}
    assert report.exit_code == 0


@pytest.mark.socket
def test_pauses_between_retries_are_forgiven() -> None:
    """A client that backs off between its retries honours its time-out all the same."""
    report = judged(conforming.BacksOff(), "stalls-before-answer", "unavailable-503", wait=10)
    assert blamed(report) == {}
