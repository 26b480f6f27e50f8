"""Rate limits: requests in each second, counted by kind, and the headers that say how many are left."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from hpp_contract.model import Headers
from hpp_contract.model.instant import SECOND

Kind = Literal["create session", "other"]

PLAYGROUND: Final[Mapping[Kind, int]] = MappingProxyType({"create session": 5, "other": 50})
"""Requests a second that the playground of Klarna's documentation allows each merchant."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Whether a request may go on, and the headers of its answer in either case."""

    granted: bool
    headers: Headers


class Limits:
    """Counts requests by kind in windows of one second; a kind that `per_second` does not name is unlimited."""

    def __init__(self, per_second: Mapping[Kind, int] = PLAYGROUND) -> None:
        self._per_second = per_second
        self._windows: dict[Kind, tuple[int, int]] = {}
        self._lock = threading.Lock()

    def turn(self, kind: Kind, now: int) -> Turn:
        """Count one request of `kind` at `now` (ns since 1970)."""
        allowed = self._per_second.get(kind)
        if allowed is None:
            return Turn(True, ())
        with self._lock:
            window, count = self._windows.get(kind, (0, 0))
            count = count + 1 if window == now // SECOND else 1
            self._windows[kind] = (now // SECOND, count)
        headers = (
            ("X-Ratelimit-Limit", f"{allowed}, {allowed};w=1"),
            ("X-Ratelimit-Remaining", str(max(0, allowed - count))),
            ("X-Ratelimit-Reset", "1"),
        )
        return Turn(count <= allowed, headers)
