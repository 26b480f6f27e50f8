"""Recordings as cases: what a server once answered is answered to the client, poll by poll.

What is right follows from what the recording says, as in every case: a server that was wrong then is not the client's
fault now.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Final

from hpp_contract.cases import Case
from hpp_contract.cases.case import OTHER_HOST
from hpp_contract.engine.edits import Edit, header
from hpp_contract.engine.errors import Unverifiable
from hpp_contract.engine.fault import Fault
from hpp_contract.model import Exchange, Response
from hpp_contract.model.exchange import without
from hpp_contract.recordings.recorded_sessions import Recorded, recorded_sessions
from hpp_contract.spec.session import UUID

MOST: Final = 20
"""Reads of one recorded session; what changed last is said in the end, and a log may hold a thousand polls."""

_OF_THAT_DAY: Final = ("content-encoding", "retry-after", "alt-svc", "upgrade", "trailer")
"""Fields that only made sense to who was answered then, or to nobody in a hurry."""


@dataclass(frozen=True)
class Recording(Case):
    """A recorded session as a case: one read for each of its answers."""

    recorded: Recorded = field(kw_only=True)

    def faults(self, *adapted: Edit) -> dict[str, Fault]:
        """The recorded answers from the first on, in the place of a session's."""
        [asked, *_] = self.sessions
        # An id that is none might be part of any word in the body: then it stays as it was recorded.
        own = asked if UUID.fullmatch(self.recorded.recorded_id) else self.recorded.recorded_id
        return {asked: replace(self.fault, edits=(self.recorded.edit(own), _stay_here, *adapted))}


def recorded_cases(paths: Sequence[str]) -> tuple[Recording, ...]:
    """A case for each session in these recordings, of any format, called `recorded-` and the file's name.

    Raises UsageProblem for a path that does not exist and Unverifiable for recordings without a session to play.
    """
    cases: dict[str, Recording] = {}
    for recorded in recorded_sessions(paths):
        if answers := tuple(_answers(recorded)):
            name = _free(f"recorded-{re.sub(r'[^A-Za-z0-9._-]+', '-', recorded.name)}", cases)
            cases[name] = _case(name, replace(recorded, answers=answers))
    if not cases:
        raise Unverifiable(f"no answer that can be played in {', '.join(paths)}: record reads that were answered.")
    return tuple(cases.values())


def _case(name: str, recorded: Recorded) -> Recording:
    codes = {response.status for response in recorded.answers}
    says = f"A recorded session, {len(recorded.answers)} times." if recorded.polls > 1 else "A recorded session."
    rules = ("HPP-A17", "HPP-A15") if 200 in codes else ("HPP-A25",)
    slow = any(code == 429 or code >= 500 for code in codes) or not all(each.complete for each in recorded.answers)
    return Recording(Fault(name, "waiting", ()), says, rules, reads=(0,) * recorded.polls, slow=slow, recorded=recorded)


def _answers(recorded: Recorded) -> Iterator[Response]:
    """The answers that any client can be given, without those that say again what the one before said; the last ones
    where there are too many."""
    playable = [_playable(response) for response in recorded.answers if _is_playable(response)]
    changes = [next(group) for _, group in groupby(playable, key=lambda response: (response.status, response.body))]
    yield from changes[-MOST:]


def _is_playable(response: Response) -> bool:
    """A final answer, in a coding that this can undo: nobody knows which ones the client asks for."""
    return response.status >= 200 and response.content is not None


def _playable(response: Response) -> Response:
    """The answer without what belongs to its own day."""
    return replace(response, headers=without(response.headers, *_OF_THAT_DAY), body=response.content or b"")


def _stay_here(exchange: Exchange) -> Exchange:
    """Redirect to no host but ours, whatever host was recorded."""
    if exchange.response is None or exchange.response.header("location") is None:
        return exchange
    return header("Location", OTHER_HOST + exchange.request.path)(exchange)


def _free(name: str, taken: dict[str, Recording]) -> str:
    names = (name, *(f"{name}-{number}" for number in range(2, len(taken) + 2)))
    return next(each for each in names if each not in taken)
