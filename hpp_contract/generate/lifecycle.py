"""Polled lives of a session: what a poller may see, missed states included. Lives that break a rule are elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from hpp_contract.generate import instants
from hpp_contract.generate.bodies import Body, satisfiable, status_of, valid_body
from hpp_contract.generate.choices import Choices, pick
from hpp_contract.generate.instants import SECOND
from hpp_contract.generate.responses import answer
from hpp_contract.model import Exchange, Instant, Trace
from hpp_contract.spec.schema_files import SHAPES
from hpp_contract.spec.session import FINAL, OUTCOME

POLLS: Final = 8
"""Polls of a generated life before its end, at most."""

_COMPLETED: Final = ("completed-with-order", "completed-with-token")
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
    """One session as it is told: it takes on a status, time passes, it is polled.

    Times are nanoseconds since 1970. Its instants are all written in one spelling, its `outcome` is settled from the
    start, and it has no status before the first `move`.
    """

    def __init__(self, source: Choices) -> None:
        self.source = source
        self._shape = pick(source, _COMPLETED)
        self._spelling = pick(source, instants.SPELLINGS)
        completed = valid_body(source, self._shape)
        self.session_id: str = completed["session_id"]
        self.outcome: Body = {name: completed[name] for name in OUTCOME if name in completed}
        self.created = self.now = instants.cut(instants.moment(source), self._spelling[0])
        self.expires = self.created + source.integer(_HOUR, instants.LIFETIME) * SECOND
        self.body: Body = {}
        self.exchanges: list[Exchange] = []

    @property
    def status(self) -> str:
        return str(self.body["status"])

    @property
    def trace(self) -> Trace:
        return Trace(self.session_id, tuple(self.exchanges))

    def write(self, ns: int) -> str:
        """An instant in this session's spelling."""
        return instants.write(ns, *self._spelling)

    def wait(self) -> None:
        """Let a second or more pass, and at most half of the time that is left."""
        left = (self.expires - self.now) // SECOND
        self.now += self.source.integer(1, max(1, min(_GAP, left // 2))) * SECOND

    def transition(self, status: str) -> None:
        """Take on `status` now."""
        shape = self._shape if status == "COMPLETED" else shapes()[status]
        body = {name: value for name, value in valid_body(self.source, shape).items() if name not in OUTCOME}
        body |= self.outcome if status == "COMPLETED" else {}
        life = {"updated_at": self.write(self.now), "expires_at": self.write(self.expires)}
        self.body = body | life | {"session_id": self.session_id}

    def read(self, **changes: Any) -> None:
        """Be read, as is or with `changes` to the body."""
        self._tell(self.body | changes)

    def fail(self, status: int) -> None:
        """Answer a poll with an error object."""
        self._tell(valid_body(self.source, "error-object"), status)

    def _tell(self, body: Body, status: int = 200) -> None:
        at, poll = Instant(self.now, 9), len(self.exchanges) + 1
        self.exchanges.append(answer(body, status, session_id=self.session_id, at=at, poll=poll))


def legal_trace(source: Choices) -> Trace:
    """A life as the lifecycle page allows it, polled up to `POLLS` times and perhaps after its end."""
    life = SessionSimulator(source)
    life.transition(pick(source, tuple(shapes())))
    simulate(life, source.integer(1, POLLS))
    if source.integer(0, 3) == 0:
        life.now = life.expires
        for _ in range(source.integer(1, 2)):
            life.wait()
            life.fail(404)
    return life.trace


def simulate(life: SessionSimulator, polls: int, *, to_the_end: bool = True) -> None:
    """Poll so many times; in between the session stays as it is or moves on, to a final status only if `to_the_end`."""
    for _ in range(polls):
        life.wait()
        if life.source.integer(0, 1):
            life.transition(pick(life.source, [s for s in reachable(life.status) if to_the_end or s not in FINAL]))
        life.read()
