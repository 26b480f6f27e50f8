"""Recorded sessions served again: to any client over HTTP, or as the polls of a client's case.

A session is served poll by poll as it was recorded, then its last answer without end.
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
from hpp_contract.model.exchange import without
from hpp_contract.model.trace import traces
from hpp_contract.recordings.reading import read_recordings
from hpp_contract.recordings.write import unused_name

_CONNECTION_HEADERS: Final = ("connection", "keep-alive", "transfer-encoding", "content-length")
"""Header fields of the connection that a response was recorded on."""

_NAMESPACE: Final = uuid.UUID("5c2bbed0-7e1a-5d0c-9a55-2f6f0c5f9d01")


@dataclass(frozen=True)
class Recorded:
    """One recorded session: `name`, made of its file's name and unique in its set, `recorded_id`, its `answers`, and
    `session_id`, the id to read it by: the recorded one, unless a session before it in the set has that."""

    name: str
    recorded_id: str
    session_id: str
    answers: tuple[Response, ...]

    @property
    def polls(self) -> int:
        return len(self.answers)

    def edit(self, session_id: str | None = None) -> Edit:
        """An edit that replaces each answer by the next recorded one, with `session_id`, by default that of this value,
        in the place of the recorded id. Each edit starts at the first answer."""
        answers, lock = iter(self.answers), threading.Lock()
        current, asked = self.answers[0], session_id or self.session_id

        def next_answer(exchange: Exchange) -> Exchange:
            nonlocal current
            with lock:
                current = next(answers, current)
                return replace(exchange, response=_with_id(current, self.recorded_id, asked))

        return next_answer


def recorded_sessions(paths: Sequence[str]) -> tuple[Recorded, ...]:
    """The sessions in recordings of any format, without the requests that were refused for their credentials. Raises
    UsageProblem for a path that does not exist and Unverifiable for recordings that cannot be read."""
    reading = read_recordings(paths)
    if reading.unreadable:
        raise Unverifiable(f"{reading.unreadable[0]}.".replace("..", "."))
    found: list[Recorded] = []
    for trace in traces(reading.exchanges):
        answers = (exchange.response for exchange in trace.exchanges)
        whole = tuple(_whole(answer) for answer in answers if answer is not None and answer.body_kept)
        if whole:
            name = Path(trace.exchanges[0].evidence.rpartition("#")[0]).name.partition(".")[0] or "recorded"
            name = unused_name(name, {each.name for each in found})
            taken = trace.session_id in {each.session_id for each in found}
            asked = str(uuid.uuid5(_NAMESPACE, name)) if taken else trace.session_id
            found.append(Recorded(name, trace.session_id, asked, whole))
    return tuple(found)


def _whole(response: Response) -> Response:
    return replace(response, headers=without(response.headers, *_CONNECTION_HEADERS))


def _with_id(response: Response, recorded: str, asked: str) -> Response:
    """The response about the session `asked` for."""
    if recorded == asked:
        return response
    return replace(response, body=response.body.replace(recorded.encode(), asked.encode()))
