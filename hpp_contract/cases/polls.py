"""Cases of several reads: a session from poll to poll, sessions in turn, and failures that pass."""

from __future__ import annotations

from typing import Final

from hpp_contract.cases.case import Case
from hpp_contract.cases.edits import refuse
from hpp_contract.cases.scenarios import SCENARIOS
from hpp_contract.engine.fault import Edit, fail

_POLLED: Final = ("HPP-A15", "HPP-A02")


def _walk(name: str, says: str) -> Case:
    """A whole life, read once for each of its steps and once more."""
    polls = len(SCENARIOS[name].steps) + 1
    return Case(name, says, _POLLED, name, reads=(0,) * polls)


def _passing(name: str, says: str, *steps: Edit) -> Case:
    """Something fails once; the next read must not suffer from it."""
    return Case(name, says, ("HPP-A17", "HPP-A35"), edits=steps, until=1, reads=(0, 0), slow=True)


def _ending(name: str, says: str, *steps: Edit) -> Case:
    """The first read gives a session, and what follows must not be answered from memory."""
    return Case(name, says, ("HPP-A15", "HPP-A25"), "waiting", steps, since=1, reads=(0, 0))


POLLS: Final = (
    _walk("lifecycle-paid", "Waiting, in progress, completed with an order."),
    _walk("lifecycle-retried", "Declined once, then completed."),
    _walk("lifecycle-back", "Gone back to the shop once, then completed with a token."),
    _walk("lifecycle-error", "An error while paying, then completed."),
    _walk("lifecycle-cancelled", "Waiting, in progress, cancelled."),
    _walk("lifecycle-disabled", "Waiting, then disabled by the merchant."),
    _walk("lifecycle-missed", "Completed between two polls."),
    Case("read-twice", "The same session twice, unchanged.", ("HPP-A17", "HPP-A15"), "completed-with-order",
         reads=(0, 0)),
    Case("interleaved", "Two completed sessions in turn.", ("HPP-A14", "HPP-A15"), "completed-with-order",
         reads=(0, 1, 0, 1)),
    Case("interleaved-walks", "Two sessions in turn, each on its way to an order.", ("HPP-A14", "HPP-A15"),
         "lifecycle-missed", reads=(0, 1, 0, 1)),
    Case("refusal-after-session", "A refused session after a completed one.", ("HPP-A15", "HPP-A25"),
         "completed-with-order", (refuse(404),), since=1, reads=(0, 0)),
    _passing("unavailable-once", "503 once, then the session.", refuse(503)),
    _passing("limited-once", "429 once, then the session.", refuse(429)),
    _passing("reset-once", "One reset, then the session.", fail("reset")),
    _ending("expired-between-polls", "The session expires between two polls.", refuse(404)),
    _ending("revoked-between-polls", "The key is revoked between two polls.", refuse(401)),
)  # fmt: skip
