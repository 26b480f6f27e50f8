"""What a probe asked and what came of it, question by question: which questions the API never answered, and whether
that was about the question or about everything at that time.

A question that was not answered is asked again between two other questions that the API answered before. If it answers
those only, the question itself is what it does not answer; if it answers nothing, there is an outage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from hpp_contract.model import Exchange
from hpp_contract.model.exchange import AnsweredBy
from hpp_contract.probe.plan import PlannedRead, Question
from hpp_contract.probe.wire import TIMEOUT

MAX_CONFIRMED: Final = 12
"""Questions that are asked again at most: of more, one knows enough."""

_ANY: Final = PlannedRead("", "unknown")

Ask = Callable[[PlannedRead], list[Exchange]]
"""Sends a read; what came of it, the answer last."""


def is_answer(exchange: Exchange) -> bool:
    """Whether the API itself answered what was asked. A redirect answers no question that is to be refused."""
    context = exchange.context
    asks_for_session = context.credentials == "right" and context.session == "known"
    redirected = 300 <= (exchange.status or 0) < 400 and not asks_for_session
    return exchange.is_answered and not redirected


@dataclass
class Transcript:
    """The `exchanges` of a run in the order they happened."""

    exchanges: list[Exchange] = field(default_factory=list)
    _places: dict[Question, list[int]] = field(default_factory=dict)
    _reads: dict[Question, PlannedRead] = field(default_factory=dict)

    def add(self, read: PlannedRead, exchanges: list[Exchange]) -> bool:
        """Keep what came of a read; whether the API answered it."""
        first = len(self.exchanges)
        self.exchanges.extend(exchanges)
        self._reads.setdefault(read.question, read)
        self._places.setdefault(read.question, []).extend(range(first, len(self.exchanges)))
        return is_answer(self.exchanges[-1])

    @property
    def is_answered(self) -> bool:
        """Whether the API answered anything."""
        return any(map(is_answer, self.exchanges))

    @property
    def is_unavailable(self) -> bool:
        """Whether all that came is what a short outage looks like."""
        return all(exchange.answered_by is AnsweredBy.UNAVAILABLE for exchange in self.exchanges)

    def is_stalled(self, read: PlannedRead) -> bool:
        """Whether this was not answered in time before: it would stall again, and add nothing."""
        return any(
            self.exchanges[place].failure == TIMEOUT
            for question, places in self._places.items()
            if question.segment == read.segment
            for place in places[-1:]
        )

    def unanswered(self) -> list[PlannedRead]:
        """What the API did not answer when it was asked last."""
        return [self._reads[question] for question in self._places if not is_answer(self._last(question))]

    def accepted(self) -> PlannedRead | None:
        """A read that the credentials were accepted for: of a session that was read, else of an unknown id."""
        accepted = [
            self._reads[question]
            for question in self._places
            if question.credentials == "right" and self._last(question).status in (200, 404)
        ]
        return min(accepted, key=lambda read: ("known", "unknown", "malformed").index(read.session), default=None)

    def confirm(self, ask: Ask, wait: Callable[[], None], reads: Sequence[PlannedRead] | None = None) -> None:
        """Ask again what was not answered (of these `reads`, or of all), and find out why; `wait` in between while
        nothing is answered: the outage may be over then."""
        if (reads or self.unanswered()) and self._control(_ANY) is not None and self.is_silent(ask):
            wait()
        doubtful = self.unanswered() if reads is None else reads
        if all(self._confirm(ask, read) for read in doubtful[:MAX_CONFIRMED]):
            return
        for read in doubtful:
            if not is_answer(self._last(read.question)) and not self.is_specific(read):
                self._mark(read.question, "outage")

    def _confirm(self, ask: Ask, read: PlannedRead) -> bool:
        """Ask this again between two questions that were answered before; whether those were answered now."""
        control = self._control(read)
        if control is None or not self._ask(ask, control, "control"):
            return False
        if self._ask(ask, read, "again"):
            self._heal(read.question)
            return True
        if self._ask(ask, control, "control"):
            self._mark(read.question, "alone")
            return True
        return False

    def is_silent(self, ask: Ask) -> bool:
        """Whether nothing is answered at this moment: not even what was answered before."""
        control = self._control(_ANY)
        return control is None or not self._ask(ask, control, "control")

    def outage(self) -> list[Exchange]:
        """The last exchange of each question that an outage of everything left unanswered."""
        return [exchange for exchange in self._all_last() if exchange.context.unanswered == "outage"]

    def specific(self) -> list[Exchange]:
        """The last exchange of each question that was not answered while others were."""
        return [exchange for exchange in self._all_last() if exchange.context.unanswered == "alone"]

    def is_specific(self, read: PlannedRead) -> bool:
        """Whether this was not answered while other questions were."""
        return self._last(read.question).context.unanswered == "alone"

    def of_sessions(self) -> Iterator[tuple[str, list[Exchange]]]:
        """Each session that was given, as it goes into the path, with all that came of its reads."""
        for question, places in self._places.items():
            if self._reads[question].asks_for_session:
                yield question.segment, [self.exchanges[place] for place in places]

    def _control(self, read: PlannedRead) -> PlannedRead | None:
        """Another question that the API answered when it was asked last: of sessions with the right credentials when
        this is one, since a gateway may refuse others without asking the API."""
        ours = read.credentials == "right" and read.session != "malformed"
        others = (self._reads[question] for question in self._places if is_answer(self._last(question)))
        fit = [other for other in others if not ours or (other.credentials == "right" and other.session != "malformed")]
        return min(fit, key=_fitness, default=None)

    def _ask(self, ask: Ask, read: PlannedRead, why: str) -> bool:
        times = sum(why in self.exchanges[place].evidence for place in self._places[read.question])
        number = f" {times + 1}" if times else ""
        return self.add(read, ask(replace(read, note=f"{read.note}, {why}{number}")))

    def _heal(self, question: Question) -> None:
        """What failed before was passing."""
        *earlier, _ = self._places[question]
        for place in earlier:
            if not is_answer(self.exchanges[place]):
                self._know(place, retried=True)

    def _mark(self, question: Question, why: Literal["alone", "outage"]) -> None:
        self._know(self._places[question][-1], unanswered=why)

    def _know(self, place: int, *, retried: bool = False, unanswered: Literal["alone", "outage"] | None = None) -> None:
        exchange = self.exchanges[place]
        known = replace(exchange.context, retried=retried or exchange.context.retried, unanswered=unanswered)
        self.exchanges[place] = replace(exchange, context=known)

    def _last(self, question: Question) -> Exchange:
        return self.exchanges[self._places[question][-1]]

    def _all_last(self) -> Iterator[Exchange]:
        return (self._last(question) for question in self._places)


def _fitness(read: PlannedRead) -> int:
    """Which read is the best control: an unknown id is part of no session's life."""
    order = ("unknown", "known", "malformed")
    return order.index(read.session) + (0 if read.credentials == "right" else len(order))


def why_unanswered(exchange: Exchange) -> str:
    """What came in the place of an answer, in a few words that are safe to print."""
    if exchange.response is None:
        return exchange.failure or "no response"
    return f"a page under {exchange.status}" if exchange.answered_by is AnsweredBy.PAGE else f"HTTP {exchange.status}"
