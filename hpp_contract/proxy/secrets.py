"""The credentials of clients, in memory only, so that they stay out of what is printed and recorded."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from hpp_contract.model import Request
from hpp_contract.model.credentials import decoded
from hpp_contract.model.exchange import values

MOST: Final = 100
"""Different credentials that are remembered: the newest."""


class Secrets:
    """What the Authorization fields of requests held. For one thread."""

    def __init__(self) -> None:
        self._sent = OrderedDict[str, None]()

    def add(self, request: Request) -> None:
        """Remember the credentials of a request."""
        for value in values(request.headers, "authorization"):
            self._sent[value] = None
            self._sent.move_to_end(value)
            if len(self._sent) > MOST:
                self._sent.popitem(last=False)

    @property
    def texts(self) -> tuple[str, ...]:
        """Every text that must not be printed, the longest first."""
        found: set[str] = set()
        for value in self._sent:
            token = value.partition(" ")[2].strip() or value
            pair = decoded(token) or ""
            found |= {token, pair, *pair.split(":", 1)}
        return tuple(sorted(found - {""}, key=len, reverse=True))
