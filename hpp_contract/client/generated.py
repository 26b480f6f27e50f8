"""Generated sessions: any session that the contract allows must be read correctly by the client.

Sessions are generated from the schemas, served and judged like a case. Of those that fail the simplest is searched for,
and kept as a file. Hypothesis generates and shrinks; what a client may be asked to read is decided here.
"""

from __future__ import annotations

import hashlib
import json
import shlex
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any, Final

from hpp_contract.cases import Case
from hpp_contract.cases.case import GENERATED
from hpp_contract.cases.scenarios import session_id
from hpp_contract.client.run_case import CaseResult
from hpp_contract.client.verdicts import RULES, verdicts_on
from hpp_contract.engine import Outcome, RuleVerdict, Subject
from hpp_contract.engine.deadline import NEVER, Deadline
from hpp_contract.engine.errors import raise_refusal
from hpp_contract.engine.fault import Fault
from hpp_contract.engine.files import replace_file
from hpp_contract.engine.judge import broken
from hpp_contract.generate import sessions
from hpp_contract.generate.bodies import Body, distinct_ids
from hpp_contract.model import Exchange, Instant, Request, Response
from hpp_contract.model.instant import SECOND
from hpp_contract.rules import CATALOGUE
from hpp_contract.spec.endpoint import SESSIONS_PATH
from hpp_contract.spec.schema_files import example
from hpp_contract.spec.session import INSTANTS, OUTCOME

DEFAULT_COUNT: Final = 25
"""Sessions that are generated unless a number is given."""

BASE_LIMIT_S: Final = 5.0
LIMIT_PER_SESSION_S: Final = 0.5
"""Seconds that a run may take, and those added for each session beyond the default; then it stops and says so."""

SHRINK_LIMIT_S: Final = 10.0
"""Seconds for which a simpler session that fails is searched for."""

SHOWN: Final = 600
"""Characters of a body that a finding shows."""

FAILED: Final = frozenset({Outcome.BROKEN, Outcome.WARNED, Outcome.ERROR})

_RULES: Final = tuple(rule for rule in CATALOGUE if rule.letter in "HSPC" and rule.scope == "exchange")
_LATER: Final = frozenset({*OUTCOME, "manual_identification"})
_UNUSED_OFFSETS: Final = {"+23:59": "+14:00", "-23:59": "-12:00", "-00:00": "+00:00"}
_CENTURY: Final = 100 * 365 * 86400 * SECOND


@dataclass(frozen=True)
class GeneratedOptions:
    """A run of generated sessions: how many, by which seed, and the folder for those that fail (None: a new one in the
    system's folder for temporary files)."""

    count: int
    seed: int = 0
    folder: Path | None = None


@dataclass(frozen=True)
class GeneratedCase(Case):
    """One generated session: `content` is what the server sends when its `own_id` is read."""

    own_id: str = ""
    content: bytes = b""

    @cached_property
    def uuids(self) -> tuple[str, ...]:
        return self.own_id, session_id(f"case-{GENERATED}-decoy")

    @property
    def size(self) -> tuple[int, bytes]:
        """Sorts the simplest first: fewer bytes, then smaller ones."""
        return len(self.content), self.content

    @property
    def text(self) -> str:
        """The body for a finding, cut where it is very long."""
        text = self.content.decode()
        return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def generated_case(body: Body, attempt: int = 0) -> GeneratedCase:
    """The case of a generated body, under an id of its own: a client may cache what it has read.

    The generated id gives the version and the variant, the body and the `attempt` the rest. It is in lower case, as
    clients that hold ids as UUIDs ask for it; another case is about upper case.
    """
    digest = hashlib.sha256(f"{_text(body)}#{attempt}".encode()).hexdigest()
    own = f"{digest[:8]}{body['session_id'][8:24].lower()}{digest[8:20]}"
    content = _text(distinct_ids(body | {"session_id": own})).encode()
    fault = Fault(GENERATED, "waiting", ())
    return GeneratedCase(fault, "A session that the contract allows.", (), own_id=own, content=content)


def repeat(case: GeneratedCase) -> GeneratedCase:
    """The same session under another id."""
    return generated_case(json.loads(case.content), attempt=1)


def _text(body: Body) -> str:
    return json.dumps(body, ensure_ascii=False)


class _Broken(Exception):
    """A session failed. Each rule has a class of its own, because Hypothesis distinguishes failures by class."""


class _TimeUp(BaseException):
    """The time is up, or its cause prevents further reads. Not an Exception, which Hypothesis counts as a failure."""


class GeneratedRun:
    """One run: `count` sessions were read, and `simpler` ones after the first that failed, until all was done or it was
    `late`. `smallest` is the smallest failing session for each rule, `exercised` are the rules that had anything to
    judge."""

    def __init__(
        self, read: Callable[[GeneratedCase], CaseResult], subject: Subject, exempt_rules: Collection[str] = ()
    ) -> None:
        self.count = self.simpler = 0
        self.late = False
        self.smallest: dict[str, tuple[GeneratedCase, RuleVerdict]] = {}
        self.exercised: set[str] = set()
        self._read = read
        self._subject = subject
        self._exempt_rules = exempt_rules
        self._broken_by: dict[bytes, tuple[str, ...]] = {}
        self._until, self._deadline = 0.0, NEVER

    def run(self, count: int, seed: int, deadline: Deadline = NEVER) -> None:
        """Generate `count` sessions, and shrink those that fail, until the `deadline`. The same seed generates the same
        sessions. Raises what reading one raises."""
        import hypothesis.strategies  # noqa: F401  slow to import: before the time that the client is given

        enough = time.monotonic() + BASE_LIMIT_S + LIMIT_PER_SESSION_S * max(0, count - DEFAULT_COUNT)
        self._until, self._deadline = min(enough, deadline.at), deadline
        try:
            with _without_notes():
                _search(self._ask, count, seed)
                for rule, (case, _) in tuple(self.smallest.items()):
                    minimize(json.loads(case.content), partial(self._breaks, rule))
        except _TimeUp as end:
            if end.__cause__ is not None:
                raise end.__cause__ from None

    def failures(self, case: GeneratedCase) -> dict[str, RuleVerdict]:
        """The verdicts, by rule, that reading this session fails by."""
        result = self._read(case)
        verdicts = verdicts_on(
            GENERATED, self._subject, result.reads, result.exchanges, result.extra_findings, self._exempt_rules
        )
        self.exercised |= {verdict.rule.id for verdict in verdicts if verdict.outcome is not Outcome.NOT_EXERCISED}
        return {verdict.rule.id: verdict for verdict in verdicts if verdict.outcome in FAILED}

    def _ask(self, body: Body) -> str | None:
        """The first rule that reading this session breaks."""
        return next(iter(self._broken(body)), None)

    def _breaks(self, rule: str, body: Body) -> bool:
        return rule in self._broken(body)

    def _broken(self, body: Body) -> tuple[str, ...]:
        """The rules that reading this session breaks. The same session is read once only."""
        case = generated_case(body)
        if case.content in self._broken_by:
            return self._broken_by[case.content]
        if time.monotonic() > self._until:
            self.late = True
            raise _TimeUp
        try:
            failures = self.failures(case)
        except Exception as error:
            raise _TimeUp from error
        if failures and self._deadline.is_over():  # the last read may have been cut short
            self.late = True
            raise _TimeUp
        if self.smallest:
            self.simpler += 1
        else:
            self.count += 1
            if failures:
                self._until = min(time.monotonic() + SHRINK_LIMIT_S, self._deadline.at)
        for rule, verdict in failures.items():
            if rule not in self.smallest or case.size < self.smallest[rule][0].size:
                self.smallest[rule] = case, verdict
        return self._broken_by.setdefault(case.content, tuple(failures))


def _search(ask: Callable[[Body], str | None], count: int, seed: int) -> None:
    """Have Hypothesis generate `count` bodies, and simplify those for which `ask` names a rule."""
    import hypothesis  # slow to import

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
    def passes(body: Body) -> None:
        if (rule := ask(body)) is not None:
            raise kinds.setdefault(rule, type(rule, (_Broken,), {}))

    try:
        passes()
    except* _Broken:
        pass  # `ask` has kept what failed


@contextmanager
def _without_notes() -> Iterator[None]:
    """Hypothesis keeps notes in a folder of the working directory, which belongs to the user."""
    from hypothesis.configuration import set_hypothesis_home_dir  # slow to import

    with TemporaryDirectory(prefix="hpp-contract-") as folder:
        set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            set_hypothesis_home_dir(None)


def summarize(run: GeneratedRun, options: GeneratedOptions) -> tuple[tuple[RuleVerdict, ...], list[str]]:
    """The verdicts of a run like those of a case, and notes; the simplest sessions that fail are kept as files.

    A failure that does not repeat is no verdict: this machine may have caused it.
    """
    failed: dict[str, RuleVerdict] = {}
    unsure: list[str] = []
    shown: list[str] = []
    for case, rules in _by_case(run).items():
        repeated = repeat(case)
        found = run.failures(repeated)
        unsure += sorted(rules - found.keys())
        if confirmed := rules & found.keys():
            command = _keep(repeated, min(confirmed), options.folder)
            shown.append(f"{', '.join(sorted(confirmed))}: {command}, then ask for {repeated.own_id}.")
            failed |= {rule: _with_evidence(found[rule], f"{repeated.text}: {command}") for rule in confirmed}
    verdicts = tuple(failed.get(rule.id) or _passed(rule.id, run) for rule in RULES)
    return verdicts, [*_notes(run, options, unsure), *shown]


def _by_case(run: GeneratedRun) -> dict[GeneratedCase, set[str]]:
    found: dict[GeneratedCase, set[str]] = {}
    for rule, (case, _) in run.smallest.items():
        found.setdefault(case, set()).add(rule)
    return found


def _passed(rule_id: str, run: GeneratedRun) -> RuleVerdict:
    [rule] = [rule for rule in RULES if rule.id == rule_id]
    return RuleVerdict(rule, Outcome.OK if rule_id in run.exercised else Outcome.NOT_EXERCISED)


def _keep(case: GeneratedCase, rule: str, folder: Path | None) -> str:
    """Write the body to a file in `folder` (None: a new one), completely or not at all; the command that serves it."""
    try:
        folder = folder or Path(mkdtemp(prefix="hpp-contract-"))
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{rule}-{case.own_id[:8]}.json"
        replace_file(path, case.content)
    except OSError as error:
        raise_refusal(error)
        return f"hpp-contract serve --body FILE (which could not be written: {error.strerror})"
    return f"hpp-contract serve --body {shlex.quote(str(path))}"


def _with_evidence(verdict: RuleVerdict, evidence: str) -> RuleVerdict:
    return replace(verdict, findings=tuple(replace(finding, evidence=evidence) for finding in verdict.findings))


def _notes(run: GeneratedRun, options: GeneratedOptions, unsure: list[str]) -> Iterator[str]:
    seed = f"(seed {options.seed})"
    if run.smallest:
        yield (
            f"Of generated sessions {seed}, number {run.count} was the first to fail; "
            f"{run.simpler} more were read to find the simplest."
        )
    elif run.late:
        yield f"{run.count} of {options.count} generated sessions {seed} were read; then the time for them was up."
    else:
        yield f"{run.count} generated sessions {seed} were read too."
    if unsure:
        yield f"A generated session failed once and not again, so it is not counted: {', '.join(unsure)}."


def minimize(body: Body, fails: Callable[[Body], bool]) -> Body:
    """The smallest body found that still `fails`, where Hypothesis cannot shrink more. All tried bodies are valid."""
    for smaller in _smaller(body):
        if len(json.dumps(smaller)) < len(json.dumps(body)) and is_valid(smaller) and fails(smaller):
            return minimize(smaller, fails)
    return body


def _smaller(body: Body) -> Iterator[Body]:
    """Bodies that are simpler in one respect; not all of them are valid sessions."""
    plain = example("waiting")
    yield plain | {name: body[name] for name in body.keys() & plain.keys() - {"status"}}
    yield {name: value for name, value in body.items() if name not in _LATER} | {"status": plain["status"]}
    yield from _thinned(body)
    for name, other in (INSTANTS, INSTANTS[::-1]):
        yield body | {name: body[other]}
        yield body | {name: plain[name]}
    yield body | {name: plain[name] for name in INSTANTS}


def _thinned(body: Body) -> Iterator[Body]:
    """Without one member, or with half of a text; within objects too."""
    for name, value in body.items():
        yield {other: inner for other, inner in body.items() if other != name}
        if isinstance(value, dict):
            yield from (body | {name: inner} for inner in _thinned(value))
        elif name not in (*INSTANTS, "session_id", "status") and len(value) > 1:
            yield body | {name: value[: len(value) // 2]}
            yield body | {name: value[len(value) // 2 :]}


def is_valid(body: Body) -> bool:
    """Whether every rule about sessions accepts the body."""
    url = f"https://hpp.example{SESSIONS_PATH}{body.get('session_id', '')}"
    headers = (("Content-Type", "application/json"), ("Cache-Control", "no-store"))
    exchange = Exchange(Request("GET", url), Response(200, headers, json.dumps(body, ensure_ascii=False).encode()))
    return not broken(_RULES, exchange)


def realistic_dates(body: Body) -> Body:
    """The body with offsets that are in use somewhere, and dates in the last or this century.

    RFC 3339 allows more, and date libraries differ in how much of it they accept. No server will ever send the rest.
    """
    return {name: _realistic(name, value) for name, value in body.items()}


def _realistic(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        return realistic_dates(value)
    if name == "date_of_birth" and value[:2] not in ("19", "20"):
        return f"1980{value[4:]}"
    moment = Instant.parse(value) if name in INSTANTS else None
    if moment is None:
        return value
    zone = "Z" if value.endswith("Z") else value[-6:]
    ns = moment.ns if 0 <= moment.ns < 1.3 * _CENTURY else moment.ns % _CENTURY
    return Instant(ns).format(moment.digits, _UNUSED_OFFSETS.get(zone, zone))
