"""A simulated year: honest nights alarm nobody, and each single change to the server is seen on its first night."""

from __future__ import annotations

from functools import cache

import pytest

from hpp_contract.drift import Accepted, Baseline, DriftResult, accept
from hpp_contract.drift.history import run_of
from hpp_contract.drift.timeline import change_timelines
from hpp_contract.engine import Report, Subject
from tests.harness.support.drift_changes import CASES, Case
from tests.harness.support.simulated_endpoint import STATES, SimulatedEndpoint, baseline_of, night_of
from tests.harness.support.transient_failures import UNVERIFIABLE_NIGHTS, UnverifiableNight, year

NIGHTS = 372
STATUS = "any session · /status value"
"""The one fact whose absence proves nothing: no night meets every status."""

RARE = {"HPP-S09", "header set-cookie"}
"""What some answers have and one night may not show: the undocumented member, and a header."""


@cache
def baseline() -> Baseline:
    """Twenty honest nights, each accepted: what a careful watcher starts from."""
    return baseline_of(SimulatedEndpoint(1000 + night) for night in range(20))


@cache
def honest_night() -> DriftResult:
    night = night_of(SimulatedEndpoint(2, states=STATES), baseline())
    assert (night.changes, night.unverified) == ((), None)
    return night


@cache
def changed_night(case: Case) -> DriftResult:
    return night_of(SimulatedEndpoint(1, (case.lie,), states=STATES), baseline())


def exit_code(night: DriftResult) -> int:
    return Report(Subject("drift", "a night"), (), night.unverified, changes=night.changes).exit_code


@pytest.mark.slow
@pytest.mark.parametrize("month", range(12))
def test_honest_nights_are_quiet(month: int) -> None:
    """A month of honest nights gives no change, and could-not-verify exactly where there was trouble."""
    nights = range(month * NIGHTS // 12, (month + 1) * NIGHTS // 12)
    for number, (endpoint, trouble) in zip(nights, year(nights), strict=True):
        night = night_of(endpoint, baseline())
        assert night.changes == (), f"night {number}: false alarm"
        assert exit_code(night) == (3 if trouble else 0), f"night {number}, {trouble or 'fair'}: {night.unverified}"


@pytest.mark.parametrize("trouble", UNVERIFIABLE_NIGHTS, ids=lambda trouble: trouble.name)
def test_foul_nights_verify_nothing(trouble: UnverifiableNight) -> None:
    """Each kind of trouble that lasts ends in could-not-verify, with a reason and without a change."""
    for seed in range(5):
        night = night_of(trouble.endpoint(seed), baseline())
        assert (night.changes, exit_code(night)) == ((), 3)
        assert night.unverified
        assert night.unverified.endswith(".")


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_change_is_seen_at_once(case: Case) -> None:
    """A single change to the server is seen on the first night, in its class, and nothing worse is claimed."""
    changed = changed_night(case)
    told = {change.fact: change for change in changed.changes}
    assert case.fact in told, f"{case.name} goes unnoticed; seen: {sorted(told)}"
    assert told[case.fact].change_class == case.change_class
    assert changed.changes[0].change_class == case.change_class, "something worse was seen than happened"
    assert exit_code(changed) == (1 if case.change_class in ("breaking", "risky") else 0)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_undone_change_is_gone(case: Case) -> None:
    """The history has the change since its first night, also over a night that verified nothing, until it is undone."""
    nights = [
        honest_night(),
        changed_night(case),
        DriftResult({}, (), "an outage."),
        changed_night(case),
        honest_night(),
    ]
    runs = [run_of(night, f"2026-01-0{day}T03:00:00Z", "x", exit_code(night)) for day, night in enumerate(nights, 1)]
    before = {story.change.fact: story for story in change_timelines(runs[:-1])}[case.fact]
    assert (before.since[:10], before.last_seen[:10], before.state) == ("2026-01-02", "2026-01-04", "still there")
    after = {story.change.fact: story for story in change_timelines(runs)}[case.fact]
    assert after.state == ("still there" if case.fact == STATUS else "gone")


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_accepted_change_is_quiet(case: Case) -> None:
    """A change that was accepted fails no later night."""
    night = changed_night(case)
    grown = accept(baseline(), night.facts, night.changes, Accepted("2026-01-02T03:00:00Z", "it is documented", "x"))
    later = night_of(SimulatedEndpoint(3, (case.lie,), states=STATES), grown)
    assert case.fact not in {change.fact for change in later.changes}
    assert exit_code(later) == 0


def test_new_states_are_no_change() -> None:
    """Documented states that the baseline has not met yet are judged by the rules, and are no change themselves."""
    young = baseline_of([SimulatedEndpoint(1, states=("waiting",))])
    for seed in range(5):
        night = night_of(SimulatedEndpoint(seed, states=STATES), young)
        assert (exit_code(night), night.unverified) == (0, None)
        assert {change.aspect for change in night.changes} <= RARE
        assert any(note.startswith("Observed for the first time") for note in night.notes)


def test_enough_changes() -> None:
    """Thirty changes and more are tried, in every class."""
    assert len(CASES) >= 30
    assert {case.change_class for case in CASES} == {"breaking", "risky", "additive", "cosmetic"}
