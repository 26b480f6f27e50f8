"""Running cases: ordinary ones one after the other, those that keep a client waiting beside them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Final

from hpp_contract.cases import Case
from hpp_contract.cases.case import GENERATED, SHORT
from hpp_contract.client.adapters.adapter import Adapter
from hpp_contract.client.case_server import CaseServer
from hpp_contract.client.generated import FAILED, GeneratedRun
from hpp_contract.client.generated_case import GeneratedCase
from hpp_contract.client.generated_verdict import GeneratedOptions, summarize
from hpp_contract.client.run_case import CaseResult, run_case
from hpp_contract.client.verdicts import CaseVerdicts
from hpp_contract.engine import Report, Subject
from hpp_contract.model.clock import Clock, steady, system_clock
from hpp_contract.server import Tls

MAX_SILENT_CASES: Final = 5
"""Cases in a row that may end in no answer at all before the others are left out."""

MAX_RUN_FACTOR: Final = 30
"""A whole run may take so many times what one case may."""


@dataclass(frozen=True)
class RunOptions:
    """How to run: `wait` seconds at most for a read; `beside` further adapters for cases that keep a client waiting
    (none where they would share a process), or for `all` cases; `again` the command that runs a case once more, but for
    its name; `generated` the round of generated sessions that follows, if any; with `tls` everything goes
    over https; `clock` dates what the client is served."""

    wait: float = 10.0
    extra_adapters: int = 0
    all: bool = False
    reproduce_command: str = "hpp-contract client"
    generated: GeneratedOptions | None = None
    tls: Tls | None = None
    clock: Clock = system_clock


def run(cases: Sequence[Case], start: Callable[[], Adapter], subject: Subject, plan: RunOptions) -> Report:
    """Judge the client behind the adapters that `start` makes by `cases`. Raises what `start` raises, and what the
    system does that refuses a thread, a process or a file."""
    began = time.monotonic()
    ledger = CaseVerdicts(subject)
    with CaseServer(cases, plan.tls, steady(plan.clock)) as stage, _adapters(start) as another:
        main = another()
        played = _play_all(cases, main, another, _AdapterPool(stage, plan))
        for one in played:
            ledger.judge(one.case.name, one.answers, one.exchanges, one.extra_findings, one.case.exempt_rules)
        took = time.monotonic() - began
        whole = len(played) == len(cases)  # who answers nothing is not asked for more
        further = _generate(plan.generated, stage, main, plan, ledger) if plan.generated and whole else []
        ledger.judge("", (), stage.unknown)
    notes = (*main.notes, *_notes(cases, played, took, plan), *further)
    return Report(subject, ledger.verdicts, notes=notes, slices=tuple(ledger.slices), exchanges=ledger.shown)


def _generate(
    wanted: GeneratedOptions, stage: CaseServer, adapter: Adapter, plan: RunOptions, ledger: CaseVerdicts
) -> list[str]:
    """Run a round of generated sessions and enter what it came to; the notes about it."""
    again = f"{plan.reproduce_command} --only {GENERATED}"

    def read(case: GeneratedCase) -> CaseResult:
        stage.add(case.own_id, case.content)
        return run_case(case, stage, adapter, plan.wait, again)

    spares = {verdict.rule.id for verdict in ledger.verdicts if verdict.outcome in FAILED}
    done = GeneratedRun(read, ledger.subject, spares)
    done.run(wanted.count, wanted.seed)
    verdicts, notes = summarize(done, wanted, spares)
    ledger.add(GENERATED, verdicts)
    return notes


def _play_all(
    cases: Sequence[Case], main: Adapter, new_adapter: Callable[[], Adapter], crew: _AdapterPool
) -> list[CaseResult]:
    """Play the cases: ordinary ones on `main`, the others on whatever is free, on `main` too in the end."""
    aside = {case.name: case for case in cases if case.slow or crew.plan.all}
    beside = min(crew.plan.extra_adapters, len(aside))
    with ThreadPoolExecutor(beside + 1, "hpp-contract case") as pool:
        try:
            waiting = {name: pool.submit(crew.play_in_extra_adapters, case) for name, case in aside.items()}
            for _ in range(beside):
                crew.free.put(new_adapter())
            played = {case.name: crew.play(case, main) for case in cases if case.name not in aside}
        except BaseException:  # Ctrl-C, or what cannot be started: the others shall not wait for it
            crew.stop()
            raise
        finally:
            crew.free.put(main)
        played |= {name: future.result() for name, future in waiting.items()}
    return [one for case in cases if (one := played[case.name]) is not None]


class _AdapterPool:
    """Plays cases with whatever adapter is free, until too many in a row have come to nothing."""

    def __init__(self, stage: CaseServer, plan: RunOptions) -> None:
        self.free: SimpleQueue[Adapter] = SimpleQueue()
        self.plan = plan
        self._stage = stage
        self._failed = 0
        self._until = time.monotonic() + MAX_RUN_FACTOR * plan.wait

    def play_in_extra_adapters(self, case: Case) -> CaseResult | None:
        """Play it with the first adapter that is free."""
        adapter = self.free.get()
        try:
            return self.play(case, adapter)
        finally:
            self.free.put(adapter)

    def play(self, case: Case, adapter: Adapter) -> CaseResult | None:
        """Play it, or return None when the run has been given up."""
        if self._failed >= MAX_SILENT_CASES or time.monotonic() > self._until:
            return None
        played = run_case(
            case, self._stage, adapter, self.plan.wait, f"{self.plan.reproduce_command} --only {case.name}"
        )
        if not (case.timeout == SHORT and played.problem):  # who waits for ever there may do well elsewhere
            self._failed = self._failed + 1 if played.problem else 0
        return played

    def stop(self) -> None:
        """Play nothing more."""
        self._failed = MAX_SILENT_CASES


@contextmanager
def _adapters(start: Callable[[], Adapter]) -> Iterator[Callable[[], Adapter]]:
    """A maker of adapters that are all closed in the end."""
    with ExitStack() as made:

        def another() -> Adapter:
            adapter = start()
            made.callback(adapter.close)
            return adapter

        yield another


def _notes(cases: Sequence[Case], played: Sequence[CaseResult], seconds: float, plan: RunOptions) -> Iterator[str]:
    asked = [one for one in played if one.answers]
    if cases:
        yield f"{len(asked)} of {len(cases)} cases were run in {seconds:.1f} s."
    if skipped := [one.case.name for one in asked if one.skipped]:
        yield f"Skipped by the client: {', '.join(skipped)}."
    if spared := [one.case.name for one in played if not one.answers]:
        yield f"Not run, because the client takes no base URL as it is: {', '.join(spared)}."
    if len(played) < len(cases):
        yield (
            f"{len(cases) - len(played)} cases were left out after {MAX_SILENT_CASES} in a row without an answer, or "
            f"{MAX_RUN_FACTOR * plan.wait:g} s: begin with {plan.reproduce_command} --only smoke."
        )
