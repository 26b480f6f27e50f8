"""The reads of each session, as they are kept until they are judged together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from hpp_contract.model import Exchange
from hpp_contract.model.exchange import same_id

_OVERHEAD: Final = 3_000
"""Bytes, about, that an exchange takes beside its texts."""


def weight(exchange: Exchange) -> int:
    """Bytes, about, that an exchange takes in memory."""
    sent, response = exchange.request.headers, exchange.response
    fields = (*sent, *(response.headers if response is not None else ()))
    body = len(response.body) if response is not None else 0
    return _OVERHEAD + sum(len(name) + len(value) for name, value in fields) + 2 * body


@dataclass
class Seen:
    """A read with its number, and whether it was `recorded` already."""

    number: int
    exchange: Exchange
    recorded: bool = False

    @property
    def session(self) -> str:
        """The id that was asked for."""
        return same_id(self.exchange.request.session_id or "")

    @cached_property
    def weight(self) -> int:
        return weight(self.exchange)

    @property
    def is_open_challenge(self) -> bool:
        """Whether this is a 401 to a request without credentials: the client may send them now."""
        return self.exchange.status == 401 and self.exchange.request.header("authorization") is None

    def differs_from(self, before: Seen) -> bool:
        """Whether this shows something else than the read before it."""
        one, two = before.exchange, self.exchange
        return (one.status, one.session) != (two.status, two.session)


class Sessions:
    """Sessions with their reads in the order in which they ended. The session that was not read for longest comes
    first."""

    def __init__(self) -> None:
        self._reads: dict[str, list[Seen]] = {}
        self.weight = 0

    def add(self, seen: Seen) -> list[Seen]:
        """Add a read; all that are kept of its session."""
        together = self._reads.pop(seen.session, [])
        together.append(seen)
        self._reads[seen.session] = together
        self.weight += seen.weight
        return together

    def take(self, session: str) -> list[Seen]:
        """Remove a session; its reads."""
        together = self._reads.pop(session)
        self.weight -= sum(seen.weight for seen in together)
        return together

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._reads))

    @property
    def exchanges(self) -> list[Exchange]:
        """All that is kept."""
        return [seen.exchange for together in self._reads.values() for seen in together]
