"""Recordings as cases: the client is given what a server once answered, poll by poll.

As in every case, what the client must return follows from what it is given: mistakes of the recorded server are not
counted against the client.
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

MAX_READS: Final = 20
"""Reads of one recorded session, the last ones: a log may hold a thousand polls."""

_OUTDATED: Final = ("content-encoding", "retry-after", "alt-svc", "upgrade", "trailer")
"""Fields that were meant for the recorded client only, or that would make the run wait."""


@dataclass(frozen=True)
class Recording(Case):
    """A recorded session as a case: one read for each of its answers."""

    recorded: Recorded = field(kw_only=True)

    def faults(self, *adapted: Edit) -> dict[str, Fault]:
        """The recorded answers from the first on, in the place of a session's."""
        [asked, *_] = self.sessions
        # An id that is not a UUID might be part of any word in the body: it stays as recorded.
        own = asked if UUID.fullmatch(self.recorded.recorded_id) else self.recorded.recorded_id
        return {asked: replace(self.fault, edits=(self.recorded.edit(own), _to_own_host, *adapted))}


def recorded_cases(paths: Sequence[str]) -> tuple[Recording, ...]:
    """A case for each session in these recordings, of any format, called `recorded-` and the file's name.

    Raises UsageProblem for a path that does not exist, and Unverifiable for recordings without an answer to serve.
    """
    cases: dict[str, Recording] = {}
    for recorded in recorded_sessions(paths):
        if answers := tuple(_answers(recorded)):
            name = _unused_name(f"recorded-{re.sub(r'[^A-Za-z0-9._-]+', '-', recorded.name)}", cases)
            cases[name] = _case(name, replace(recorded, answers=answers))
    if not cases:
        raise Unverifiable(f"no answer that can be served in {', '.join(paths)}: record reads that were answered.")
    return tuple(cases.values())


def _case(name: str, recorded: Recorded) -> Recording:
    codes = {response.status for response in recorded.answers}
    description = f"A recorded session, {len(recorded.answers)} times." if recorded.polls > 1 else "A recorded session."
    rules = ("HPP-A17", "HPP-A15") if 200 in codes else ("HPP-A25",)
    slow = any(code == 429 or code >= 500 for code in codes) or not all(each.complete for each in recorded.answers)
    return Recording(
        Fault(name, "waiting", ()), description, rules, reads=(0,) * recorded.polls, slow=slow, recorded=recorded
    )


def _answers(recorded: Recorded) -> Iterator[Response]:
    """The answers that any client can be given, without repetitions of the one before; the last `MAX_READS` of them."""
    playable = [_playable(response) for response in recorded.answers if _is_playable(response)]
    changes = [next(group) for _, group in groupby(playable, key=lambda response: (response.status, response.body))]
    yield from changes[-MAX_READS:]


def _is_playable(response: Response) -> bool:
    """A final answer, in a coding that can be decoded: which codings the client accepts is not known."""
    return response.status >= 200 and response.content is not None


def _playable(response: Response) -> Response:
    """The answer, decoded and without outdated fields."""
    return replace(response, headers=without(response.headers, *_OUTDATED), body=response.content or b"")


def _to_own_host(exchange: Exchange) -> Exchange:
    """Redirect to our own host only, whatever host was recorded."""
    if exchange.response is None or exchange.response.header("location") is None:
        return exchange
    return header("Location", OTHER_HOST + exchange.request.path)(exchange)


def _unused_name(name: str, taken: dict[str, Recording]) -> str:
    names = (name, *(f"{name}-{number}" for number in range(2, len(taken) + 2)))
    return next(each for each in names if each not in taken)
