"""The generated round: any session that the contract allows must survive the client.

Sessions are drawn from the schemas, served and judged like a case. Of those that fail the simplest is looked for, and
kept as a file. Drawing and shrinking are Hypothesis' business; what a client may be asked to read is decided here.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial
from tempfile import TemporaryDirectory
from typing import Final

from hpp_contract.cases.case import GENERATED
from hpp_contract.client.generated_case import GeneratedCase, generated_case
from hpp_contract.client.minimize import minimize
from hpp_contract.client.realistic_dates import realistic_dates
from hpp_contract.client.run_case import CaseResult
from hpp_contract.client.verdicts import verdicts_on
from hpp_contract.engine import Outcome, RuleVerdict, Subject
from hpp_contract.generate import sessions
from hpp_contract.generate.bodies import Body

USUAL: Final = 25
"""Sessions that are drawn when nobody says how many."""

PATIENCE: Final = 5.0
PATIENCE_EACH: Final = 0.5
"""Seconds that drawing may take, and for each session beyond the usual ones; then it stops and says so."""

SHRINKING: Final = 10.0
"""Seconds for which a simpler session that fails is looked for."""

FAILED: Final = frozenset({Outcome.BROKEN, Outcome.WARNED, Outcome.ERROR})

Try = Callable[[GeneratedCase], CaseResult]


class _Broken(Exception):
    """A session did not survive. Each rule has a class of its own, since Hypothesis tells failures apart by that."""


class _TimeUp(BaseException):
    """The time is up, or its cause keeps anything more from being read. No Exception, which Hypothesis would take for a
    failure."""


class GeneratedRun:
    """One round: `drawn` sessions were read, and `simpler` ones after the first that failed, until all was done or it
    was `late`. `worst` is the shortest failing session for each rule, `exercised` are the rules that had anything to
    judge."""

    def __init__(self, read: Try, subject: Subject, spares: Collection[str] = ()) -> None:
        self.drawn = self.simpler = 0
        self.late = False
        self.worst: dict[str, tuple[GeneratedCase, RuleVerdict]] = {}
        self.exercised: set[str] = set()
        self._read = read
        self._subject = subject
        self._spares = spares
        self._known: dict[bytes, tuple[str, ...]] = {}
        self._until = 0.0

    def run(self, count: int, seed: int) -> None:
        """Draw `count` sessions, and shrink those that fail. The same seed draws the same sessions. Raises what reading
        one raises."""
        import hypothesis.strategies  # noqa: F401  takes a while to import, which is no client's fault

        self._until = time.monotonic() + PATIENCE + PATIENCE_EACH * max(0, count - USUAL)
        try:
            with _no_folder_left_behind():
                _search(self._ask, count, seed)
                for rule, (case, _) in tuple(self.worst.items()):
                    minimize(json.loads(case.content), partial(self._breaks, rule))
        except _TimeUp as end:
            if end.__cause__ is not None:
                raise end.__cause__ from None

    def failures(self, case: GeneratedCase) -> dict[str, RuleVerdict]:
        """The verdicts, by rule, on a session that is read now and does not survive."""
        played = self._read(case)
        verdicts = verdicts_on(
            GENERATED, self._subject, played.answers, played.exchanges, played.extra_findings, self._spares
        )
        self.exercised |= {verdict.rule.id for verdict in verdicts if verdict.outcome is not Outcome.NOT_EXERCISED}
        return {verdict.rule.id: verdict for verdict in verdicts if verdict.outcome in FAILED}

    def _ask(self, body: Body) -> str | None:
        """The first rule that reading this session breaks."""
        return next(iter(self._broken(body)), None)

    def _breaks(self, rule: str, body: Body) -> bool:
        return rule in self._broken(body)

    def _broken(self, body: Body) -> tuple[str, ...]:
        """The rules that reading this session breaks; the same for the same session, though it is read once."""
        case = generated_case(body)
        if case.content in self._known:
            return self._known[case.content]
        if time.monotonic() > self._until:
            self.late = True
            raise _TimeUp
        try:
            failures = self.failures(case)
        except Exception as error:
            raise _TimeUp from error
        if self.worst:
            self.simpler += 1
        else:
            self.drawn += 1
            if failures:
                self._until = time.monotonic() + SHRINKING
        for rule, verdict in failures.items():
            if rule not in self.worst or case.size < self.worst[rule][0].size:
                self.worst[rule] = case, verdict
        return self._known.setdefault(case.content, tuple(failures))


def _search(ask: Callable[[Body], str | None], count: int, seed: int) -> None:
    """Have Hypothesis draw `count` bodies, and simplify those for which `ask` names a rule."""
    import hypothesis

    kinds: dict[str, type[_Broken]] = {}

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=count,
        database=None,
        deadline=None,
        derandomize=False,
        phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink],
        print_blob=False,
        report_multiple_bugs=True,
        suppress_health_check=list(hypothesis.HealthCheck),
        verbosity=hypothesis.Verbosity.quiet,
    )
    @hypothesis.given(sessions().map(realistic_dates))
    def survives(body: Body) -> None:
        if (rule := ask(body)) is not None:
            raise kinds.setdefault(rule, type(rule, (_Broken,), {}))

    try:
        survives()
    except* _Broken:
        pass  # `ask` knows


@contextmanager
def _no_folder_left_behind() -> Iterator[None]:
    """Hypothesis keeps notes in a folder of the working directory, which is not ours."""
    from hypothesis.configuration import set_hypothesis_home_dir

    with TemporaryDirectory(prefix="hpp-contract-") as folder:
        set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            set_hypothesis_home_dir(None)
