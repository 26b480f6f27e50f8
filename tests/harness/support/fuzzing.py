"""What the tests of fuzzing have in common: a target, and faults that only some ids meet."""

from __future__ import annotations

from collections.abc import Callable

from hpp_contract.cases.scenarios import CREDENTIALS, session_id
from hpp_contract.engine import Outcome, Subject, judge
from hpp_contract.engine.edits import Edit, body, status
from hpp_contract.model import Exchange
from hpp_contract.probe import ProbePlan, Target
from hpp_contract.rules import CATALOGUE

PLAN = ProbePlan(max_latency=60)
"""A machine that runs other tests beside is slow, and that is nobody's fault."""

KNOWN = (session_id("waiting"), session_id("completed-with-order"))
ABROAD = Target("https://api.playground.kustom.co", CREDENTIALS, KNOWN)


def target(url: str) -> Target:
    """An endpoint whose sessions are the KNOWN ones."""
    return Target(url, CREDENTIALS, KNOWN)


def broken(exchanges: tuple[Exchange, ...]) -> dict[str, int]:
    """How often each rule is broken or warned about."""
    verdicts = judge(exchanges, CATALOGUE, Subject("endpoint", "fuzzed"))
    assert not [verdict for verdict in verdicts if verdict.outcome is Outcome.ERROR]
    return {verdict.rule.id: verdict.total for verdict in verdicts if verdict.findings}


def only(condition: Callable[[Exchange], bool], *edits: Edit) -> Edit:
    """The edits, where the condition holds."""

    def edit(exchange: Exchange) -> Exchange:
        for each in edits if condition(exchange) else ():
            exchange = each(exchange)
        return exchange

    return edit


def asked_for(condition: Callable[[str], bool]) -> Callable[[Exchange], bool]:
    """Whether the condition holds of the session id in the request."""
    return lambda exchange: condition(exchange.request.session_id or "")


SERVER_ERROR = (status(500), body(b""))
