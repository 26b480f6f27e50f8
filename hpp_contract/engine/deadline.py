"""When a run ends, whatever the other side does (`--max-time`)."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Final

from hpp_contract.engine.errors import Unverifiable

MAX_TIME_S: Final = 300.0
"""Seconds that a run may take unless it is told otherwise."""


class OutOfTime(Unverifiable):
    """The time for a run is over before all of it was done."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """The end of the time for a run: `at` is a reading of `time.monotonic`, `allowed` how many seconds it had."""

    at: float = math.inf
    allowed: float = math.inf

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """That many seconds from now."""
        return cls(time.monotonic() + seconds, seconds)

    @property
    def left(self) -> float:
        """Seconds that are left; 0 when the time is over."""
        return max(0.0, self.at - time.monotonic())

    def is_over(self) -> bool:
        """Whether no time is left; a method, because it changes while one looks."""
        return self.left == 0

    def check(self) -> None:
        """Raise OutOfTime when the time is over."""
        if self.is_over():
            raise OutOfTime(self.sentence("what was not asked by then was not verified."))

    def sentence(self, consequence: str) -> str:
        """What happened, what follows from it (`consequence`), and what to do."""
        return f"the time for this run was over after {self.allowed:g} s: {consequence} Give it more with --max-time."


NEVER: Final = Deadline()
