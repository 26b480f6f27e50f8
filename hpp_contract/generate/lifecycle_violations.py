"""Traces that break a rule of the lifecycle, each one rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from hpp_contract.engine.edits import OTHER_UUID
from hpp_contract.generate.bodies import valid_body
from hpp_contract.generate.choices import Choices, pick
from hpp_contract.generate.lifecycle import SessionSimulator, reachable, shapes, simulate
from hpp_contract.model import Instant, Trace
from hpp_contract.model.instant import SECOND
from hpp_contract.spec.session import FINAL

PRELUDE: Final = 3
"""Legal polls before something goes wrong, at most."""


@dataclass(frozen=True, slots=True)
class BrokenTrace:
    """A trace that breaks `rule`, and no other rule about traces."""

    trace: Trace
    rule: str


def broken_trace(choices: Choices) -> BrokenTrace:
    """A trace that breaks one rule about traces."""
    rule = pick(choices, tuple(VIOLATIONS))
    session = SessionSimulator(choices)
    if rule == "HPP-L07":
        session.fail(404)
    session.transition(pick(choices, _OPEN))
    simulate(session, choices.integer(0, PRELUDE), to_the_end=False)
    session.wait()
    VIOLATIONS[rule](session)
    return BrokenTrace(session.trace, rule)


def _leave_final(session: SessionSimulator) -> None:
    before = pick(session.choices, FINAL)
    _read(session, before)
    session.wait()
    if before == "COMPLETED":  # the one status that may carry the outcome too, which must not vanish
        session.transition("MANUAL_ID_CHECK")
        session.read(**session.outcome)
    else:
        _read(session, pick(session.choices, [status for status in shapes() if status != before]))


def _return_to_waiting(session: SessionSimulator) -> None:
    _read(session, pick(session.choices, [status for status in _OPEN if status != "WAITING"]))
    session.wait()
    _read(session, "WAITING")


def _turn_back(session: SessionSimulator) -> None:
    _read(session, pick(session.choices, reachable(session.status)))
    session.wait()
    session.read(updated_at=session.write(session.created))


def _change_silently(session: SessionSimulator) -> None:
    session.read()
    dated = session.body["updated_at"]
    session.wait()
    session.transition(
        pick(session.choices, [status for status in reachable(session.status) if status != session.status])
    )
    session.read(updated_at=dated)


def _move_expiry(session: SessionSimulator) -> None:
    session.read()
    session.wait()
    session.transition(session.status)
    left = (session.expires - session.now) // SECOND
    session.read(expires_at=session.write(session.expires - session.choices.integer(1, max(1, left // 2)) * SECOND))


def _change_outcome(session: SessionSimulator) -> None:
    _read(session, "COMPLETED")
    session.wait()
    session.transition("COMPLETED")
    name = pick(session.choices, tuple(session.outcome))
    if name == "klarna_reference":
        session.read(klarna_reference="S" if session.outcome[name] == "R" else "R")
    else:
        other = valid_body(session.choices, "waiting")["session_id"]
        session.read(**{name: other if other not in session.body.values() else OTHER_UUID})


def _reappear(session: SessionSimulator) -> None:
    session.read()


def _vanish(session: SessionSimulator) -> None:
    session.read()
    session.wait()
    session.fail(404)


def _flap(session: SessionSimulator) -> None:
    session.read()
    session.wait()
    session.fail(pick(session.choices, (503, 500, 502)))
    session.wait()
    session.read()


def _call_back(session: SessionSimulator) -> None:
    dated = Instant(session.now).format(9)
    session.read(updated_at=dated)
    session.transition(
        pick(session.choices, [status for status in reachable(session.status) if status != session.status])
    )
    session.call_back(updated_at=dated)


def _read(session: SessionSimulator, status: str) -> None:
    session.transition(status)
    session.read()


_OPEN: Final = tuple(status for status in shapes() if status not in FINAL)

VIOLATIONS: Final[Mapping[str, Callable[[SessionSimulator], None]]] = {
    "HPP-L01": _leave_final,
    "HPP-L02": _return_to_waiting,
    "HPP-L03": _turn_back,
    "HPP-L04": _change_silently,
    "HPP-L05": _move_expiry,
    "HPP-L06": _change_outcome,
    "HPP-L07": _reappear,
    "HPP-L08": _vanish,
    "HPP-L09": _flap,
    "HPP-L10": _call_back,
}
"""How each rule about traces is broken."""
