"""The stage: the reference servers that play a set of cases, and who asked them for what."""

from __future__ import annotations

import re
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
from hpp_contract.spec.session import UUID

ARRIVAL_WAIT_S: Final = 0.05
"""Seconds that a request may still be on its way to us when the client has already answered."""

_NOBODY: Final = Credentials("kco_test_api_nobody-has-this-key")

_LATER: Final = Scenario("later", refused=404)
"""What is played under ids of no case: nothing, unless the stage is told later."""


class CaseServer:
    """Plays `cases` from its construction until `close`: one server for each pair of credentials, and another host.
    Further sessions can be added to it, for the published credentials. With `tls` it speaks https only; `clock` dates
    what it says.

    Exchanges are told apart by the UUID in their URL alone, wherever in it that is.
    """

    def __init__(self, cases: Iterable[Case], tls: Tls | None = None, clock: Clock = system_clock) -> None:
        cases = tuple(cases)
        self.ca_file = str(tls.ca_file) if tls else None
        with ExitStack() as undo:
            self._set_up(cases, tls, clock, undo)
            self._closing = undo.pop_all()

    def _set_up(self, cases: tuple[Case, ...], tls: Tls | None, clock: Clock, undo: ExitStack) -> None:
        self._elsewhere = undo.enter_context(Server(credentials=_NOBODY, tls=tls, clock=clock))
        # Another name, not only another port: some clients take two ports of one name for one host.
        adapt = to_other_host(self._elsewhere.url.replace("127.0.0.1", "localhost"))
        served: dict[Credentials, dict[str, Fault]] = defaultdict(dict, {CREDENTIALS: {}})
        for case in cases:
            served[case.credentials] |= case.faults(adapt)
        self._added: dict[str, bytes] = {}
        add = fault("added", _LATER.name, self._added_body)
        self._servers = {
            who: undo.enter_context(Server([add], served=own, credentials=who, scenario=_LATER, tls=tls, clock=clock))
            for who, own in served.items()
        }
        self._known = {name for case in cases for name in case.uuids}
        self._watches = [_Watch(server, self._known) for server in self._servers.values()]
        self._away = _Watch(self._elsewhere, self._known)

    def add(self, session_id: str, content: bytes) -> None:
        """Answer reads of this session, a UUID in small letters, with these bytes from now on."""
        self._known.add(session_id)
        self._added[session_id] = content

    def _added_body(self, exchange: Exchange) -> Exchange:
        content = self._added.get(exchange.request.session_id or "")
        return exchange if content is None else edits(status(200), body(content))(exchange)

    def base_url(self, case: Case) -> str:
        """The base URL that the case's client is given."""
        return self._servers[case.credentials].url + case.base_path

    def seen(self, name: str, *, at_least: int = 0) -> tuple[Exchange, ...]:
        """The exchanges so far whose URL holds this UUID, waiting a moment for so many."""
        deadline = time.monotonic() + ARRIVAL_WAIT_S
        while len(found := self._found(name)) < at_least and time.monotonic() < deadline:
            time.sleep(0.002)
        return found

    def _found(self, name: str) -> tuple[Exchange, ...]:
        return tuple(exchange for watch in self._watches for exchange in watch.of(name))

    def other_host_requests(self, name: str) -> tuple[Exchange, ...]:
        """The same for what reached the other host."""
        return self._away.of(name)

    @property
    def unknown(self) -> tuple[Exchange, ...]:
        """Requests that no case's session id is in."""
        return tuple(exchange for watch in self._watches for exchange in watch.of(""))

    def check(self) -> None:
        """Raise SystemRefused when the system refused a server what it needed: the client is not to blame."""
        for server in (*self._servers.values(), self._elsewhere):
            server.check()

    def close(self) -> None:
        """End every server; then raises what `check` does."""
        self._closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Watch:
    """Sorts one server's log by the UUIDs it knows."""

    def __init__(self, server: Server, known: set[str]) -> None:
        self._log = server.application.log
        self._known = known
        self._read = 0
        self._sorted: dict[str, list[Exchange]] = defaultdict(list)
        self._lock = threading.Lock()

    def of(self, name: str) -> tuple[Exchange, ...]:
        with self._lock:
            new = self._log.count - self._read
            if new > 0:
                fresh = self._log.exchanges[-new:]
                self._read += len(fresh)
                for exchange in fresh:
                    self._sorted[self._owner(exchange)].append(exchange)
            return tuple(self._sorted[name])

    def _owner(self, exchange: Exchange) -> str:
        names = (match[0].lower() for match in re.finditer(UUID, unquote(exchange.request.url)))
        return next((name for name in names if name in self._known), "")
