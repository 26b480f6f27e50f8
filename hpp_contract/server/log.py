"""The request log: what clients sent, as exchanges for the rules to judge. Bounded, and safe to use from any thread."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import replace

from hpp_contract.model import Exchange, Request
from hpp_contract.privacy.describe import abbreviate

BOUND = 10_000
"""Exchanges kept: the newest."""


def request_line(request: Request) -> str:
    """The request in words that are safe to print: `GET …/hpp/v1/sessions/39a1c773…1267`."""
    method = request.method if request.method.isascii() and request.method.isalpha() else "(odd method)"
    session_id = request.session_id
    target = "(another path)" if session_id is None else f"…/hpp/v1/sessions/{abbreviate(session_id)}"
    return f"{method[:20]} {target}"


class Log:
    """The newest `BOUND` exchanges a server had, in the order their requests came in."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: deque[Exchange] = deque(maxlen=BOUND)
        self._count = 0

    def add(self, exchange: Exchange) -> None:
        """Keep the exchange under its number."""
        with self._lock:
            self._count += 1
            evidence = f"request {self._count}: {request_line(exchange.request)}"
            self._kept.append(replace(exchange, evidence=evidence))

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        with self._lock:
            return tuple(self._kept)

    @property
    def count(self) -> int:
        """Exchanges ever added, forgotten ones included."""
        with self._lock:
            return self._count
