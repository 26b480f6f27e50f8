"""The embedded reference endpoint: honest unless given faults, over real sockets, on loopback unless told."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Self

from hpp_contract.cases.scenarios import CREDENTIALS, Scenario
from hpp_contract.engine.fault import Variant
from hpp_contract.model import Exchange
from hpp_contract.model.clock import Clock
from hpp_contract.model.credentials import Credentials
from hpp_contract.server.application import Application
from hpp_contract.server.sandbox import Sandbox
from hpp_contract.server.simulate import seen_by_probe, simulate_server
from hpp_contract.server.tls import Tls
from hpp_contract.server.wire import LOOPBACK, Listener, ends_connection

__all__ = ["Application", "Sandbox", "Server", "Tls", "ends_connection", "seen_by_probe", "simulate_server"]


class Server:
    """A reference endpoint that listens from its construction until `close` (or the end of its `with` block).

    `faults` apply to their scenarios; `scenario` is served under every well-formed id that is unknown; `base_path`
    (such as `/eu`) is required if given, else any prefix is accepted; `served` is what reads of further session ids
    meet; a `sandbox` makes sessions on request, and is closed with the server; `clock` dates everything (the
    sandbox's own, or the system's, when None); port 0 picks a free one; `host` is the address to listen on. Raises
    OSError when the port is taken, and whatever else the system refuses.
    """

    def __init__(
        self,
        faults: Iterable[Variant] = (),
        *,
        tls: Tls | ssl.SSLContext | None = None,
        credentials: Credentials = CREDENTIALS,
        port: int = 0,
        base_path: str = "",
        scenario: Scenario | None = None,
        served: Mapping[str, Scenario | Variant] = MappingProxyType({}),
        sandbox: Sandbox | None = None,
        clock: Clock | None = None,
        host: str = LOOPBACK,
    ) -> None:
        self.credentials = credentials
        self.sandbox = sandbox
        self.application = Application(
            credentials, faults, otherwise=scenario, base_path=base_path, served=served, sandbox=sandbox, clock=clock
        )
        context = tls.context if isinstance(tls, Tls) else tls
        self.application.loopback_only = sandbox is not None and host == LOOPBACK
        self._listener = Listener(port, self.application, context, self.application.clock, host)
        self.url = self._listener.origin + base_path
        if sandbox is not None:
            sandbox.callbacks.own_port = self._listener.server_address[1]

    @property
    def spoken_to(self) -> bool:
        """Whether a client said anything to this server, beside a handshake."""
        return self._listener.spoken_to

    @property
    def is_settled(self) -> bool:
        """Whether everything that was sent to this server so far is in its log, and what it closes is closed."""
        return self._listener.is_settled

    @property
    def failed_handshakes(self) -> int:
        return self._listener.failed

    @property
    def log(self) -> tuple[Exchange, ...]:
        """The requests so far and what was answered, oldest first."""
        return self.application.log.exchanges

    def check(self) -> None:
        """Raise SystemRefused when the system refused a connection what it needed: its client got no answer."""
        if self._listener.refused is not None:
            raise self._listener.refused

    def close(self) -> None:
        """Free the port; every connection and thread of this server has ended when this returns, or raises what `check`
        does."""
        self._listener.stop()
        if self.sandbox is not None:
            self.sandbox.close()
        self.check()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
