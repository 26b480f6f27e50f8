"""A proxy in this process, in front of an endpoint of the test's."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from hpp_contract.engine import Report, Subject
from hpp_contract.engine.rule import Finding, Rule
from hpp_contract.proxy import Observer, Proxy, Secrets, refusal
from hpp_contract.proxy.cassettes import Cassettes
from hpp_contract.proxy.upstream import Upstream
from hpp_contract.server.tls import Tls
from hpp_contract.server.wire import Listener
from tests.harness.support.sockets import HANG


@dataclass
class Proxied:
    """A running proxy, and what it announced. The report is there when the `proxying` block has ended."""

    url: str
    observer: Observer
    announced: list[tuple[Rule, Finding]] = field(default_factory=list)

    @property
    def report(self) -> Report:
        return self.observer.report(self.url)

    @property
    def broken(self) -> set[str]:
        return {verdict.rule.id for verdict in self.report.rules if verdict.counts}

    @property
    def reported(self) -> set[str]:
        return {rule.id for rule, _ in self.announced}


@contextmanager
def proxying(
    url: str,
    *,
    pass_others: bool = False,
    allow_production: bool = False,
    timeout: float = HANG,
    tls: Tls | None = None,
    secrets: Secrets | None = None,
    cassettes: Cassettes | None = None,
) -> Iterator[Proxied]:
    """A proxy to the endpoint at `url`."""
    announced: list[tuple[Rule, Finding]] = []
    observer = Observer(
        Subject("recording", f"traffic to {url}"),
        lambda *found: announced.append(found),
        secrets or Secrets(),
        cassettes.write if cassettes is not None else None,
    )
    through = Proxy(
        url,
        observer,
        pass_others=pass_others,
        allow_production=allow_production,
        upstream=Upstream(url, timeout),
    )
    with observer:
        listener = Listener(0, through, tls.context if tls is not None else None, refuse=refusal)
        try:
            yield Proxied(listener.origin, observer, announced)
        finally:
            through.close()
            listener.stop()


def sent_to(url: str, request: str | bytes, context: ssl.SSLContext | None = None) -> bytes:
    """Everything that comes back for these bytes until the other side closes."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=HANG) as plain:
        connection = context.wrap_socket(plain, server_hostname="localhost") if context is not None else plain
        with connection:
            connection.sendall(request.encode("latin-1") if isinstance(request, str) else request)
            return b"".join(iter(lambda: connection.recv(65536), b""))
