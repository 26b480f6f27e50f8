"""The reference servers that serve a set of cases, and the requests that each case caused."""

from __future__ import annotations

import re
import ssl
import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from contextlib import ExitStack
from typing import Final, Self
from urllib.parse import unquote

from hpp_contract.cases import Case
from hpp_contract.cases.case import to_other_host
from hpp_contract.cases.scenarios import CREDENTIALS, Scenario
from hpp_contract.engine.edits import body, edits, status
from hpp_contract.engine.fault import Fault, fault
from hpp_contract.model import Exchange
from hpp_contract.model.clock import Clock, system_clock
from hpp_contract.model.credentials import Credentials
from hpp_contract.server import Server, Tls
from hpp_contract.server.tls import of_unknown_authority
from hpp_contract.spec.session import UUID

ARRIVAL_WAIT_S: Final = 5.0
"""Seconds that a request may still be on its way when the client has already answered; only a busy machine needs any.
"""

_NOBODY: Final = Credentials("kco_test_api_nobody-has-this-key")

_LATER: Final = Scenario("later", refused=404)
"""What is served under ids of no case: a 404, unless a session is added later."""


class CaseServer:
    """Serves `cases` from its construction until `close`: one server for each pair of credentials, and another host.
    Further sessions can be added to it, for the published credentials. With `tls` it speaks https only; `clock` dates
    its answers.

    Exchanges are assigned to cases by the UUID in their URL alone, wherever it is in the URL.
    """

    def __init__(self, cases: Iterable[Case], tls: Tls | None = None, clock: Clock = system_clock) -> None:
        cases = tuple(case for case in cases if tls is not None or not case.needs_tls)
        self.ca_file = str(tls.ca_file) if tls else None
        with ExitStack() as undo:
            self._set_up(cases, tls, clock, undo)
            self._closing = undo.pop_all()

    def _set_up(self, cases: tuple[Case, ...], tls: Tls | None, clock: Clock, undo: ExitStack) -> None:
        self._other_host = undo.enter_context(Server(credentials=_NOBODY, tls=tls, clock=clock))
        # Another name, not only another port: some clients treat two ports of one name as one host.
        adapt = to_other_host(self._other_host.url.replace("127.0.0.1", "localhost"))
        served: dict[Credentials, dict[str, Fault]] = defaultdict(dict, {CREDENTIALS: {}})
        for case in cases:
            if case.unproven is None:
                served[case.credentials] |= case.faults(adapt)
        self._added: dict[str, bytes] = {}
        add = fault("added", _LATER.name, self._added_body)
        self._servers = {
            who: undo.enter_context(Server([add], served=own, credentials=who, scenario=_LATER, tls=tls, clock=clock))
            for who, own in served.items()
        }
        self._unproven = {
            case.name: undo.enter_context(Server(served=case.faults(), tls=_without_proof(case, tls), clock=clock))
            for case in cases
            if case.unproven is not None
        }
        self._uuids = {name for case in cases for name in case.uuids}
        self._every = (*self._servers.values(), *self._unproven.values())
        self._logs = [_SortedLog(server, self._uuids) for server in self._every]
        self._other_host_log = _SortedLog(self._other_host, self._uuids)

    def add(self, session_id: str, content: bytes) -> None:
        """Answer reads of this session, a UUID in lower case, with these bytes from now on."""
        self._uuids.add(session_id)
        self._added[session_id] = content

    def _added_body(self, exchange: Exchange) -> Exchange:
        content = self._added.get(exchange.request.session_id or "")
        return exchange if content is None else edits(status(200), body(content))(exchange)

    def base_url(self, case: Case) -> str:
        """The base URL that the case's client is given."""
        server = self._unproven.get(case.name) or self._servers[case.credentials]
        return server.url + case.base_path

    def spoken_to(self, case: Case) -> bool:
        """Whether the client said anything to the server of this case, which proved nothing."""
        if case.name not in self._unproven:
            return False
        server = self._unproven[case.name]
        deadline = time.monotonic() + ARRIVAL_WAIT_S
        while not (server.spoken_to or server.is_settled) and time.monotonic() < deadline:
            time.sleep(0.002)
        return server.spoken_to

    @property
    def failed_handshakes(self) -> int:
        """The TLS handshakes so far that came to nothing."""
        return sum(server.failed_handshakes for server in self._servers.values())

    def asks_for_credentials(self, case: Case) -> bool:
        return self._servers[case.credentials].application.asks_for_credentials

    def stop_asking(self, case: Case) -> None:
        """Answer the case's reads from now on whatever credentials they have."""
        self._servers[case.credentials].application.asks_for_credentials = False

    def seen(self, name: str, *, at_least: int = 0) -> tuple[Exchange, ...]:
        """The exchanges so far whose URL has this UUID; when there are not `at_least` so many, after everything that
        was sent has been logged."""
        deadline = time.monotonic() + ARRIVAL_WAIT_S
        while len(found := self._found(name)) < at_least and time.monotonic() < deadline:
            if all(server.is_settled for server in self._every):
                return self._found(name)
            time.sleep(0.002)
        return found

    def settle(self) -> None:
        """Wait until nothing is on its way to a server any more, and what it closes is closed."""
        deadline = time.monotonic() + ARRIVAL_WAIT_S
        while not all(server.is_settled for server in self._every) and time.monotonic() < deadline:
            time.sleep(0.002)

    def _found(self, name: str) -> tuple[Exchange, ...]:
        return tuple(exchange for log in self._logs for exchange in log.of(name))

    def other_host_requests(self, name: str) -> tuple[Exchange, ...]:
        """The exchanges of the other host whose URL has this UUID."""
        return self._other_host_log.of(name)

    @property
    def unknown(self) -> tuple[Exchange, ...]:
        """Requests without the session id of any case."""
        return tuple(exchange for log in self._logs for exchange in log.of(""))

    def check(self) -> None:
        """Raise SystemRefused when the system refused a server what it needed: this is not the client's fault."""
        for server in (*self._every, self._other_host):
            server.check()

    def close(self) -> None:
        """End every server. Raises what `check` does."""
        self._closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _without_proof(case: Case, tls: Tls | None) -> ssl.SSLContext:
    """What the server of the case proves itself with, in vain."""
    of_other_host = tls.other_host if case.needs_tls and tls is not None else None
    return of_other_host or of_unknown_authority()


class _SortedLog:
    """Sorts the log of one server by the known UUIDs."""

    def __init__(self, server: Server, uuids: set[str]) -> None:
        self._log = server.application.log
        self._uuids = uuids
        self._read = 0
        self._sorted: dict[str, list[Exchange]] = defaultdict(list)
        self._lock = threading.Lock()

    def of(self, name: str) -> tuple[Exchange, ...]:
        with self._lock:
            # What is new and how many there are is asked for at once: a request may come at any time.
            self._read, fresh = self._log.after(self._read)
            for exchange in fresh:
                self._sorted[self._owner(exchange)].append(exchange)
            return tuple(self._sorted[name])

    def _owner(self, exchange: Exchange) -> str:
        names = (match[0].lower() for match in re.finditer(UUID, unquote(exchange.request.url)))
        return next((name for name in names if name in self._uuids), "")
