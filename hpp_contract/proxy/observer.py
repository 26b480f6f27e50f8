"""Judging what passes through the proxy, as it passes: exchange by exchange, and session by session.

A thread of its own judges, so that no client waits for it. Memory is bounded, however long the proxy runs: only so many
exchanges wait to be judged, and what is kept of sessions has a budget. Beyond it those that were not read for longest
are judged to their end, recorded where that is wanted, and let go.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from queue import Queue
from typing import Final, Self

from hpp_contract.engine import Judge, Report, Subject
from hpp_contract.engine.rule import Finding, Rule, Severity
from hpp_contract.model import Exchange
from hpp_contract.model.exchange import same_id, without
from hpp_contract.model.trace import DELETE, AnswerTimes, answer_times, traces
from hpp_contract.proxy.secrets import Secrets
from hpp_contract.proxy.upstream import Failure
from hpp_contract.recordings.bulk.pieces import Bodies
from hpp_contract.recordings.formats.codings import Undone, undone
from hpp_contract.recordings.reading import lost_bodies_note
from hpp_contract.rules import CATALOGUE
from hpp_contract.server.application import request_line

RULES: Final = tuple(rule for rule in CATALOGUE if rule.scope not in ("recording", "answer"))
"""The rules about both sides of an exchange and about sessions: letters R, H, S, P, C, L and E."""

_OF_REQUESTS: Final = tuple(rule for rule in RULES if rule.scope == "request")
"""The rules for a request that the endpoint did not answer."""

MAX_WAITING: Final = 64
"""Exchanges that wait to be judged; the next client's answer waits with them."""

BUDGET: Final = 64_000_000
"""Bytes, about, of what is kept of sessions: some 15,000 reads of the usual size."""

_OVERHEAD: Final = 3_000
"""Bytes, about, that an exchange takes beside its texts."""

MAX_READS: Final = 500
"""Reads of a session that are judged together. One that is read for days is judged part by part."""

MAX_LINES: Final = 20
"""Findings of a rule that are told at once; of further ones only the report tells."""

_CODINGS: Final = ("gzip", "x-gzip", "deflate")
_EXTRA_CODINGS: Final = ("br", "zstd")

Announce = Callable[[Rule, Finding], None]
"""Called with each new finding as it is made."""

Keep = Callable[[Sequence[Exchange]], None]
"""Called with exchanges to record. Raises RunError."""


@dataclass(frozen=True)
class _Seen:
    """A read with its number, and whether it was recorded already."""

    number: int
    exchange: Exchange
    kept: bool = False

    @property
    def weight(self) -> int:
        """Bytes, about, that it takes."""
        response = self.exchange.response
        fields = (*self.exchange.request.headers, *(response.headers if response else ()))
        return (
            _OVERHEAD
            + sum(len(name) + len(value) for name, value in fields)
            + 2 * len(response.body if response else b"")
        )


class Observer:
    """Judges what a Proxy tells it in its `with` block; then `report` has the verdict. `keep` records what passed."""

    def __init__(
        self, subject: Subject, announce: Announce, secrets: Secrets, keep: Keep | None = None, budget: int = BUDGET
    ) -> None:
        self._subject, self._announce, self._keep, self._budget = subject, announce, keep, budget
        self._secrets = secrets
        self._judge = Judge(RULES, subject)
        self._answers = AnswerTimes()
        self._sessions: dict[str, list[_Seen]] = {}
        self._weight = 0
        self._to_keep: list[_Seen] = []
        self._last: list[Exchange] = []
        self._announced: dict[str, set[tuple[str, ...]]] = {}
        self._number = self._reads = self._let_go_early = 0
        self._statuses, self._refusals, self._failures = Counter[str](), Counter[str](), Counter[str]()
        self._others = 0
        self._bodies = Bodies()
        self._last_failure = ""
        self._error: Exception | None = None
        self._waiting: Queue[Callable[[], None] | None] = Queue(MAX_WAITING)
        self._thread = threading.Thread(target=self._work, name="hpp-contract proxy", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- What the proxy tells, from any thread

    def read(self, exchange: Exchange, failure: Failure | None) -> None:
        """A read was passed on, and answered unless it has a `failure`."""
        self._waiting.put(partial(self._read, exchange, failure))

    def other(self, exchange: Exchange) -> None:
        """Another request was let through: not judged, but the end that a DELETE makes of a session is."""
        self._waiting.put(partial(self._other, exchange))

    def refused(self, exchange: Exchange) -> None:
        """A request was not passed on. Of one on the path of a session the request is judged."""
        self._waiting.put(partial(self._refused, exchange))

    def close(self) -> None:
        """Judge all that waits, and what is left of every session. Raises what went wrong meanwhile."""
        self._waiting.put(self._finish)
        self._waiting.put(None)
        self._thread.join()
        if self._error is not None:
            raise self._error

    # --- The verdict, after `close`

    @property
    def exchanges(self) -> list[Exchange]:
        """The exchanges that were kept to the end, for a detailed report."""
        return self._last

    def report(self, address: str, notes: Sequence[str] = ()) -> Report:
        """The verdict on all that passed; `address` is where clients were to ask."""
        return Report(self._subject, self._judge.verdicts, self._unverified(address), notes=(*self._notes(), *notes))

    def _unverified(self, address: str) -> str | None:
        if not self._reads:
            return f"no read came through the proxy: point a client at {address}, and read a session."
        if self._bodies.kept_200:
            return None
        if self._bodies.lost_200:
            return f"no session was read: none of {self._bodies.lost_200} bodies under 200 can be unpacked."
        if not self._statuses:
            return f"no session was read: {self._last_failure}"
        return f"no session was read: {_counts(self._statuses + self._failures)}."

    def _notes(self) -> list[str]:
        notes = [f"{_times(self._reads, 'read')} passed through the proxy."] if self._reads else []
        if self._failures:
            total = _times(self._failures.total(), "read")
            notes.append(
                f"{total} got 502 from the proxy, because the endpoint did not answer ({_counts(self._failures)})."
            )
        if self._refusals:
            total = _times(self._refusals.total(), "other request")
            notes.append(f"{total} not passed on ({_counts(self._refusals)}): --pass lets them through, unjudged.")
        if self._others:
            notes.append(f"{_times(self._others, 'other request')} let through, unjudged.")
        if self._let_go_early:
            notes.append(f"{_times(self._let_go_early, 'session')} judged in parts, because memory is bounded.")
        return [*notes, *([lost_bodies_note(self._bodies.lost)] if self._bodies.lost else [])]

    # --- In the thread

    def _work(self) -> None:
        while (task := self._waiting.get()) is not None:
            if self._error is None:
                try:
                    task()
                except Exception as error:  # clients go on being served, and `close` raises it
                    self._error = error

    def _numbered(self, exchange: Exchange) -> _Seen:
        self._number += 1
        self._secrets.add(exchange.request)
        evidence = f"request {self._number}: {request_line(exchange.request)}"
        return _Seen(self._number, replace(_judgeable(exchange), evidence=evidence))

    def _read(self, exchange: Exchange, failure: Failure | None) -> None:
        seen = self._numbered(exchange)
        self._reads += 1
        if seen.exchange.status is not None:
            self._statuses[str(seen.exchange.status)] += 1
        if failure is not None:
            self._failures[failure.word] += 1
            self._last_failure = failure.sentence
        self._bodies.count(seen.exchange)
        self._answers.add(answer_times([seen.exchange]))
        self._judge_single(seen, RULES if failure is None else _OF_REQUESTS)
        self._follow(seen)

    def _other(self, exchange: Exchange) -> None:
        self._others += 1
        if exchange.request.method == DELETE and exchange.request.session_id is not None:
            self._follow(self._numbered(exchange))

    def _refused(self, exchange: Exchange) -> None:
        seen = self._numbered(exchange)
        self._refusals[str(exchange.status)] += 1
        if exchange.request.session_id is not None:
            self._judge_single(seen, _OF_REQUESTS)

    def _judge_single(self, seen: _Seen, rules: Sequence[Rule]) -> None:
        judge = Judge(rules, self._subject)
        judge.exchange(seen.exchange, (seen.number,))
        self._tell(judge, seen.exchange)
        self._judge.merge(judge.tallies)

    def _follow(self, seen: _Seen) -> None:
        """Put a read to those of its session, and judge what they show together."""
        session = _session(seen.exchange)
        together = self._sessions.pop(session, [])
        before = together[-1].exchange if together else None
        is_news = before is None or _is_open_challenge(before) or _differs(before, seen.exchange)
        together.append(seen)
        self._sessions[session] = together  # the last one now: the first was not read for longest
        self._weight += seen.weight
        if is_news:
            # Whether others were answered meanwhile is asked at the end only: it takes all evidence.
            self._tell(self._judged(_without_open_challenge(together), AnswerTimes()), seen.exchange)
        if len(together) >= MAX_READS:
            self._let_go(session)
            last = replace(seen, kept=True)
            self._sessions[session] = [last]
            self._weight += last.weight
        if self._weight > self._budget:
            self._make_room()

    def _make_room(self) -> None:
        for session in list(self._sessions):
            if self._weight <= self._budget // 2:
                break
            self._let_go(session)
        self._record()

    def _let_go(self, session: str) -> None:
        self._let_go_early += 1
        self._conclude(self._sessions.pop(session))

    def _finish(self) -> None:
        self._last = [each.exchange for together in self._sessions.values() for each in together]
        while self._sessions:
            self._conclude(self._sessions.pop(next(iter(self._sessions))))
        self._record()

    def _conclude(self, together: list[_Seen]) -> None:
        judge = self._judged(together, self._answers)
        self._tell(judge, together[-1].exchange)
        self._judge.merge(judge.tallies)
        self._weight -= sum(each.weight for each in together)
        if self._keep is not None:
            self._to_keep += [each for each in together if not each.kept and each.exchange.is_read]
            if sum(each.weight for each in self._to_keep) > self._budget // 4:
                self._record()

    def _record(self) -> None:
        exchanges, self._to_keep = [each.exchange for each in self._to_keep], []
        if self._keep is not None and exchanges:
            self._keep(exchanges)

    def _judged(self, together: Sequence[_Seen], answers: AnswerTimes) -> Judge:
        """What the rules about several reads find in these of one session."""
        judge = Judge(RULES, self._subject)
        numbers = {each.exchange: each.number for each in together}
        for trace in traces(numbers, answers=answers):
            judge.trace(trace, (min(numbers[each] for each in trace.exchanges),))
        # What a client sent is known in full, unlike in a recording.
        sent = {
            replace(each, context=replace(each.context, recorded=False)): number for each, number in numbers.items()
        }
        for trace in traces(sent, unauthorized=True):
            judge.requests(trace, (min(sent[each] for each in trace.exchanges),))
        return judge

    def _tell(self, judge: Judge, about: Exchange) -> None:
        """Announce findings that count and were not announced of this session."""
        for rule in RULES:
            tally = judge.tallies.get(rule.id)
            for _, finding in tally.findings if tally is not None else ():
                announced = self._announced.setdefault(rule.id, set())
                key = (finding.where, finding.found, _session(about))
                if rule.weight(finding) is not Severity.INFO and key not in announced and len(announced) < MAX_LINES:
                    announced.add(key)
                    self._announce(rule, finding)


def _session(exchange: Exchange) -> str:
    return same_id(exchange.request.session_id or "")


def _differs(before: Exchange, after: Exchange) -> bool:
    """Whether a read shows something else than the one before it."""
    return (before.status, before.session) != (after.status, after.session)


def _without_open_challenge(together: list[_Seen]) -> list[_Seen]:
    """The reads but for a last one without credentials that was answered 401: the client may send them now."""
    return together[:-1] if _is_open_challenge(together[-1].exchange) else together


def _is_open_challenge(exchange: Exchange) -> bool:
    return exchange.status == 401 and exchange.request.header("authorization") is None


def _judgeable(exchange: Exchange) -> Exchange:
    """The exchange with a body that rules can read, where its content coding can be undone with a further package."""
    response = exchange.response
    coding = response.header("content-encoding") if response is not None else None
    if response is None or coding is None:
        return exchange
    if any(name in coding.lower() for name in _EXTRA_CODINGS):
        found = undone(response.headers, response.body)
        if isinstance(found, Undone) and found.plain:
            plain = without(response.headers, "content-encoding")
            return replace(exchange, response=replace(response, headers=plain, body=found.body))
        return replace(exchange, response=replace(response, body=b"", body_kept=False))
    if coding.strip().lower() in _CODINGS and response.complete and response.content is None:
        # A recorder may have unpacked it and left the field; here it is as it came.
        return replace(exchange, context=replace(exchange.context, recorded=False))
    return exchange


def _times(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def _counts(counted: Counter[str]) -> str:
    """Such as `404: 2, timeout: 1`."""
    return ", ".join(f"{what}: {count}" for what, count in counted.most_common())
