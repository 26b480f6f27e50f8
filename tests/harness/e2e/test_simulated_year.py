"""A simulated year: honest runs report nothing, each single change to the server is seen by the first run after it."""

from __future__ import annotations

from functools import cache

import pytest

from hpp_contract.drift import Accepted, Baseline, DriftResult, accept
from hpp_contract.drift.history import change_timelines, run_of
from hpp_contract.engine import Report, Subject
from tests.harness.support.drift_changes import CASES, Case
from tests.harness.support.simulated_endpoint import STATES, SimulatedEndpoint, baseline_of, run_drift
from tests.harness.support.transient_failures import UNVERIFIABLE_RUNS, UnverifiableRun, year

DAYS = 372
STATUS = "any session · /status value"
"""The one fact whose absence proves nothing: no run meets every status."""

RARE = {"HPP-S09", "header set-cookie"}
"""What some answers have and one run may not show: the undocumented member, and a header."""


@cache
def baseline() -> Baseline:
    """Twenty honest runs, each accepted: a careful user's first baseline."""
    return baseline_of(SimulatedEndpoint(1000 + result) for result in range(20))


@cache
def honest_run() -> DriftResult:
    result = run_drift(SimulatedEndpoint(2, states=STATES), baseline())
    assert (result.changes, result.unverified) == ((), None)
    return result


@cache
def changed_run(case: Case) -> DriftResult:
    return run_drift(SimulatedEndpoint(1, (case.fault,), states=STATES), baseline())


def exit_code(result: DriftResult) -> int:
    return Report(Subject("drift", "a run"), (), result.unverified, changes=result.changes).exit_code


@pytest.mark.slow
@pytest.mark.parametrize("month", range(12))
def test_honest_days_are_quiet(month: int) -> None:
    """A month of honest runs gives no change, and could-not-verify exactly where the endpoint failed."""
    days = range(month * DAYS // 12, (month + 1) * DAYS // 12)
    for number, (endpoint, failure) in zip(days, year(days), strict=True):
        result = run_drift(endpoint, baseline())
        assert result.changes == (), f"day {number}: false alarm"
        assert exit_code(result) == (3 if failure else 0), (
            f"day {number}, {failure or 'no failure'}: {result.unverified}"
        )


@pytest.mark.parametrize("failure", UNVERIFIABLE_RUNS, ids=lambda failure: failure.name)
def test_failing_runs_verify_nothing(failure: UnverifiableRun) -> None:
    """Each lasting failure ends in could-not-verify, with a reason and without a change."""
    for seed in range(5):
        result = run_drift(failure.endpoint(seed), baseline())
        assert (result.changes, exit_code(result)) == ((), 3)
        assert result.unverified
        assert result.unverified.endswith(".")


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_change_is_seen_at_once(case: Case) -> None:
    """A single change to the server is seen by the first run, in its class, and nothing worse is claimed."""
    changed = changed_run(case)
    changes = {change.fact: change for change in changed.changes}
    assert case.fact in changes, f"{case.name} goes unnoticed; seen: {sorted(changes)}"
    assert changes[case.fact].change_class == case.change_class
    assert changed.changes[0].change_class == case.change_class, "something worse was seen than happened"
    assert exit_code(changed) == (1 if case.change_class in ("breaking", "risky") else 0)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_undone_change_is_gone(case: Case) -> None:
    """The history has the change since its first run, also over a run that verified nothing, until it is undone."""
    days = [
        honest_run(),
        changed_run(case),
        DriftResult({}, (), "an outage."),
        changed_run(case),
        honest_run(),
    ]
    runs = [run_of(result, f"2026-01-0{day}T03:00:00Z", "x", exit_code(result)) for day, result in enumerate(days, 1)]
    before = {timeline.change.fact: timeline for timeline in change_timelines(runs[:-1])}[case.fact]
    assert (before.since[:10], before.last_seen[:10], before.state) == ("2026-01-02", "2026-01-04", "still there")
    after = {timeline.change.fact: timeline for timeline in change_timelines(runs)}[case.fact]
    assert after.state == ("still there" if case.fact == STATUS else "gone")


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_accepted_change_is_quiet(case: Case) -> None:
    """A change that was accepted fails no later run; one that reads no session any more verifies nothing."""
    result = changed_run(case)
    grown = accept(baseline(), result.facts, result.changes, Accepted("2026-01-02T03:00:00Z", "it is documented", "x"))
    later = run_drift(SimulatedEndpoint(3, (case.fault,), states=STATES), grown)
    assert case.fact not in {change.fact for change in later.changes}
    assert exit_code(later) == (3 if case.name == "session-500" else 0)


def test_new_states_are_no_change() -> None:
    """Documented states that the baseline has not met yet are judged by the rules, and are no change themselves."""
    young = baseline_of([SimulatedEndpoint(1, states=("waiting",))])
    for seed in range(5):
        result = run_drift(SimulatedEndpoint(seed, states=STATES), young)
        assert (exit_code(result), result.unverified) == (0, None)
        assert {change.aspect for change in result.changes} <= RARE
        assert any(note.startswith("New in this run, not in the baseline yet") for note in result.notes)


def test_enough_changes() -> None:
    """Thirty changes and more are tried, in every class."""
    assert len(CASES) >= 30
    assert {case.change_class for case in CASES} == {"breaking", "risky", "additive", "cosmetic"}
