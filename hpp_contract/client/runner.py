"""Running cases: ordinary ones one after the other, and slow ones in parallel with them in further adapters."""

from __future__ import annotations

import itertools
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Final

from hpp_contract.cases import Case
from hpp_contract.cases.case import GENERATED, SHORT
from hpp_contract.client.adapters.adapter import Adapter
from hpp_contract.client.adapters.subprocess_group import ENDED
from hpp_contract.client.case_server import CaseServer
from hpp_contract.client.generated import FAILED, GeneratedCase, GeneratedOptions, GeneratedRun, summarize
from hpp_contract.client.plain_sessions import PLAIN, Judged, PlainSessions, merged, without_repetitions
from hpp_contract.client.run_case import Before, CaseResult, closes_connection, lacks_credentials, run_case, timed_out
from hpp_contract.client.verdicts import CaseVerdicts, verdicts_on
from hpp_contract.engine import Report, Subject
from hpp_contract.engine.deadline import MAX_TIME_S, Deadline
from hpp_contract.model.clock import Clock, steady, system_clock
from hpp_contract.rules import ServedKind, served_kind
from hpp_contract.server import Tls

MAX_SILENT_CASES: Final = 5
"""Cases in a row that may end without an answer before the run stops."""

MAX_MUTE_CASES: Final = 2
"""The same for an adapter that has not said anything at all."""


_NOT_ALL: Final = "not all generated sessions were read."


NAMED: Final = 4
"""Cases that a note names; the others are counted."""

SHORTER_S: Final = 2.0
"""Seconds for a read that are worth a try where a client hung."""


@dataclass(frozen=True)
class RunOptions:
    """How to run: `wait` seconds at most for a read, and `max_time` for the whole run; `extra_adapters` for slow cases
    (none where adapters would share a process), or for `all` cases; `reproduce_command` runs a case again once `--only`
    and its name are appended; `generated` sessions follow the cases, if any; `tls` for https; `clock` dates what the
    client is served; `on_progress` is called with the number of cases that were run and of all; a `detailed` report has
    the texts of exchanges."""

    wait: float = 10.0
    extra_adapters: int = 0
    all: bool = False
    reproduce_command: str = "hpp-contract client"
    generated: GeneratedOptions | None = None
    tls: Tls | None = None
    clock: Clock = system_clock
    max_time: float = MAX_TIME_S
    on_progress: Callable[[int, int], None] | None = None
    detailed: bool = False


@dataclass(frozen=True)
class _Notes:
    """Notes about a run: what is shown, and what is for who wants to know more."""

    shown: tuple[str, ...] = ()
    asides: tuple[str, ...] = ()


def run(cases: Sequence[Case], start: Callable[[], Adapter], subject: Subject, options: RunOptions) -> Report:
    """Judge by `cases` the client behind the adapters that `start` makes. Raises what `start` raises, and OSError,
    RuntimeError or SystemRefused when the system refuses a thread, a process or a file."""
    began, deadline = time.monotonic(), Deadline.after(options.max_time)
    verdicts = CaseVerdicts(subject, renders=options.detailed)
    served = {case.name: case for case in (*PLAIN.values(), *cases)}
    with CaseServer(served.values(), options.tls, steady(options.clock)) as server, _adapters(start) as new_adapter:
        main = new_adapter()
        pool = _AdapterPool(server, options, deadline, len(cases))
        possible = [case for case in cases if options.tls is not None or not case.needs_tls]
        results = _run_all(possible, main, new_adapter, pool)
        if not pool.heard and any(map(_was_due, results)):
            return _unheard(subject, results, main, verdicts)
        judged, silenced = _judged(results, subject, PlainSessions(results, lambda case: pool.run(case, main)))
        for one in judged:
            verdicts.add(one.case.name, one.verdicts, one.result.exchanges, one.result.reads)
        took = time.monotonic() - began
        complete = len(results) == len(possible)  # a client that answers nothing is asked for nothing more
        generated = options.generated if complete else None
        further = _generate(generated, server, main, options, verdicts, deadline) if generated else _Notes()
        verdicts.judge_requests(server.unknown)
    left = f"{len(possible) - len(results)} of {len(possible)} cases were not run." if not complete else _NOT_ALL
    unverified = deadline.sentence(left) if deadline.is_over() and (pool.is_late or generated) else None
    notes = _notes(cases, results, took, options, pool)
    return Report(
        subject,
        verdicts.verdicts,
        unverified,
        notes=(*main.notes, *notes.shown, *silenced, *further.shown),
        slices=tuple(verdicts.slices),
        exchanges=verdicts.shown,
        asides=(*notes.asides, *further.asides),
        reproduce=options.reproduce_command,
    )


def _was_due(result: CaseResult) -> bool:
    """Whether an answer was due that did not come: a client that hangs on a silent server hangs by itself."""
    hung = any(read.result.hung for read in result.reads)
    return bool(result.reads) and not (hung and result.case.timeout == SHORT)


def _unheard(subject: Subject, results: Sequence[CaseResult], adapter: Adapter, verdicts: CaseVerdicts) -> Report:
    """The report about an adapter that answered no read: nothing is known of the client, but what it asked for."""
    for one in results:
        found = verdicts_on(one.case.name, subject, (), one.exchanges, exempt_rules=one.case.exempt_rules)
        verdicts.add(one.case.name, found, one.exchanges)
    why = next((one.problem for one in results if one.problem), "no answer")
    unflushed = any(
        read.result.hung and served_kind(read) is ServedKind.SESSION for one in results for read in one.reads
    )
    hint = ", though the client got one from the server: is each line flushed" if unflushed else ""
    return Report(
        subject,
        verdicts.verdicts,
        unverified=f"the adapter answered no read rightly ({why}{hint}): make it run with --only smoke first.",
        notes=tuple(note for note in adapter.notes if why not in note),
        slices=tuple(verdicts.slices),
    )


def _judged(results: Sequence[CaseResult], subject: Subject, plain: PlainSessions) -> tuple[list[Judged], list[str]]:
    """The verdicts on each case, without one defect in several findings, and notes about what is not judged."""
    judged, notes = [], []
    for one in results:
        if one.case.needs_tls and not plain.can_read_any():
            notes.append(f"Not judged, because the client read no session from the right server: {one.case.name}.")
            continue
        verdicts = verdicts_on(
            one.case.name, subject, one.reads, one.exchanges, one.extra_findings, one.case.exempt_rules
        )
        judged.append(Judged(one, verdicts))
    kept, silenced = without_repetitions(merged(judged, plain), plain)
    return kept, [*notes, *silenced]


def _generate(
    generated: GeneratedOptions,
    server: CaseServer,
    adapter: Adapter,
    options: RunOptions,
    verdicts: CaseVerdicts,
    deadline: Deadline,
) -> _Notes:
    """Run generated sessions and add their verdicts; the notes about them."""
    command = f"{options.reproduce_command} --only {GENERATED}"

    def read(case: GeneratedCase) -> CaseResult:
        server.add(case.own_id, case.content)
        return run_case(case, server, adapter, options.wait, command, deadline=deadline)

    exempt_rules = {verdict.rule.id for verdict in verdicts.verdicts if verdict.outcome in FAILED}
    sessions = GeneratedRun(read, verdicts.subject, exempt_rules)
    sessions.run(generated.count, generated.seed, deadline)
    found, notes = summarize(sessions, generated)
    verdicts.add(GENERATED, found)
    exempt = f"Generated sessions were not judged by what cases break already: {', '.join(sorted(exempt_rules))}."
    return _Notes(tuple(notes), (exempt,) if exempt_rules else ())


def _run_all(
    cases: Sequence[Case], main: Adapter, new_adapter: Callable[[], Adapter], pool: _AdapterPool
) -> list[CaseResult]:
    """Run the cases: ordinary ones with `main`, the others with any free adapter, in the end with `main` too."""
    slow = {case.name: case for case in cases if case.slow or pool.options.all}
    extra = min(pool.options.extra_adapters, len(slow))
    ordinary = [case for case in cases if case.name not in slow]
    # The first case shows whether the client has credentials at all, before others meet a server that asks for them.
    results = {case.name: pool.run(case, main) for case in ordinary[:1]}
    with ThreadPoolExecutor(extra + 1, "hpp-contract case") as threads:
        try:
            waiting = {name: threads.submit(pool.run_in_free_adapter, case) for name, case in slow.items()}
            for _ in range(extra):
                pool.free.put(new_adapter())
            results |= {case.name: pool.run(case, main) for case in ordinary[1:]}
        except BaseException:  # Ctrl-C, or an adapter that does not start: run none of the waiting cases
            pool.stop()
            raise
        finally:
            pool.free.put(main)
        results |= {name: future.result() for name, future in waiting.items()}
    return [one for case in cases if (one := results[case.name]) is not None]


class _AdapterPool:
    """Runs cases, until too many in a row end without an answer (`stopped` is the first of them), or the time of the
    run is over (`is_late`).

    Where a client has no right credentials, the server stops asking for them, so that the rest can be judged:
    `stopped_asking` are the cases that showed it. `heard` once any adapter said anything.
    """

    def __init__(self, server: CaseServer, options: RunOptions, deadline: Deadline, count: int) -> None:
        self.free: SimpleQueue[Adapter] = SimpleQueue()
        self.options = options
        self.stopped: str | None = None
        self.stopped_asking: list[str] = []
        self.heard = False
        self.is_late = False
        self._before: dict[int, Before] = defaultdict(Before)
        self._server = server
        self._count = count
        self._run = itertools.count(1)
        self._silent: list[str] = []
        self._deadline = deadline

    def run_in_free_adapter(self, case: Case) -> CaseResult | None:
        """Run it with the first adapter that is free."""
        adapter = self.free.get()
        try:
            return self.run(case, adapter)
        finally:
            self.free.put(adapter)

    def run(self, case: Case, adapter: Adapter) -> CaseResult | None:
        """Run it, or return None when the run has stopped."""
        if len(self._silent) >= (MAX_SILENT_CASES if self.heard else MAX_MUTE_CASES):
            self.stopped = self.stopped or self._silent[0]
            return None
        if self._deadline.is_over():
            self.is_late = True
            return None
        command = f"{self.options.reproduce_command} --only {case.name}"
        before = self._before[id(adapter)]
        result = run_case(case, self._server, adapter, self.options.wait, command, before, self._deadline)
        if self._deadline.is_over() and result.is_silent:  # it may have been cut short
            self.is_late = True
            return None
        if self.options.on_progress is not None:
            self.options.on_progress(next(self._run), self._count)
        self.heard |= adapter.heard
        self._remember(result, adapter)
        if not (case.timeout == SHORT and result.problem):  # a client that hangs there may still answer other cases
            self._silent = [*self._silent, case.name] if result.is_silent else []
        return result

    def _remember(self, result: CaseResult, adapter: Adapter) -> None:
        """Note whether the connection was closed or given up, and whether the credentials were missing or wrong."""
        asked = [read for read in result.reads if read.served]
        closed_in = self._before[id(adapter)].closed_in
        if asked:
            closed_in = result.case.name if closes_connection(asked[-1]) else ""
        self._before[id(adapter)] = Before(closed_in, any(map(timed_out, result.reads)))
        case = result.case
        if case.unproven is None and any(map(lacks_credentials, asked)) and self._server.asks_for_credentials(case):
            self._server.stop_asking(case)
            self.stopped_asking.append(case.name)

    def stop(self) -> None:
        """Run nothing more."""
        self._silent = [""] * MAX_SILENT_CASES


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
    cases: Sequence[Case], results: Sequence[CaseResult], seconds: float, options: RunOptions, pool: _AdapterPool
) -> _Notes:
    asked = [one for one in results if one.reads]
    run = [f"Cases run: {len(asked)} of {len(cases)}, in {seconds:.1f} s."] if cases else []
    left_out = tuple(_left_out(cases, results, options))
    advice = tuple(_advice(cases, results, options, pool))
    # Where nothing at all was run, the reason is all that there is to say.
    return _Notes((*run, *advice), left_out) if asked else _Notes((*run, *left_out, *advice), ())


def _left_out(cases: Sequence[Case], results: Sequence[CaseResult], options: RunOptions) -> Iterator[str]:
    """Cases that were not run, which is as it should be."""
    for why in dict.fromkeys(one.left_out for one in results if one.left_out):
        yield f"Not run, because {why}: {', '.join(one.case.name for one in results if one.left_out == why)}."
    if without_tls := _without_tls(cases, options):
        yield f"Run with --tls only: {', '.join(without_tls)}."


def _advice(
    cases: Sequence[Case], results: Sequence[CaseResult], options: RunOptions, pool: _AdapterPool
) -> Iterator[str]:
    """What else was not run or not judged, and what to do about it."""
    if skipped := [one.case.name for one in results if one.skipped]:
        yield f"Skipped by the client: {', '.join(skipped)}."
    if pool.stopped_asking:
        yield (
            f"The server stopped asking for credentials, so that the other rules could be judged, after "
            f"{', '.join(pool.stopped_asking)}: see HPP-R05 and HPP-R12."
        )
    waited = (one for one in results if one.case.timeout != SHORT)  # in the others the wait is short anyway
    hung = [one.case.name for one in waited if any(read.result.hung for read in one.reads)]
    if hung and options.wait > SHORTER_S:
        shorter = f"{options.reproduce_command} --timeout {SHORTER_S:g}"
        longest = f"it waits for {SHORTER_S:g} s, not {options.wait:g}"
        yield f"The client hung in {_some(hung)}. Try {shorter}: {longest}."
    if any(read.result.other and served_kind(read) is ServedKind.SESSION for one in results for read in one.reads):
        yield (
            "The client returned no session where one was served. If its caller gets a status alone, a session is "
            '{"status": …}; if no more than paid or not, answer {"verdict": "paid"}.'
        )
    if ended := [one.case.name for one in results if ENDED in (one.problem or "")]:
        yield (
            f"The adapter ended in {_some(ended)}. If your client raised something there, catch it, whatever its "
            "class, and answer with an error: a caller can do the same."
        )
    if pool.stopped is not None:
        rest = len(cases) - len(results) - len(_without_tls(cases, options))
        begin = "" if hung else f" Begin with {options.reproduce_command} --only {pool.stopped}."
        were = "case was" if rest == 1 else "cases were"
        yield f"{rest} {were} not run: stopped after {MAX_SILENT_CASES} cases in a row without an answer.{begin}"


def _some(names: Sequence[str]) -> str:
    """`smoke, waiting and 3 more`."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more}"


def _without_tls(cases: Sequence[Case], options: RunOptions) -> list[str]:
    return [case.name for case in cases if case.needs_tls and options.tls is None]
