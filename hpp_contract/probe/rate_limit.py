"""Not being a burden: how far apart requests are, and how long to wait before asking again."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from hpp_contract.model import Exchange
from hpp_contract.model.instant import seconds_of_http_date

RATE: Final = 10
"""Requests a second that a real endpoint gets at most."""

RETRIES: Final = 2
"""Times that a request which met a passing failure is sent again."""

PATIENCE: Final = 10.0
"""Seconds that a Retry-After may ask for; who asks for more is not asked again."""


@dataclass(slots=True)
class RateLimiter:
    """Spaces requests at least `spacing` seconds apart. `clock` gives seconds, `sleep` waits them."""

    spacing: float
    backoff: tuple[float, ...]
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _next: float = float("-inf")

    @classmethod
    def for_host(cls, *, loopback: bool) -> RateLimiter:
        """Quick on loopback, considerate anywhere else."""
        return cls(0, (0.02, 0.05)) if loopback else cls(1 / RATE, (0.5, 1.5))

    def wait_for_turn(self) -> None:
        """Return when the next request may be sent."""
        pause = self._next - self.clock()
        if pause > 0:
            self.sleep(pause)
        self._next = self.clock() + self.spacing

    def wait_before_retry(self, failed: Exchange, attempt: int) -> bool:
        """Wait before sending again what failed for the `attempt`-th time (from 0); False when not to send it again."""
        asked = retry_after(failed)
        if attempt >= RETRIES or asked > PATIENCE:
            return False
        self.sleep(max(self.backoff[attempt], asked))
        return True


def retry_after(exchange: Exchange) -> float:
    """Seconds that the answer asks to wait; 0 when it does not."""
    value = (exchange.response.header("retry-after") or "").strip() if exchange.response else ""
    if value.isascii() and value.isdigit():
        return float(value[:10])
    until = seconds_of_http_date(value)
    if until is None or exchange.at is None:  # neither form, or nothing to count from: as good as none
        return 0.0
    return until - exchange.at.ns / 1e9 - (exchange.elapsed or 0.0)
