"""Running cases: ordinary ones one after the other, and slow ones in parallel with them in further adapters."""

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
from hpp_contract.client.generated import FAILED, GeneratedCase, GeneratedOptions, GeneratedRun, summarize
from hpp_contract.client.run_case import CaseResult, run_case
from hpp_contract.client.verdicts import CaseVerdicts
from hpp_contract.engine import Report, Subject
from hpp_contract.model.clock import Clock, steady, system_clock
from hpp_contract.server import Tls

MAX_SILENT_CASES: Final = 5
"""Cases in a row that may end without an answer before the run stops."""

MAX_RUN_FACTOR: Final = 30
"""A whole run may take this many times what one read may."""


@dataclass(frozen=True)
class RunOptions:
    """How to run: `wait` seconds at most for a read; `extra_adapters` for slow cases (none where adapters would share a
    process), or for `all` cases; `reproduce_command` runs a case again once `--only` and its name are appended;
    `generated` sessions follow the cases, if any; `tls` for https; `clock` dates what the client is served."""

    wait: float = 10.0
    extra_adapters: int = 0
    all: bool = False
    reproduce_command: str = "hpp-contract client"
    generated: GeneratedOptions | None = None
    tls: Tls | None = None
    clock: Clock = system_clock


def run(cases: Sequence[Case], start: Callable[[], Adapter], subject: Subject, options: RunOptions) -> Report:
    """Judge by `cases` the client behind the adapters that `start` makes. Raises what `start` raises, and OSError,
    RuntimeError or SystemRefused when the system refuses a thread, a process or a file."""
    began = time.monotonic()
    verdicts = CaseVerdicts(subject)
    with CaseServer(cases, options.tls, steady(options.clock)) as server, _adapters(start) as new_adapter:
        main = new_adapter()
        pool = _AdapterPool(server, options)
        results = _run_all(cases, main, new_adapter, pool)
        for one in results:
            verdicts.judge(one.case.name, one.reads, one.exchanges, one.extra_findings, one.case.exempt_rules)
        took = time.monotonic() - began
        complete = len(results) == len(cases)  # a client that answers nothing is asked for nothing more
        generated = options.generated if complete else None
        further = _generate(generated, server, main, options, verdicts) if generated else []
        verdicts.judge("", (), server.unknown)
    notes = (*main.notes, *_notes(cases, results, took, options, pool.stopped), *further)
    return Report(subject, verdicts.verdicts, notes=notes, slices=tuple(verdicts.slices), exchanges=verdicts.shown)


def _generate(
    generated: GeneratedOptions, server: CaseServer, adapter: Adapter, options: RunOptions, verdicts: CaseVerdicts
) -> list[str]:
    """Run generated sessions and add their verdicts; the notes about them."""
    command = f"{options.reproduce_command} --only {GENERATED}"

    def read(case: GeneratedCase) -> CaseResult:
        server.add(case.own_id, case.content)
        return run_case(case, server, adapter, options.wait, command)

    exempt_rules = {verdict.rule.id for verdict in verdicts.verdicts if verdict.outcome in FAILED}
    sessions = GeneratedRun(read, verdicts.subject, exempt_rules)
    sessions.run(generated.count, generated.seed)
    found, notes = summarize(sessions, generated, exempt_rules)
    verdicts.add(GENERATED, found)
    return notes


def _run_all(
    cases: Sequence[Case], main: Adapter, new_adapter: Callable[[], Adapter], pool: _AdapterPool
) -> list[CaseResult]:
    """Run the cases: ordinary ones with `main`, the others with any free adapter, in the end with `main` too."""
    slow = {case.name: case for case in cases if case.slow or pool.options.all}
    extra = min(pool.options.extra_adapters, len(slow))
    with ThreadPoolExecutor(extra + 1, "hpp-contract case") as threads:
        try:
            waiting = {name: threads.submit(pool.run_in_free_adapter, case) for name, case in slow.items()}
            for _ in range(extra):
                pool.free.put(new_adapter())
            results = {case.name: pool.run(case, main) for case in cases if case.name not in slow}
        except BaseException:  # Ctrl-C, or an adapter that does not start: run none of the waiting cases
            pool.stop()
            raise
        finally:
            pool.free.put(main)
        results |= {name: future.result() for name, future in waiting.items()}
    return [one for case in cases if (one := results[case.name]) is not None]


class _AdapterPool:
    """Runs cases, until too many in a row end without an answer, or the time is up: `stopped` says which, in words."""

    def __init__(self, server: CaseServer, options: RunOptions) -> None:
        self.free: SimpleQueue[Adapter] = SimpleQueue()
        self.options = options
        self.stopped: str | None = None
        self._server = server
        self._silent = 0
        self._until = time.monotonic() + MAX_RUN_FACTOR * options.wait

    def run_in_free_adapter(self, case: Case) -> CaseResult | None:
        """Run it with the first adapter that is free."""
        adapter = self.free.get()
        try:
            return self.run(case, adapter)
        finally:
            self.free.put(adapter)

    def run(self, case: Case, adapter: Adapter) -> CaseResult | None:
        """Run it, or return None when the run has stopped."""
        if self._silent >= MAX_SILENT_CASES:
            self.stopped = f"after {MAX_SILENT_CASES} cases in a row without an answer"
            return None
        if time.monotonic() > self._until:
            self.stopped = f"after {MAX_RUN_FACTOR * self.options.wait:g} s"
            return None
        command = f"{self.options.reproduce_command} --only {case.name}"
        result = run_case(case, self._server, adapter, self.options.wait, command)
        if not (case.timeout == SHORT and result.problem):  # a client that hangs there may still answer other cases
            self._silent = self._silent + 1 if result.problem else 0
        return result

    def stop(self) -> None:
        """Run nothing more."""
        self._silent = MAX_SILENT_CASES


@contextmanager
def _adapters(start: Callable[[], Adapter]) -> Iterator[Callable[[], Adapter]]:
    """A function that makes adapters, all of which are closed in the end."""
    with ExitStack() as made:

        def new_adapter() -> Adapter:
            adapter = start()
            made.callback(adapter.close)
            return adapter

        yield new_adapter


def _notes(
    cases: Sequence[Case], results: Sequence[CaseResult], seconds: float, options: RunOptions, stopped: str | None
) -> Iterator[str]:
    asked = [one for one in results if one.reads]
    if cases:
        yield f"{len(asked)} of {len(cases)} cases were run in {seconds:.1f} s."
    if skipped := [one.case.name for one in asked if one.skipped]:
        yield f"Skipped by the client: {', '.join(skipped)}."
    if exempt := [one.case.name for one in results if not one.reads]:
        yield f"Not run, because the client cannot be given a base URL: {', '.join(exempt)}."
    if stopped is not None:
        yield (
            f"{len(cases) - len(results)} cases were not run: stopped {stopped}. "
            f"Begin with {options.reproduce_command} --only smoke."
        )
