"""What every adapter has, whatever language its client is written in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from hpp_contract.model.client_read import Capabilities, ClientResult


@dataclass(frozen=True, slots=True)
class Ask:
    """One read: what the client is given. `timeout` is in seconds; `password` is the API key."""

    id: str
    base_url: str
    username: str
    password: str = field(repr=False)
    session_id: str
    timeout: float
    ca_file: str | None = None

    def message(self) -> Mapping[str, Any]:
        """The same as a message of the adapter protocol."""
        return {
            "op": "read_session",
            "id": self.id,
            "base_url": self.base_url,
            "username": self.username,
            "password": self.password,
            "session_id": self.session_id,
            "timeout_ms": round(self.timeout * 1000),
            "ca_file": self.ca_file,
        }


class Adapter(Protocol):
    """The glue around one client. Used by one thread at a time; `close` leaves nothing running."""

    can: Capabilities
    """What the client declares that it can do; final after the first read."""

    notes: list[str]
    """What the author of the adapter should know, although no case failed."""

    heard: bool
    """Whether any read was answered as the protocol has it: what was not may be the adapter's fault. A client in this
    process needs no protocol."""

    def start(self) -> None:
        """Start the client, unless it runs: what it declares is known then. Raises what `read` raises."""
        ...

    def read_together(self, asks: Sequence[Ask], wait: float) -> tuple[tuple[ClientResult, float], ...]:
        """Have the client read several sessions at the same time; only for one that declares that it can."""
        ...

    def read(self, ask: Ask, wait: float) -> tuple[ClientResult, float]:
        """Have the client read a session, for at most `wait` seconds: the result, and the seconds it took.

        Never raises for what a client does. Raises UsageProblem when the client cannot be started.
        """
        ...

    def close(self) -> None:
        """End the client, with everything it started."""
        ...
