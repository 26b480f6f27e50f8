"""Cases of several reads: a session from poll to poll, sessions in turn, and failures that pass."""

from __future__ import annotations

from typing import Final

from hpp_contract.cases.case import Case, case
from hpp_contract.cases.responses import refuse, refuse_empty, refuse_page
from hpp_contract.cases.scenarios import SCENARIOS
from hpp_contract.engine.edits import Edit, fail, slow

_POLLED: Final = ("HPP-A15", "HPP-A02")


def _walk(name: str, description: str) -> Case:
    """A whole life, read once for each of its steps and once more."""
    polls = len(SCENARIOS[name].steps) + 1
    return case(name, description, _POLLED, scenario=name, reads=(0,) * polls)


def _passing(name: str, description: str, *steps: Edit) -> Case:
    """Something fails once; the next read must not suffer from it."""
    return case(name, description, ("HPP-A17", "HPP-A35"), *steps, until=1, reads=(0, 0), slow=True)


def _ending(name: str, description: str, *steps: Edit) -> Case:
    """The first read gives a session, and what follows must not be answered from memory."""
    return case(name, description, ("HPP-A15", "HPP-A25"), *steps, scenario="waiting", since=1, reads=(0, 0))


POLLS: Final = (
    _walk("lifecycle-paid", "Waiting, in progress, completed with an order."),
    _walk("lifecycle-retried", "Declined once, then completed."),
    _walk("lifecycle-back", "Gone back to the shop once, then completed with a token."),
    _walk("lifecycle-error", "An error while paying, then completed."),
    _walk("lifecycle-cancelled", "Waiting, in progress, cancelled."),
    _walk("lifecycle-disabled", "Waiting, then disabled by the merchant."),
    _walk("lifecycle-missed", "Completed between two polls."),
    case("read-twice", "The same session twice, unchanged.", ("HPP-A17", "HPP-A15"), scenario="completed-with-order",
         reads=(0, 0)),
    case("interleaved", "Two completed sessions in turn.", ("HPP-A14", "HPP-A15"), scenario="completed-with-order",
         reads=(0, 1, 0, 1)),
    case("interleaved-walks", "Two sessions in turn, each on its way to an order.", ("HPP-A14", "HPP-A15"),
         scenario="lifecycle-missed", reads=(0, 1, 0, 1)),
    case("refusal-after-session", "A refused session after a completed one.", ("HPP-A15", "HPP-A25"), refuse(404),
         scenario="completed-with-order", since=1, reads=(0, 0)),
    _passing("unavailable-once", "503 once, then the session.", refuse(503)),
    _passing("limited-once", "429 once, then the session.", refuse(429)),
    _passing("reset-once", "One reset, then the session.", fail("reset")),
    _ending("expired-between-polls", "The session expires between two polls.", refuse(404)),
    _ending("gone-empty-on-second-poll", "The second poll is answered 404 without a body.", refuse_empty(404)),
    case("page-between-polls", "The second of three polls is answered 404 with an HTML page.", ("HPP-A17", "HPP-A25"),
         refuse_page(404), scenario="waiting", since=1, until=2, reads=(0, 0, 0)),
    case("two-at-once", "Two completed sessions at the same time.", ("HPP-A14", "HPP-A17"), slow(0.1),
         scenario="completed-with-order", reads=(0, 1), concurrent=True),
    _ending("revoked-between-polls", "The key is revoked between two polls.", refuse(401)),
)  # fmt: skip
