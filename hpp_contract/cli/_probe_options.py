"""Options of the commands that probe an endpoint: which endpoint, which sessions, how often."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import wraps
from typing import Any

import click

from hpp_contract.cli._console import environ, progress
from hpp_contract.cli._options import Command, decorated, max_time_option
from hpp_contract.engine.deadline import MAX_TIME_S
from hpp_contract.engine.errors import UsageProblem
from hpp_contract.model.clock import Clock
from hpp_contract.probe import ProbePlan, ProbeResult, Target, probe, target_from
from hpp_contract.probe.provision import order_from


@dataclass(frozen=True, slots=True)
class ProbeOptions:
    """The options of probing, as they were given."""

    base_url: str | None = None
    session_ids: tuple[str, ...] = ()
    polls: int = 2
    max_latency: float = 3.0
    allow_production: bool = False
    provision: bool = False
    browser: bool = False
    max_time: float = MAX_TIME_S

    def target(self) -> Target:
        """The target that these options and the environment describe; raises UsageProblem."""
        return target_from(self.base_url, environ(), self.session_ids, self.allow_production, self.provision)

    def plan(self, seed: int, clock: Clock) -> ProbePlan:
        """How to probe; raises UsageProblem."""
        if self.browser and not self.provision:
            raise UsageProblem("--browser opens the page of a session that --provision makes: give both.")
        return ProbePlan(
            polls=self.polls,
            max_latency=self.max_latency,
            seed=seed,
            provision=self.provision,
            browser=self.browser,
            order=order_from(os.environ) if self.provision else None,
            clock=clock,
            max_time=self.max_time,
        )

    def run(self, seed: int, clock: Clock) -> ProbeResult:
        """Probe, with a progress bar at a terminal."""
        target = self.target()
        with progress("probing the endpoint"):
            return probe(target, self.plan(seed, clock))


_PROBE = (
    click.argument("base_url", required=False),
    click.option("--session-id", "session_ids", multiple=True, metavar="ID", help="A session to read; repeatable."),
    click.option("--polls", type=click.IntRange(1, 1000), default=2, show_default=True, help="Reads of each session."),
    click.option(
        "--max-latency",
        type=click.FloatRange(min=0, min_open=True),
        default=3.0,
        show_default=True,
        metavar="SECONDS",
        help="An answer that takes longer is a warning.",
    ),
    max_time_option,
    click.option("--allow-production", is_flag=True, help="Read from a production host too."),
    click.option("--provision", is_flag=True, help="Create a session too, follow it to its end and disable it."),
    click.option("--browser", is_flag=True, help="Open that session's page in Chromium."),
)


def probe_options(command: Command) -> Command:
    """Give a command the options of probing, as one argument `probe_with`."""

    @wraps(command)
    def wrapped(**arguments: Any) -> Any:
        options = ProbeOptions(**{name: arguments.pop(name) for name in ProbeOptions.__slots__})
        return command(probe_with=options, **arguments)

    return decorated(wrapped, _PROBE)
