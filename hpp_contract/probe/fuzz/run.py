"""Fuzzing: generated reads, sent as considerately as a probe. GET only, rate limited, bounded in time, no redirects.

The rules of the contract decide. What only Schemathesis' own checks object to becomes a note: a finding needs a basis
in the documentation, which those checks do not have.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from hpp_contract.engine.deadline import NEVER, Deadline, OutOfTime
from hpp_contract.model import Exchange
from hpp_contract.probe.fuzz.check import broken_rules
from hpp_contract.probe.fuzz.requests import GeneratedRead, generated_reads
from hpp_contract.probe.fuzz.schema import objections
from hpp_contract.probe.plan import PlannedRead, ProbePlan
from hpp_contract.probe.probe import ProbeResult, Progress, probe, running
from hpp_contract.probe.sender import Sender
from hpp_contract.probe.target import Target
from hpp_contract.probe.transcript import Transcript, why_unanswered

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
    one breaks, and what only Schemathesis objects to. `silence` is what came in place of an answer that there should
    have been."""

    read: GeneratedRead
    command: str
    exchanges: tuple[Exchange, ...]
    broken: frozenset[tuple[str, str]]
    objections: tuple[str, ...]
    silence: str | None = None

    @property
    def kind(self) -> tuple[object, ...] | None:
        """What fails alike has the same; None for what does not fail."""
        if not self.broken and self.silence is None:
            return None
        return self.broken, self.silence, self.read.session, self.read.credentials


def probe_and_fuzz(target: Target, plan: ProbePlan, count: int, on_progress: Progress | None = None) -> ProbeResult:
    """Probe `target` by `plan`. If the API answered anything, send `count` generated requests too.

    An embedded target is started once for both: its sessions are the same in both.
    """
    with running(target, plan) as (own, plan):
        deadline = Deadline.after(plan.max_time)
        result = probe(own, plan, deadline=deadline)
        if not result.answered or deadline.is_over():
            return result
        exchanges, notes = fuzz(own, plan, count, on_progress, deadline=deadline)
    over = deadline.sentence("not all requests were generated, sent and tried again.") if deadline.is_over() else None
    return replace(
        result,
        exchanges=(*result.exchanges, *exchanges),
        notes=(*result.notes, *notes),
        unverified=result.unverified or over,
    )


def fuzz(
    target: Target,
    plan: ProbePlan,
    count: int,
    on_progress: Progress | None = None,
    limit_s: float | None = None,
    deadline: Deadline = NEVER,
) -> tuple[tuple[Exchange, ...], tuple[str, ...]]:
    """The exchanges of `count` generated requests, to be judged, and notes about them; `limit_s` is in seconds.

    Of requests that fail alike only the simplest is among the exchanges. At the `deadline` of the run it ends too.
    """
    planned = generated_reads(target, count, plan.seed)
    enough = Deadline.after(BASE_LIMIT_S + LIMIT_PER_REQUEST_S * count if limit_s is None else limit_s)
    short = replace(plan, timeout=min(plan.timeout, READ_TIMEOUT_S))
    sender = Sender(target, short, deadline, retry_timeouts=False)
    sender.wait_for_turn()  # the probe before this may have sent its last request just now
    outcomes: list[_Outcome] = []
    with suppress(OutOfTime):
        for number, read in enumerate(planned, start=1):
            if enough.is_over() or _is_hopeless(outcomes):
                break
            outcomes.append(_outcome(sender, target, read, number))
            if on_progress is not None:
                on_progress(number, len(planned))
    alike = _alike_by_kind(outcomes)
    transcript = _transcript(outcomes, alike)
    silent = [group[0].read for group in alike.values() if group[0].silence is not None]
    with suppress(OutOfTime):
        transcript.confirm(partial(_again, sender, target), lambda: None, silent)
    sender.close()
    return tuple(transcript.exchanges), _notes(outcomes, alike, transcript, len(planned), plan.seed)


def _is_hopeless(outcomes: Sequence[_Outcome]) -> bool:
    last = [outcome.exchanges[-1] for outcome in outcomes[-MAX_UNANSWERED:]]
    return len(last) == MAX_UNANSWERED and all(x.response is None or x.status == 429 for x in last)


def _outcome(sender: Sender, target: Target, read: GeneratedRead, number: int) -> _Outcome:
    """Send a read, and check its answer."""
    command, exchanges = _asked(sender, target, replace(read, note=f"generated request {number}"))
    last = exchanges[-1]
    if last.response is None or last.response.status >= 500:
        return _Outcome(read, command, exchanges, frozenset(), (), why_unanswered(last))
    broken = frozenset((rule.id, finding.where) for rule, finding in broken_rules(last))
    return _Outcome(read, command, exchanges, broken, objections(read.case, last))


def _asked(sender: Sender, target: Target, read: GeneratedRead) -> tuple[str, tuple[Exchange, ...]]:
    """The command that repeats a read, and what came of it."""
    command = read.curl(sender.base_url, target.credentials.username)
    asked = sender.ask(read)
    return command, tuple(replace(exchange, evidence=f"{exchange.evidence}: {command}") for exchange in asked)


def _again(sender: Sender, target: Target, read: PlannedRead) -> list[Exchange]:
    return list(_asked(sender, target, read)[1]) if isinstance(read, GeneratedRead) else sender.ask(read)


_Alike = Mapping[tuple[object, ...], Sequence[_Outcome]]
"""What fails, by how; the simplest first."""


def _alike_by_kind(outcomes: Sequence[_Outcome]) -> _Alike:
    alike: dict[tuple[object, ...], list[_Outcome]] = defaultdict(list)
    for outcome in outcomes:
        if outcome.kind is not None:
            alike[outcome.kind].append(outcome)
    for group in alike.values():
        group.sort(key=lambda outcome: outcome.read.simplicity)
    return alike


def _transcript(outcomes: Sequence[_Outcome], alike: _Alike) -> Transcript:
    """All that happened, but of what fails alike only the first."""
    repeated = {id(outcome) for group in alike.values() for outcome in group[1:] if outcome.read.session != "known"}
    transcript = Transcript()
    for outcome in outcomes:  # every read of a session that exists is part of its trace, so none is left out
        if id(outcome) not in repeated:
            transcript.add(outcome.read, list(outcome.exchanges))
    return transcript


def _notes(
    outcomes: Sequence[_Outcome], alike: _Alike, transcript: Transcript, planned: int, seed: int
) -> tuple[str, ...]:
    return (
        _sent(len(outcomes), planned, seed),
        *filter(None, (_failing(group, transcript) for group in alike.values())),
        *_objected(title for outcome in outcomes for title in outcome.objections),
    )


def _failing(group: Sequence[_Outcome], transcript: Transcript) -> str | None:
    """What fails alike, and the command for the simplest; None where only an outage explains it."""
    first = group[0]
    if first.silence is None:
        return _alike(first.broken, len(group), first.command)
    if first.read.credentials != "right" or not transcript.is_specific(first.read):
        return None
    rule = "HPP-H04" if first.exchanges[-1].response is None else "HPP-H02"
    return _alike([(rule, "")], len(group), first.command)


def _sent(done: int, planned: int, seed: int) -> str:
    """How many requests were sent."""
    if done < planned:
        return f"Only {done} of {planned} generated requests were sent: answers took too long, or none came any more."
    return f"{done} generated requests were sent; --fuzz with --seed {seed} sends them again."


def _alike(broken: Iterable[tuple[str, str]], count: int, command: str) -> str:
    """How many requests fail alike, and the command for the first."""
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
