"""What must never be softened about clients: each of these ends in exit code 1, in this process and behind a command.

A client that loses an order, shows it to others or tells a secret stays broken, however light other rules become.
"""

from __future__ import annotations

import shlex
import sys
from typing import Final

import pytest

from hpp_contract.cases import CASES
from hpp_contract.client import Adapter, RunOptions, run
from hpp_contract.client.adapters.command import CommandAdapter
from hpp_contract.client.adapters.python import PythonAdapter
from hpp_contract.engine import Outcome, Report, Subject
from tests.harness.support import must_clients as clients
from tests.harness.support.sample_clients import Client

MUST: Final[dict[str, tuple[type[Client], str]]] = {
    "invents an order": (clients.InventsOrder, "waiting"),
    "invents an order for a null": (clients.InventsOrder, "in-progress"),
    "invents a status for nothing": (clients.InventsStatus, "empty-200"),
    "drops an order": (clients.DropsOrder, "completed-with-order"),
    "drops a status": (clients.DropsStatus, "completed-with-token"),
    "mixes orders": (clients.MixesOrders, "interleaved"),
    "mixes statuses": (clients.MixesStatuses, "interleaved-walks"),
    "swaps an order": (clients.SwapsOrder, "completed-with-order"),
    "swaps a status": (clients.SwapsStatus, "in-progress"),
    "keeps a stale order": (clients.KeepsEverything, "refusal-after-session"),
    "keeps a stale session": (clients.KeepsEverything, "lifecycle-missed"),
    "keeps a stale status": (clients.KeepsStatus, "lifecycle-paid"),
    "takes a 401 for a session": (clients.TakesRefusalsForSessions, "unauthorized"),
    "takes an empty 404 for a session": (clients.TakesRefusalsForSessions, "not-found-404-empty"),
    "takes a 500 with a session for one": (clients.TakesRefusalsForSessions, "server-error-carries-session"),
    "takes a 503 for nothing": (clients.TakesRefusalsForNothing, "unavailable-503"),
    "takes a reset for nothing": (clients.TakesLossForNothing, "reset-before-answer"),
    "takes a lost answer for waiting": (clients.TakesLossForWaiting, "closed-before-answer"),
    "takes a broken body for waiting": (clients.TakesLossForWaiting, "breaks-off"),
    "takes half a session for one": (clients.TakesHalfForWhole, "truncated-json"),
    "takes half a session for nothing": (clients.SwallowsDecodeErrors, "truncated-json"),
    "takes a page for nothing": (clients.SwallowsDecodeErrors, "html-200"),
    "takes a page for waiting": (clients.TakesPagesForWaiting, "html-200"),
    "takes a page declared as JSON for waiting": (clients.TakesPagesForWaiting, "html-as-json"),
    "takes a missing status for waiting": (clients.AssumesWaiting, "missing-status"),
    "takes a null status for completed": (clients.AssumesCompleted, "null-status"),
    "takes the key along": (clients.TakesKeyAlong, "redirect-elsewhere"),
    "gives the key to whoever answers": (clients.TrustsAnybody, "unproven-server"),
    "sends no credentials": (clients.SendsNoCredentials, "smoke"),
    "waits for ever": (clients.WaitsForEver, "stalls-before-answer"),
    "says paid in progress": (clients.SaysPaid, "in-progress"),
    "says paid for who went back": (clients.SaysPaid, "back"),
    "says paid for cancelled": (clients.SaysPaidForCancelled, "cancelled"),
    "says paid without a status": (clients.SaysPaidWithoutStatus, "missing-status"),
    "says paid for an unknown status": (clients.SaysPaidWithoutStatus, "unknown-status"),
    "says paid when refused": (clients.SaysPaidWhenRefused, "not-found"),
    "says paid when unavailable": (clients.SaysPaidWhenRefused, "unavailable-503-html"),
    "says paid when the answer is lost": (clients.SaysPaidWhenLost, "reset-before-answer"),
    "says open for completed": (clients.SaysOpenForCompleted, "completed-with-order"),
}
"""What is wrong, the client that does it, and a case that shows it."""

WAIT: Final = 3.5
"""Seconds for a client that never gives up: beyond its time-out and what is allowed besides."""


def judged(adapter: Adapter, case: str) -> Report:
    report = run([CASES[case]], lambda: adapter, Subject("client", "a"), RunOptions(WAIT))
    assert not [verdict.rule.id for verdict in report.rules if verdict.outcome is Outcome.ERROR]
    return report


def broken(report: Report) -> set[str]:
    return {verdict.rule.id for verdict in report.rules if verdict.outcome is Outcome.BROKEN}


@pytest.mark.socket
@pytest.mark.parametrize("what", MUST)
def test_in_this_process(what: str) -> None:
    """A Python client that does this breaks the contract."""
    client, case = MUST[what]
    report = judged(PythonAdapter(client()), case)
    assert report.exit_code == 1
    assert not what.startswith("says ") or broken(report) == {"HPP-A40"}


@pytest.mark.process
@pytest.mark.parametrize("what", MUST)
def test_behind_a_command(what: str) -> None:
    """A client in any language that does this breaks the contract."""
    client, case = MUST[what]
    command = shlex.join([sys.executable, "-S", str(clients.__file__), client.__name__])
    report = judged(CommandAdapter(command), case)
    assert report.exit_code == 1
    assert not what.startswith("says ") or broken(report) == {"HPP-A40"}
