"""Fuzzing: generated reads, sent as considerately as a probe. GET only, rate limited, bounded in time, no redirects.

The rules of the contract decide. What only Schemathesis' own checks object to becomes a note: a finding needs a basis
in the documentation, which those checks do not have.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from hpp_contract.model import Exchange
from hpp_contract.probe.fuzz.check import broken_rules
from hpp_contract.probe.fuzz.requests import GeneratedRead, generated_reads
from hpp_contract.probe.fuzz.schema import objections
from hpp_contract.probe.plan import ProbePlan
from hpp_contract.probe.probe import ProbeResult, Progress, probe, running
from hpp_contract.probe.sender import Sender
from hpp_contract.probe.target import Target

READ_TIMEOUT_S: Final = 5.0
"""Seconds for connecting and for each read. An id that is not answered in this time will not be answered later."""

BASE_LIMIT_S: Final = 60.0
LIMIT_PER_REQUEST_S: Final = 0.5
"""Seconds that a run may take, and those added for each request; then it stops, and a note says so."""

MAX_UNANSWERED: Final = 3
"""Requests in a row without an answer of the API (none at all, or 429); then nothing more is sent."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of one read: the `command` that repeats it, the exchanges that count, rule and place of what the last
    one breaks, and what only Schemathesis objects to."""

    read: GeneratedRead
    command: str
    exchanges: tuple[Exchange, ...]
    broken: frozenset[tuple[str, str]]
    objections: tuple[str, ...]


def probe_and_fuzz(target: Target, plan: ProbePlan, count: int, on_progress: Progress | None = None) -> ProbeResult:
    """Probe `target` by `plan`. If that verified anything, send `count` generated requests too.

    An embedded target is started once for both: its sessions are the same in both.
    """
    with running(target, plan) as (own, plan):
        result = probe(own, plan)
        if result.unverified is not None:
            return result
        exchanges, notes = fuzz(own, plan, count, on_progress)
    return replace(result, exchanges=(*result.exchanges, *exchanges), notes=(*result.notes, *notes))


def fuzz(
    target: Target, plan: ProbePlan, count: int, on_progress: Progress | None = None, limit_s: float | None = None
) -> tuple[tuple[Exchange, ...], tuple[str, ...]]:
    """The exchanges of `count` generated requests, to be judged, and notes about them; `limit_s` is in seconds.

    Of requests that fail alike only the simplest is among the exchanges.
    """
    planned = generated_reads(target, count, plan.seed)
    deadline = time.monotonic() + (BASE_LIMIT_S + LIMIT_PER_REQUEST_S * count if limit_s is None else limit_s)
    sender = Sender(target, replace(plan, timeout=min(plan.timeout, READ_TIMEOUT_S)), retry_timeouts=False)
    sender.wait_for_turn()  # the probe before this may have sent its last request just now
    outcomes: list[_Outcome] = []
    for number, read in enumerate(planned, start=1):
        if time.monotonic() > deadline or _is_hopeless(outcomes):
            break
        outcomes.append(_outcome(sender, target, read, number))
        if on_progress is not None:
            on_progress(number, len(planned))
    sender.close()
    return _exchanges(outcomes, len(planned), plan.seed)


def _is_hopeless(outcomes: Sequence[_Outcome]) -> bool:
    last = [outcome.exchanges[-1] for outcome in outcomes[-MAX_UNANSWERED:]]
    return len(last) == MAX_UNANSWERED and all(x.response is None or x.status == 429 for x in last)


def _outcome(sender: Sender, target: Target, read: GeneratedRead, number: int) -> _Outcome:
    """Send a read, and check its answer."""
    command = read.curl(sender.base_url, target.credentials.username)
    asked = sender.ask(replace(read, note=f"generated request {number}"))
    exchanges = tuple(replace(exchange, evidence=f"{exchange.evidence}: {command}") for exchange in asked)
    last = exchanges[-1]
    broken = frozenset((rule.id, finding.where) for rule, finding in broken_rules(last))
    return _Outcome(read, command, exchanges, broken, objections(read.case, last) if last.response else ())


def _exchanges(outcomes: Sequence[_Outcome], planned: int, seed: int) -> tuple[tuple[Exchange, ...], tuple[str, ...]]:
    """The exchanges to judge, and the notes."""
    alike: dict[tuple[object, ...], list[_Outcome]] = defaultdict(list)
    for outcome in outcomes:
        if outcome.broken:
            alike[outcome.broken, outcome.read.session, outcome.read.credentials].append(outcome)
    for group in alike.values():
        group.sort(key=lambda outcome: outcome.read.simplicity)
    repeated = {id(outcome) for group in alike.values() for outcome in group[1:] if outcome.read.session != "known"}
    # Every read of a session that exists is part of its trace, so none of them is left out.
    kept = tuple(exchange for outcome in outcomes if id(outcome) not in repeated for exchange in outcome.exchanges)
    notes = (
        _sent(len(outcomes), planned, seed),
        *(_alike(group[0].broken, len(group), group[0].command) for group in alike.values()),
        *_objected(title for outcome in outcomes for title in outcome.objections),
    )
    return kept, notes


def _sent(done: int, planned: int, seed: int) -> str:
    """How many requests were sent."""
    if done < planned:
        return f"Only {done} of {planned} generated requests were sent: answers took too long, or none came any more."
    return f"{done} generated requests were sent; --fuzz with --seed {seed} sends them again."


def _alike(broken: Iterable[tuple[str, str]], count: int, command: str) -> str:
    """How many requests fail alike, and the command for the simplest."""
    rules = ", ".join(sorted({rule for rule, _ in broken}))
    requests = "1 generated request breaks" if count == 1 else f"{count} generated requests break"
    return f"{requests} {rules}; {'it' if count == 1 else 'the simplest'} is sent again by: {command}"


def _objected(titles: Iterable[str]) -> Iterator[str]:
    """What only Schemathesis' own checks object to, and why that is no finding."""
    for title, count in sorted(Counter(titles).items()):
        yield (
            f"Schemathesis objects to {count} of the answers by a check of its own ({title}); no rule of the contract "
            "requires otherwise, so this is no finding."
        )
