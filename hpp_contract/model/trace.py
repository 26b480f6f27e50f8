"""Trace: the reads of one session by one reader, in time order, and how exchanges are put together into traces."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from heapq import heappop, heappush
from itertools import accumulate, count, groupby, pairwise
from operator import itemgetter
from typing import Final

from hpp_contract.model.credentials import identity
from hpp_contract.model.exchange import Exchange, same_id, values
from hpp_contract.model.instant import SECOND

DELETE: Final = "DELETE"
"""The method that disables a session, on the path of its reads."""

NO_READS: Final = ("HEAD", "OPTIONS", DELETE)
"""Methods that ask for something else on the path of a session, as correct clients may."""

Pair = tuple[Exchange, Exchange]
"""An exchange, and one that came after it."""


@dataclass(frozen=True)
class Trace:
    """The reads of one session at one base URL with the credentials of one merchant, in time order: requests by GET
    with whatever answered them, but for those that were known to be unauthorized.

    `others_answered` says whether the API answered anything else between the first and the last of them; without times
    nobody knows, and it is False. `identified` is False where the credentials are not known, so that other merchants
    may be among the readers. `deleted` is how many of the exchanges came before the session was disabled through the
    API; None when it was not. `callbacks` are the status callbacks about the session, which may be all there is.
    """

    session_id: str
    exchanges: tuple[Exchange, ...]
    others_answered: bool = False
    identified: bool = True
    deleted: int | None = None
    callbacks: tuple[Exchange, ...] = ()

    @cached_property
    def reads(self) -> tuple[Exchange, ...]:
        """The exchanges that carry a session."""
        return tuple(exchange for exchange in self.exchanges if exchange.session is not None)

    @property
    def everything(self) -> tuple[Exchange, ...]:
        """The exchanges and the callbacks."""
        return (*self.exchanges, *self.callbacks)

    @property
    def states(self) -> tuple[Exchange, ...]:
        """The reads that carry a session, then the callbacks."""
        return (*self.reads, *self.callbacks)

    @cached_property
    def steps(self) -> tuple[Pair, ...]:
        """Consecutive reads that carry a session, see `successive`, and each callback with what was updated before and
        after it."""
        return (*successive(self.reads), *_updated(self.reads, self.callbacks))

    @property
    def before_deletion(self) -> tuple[Exchange, ...]:
        """The exchanges before the session was disabled through the API."""
        return self.exchanges[: self.deleted]


_WIDTH: Final = 8
"""Exchanges that one follows at most: in a log whose times are coarse, many bear the same."""


def successive(exchanges: Sequence[Exchange]) -> Iterator[Pair]:
    """Each exchange with the last before it, in time order. Two that overlap or bear the same time have no order, so
    one may follow several. Without times the order is the given one."""
    if any(exchange.at is None for exchange in exchanges):
        yield from pairwise(exchanges)
        return
    running: list[tuple[int, int, int, Exchange]] = []
    ended: list[tuple[int, int, Exchange]] = []
    places = count()
    for start, together in groupby(sorted(exchanges, key=_start), key=_start):
        while running and running[0][0] <= start:
            end, _, began, exchange = heappop(running)
            ended.append((began, end, exchange))
        ended.sort(key=itemgetter(0))
        ended = [each for each in ended if each[0] == ended[-1][0] or each[1] > ended[-1][0]][-_WIDTH:]
        for exchange in together:
            yield from ((before, exchange) for *_, before in ended)
            heappush(running, (_end(exchange), next(places), start, exchange))


def _start(exchange: Exchange) -> int:
    return exchange.at.ns if exchange.at is not None else 0


def _end(exchange: Exchange) -> int:
    return _start(exchange) + round((exchange.elapsed or 0) * SECOND)


def _updated(reads: Sequence[Exchange], callbacks: Sequence[Exchange]) -> Iterator[Pair]:
    """Each callback with the last state before it and the first read after it, by `updated_at`: nobody knows how long a
    callback was on its way, and the merchant's clock is another. What bears the same `updated_at` has no order."""
    dated = sorted((each for each in (*reads, *callbacks) if each.updated_at is not None), key=_update)
    times = list(map(_update, dated))
    for place, exchange in enumerate(dated):
        if exchange.context.callback:
            before, after = bisect_left(times, times[place]), bisect_right(times, times[place])
            if before:
                yield dated[before - 1], exchange
            if after < len(dated) and not dated[after].context.callback:
                yield exchange, dated[after]


def _update(exchange: Exchange) -> int:
    return exchange.updated_at.ns if exchange.updated_at is not None else 0


_STEPS: Final = (1, SECOND, 60 * SECOND, 3600 * SECOND)
"""Nanoseconds that are not told apart, at each of the levels of `AnswerTimes`."""

MOST: Final = 50_000
"""Different times that are kept at most."""


class AnswerTimes:
    """When the API answered what was asked. Where that was at too many different times, only the seconds are kept, the
    minutes or the hours, and of those in question only whole ones count: memory does not grow with the evidence.

    What it says does not depend on the order in which times were added and others merged.
    """

    def __init__(self, times: Iterable[int] = ()) -> None:
        self._level = 0
        self._counts = Counter[int]()
        self._totals: tuple[list[int], list[int]] | None = None
        self.add(times)

    def add(self, times: Iterable[int]) -> None:
        """Add times, in nanoseconds since 1970."""
        step = _STEPS[self._level]
        self._counts.update(time // step for time in times)
        self._shorten()

    def merge(self, other: AnswerTimes) -> None:
        """Add the times of another."""
        while self._level < other._level:
            self._coarsen()
        ratio = _STEPS[self._level] // _STEPS[other._level]
        for time, number in other._counts.items():
            self._counts[time // ratio] += number
        self._shorten()

    def _shorten(self) -> None:
        self._totals = None
        while len(self._counts) > MOST and self._level + 1 < len(_STEPS):
            self._coarsen()

    def _coarsen(self) -> None:
        ratio = _STEPS[self._level + 1] // _STEPS[self._level]
        counts = Counter[int]()
        for time, number in self._counts.items():
            counts[time // ratio] += number
        self._counts, self._level = counts, self._level + 1

    def others(self, first: int, last: int, own: Iterable[int]) -> bool:
        """Whether the API answered between these times, beside its answers at the times `own`."""
        step = _STEPS[self._level]
        whole = step > 1
        low, high = first // step + whole, last // step - whole
        return self._total(low, high) > sum(low <= time // step <= high for time in own)

    def _total(self, low: int, high: int) -> int:
        if self._totals is None:
            times = sorted(self._counts)
            self._totals = times, [0, *accumulate(self._counts[time] for time in times)]
        times, totals = self._totals
        return totals[bisect_right(times, high)] - totals[bisect_left(times, low)] if low <= high else 0


def traces(
    exchanges: Iterable[Exchange], *, unauthorized: bool = False, answers: AnswerTimes | None = None
) -> list[Trace]:
    """The traces that exchanges form, see `Trace`. Exchanges without times form one in each file, and so do those
    whose credentials are not known. `answers` are those of all evidence, where `exchanges` are a part of it.

    With `unauthorized`, all that was sent to read one session, at whatever base URL and with whatever credentials.
    """
    given = list(exchanges)
    asked = [
        (place, each)
        for place, each in enumerate(given)
        if each.request.session_id is not None and not each.context.callback
    ]
    if unauthorized:
        sent = (each for each in asked if each[1].request.method not in NO_READS)
        return [_sent([each for _, each in group]) for group in _grouped(sent, _session).values()]
    if answers is None:
        answers = AnswerTimes(answer_times(each for _, each in asked))
    deletions = _grouped(((place, each) for place, each in asked if _is_deletion(each)), _served)
    groups = _grouped(
        (each for each in asked if each[1].context.credentials not in ("wrong", "none") and not _is_deletion(each[1])),
        _reader,
    )
    made = (_trace(group, deletions.get(_served(group[0][1]), []), answers) for group in groups.values())
    read = [trace for trace in made if trace.exchanges]
    callbacks = [each for each in given if each.context.callback and each.session_id is not None]
    if not callbacks:
        return read
    places = {exchange: place for place, exchange in enumerate(given)}
    return sorted(_with_callbacks(read, callbacks), key=lambda trace: min(places[each] for each in trace.everything))


def _with_callbacks(read: list[Trace], callbacks: Iterable[Exchange]) -> list[Trace]:
    """The traces, with the callbacks of a session where it has one reader and one place that is called. All others of a
    place are a trace of their own: nobody knows whose they are."""
    called: dict[str, dict[str, list[Exchange]]] = {}
    for each in callbacks:
        places = called.setdefault(same_id(each.session_id or ""), {})
        places.setdefault(each.request.parts.netloc, []).append(each)
    readers = Counter(same_id(trace.session_id) for trace in read)
    clear = {session for session, places in called.items() if len(places) == readers[session] == 1}
    joined = [
        replace(trace, callbacks=tuple(*called[same_id(trace.session_id)].values()))
        if same_id(trace.session_id) in clear
        else trace
        for trace in read
    ]
    apart = (group for session, places in called.items() if session not in clear for group in places.values())
    return [*joined, *(Trace(group[0].session_id or "", (), callbacks=tuple(group)) for group in apart)]


Placed = tuple[int, Exchange]
"""An exchange with its place in the evidence."""


def _grouped(placed: Iterable[Placed], key: Callable[[Exchange], Hashable]) -> dict[Hashable, list[Placed]]:
    groups: dict[Hashable, list[Placed]] = {}
    for each in placed:
        groups.setdefault(key(each[1]), []).append(each)
    return groups


def _session(exchange: Exchange) -> Hashable:
    """Which session was asked for, in one file where there are no times; an example is in no sequence."""
    place = exchange.evidence if exchange.context.standalone else "" if exchange.at is not None else _file(exchange)
    return same_id(exchange.request.session_id or ""), place


def _served(exchange: Exchange) -> Hashable:
    return exchange.request.base_url, _session(exchange)


def _reader(exchange: Exchange) -> Hashable:
    return _served(exchange), identity(sent_authorization(exchange)) or _file(exchange)


def sent_authorization(exchange: Exchange) -> tuple[str, ...]:
    """The Authorization values of the request. Secret."""
    return tuple(values(exchange.request.headers, "authorization"))


def _file(exchange: Exchange) -> str:
    return exchange.evidence.rpartition("#")[0]


def _is_deletion(exchange: Exchange) -> bool:
    """Whether this disabled the session, as far as one can tell."""
    return exchange.request.method == DELETE and (exchange.status or 0) < 400


def _sent(group: Sequence[Exchange]) -> Trace:
    return Trace(group[0].request.session_id or "", _ordered(group))


def _trace(group: Sequence[Placed], deletions: Sequence[Placed], answers: AnswerTimes) -> Trace:
    first = group[0][1]
    reads = _ordered([each for _, each in group if each.is_read])
    timed = bool(reads) and reads[0].at is not None
    own = answer_times(each for _, each in (*group, *deletions))
    return Trace(
        first.request.session_id or "",
        reads,
        timed and answers.others(_start(reads[0]), _start(reads[-1]), own),
        first.context.credentials == "right" or identity(sent_authorization(first)) is not None,
        _before_deletion(group, deletions, timed),
    )


def _before_deletion(group: Sequence[Placed], deletions: Sequence[Placed], timed: bool) -> int | None:
    """How many of the reads came before the first deletion; None without one."""
    known = [
        _moment(each, timed)
        for each in group
        if each[1].context.created is not None and each[1].context.created.disabled
    ]
    end = min((*known, *(_moment(each, timed) for each in deletions)), default=None)
    return sum(_moment(each, timed) < end for each in group if each[1].is_read) if end is not None else None


def _moment(placed: Placed, timed: bool) -> int:
    return _start(placed[1]) if timed else placed[0]


def answer_times(exchanges: Iterable[Exchange]) -> Iterator[int]:
    """When the API answered what was asked, in ns since 1970, as far as that is known and may be true."""
    answered = (each for each in exchanges if each.is_answered and not each.context.callback)
    return (each.at.ns for each in answered if each.at is not None and is_possible(each.at.ns))


def is_possible(ns: int) -> bool:
    """Whether this may be a time of an answer: from 1678 to 2262, what 64 bits hold."""
    return -1 << 63 <= ns < 1 << 63


def _ordered(group: Sequence[Exchange]) -> tuple[Exchange, ...]:
    return tuple(sorted(group, key=_start)) if all(each.at is not None for each in group) else tuple(group)
