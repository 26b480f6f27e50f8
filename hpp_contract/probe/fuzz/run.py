"""Fuzzing: generated reads, sent as considerately as a probe. GET only, paced, bounded in time, never redirected.

Our rules are the judges. What only Schemathesis' own checks object to becomes a note: a finding needs a basis in the
documentation, and they know none.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from hpp_contract.model import Exchange
from hpp_contract.probe.fuzz import text
from hpp_contract.probe.fuzz.requests import generated_requests
from hpp_contract.probe.fuzz.sending import Outcome, Sender
from hpp_contract.probe.plan import ProbePlan
from hpp_contract.probe.probe import ProbeResult, Progress, probe
from hpp_contract.probe.target import Target

PATIENCE: Final = 60.0
PATIENCE_EACH: Final = 0.5
"""Seconds that a run may take, and for each request beside; then it stops and says so."""

GIVE_UP: Final = 3
"""Requests in a row that meet no API (no answer, or 429): then nothing else is sent."""


def probe_and_fuzz(target: Target, plan: ProbePlan, count: int, on_progress: Progress | None = None) -> ProbeResult:
    """Probe `target` by `plan`, and if that verified anything, send it `count` generated requests too.

    An embedded target is started once for both: a session is the same in both.
    """
    if target.base_url is not None:
        return _probe_and_fuzz(target, plan, count, on_progress)
    from hpp_contract.probe.embedded import POLLS, running

    with running(target, plan.clock) as own:
        return _probe_and_fuzz(own, replace(plan, polls=max(plan.polls, POLLS)), count, on_progress)


def _probe_and_fuzz(target: Target, plan: ProbePlan, count: int, on_progress: Progress | None) -> ProbeResult:
    probed = probe(target, plan)
    if probed.unverified is not None:
        return probed
    exchanges, notes = fuzz(target, plan, count, on_progress)
    return replace(probed, exchanges=(*probed.exchanges, *exchanges), notes=(*probed.notes, *notes))


def fuzz(
    target: Target, plan: ProbePlan, count: int, on_progress: Progress | None = None, patience: float | None = None
) -> tuple[tuple[Exchange, ...], tuple[str, ...]]:
    """The exchanges of `count` generated requests, to be judged, and notes about them; `patience` is in seconds.

    Of requests that fail alike only the simplest is among them: a hundred say no more than one.
    """
    planned = generated_requests(target, count, plan.seed)
    deadline = time.monotonic() + (PATIENCE + PATIENCE_EACH * count if patience is None else patience)
    sender = Sender(target, plan)
    outcomes: list[Outcome] = []
    for number, attempt in enumerate(planned, start=1):
        if time.monotonic() > deadline or _is_hopeless(outcomes):
            break
        outcomes.append(sender.outcome(attempt, number))
        if on_progress is not None:
            on_progress(number, len(planned))
    sender.close()
    return _concluded(outcomes, len(planned), plan.seed)


def _is_hopeless(outcomes: Sequence[Outcome]) -> bool:
    last = [outcome.exchanges[-1] for outcome in outcomes[-GIVE_UP:]]
    return len(last) == GIVE_UP and all(exchange.response is None or exchange.status == 429 for exchange in last)


def _concluded(outcomes: Sequence[Outcome], planned: int, seed: int) -> tuple[tuple[Exchange, ...], tuple[str, ...]]:
    alike: dict[tuple[object, ...], list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        if outcome.broken:
            alike[outcome.broken, outcome.attempt.session, outcome.attempt.credentials].append(outcome)
    for group in alike.values():
        group.sort(key=lambda outcome: outcome.attempt.simplicity)
    repeated = {id(outcome) for group in alike.values() for outcome in group[1:] if outcome.attempt.session != "known"}
    # Every read of a session that exists is part of its life, so none of them is left out.
    kept = tuple(exchange for outcome in outcomes if id(outcome) not in repeated for exchange in outcome.exchanges)
    notes = (
        text.sent(len(outcomes), planned, seed),
        *(text.alike(group[0].broken, len(group), group[0].command) for group in alike.values()),
        *text.objected(title for outcome in outcomes for title in outcome.objections),
    )
    return kept, notes
