"""Traces of generated sessions: what a poller may see, missed statuses included."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from hpp_contract.engine.recorded import call_back
from hpp_contract.generate import instants
from hpp_contract.generate.bodies import Body, satisfiable, status_of, valid_body
from hpp_contract.generate.choices import Choices, pick
from hpp_contract.generate.responses import answer
from hpp_contract.model import Exchange, Instant, Trace
from hpp_contract.model.instant import SECOND
from hpp_contract.spec.schema_files import SHAPES
from hpp_contract.spec.session import COMPLETED_SHAPES, FINAL, LIFETIME, OUTCOME

POLLS: Final = 8
"""Polls of a generated session before its end, at most."""

_HOUR: Final = 3600
_GAP: Final = 1200
"""Seconds between two polls at most."""


@cache
def shapes() -> Mapping[str, str]:
    """A shape for each status."""
    return MappingProxyType({status_of(satisfiable(shape)[0]): shape for shape in SHAPES})


def reachable(status: str) -> tuple[str, ...]:
    """Every status that may be seen after `status`, itself among them: a poller misses some in between."""
    if status in FINAL:
        return (status,)
    return tuple(name for name in shapes() if name != "WAITING" or status == "WAITING")


class SessionSimulator:
    """Simulates one session: its status changes, time passes, and it is polled.

    Times are nanoseconds since 1970. All its instants have one notation, its `outcome` is chosen at the start, and it
    has no status before the first `transition`.
    """

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self._shape = pick(choices, tuple(COMPLETED_SHAPES))
        self._notation = pick(choices, instants.NOTATIONS)
        completed = valid_body(choices, self._shape)
        self.session_id: str = completed["session_id"]
        self.outcome: Body = {name: completed[name] for name in OUTCOME if name in completed}
        self.created = self.now = instants.cut(instants.moment(choices), self._notation[0])
        self.expires = self.created + choices.integer(_HOUR, LIFETIME) * SECOND
        self.body: Body = {}
        self.exchanges: list[Exchange] = []

    @property
    def status(self) -> str:
        return str(self.body["status"])

    @property
    def trace(self) -> Trace:
        reads = tuple(each for each in self.exchanges if not each.context.callback)
        return Trace(self.session_id, reads, callbacks=tuple(each for each in self.exchanges if each.context.callback))

    def write(self, ns: int) -> str:
        """An instant in this session's notation."""
        return Instant(ns).format(*self._notation)

    def wait(self) -> None:
        """Let a second or more pass, and at most half of the time that is left."""
        left = (self.expires - self.now) // SECOND
        self.now += self.choices.integer(1, max(1, min(_GAP, left // 2))) * SECOND

    def transition(self, status: str) -> None:
        """Take on `status` now."""
        shape = self._shape if status == "COMPLETED" else shapes()[status]
        body = {name: value for name, value in valid_body(self.choices, shape).items() if name not in OUTCOME}
        body |= self.outcome if status == "COMPLETED" else {}
        times = {"updated_at": self.write(self.now), "expires_at": self.write(self.expires)}
        self.body = body | times | {"session_id": self.session_id}

    def read(self, **changes: Any) -> None:
        """Record a read of the body, with these `changes`."""
        self._answer(self.body | changes)

    def call_back(self, **changes: Any) -> None:
        """Record a status callback with the body, with these `changes`."""
        self.read(**changes)
        self.exchanges.append(call_back(self.exchanges.pop()))

    def fail(self, status: int) -> None:
        """Answer a poll with an error object."""
        self._answer(valid_body(self.choices, "error-object"), status)

    def _answer(self, body: Body, status: int = 200) -> None:
        at, poll = Instant(self.now, 9), len(self.exchanges) + 1
        self.exchanges.append(answer(body, status, session_id=self.session_id, at=at, poll=poll))


def legal_trace(choices: Choices) -> Trace:
    """A session as the lifecycle page allows it, polled up to `POLLS` times and perhaps after its end."""
    session = SessionSimulator(choices)
    session.transition(pick(choices, tuple(shapes())))
    simulate(session, choices.integer(1, POLLS))
    if choices.integer(0, 3) == 0:
        session.now = session.expires
        for _ in range(choices.integer(1, 2)):
            session.wait()
            session.fail(404)
    return session.trace


def simulate(session: SessionSimulator, polls: int, *, to_the_end: bool = True) -> None:
    """Poll `polls` times; in between the session may move on, to a final status only if `to_the_end`."""
    for _ in range(polls):
        session.wait()
        if session.choices.integer(0, 1):
            session.transition(
                pick(session.choices, [s for s in reachable(session.status) if to_the_end or s not in FINAL])
            )
        session.read()
