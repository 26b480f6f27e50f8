"""Lives that break a rule of the lifecycle, each one rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from hpp_contract.generate.bodies import valid_body
from hpp_contract.generate.choices import Choices, pick
from hpp_contract.generate.instants import SECOND
from hpp_contract.generate.lifecycle import SessionSimulator, reachable, shapes, simulate
from hpp_contract.model import Trace
from hpp_contract.spec.session import FINAL

PRELUDE: Final = 3
"""Legal polls before something goes wrong, at most."""


@dataclass(frozen=True, slots=True)
class BrokenTrace:
    """A life that breaks `rule`, and no other rule about lives."""

    trace: Trace
    rule: str


def broken_trace(source: Choices) -> BrokenTrace:
    """A life that breaks one rule about lives."""
    rule = pick(source, tuple(VIOLATIONS))
    life = SessionSimulator(source)
    if rule == "HPP-L07":
        life.fail(404)
    life.transition(pick(source, _OPEN))
    simulate(life, source.integer(0, PRELUDE), to_the_end=False)
    life.wait()
    VIOLATIONS[rule](life)
    return BrokenTrace(life.trace, rule)


def _leave_final(life: SessionSimulator) -> None:
    before = pick(life.source, FINAL)
    _read(life, before)
    life.wait()
    if before == "COMPLETED":  # the one status that may carry the outcome too, which must not vanish
        life.transition("MANUAL_ID_CHECK")
        life.read(**life.outcome)
    else:
        _read(life, pick(life.source, [status for status in shapes() if status != before]))


def _return_to_waiting(life: SessionSimulator) -> None:
    _read(life, pick(life.source, [status for status in _OPEN if status != "WAITING"]))
    life.wait()
    _read(life, "WAITING")


def _turn_back(life: SessionSimulator) -> None:
    _read(life, pick(life.source, reachable(life.status)))
    life.read(updated_at=life.write(life.created))


def _change_silently(life: SessionSimulator) -> None:
    life.read()
    dated = life.body["updated_at"]
    life.transition(pick(life.source, [status for status in reachable(life.status) if status != life.status]))
    life.read(updated_at=dated)


def _move_expiry(life: SessionSimulator) -> None:
    life.read()
    life.wait()
    life.transition(life.status)
    left = (life.expires - life.now) // SECOND
    life.read(expires_at=life.write(life.expires - life.source.integer(1, max(1, left // 2)) * SECOND))


def _swap_outcome(life: SessionSimulator) -> None:
    _read(life, "COMPLETED")
    life.wait()
    life.transition("COMPLETED")
    name = pick(life.source, tuple(life.outcome))
    if name == "klarna_reference":
        life.read(klarna_reference="S" if life.outcome[name] == "R" else "R")
    else:
        other = valid_body(life.source, "waiting")["session_id"]
        life.read(**{name: other if other not in life.body.values() else _A_UUID})


def _stay(life: SessionSimulator) -> None:
    life.read()


def _vanish(life: SessionSimulator) -> None:
    life.read()
    life.wait()
    life.fail(404)


def _flap(life: SessionSimulator) -> None:
    life.read()
    life.wait()
    life.fail(pick(life.source, (503, 500, 502)))
    life.wait()
    life.read()


def _read(life: SessionSimulator, status: str) -> None:
    life.transition(status)
    life.read()


_A_UUID: Final = "b2c9d0aa-0000-4111-8222-333344445555"
_OPEN: Final = tuple(status for status in shapes() if status not in FINAL)

VIOLATIONS: Final[Mapping[str, Callable[[SessionSimulator], None]]] = {
    "HPP-L01": _leave_final,
    "HPP-L02": _return_to_waiting,
    "HPP-L03": _turn_back,
    "HPP-L04": _change_silently,
    "HPP-L05": _move_expiry,
    "HPP-L06": _swap_outcome,
    "HPP-L07": _stay,
    "HPP-L08": _vanish,
    "HPP-L09": _flap,
}
"""How each rule about lives is broken."""
