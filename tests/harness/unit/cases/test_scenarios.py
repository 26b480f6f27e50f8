"""The scenarios as data: what they show is what the schemas allow, under ids that never change."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.cases.scenarios import LIFETIME, LONGEST, SCENARIOS, Scenario, session_id
from hpp_contract.model import Instant
from hpp_contract.rules import FAULTS
from hpp_contract.rules.schemas import violations
from hpp_contract.spec.schema_files import SHAPES
from hpp_contract.spec.session import UUID
from tests.harness.support.not_none import not_none

SERVED = [scenario for scenario in SCENARIOS.values() if scenario.refused is None]
CREATED = st.integers(0, 4_000_000_000 * 10**9)


def walk(scenario: Scenario, created: int = 1_790_000_000 * 10**9) -> list[dict[str, Any]]:
    return [scenario.body("a-session", poll, created) for poll in range(LONGEST + 1)]


@pytest.mark.parametrize("scenario", SERVED, ids=lambda scenario: scenario.name)
@given(created=CREATED, poll=st.integers(0, 9))
def test_bodies_keep_the_schemas(scenario: Scenario, created: int, poll: int) -> None:
    """Whenever the server starts and however often a session is read, its body breaks no constraint."""
    body = scenario.body(session_id(scenario.name), poll, created)
    assert violations("session", body) == ()


@pytest.mark.parametrize("scenario", SERVED, ids=lambda scenario: scenario.name)
def test_time_moves_with_the_status(scenario: Scenario) -> None:
    """updated_at moves exactly when the session changes, never back, and expires_at never moves."""
    bodies = walk(scenario)
    assert len({body["expires_at"] for body in bodies}) == 1
    for before, after in pairwise(bodies):
        moved = not_none(Instant.parse(after["updated_at"])).ns - not_none(Instant.parse(before["updated_at"])).ns
        assert moved > 0 if before["status"] != after["status"] else before == after


@pytest.mark.parametrize(
    ("name", "statuses"),
    {
        "lifecycle-paid": "WAITING IN_PROGRESS COMPLETED",
        "lifecycle-retried": "WAITING IN_PROGRESS FAILED IN_PROGRESS COMPLETED",
        "lifecycle-back": "WAITING IN_PROGRESS BACK IN_PROGRESS COMPLETED",
        "lifecycle-error": "WAITING IN_PROGRESS ERROR IN_PROGRESS COMPLETED",
        "lifecycle-cancelled": "WAITING IN_PROGRESS CANCELLED",
        "lifecycle-disabled": "WAITING DISABLED",
        "lifecycle-missed": "WAITING COMPLETED",
    }.items(),
)
def test_walks_go_one_step_a_poll(name: str, statuses: str) -> None:
    """A walk shows its statuses one a poll, and the last of them stays."""
    expected = statuses.split()
    shown = [body["status"] for body in walk(SCENARIOS[name])]
    assert shown == expected + expected[-1:] * (len(shown) - len(expected))


def test_every_shape_is_served() -> None:
    """Each shape has a scenario of its name."""
    assert set(SHAPES) <= set(SCENARIOS)


def test_ids_are_for_ever() -> None:
    """Well-known ids are written into other people's tests: these are pinned, and the rest are made the same way."""
    assert session_id("waiting") == "53d19cb7-9175-5c63-af07-f562c3f236a6"
    assert session_id("completed-with-order") == "9674c0b6-8f36-7989-bd7e-13fc4244d437"
    assert session_id("breaks-off") == "e34d7ba0-157b-51f5-88b6-736f2c42e5a9"


def test_ids_are_unique() -> None:
    """No two scenarios or faults share a name or an id, and each id is UUID-shaped."""
    names = [*SCENARIOS, *(fault.name for fault in FAULTS)]
    ids = [session_id(name) for name in names]
    assert len(set(names)) == len(set(ids)) == len(ids)
    assert all(UUID.fullmatch(text) for text in ids)


def test_sessions_complete_with_their_own_order() -> None:
    """No two sessions share an order or a reference, so a client that mixes them up is seen."""
    bodies = [SCENARIOS["completed-with-order"].body(session_id(name), 0, 0) for name in SCENARIOS]
    assert (
        len({body["order_id"] for body in bodies}) == len({body["klarna_reference"] for body in bodies}) == len(bodies)
    )


def test_lifetime_is_the_documented_one() -> None:
    """A session expires 46 h 59 min 57.219 s after its creation, as in the documented examples."""
    assert LIFETIME == ((46 * 60 + 59) * 60 + 57) * 10**9 + 219 * 10**6


def test_only_the_manual_check_shows_a_person() -> None:
    """Personal data, fictitious, appears in one scenario only."""
    showing = {name for name, scenario in SCENARIOS.items() if scenario.members}
    assert showing == {"manual-id-check"}
