"""One defect, one finding: what a client that cannot read a plain session is told once, and what not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from hpp_contract.cases import CASES, Case
from hpp_contract.client.run_case import CaseResult
from hpp_contract.engine import Outcome, RuleVerdict
from hpp_contract.engine.report import outcome_of
from hpp_contract.model.client_read import ClientRead
from hpp_contract.rules import changed_members, surfaced
from hpp_contract.spec.schema_files import SHAPES

READS_PLAIN: Final = "HPP-A17"
"""The rule that says that a client reads what every client can read."""

AFTER_CLOSE: Final = "HPP-A21"
"""The rule about connections that the server has closed."""

BROKEN_BODY: Final = "HPP-A24"
"""The rule about bodies that are no plain JSON."""

DEPENDENT: Final = frozenset(f"HPP-A{number:02}" for number in (*range(1, 9), 10, 14, 15, 18, 19, 20, 21))
"""Rules that have nothing to add where the client cannot read a plain session either."""

PLAIN: Final[Mapping[str, Case]] = {shape: CASES[shape] for shape in SHAPES if shape in CASES}
"""The cases in which a client reads a session of each shape, with nothing special about it."""

_ANY: Final = "waiting"
"""The plain session that stands for those of a case with a whole life."""


@dataclass(frozen=True)
class Judged:
    """A case with the verdicts on it."""

    result: CaseResult
    verdicts: tuple[RuleVerdict, ...]

    @property
    def case(self) -> Case:
        return self.result.case


class PlainSessions:
    """Which plain sessions the client can read: known from the `results`, or tried with `run` when it is asked for."""

    def __init__(self, results: Iterable[CaseResult], run: Callable[[Case], CaseResult | None]) -> None:
        self._results: dict[str, CaseResult | None] = {each.case.name: each for each in results}
        self._run = run

    def is_known(self, case: Case) -> bool:
        """Whether the answer is known without another read."""
        return (case.fault.scenario if case.fault.scenario in PLAIN else _ANY) in self._results

    def can_read_like(self, case: Case) -> bool:
        """Whether the client can read a session as in `case`, but with nothing special about it."""
        result = self._like(case)
        return result is None or not cannot_read(result)

    def changes_like(self, judged: CaseResult) -> bool:
        """Whether all that the caller gets otherwise than it was sent, is so of a session with nothing special, too."""
        changed = _changed(judged)
        plain = self._like(judged.case) if changed else None
        return plain is not None and changed <= _changed(plain)

    def _like(self, case: Case) -> CaseResult | None:
        """What came of the session as in `case`, but with nothing special about it; None where that was not run."""
        name = case.fault.scenario if case.fault.scenario in PLAIN else _ANY
        if name not in self._results:
            self._results[name] = self._run(PLAIN[name])
        return self._results[name]

    @property
    def some_were_read(self) -> bool:
        """Whether the client has given its caller any session so far."""
        results = (result for result in self._results.values() if result is not None)
        return any(map(has_read, (read for result in results for read in result.reads)))

    def can_read_any(self) -> bool:
        """Whether the client can read any session at all."""
        return self.some_were_read or self.can_read_like(PLAIN[_ANY])


def _changed(result: CaseResult) -> set[str]:
    """The members that the caller gets otherwise than they were sent, where it gets any."""
    return {name for read in result.reads if has_read(read) for name in changed_members(read)}


def cannot_read(result: CaseResult) -> bool:
    """Whether a session was served, and the client did not give one to its caller."""
    return any(not has_read(read) for read in result.reads if not read.result.skipped)


def has_read(read: ClientRead) -> bool:
    """Whether the client gave its caller a session, or its word on one."""
    return surfaced(read) or read.result.verdict is not None


def without_repetitions(judged: Sequence[Judged], plain: PlainSessions) -> tuple[list[Judged], list[str]]:
    """The verdicts without what depends on a plain session that the client cannot read, and a note that names it."""
    kept = [replace(each, verdicts=tuple(_weighed(each, plain))) for each in judged]
    gone = _exercised(judged) - _exercised(kept)
    names = ", ".join(sorted(gone))
    return kept, [f"Not judged, because the client cannot read a plain session: {names}."] if gone else []


def _weighed(judged: Judged, plain: PlainSessions) -> Iterator[RuleVerdict]:
    for verdict in judged.verdicts:
        repeats = _repeats_change if verdict.rule.id == BROKEN_BODY else _repeats_failure
        yield RuleVerdict(verdict.rule, Outcome.NOT_EXERCISED) if repeats(verdict, judged, plain) else verdict


def _repeats_change(verdict: RuleVerdict, judged: Judged, plain: PlainSessions) -> bool:
    """Whether the caller gets nothing otherwise of a broken body than of a plain one."""
    return bool(verdict.findings) and plain.changes_like(judged.result)


def _repeats_failure(verdict: RuleVerdict, judged: Judged, plain: PlainSessions) -> bool:
    """Whether the rule has nothing to add to the plain session that the client cannot read."""
    reads_some = any(map(has_read, judged.result.reads))
    depends = verdict.rule.id in DEPENDENT and verdict.outcome is not Outcome.NOT_EXERCISED and not reads_some
    if verdict.rule.id == AFTER_CLOSE and not plain.is_known(judged.case):
        # Who cannot use its connection any more cannot be asked for another session.
        depends = depends and not plain.some_were_read
    known = bool(verdict.findings) or plain.is_known(judged.case)
    return depends and known and not plain.can_read_like(judged.case)


def _exercised(judged: Iterable[Judged]) -> set[str]:
    verdicts = (verdict for each in judged for verdict in each.verdicts)
    return {verdict.rule.id for verdict in verdicts if verdict.outcome is not Outcome.NOT_EXERCISED}


def merged(judged: Sequence[Judged], plain: PlainSessions) -> list[Judged]:
    """The verdicts with one finding in place of those in every case, where the client can read no session at all."""
    asked = [each for each in judged if _of(each).outcome is not Outcome.NOT_EXERCISED]
    failing = [each for each in asked if _of(each).findings]
    if len(failing) < 2 or len(failing) < len(asked) or plain.can_read_any():
        return list(judged)
    return [_merge(each, len(asked) if each is failing[0] else 0) for each in judged]


def _of(judged: Judged) -> RuleVerdict:
    return next(verdict for verdict in judged.verdicts if verdict.rule.id == READS_PLAIN)


def _merge(judged: Judged, count: int) -> Judged:
    """With one finding about so many cases, or with none."""
    before = _of(judged)
    if before.outcome is Outcome.NOT_EXERCISED:
        return judged
    if count:
        said = f"cannot read {count} of {count} documented sessions: {before.findings[0].found}"
        after = replace(before, findings=(replace(before.findings[0], found=said),), total=1)
    else:
        after = RuleVerdict(before.rule, outcome_of(True, None))
    return replace(judged, verdicts=tuple(after if verdict is before else verdict for verdict in judged.verdicts))
