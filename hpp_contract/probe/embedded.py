"""The embedded reference server as a target, for when there is no endpoint to probe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from hpp_contract.cases.scenarios import LONGEST, SCENARIOS, session_id
from hpp_contract.model.clock import Clock
from hpp_contract.probe.target import Target
from hpp_contract.server import Sandbox, Server

POLLS = LONGEST + 1
"""Polls that see the end of the longest walk twice."""


@contextmanager
def running(target: Target, clock: Clock) -> Iterator[Target]:
    """The embedded `target`, started, with every scenario as a session unless it names its own, dated by `clock`."""
    every_scenario = tuple(session_id(name) for name in SCENARIOS)
    with Server(sandbox=Sandbox(clock=clock)) as server:
        yield replace(
            target,
            base_url=server.url,
            credentials=server.credentials,
            session_ids=target.session_ids or every_scenario,
        )
