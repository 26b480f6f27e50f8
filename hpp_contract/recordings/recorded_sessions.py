"""Playing recorded sessions again: to any client over HTTP, or as the polls of a client's case.

A session is played poll by poll as it was recorded, its last answer for ever.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from hpp_contract.engine.edits import Edit
from hpp_contract.engine.errors import Unverifiable
from hpp_contract.model import Exchange, Response
from hpp_contract.model.exchange import traces, without
from hpp_contract.recordings.reading import read_recordings

_OF_THE_CONNECTION: Final = ("connection", "keep-alive", "transfer-encoding", "content-length")
"""Fields about how a response travelled then, which says nothing of how it travels now."""

_NAMESPACE: Final = uuid.UUID("5c2bbed0-7e1a-5d0c-9a55-2f6f0c5f9d01")


@dataclass(frozen=True)
class Recorded:
    """One recorded session: `name`, made of its file's and unique in its set, the id it was recorded under, its
    `answers`, and the id to ask for it: the recorded one, where no session before it in the set has that."""

    name: str
    recorded_id: str
    session_id: str
    answers: tuple[Response, ...]

    @property
    def polls(self) -> int:
        return len(self.answers)

    def edit(self, session_id: str | None = None) -> Edit:
        """A new playing of the session: an edit that puts the next recorded answer in the place of whatever would be
        answered. The recorded id is written as the one that it is played under, `session_id` unless told otherwise."""
        answers, lock = iter(self.answers), threading.Lock()
        current, asked = self.answers[0], session_id or self.session_id

        def play(exchange: Exchange) -> Exchange:
            nonlocal current
            with lock:
                current = next(answers, current)
                return replace(exchange, response=_as(current, self.recorded_id, asked))

        return play


def recorded_sessions(paths: Sequence[str]) -> tuple[Recorded, ...]:
    """The sessions in recordings of any format, without the requests that were refused for their credentials. Raises
    UsageProblem for a path that does not exist and Unverifiable for recordings that cannot be read."""
    reading = read_recordings(paths)
    if reading.unreadable:
        raise Unverifiable(f"{reading.unreadable[0]}.".replace("..", "."))
    found: list[Recorded] = []
    for trace in traces(reading.exchanges):
        whole = tuple(_whole(exchange.response) for exchange in trace.exchanges if exchange.response is not None)
        if whole:
            name = Path(trace.exchanges[0].evidence.rpartition("#")[0]).name.partition(".")[0] or "recorded"
            name = _free(name, {each.name for each in found})
            taken = trace.session_id in {each.session_id for each in found}
            asked = str(uuid.uuid5(_NAMESPACE, name)) if taken else trace.session_id
            found.append(Recorded(name, trace.session_id, asked, whole))
    return tuple(found)


def _whole(response: Response) -> Response:
    return replace(response, headers=without(response.headers, *_OF_THE_CONNECTION))


def _as(response: Response, recorded: str, asked: str) -> Response:
    """The response about the session `asked` for."""
    if recorded == asked:
        return response
    return replace(response, body=response.body.replace(recorded.encode(), asked.encode()))


def _free(name: str, taken: set[str]) -> str:
    names = (name, *(f"{name}-{number}" for number in range(2, len(taken) + 2)))
    return next(each for each in names if each not in taken)
