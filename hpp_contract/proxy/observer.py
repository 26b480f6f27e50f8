"""Judging what passes through the proxy, as it passes: exchange by exchange, and session by session.

A thread of its own judges, so that no client waits for it. Memory is bounded, however long the proxy runs: what waits
to be judged has a budget, beyond which clients do wait, and what is kept of sessions has one, beyond which those that
were not read for longest are judged to their end, recorded where that is wanted, and let go.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final, Self

from hpp_contract.engine import Judge, Report, Subject
from hpp_contract.engine.rule import Finding, Rule, Severity
from hpp_contract.model import Exchange
from hpp_contract.model.exchange import without
from hpp_contract.model.trace import DELETE, AnswerTimes, answer_times, traces
from hpp_contract.proxy.backlog import Backlog
from hpp_contract.proxy.secrets import Secrets
from hpp_contract.proxy.sessions import Seen, Sessions, weight
from hpp_contract.proxy.upstream import Failure
from hpp_contract.proxy.wording import counts, times
from hpp_contract.recordings.bulk.pieces import Bodies
from hpp_contract.recordings.formats.codings import Undone, undone
from hpp_contract.recordings.reading import lost_bodies_note
from hpp_contract.rules import CATALOGUE
from hpp_contract.server.application import request_line

RULES: Final = tuple(rule for rule in CATALOGUE if rule.scope not in ("recording", "answer"))
"""The rules about both sides of an exchange and about sessions: letters R, H, S, P, C, L and E."""

_OF_REQUESTS: Final = tuple(rule for rule in RULES if rule.scope == "request")
"""The rules for a request that the endpoint did not answer."""

BUDGET: Final = 64_000_000
"""Bytes, about, of what waits to be judged, and of what is kept of sessions: some 15,000 reads of the usual size."""

MAX_READS: Final = 500
"""Reads of a session that are judged together. One that is read for days is judged part by part."""

MAX_LINES: Final = 20
"""Findings of a rule that are announced; the report has the others."""

_CODINGS: Final = ("gzip", "x-gzip", "deflate")
_EXTRA_CODINGS: Final = ("br", "zstd")

Announce = Callable[[Rule, Finding], None]
"""Called with each new finding as it is made."""

Keep = Callable[[Sequence[Exchange]], None]
"""Called with exchanges to record. Raises RunError."""


class Observer:
    """Judges what a Proxy tells it in its `with` block; then `report` has the verdict. `keep` records what passed.

    `exchanges` are then those that were kept to the end, for a detailed report.
    """

    def __init__(
        self, subject: Subject, announce: Announce, secrets: Secrets, keep: Keep | None = None, budget: int = BUDGET
    ) -> None:
        self._subject, self._announce, self._keep, self._budget = subject, announce, keep, budget
        self._secrets = secrets
        self._judge, self._of_requests = Judge(RULES, subject), Judge(_OF_REQUESTS, subject)
        self._answers = AnswerTimes()
        self._sessions = Sessions()
        self._to_keep: list[Seen] = []
        self.exchanges: list[Exchange] = []
        self._announced: dict[str, set[tuple[str, ...]]] = {}
        self._number = self._reads = self._parts = 0
        self._statuses, self._refusals, self._failures = Counter[str](), Counter[str](), Counter[str]()
        self._others = 0
        self._bodies = Bodies()
        self._last_failure = ""
        self._error: Exception | None = None
        self._backlog = Backlog(budget)
        self._thread = threading.Thread(target=self._work, name="hpp-contract proxy", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- What the proxy tells, from any thread

    def read(self, exchange: Exchange, failure: Failure | None) -> None:
        """A read was passed on, and answered unless it has a `failure`."""
        self._backlog.add(partial(self._read, exchange, failure), weight(exchange))

    def other(self, exchange: Exchange) -> None:
        """Another request was let through: not judged, but the end that a DELETE makes of a session is."""
        self._backlog.add(partial(self._other, exchange), weight(exchange))

    def refused(self, exchange: Exchange) -> None:
        """A request was not passed on. Of one on the path of a session the request is judged."""
        self._backlog.add(partial(self._refused, exchange), weight(exchange))

    def close(self) -> None:
        """Judge all that waits, and what is left of every session. Raises what went wrong meanwhile."""
        self._backlog.add(self._finish)
        self._backlog.close()
        self._thread.join()
        if self._error is not None:
            raise self._error

    # --- The verdict, after `close`

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
        return f"no session was read: {counts(self._statuses + self._failures)}."

    def _notes(self) -> list[str]:
        notes = [f"{times(self._reads, 'read')} passed through the proxy."] if self._reads else []
        if self._failures:
            total = times(self._failures.total(), "read")
            notes.append(
                f"{total} got 502 from the proxy, because the endpoint did not answer ({counts(self._failures)})."
            )
        if self._refusals:
            total = times(self._refusals.total(), "other request")
            notes.append(f"{total} not passed on ({counts(self._refusals)}): --pass lets them through, unjudged.")
        if self._others:
            notes.append(f"{times(self._others, 'other request')} let through, unjudged.")
        if self._parts:
            notes.append(
                f"{times(self._parts, 'session')} judged before the end, or in parts, because memory is bounded."
            )
        return [*notes, *([lost_bodies_note(self._bodies.lost)] if self._bodies.lost else [])]

    # --- In the thread

    def _work(self) -> None:
        for task in self._backlog.taken():
            if self._error is None:
                try:
                    task()
                except Exception as error:  # clients go on being served, and `close` raises it
                    self._error = error

    def _numbered(self, exchange: Exchange) -> Seen:
        self._number += 1
        self._secrets.add(exchange.request)
        evidence = f"request {self._number}: {request_line(exchange.request)}"
        return Seen(self._number, replace(_judgeable(exchange), evidence=evidence))

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
        self._judge_single(seen, self._judge if failure is None else self._of_requests)
        self._follow(seen)

    def _other(self, exchange: Exchange) -> None:
        self._others += 1
        if exchange.request.method == DELETE and exchange.request.session_id is not None:
            self._follow(self._numbered(exchange))

    def _refused(self, exchange: Exchange) -> None:
        seen = self._numbered(exchange)
        self._refusals[str(exchange.status)] += 1
        if exchange.request.session_id is not None:
            self._judge_single(seen, self._of_requests)

    def _judge_single(self, seen: Seen, judge: Judge) -> None:
        before = {rule_id: tally.total for rule_id, tally in judge.tallies.items()}
        judge.exchange(seen.exchange, (seen.number,))
        for rule in RULES:
            tally = judge.tallies.get(rule.id)
            if tally is not None and tally.total > before[rule.id] and tally.crash is None:
                # Asked again: a tally keeps the first findings of all, which may be those of other sessions.
                self._tell(rule, rule(seen.exchange), seen.exchange)

    def _follow(self, seen: Seen) -> None:
        """Put a read to those of its session, and judge what they show together."""
        together = self._sessions.add(seen)
        if _is_news(together):
            # Whether others were answered meanwhile is asked at the end only: it takes all evidence.
            so_far = together[:-1] if seen.is_open_challenge else together
            self._tell_all(self._judged(so_far, AnswerTimes()), seen.exchange)
        if len(together) >= MAX_READS and not seen.is_open_challenge:
            self._let_go(seen.session)
            self._sessions.add(replace(seen, recorded=True))  # the next part begins with it, so that no step is missed
        if self._sessions.weight > self._budget:
            while self._sessions.weight > self._budget // 2:
                self._let_go(next(iter(self._sessions)))

    def _let_go(self, session: str) -> None:
        self._parts += 1
        self._conclude(session)

    def _finish(self) -> None:
        self.exchanges = self._sessions.exchanges
        for session in self._sessions:
            self._conclude(session)
        self._record()
        self._judge.merge(self._of_requests.tallies)

    def _conclude(self, session: str) -> None:
        together = self._sessions.take(session)
        judge = self._judged(together, self._answers)
        self._tell_all(judge, together[-1].exchange)
        self._judge.merge(judge.tallies)
        if self._keep is not None:
            self._to_keep += [seen for seen in together if not seen.recorded and seen.exchange.is_read]
            if sum(seen.weight for seen in self._to_keep) > self._budget // 4:
                self._record()

    def _record(self) -> None:
        exchanges, self._to_keep = [each.exchange for each in self._to_keep], []
        if self._keep is not None and exchanges:
            self._keep(exchanges)

    def _judged(self, together: Sequence[Seen], answers: AnswerTimes) -> Judge:
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

    def _tell_all(self, judge: Judge, about: Exchange) -> None:
        for rule in RULES:
            self._tell(rule, [finding for _, finding in judge.tallies[rule.id].findings], about)

    def _tell(self, rule: Rule, findings: Iterable[Finding], about: Exchange) -> None:
        """Announce findings that count and were not announced of this session."""
        announced = self._announced.setdefault(rule.id, set())
        for finding in findings:
            key = (finding.where, finding.expected, about.request.session_id or "")
            if rule.weight(finding) is not Severity.INFO and key not in announced and len(announced) < MAX_LINES:
                announced.add(key)
                self._announce(rule, replace(finding, evidence=finding.evidence or about.evidence))


def _is_news(together: Sequence[Seen]) -> bool:
    """Whether the last read may show what those before it do not."""
    *before, last = together
    return not before or last.differs_from(before[-1]) or (len(before) == 1 and before[0].is_open_challenge)


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
