"""What every probing command has in common: which endpoint, which sessions, how often."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from hpp_contract.cli._environment import environ
from hpp_contract.model.clock import Clock

if TYPE_CHECKING:
    from hpp_contract.probe import ProbePlan, ProbeResult, Target


@dataclass(frozen=True, slots=True)
class ProbeOptions:
    """The probing options as they were given."""

    base_url: str | None = None
    session_ids: tuple[str, ...] = ()
    polls: int = 2
    max_latency: float = 1.0
    allow_production: bool = False
    provision: bool = False
    browser: bool = False

    def target(self) -> Target:
        """The target that these options and the environment describe; raises UsageProblem."""
        from hpp_contract.probe import target_from

        return target_from(self.base_url, environ(), self.session_ids, self.allow_production, self.provision)

    def plan(self, seed: int, clock: Clock) -> ProbePlan:
        from hpp_contract.engine.errors import UsageProblem
        from hpp_contract.probe import ProbePlan
        from hpp_contract.probe.provision import order_from

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
        )

    def probe(self, seed: int, clock: Clock) -> ProbeResult:
        """Probe, with a sign of life at a terminal."""
        from hpp_contract.cli._progress import progress
        from hpp_contract.probe import probe

        target = self.target()
        with progress("probing the endpoint"):
            return probe(target, self.plan(seed, clock))


_LATENCY = click.FloatRange(min=0, min_open=True)
_DECORATORS = (
    click.argument("base_url", required=False),
    click.option("--session-id", "session_ids", multiple=True, metavar="ID", help="A session to read; repeatable."),
    click.option("--polls", type=click.IntRange(1, 1000), default=2, show_default=True, help="Reads of each session."),
    click.option(
        "--max-latency",
        type=_LATENCY,
        default=1.0,
        show_default=True,
        metavar="SECONDS",
        help="An answer that takes longer is a warning.",
    ),
    click.option("--allow-production", is_flag=True, help="Read from a production host too."),
    click.option("--provision", is_flag=True, help="Make a session too, follow it to its end and disable it."),
    click.option("--browser", is_flag=True, help="Open that session's page in Chromium."),
)


def probing_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the probing options, as one argument `probing`."""

    @wraps(command)
    def wrapped(**arguments: Any) -> Any:
        probing = ProbeOptions(**{name: arguments.pop(name) for name in ProbeOptions.__slots__})
        return command(probing=probing, **arguments)

    for decorate in reversed(_DECORATORS):
        wrapped = decorate(wrapped)
    return wrapped
