"""The sandbox: which operation a request asks for, whether it has credentials, and whether the rate limit allows it.

The application passes requests on, and says which have the right credentials. `operations` and `checkout` do the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from hpp_contract.cases.responses import refusal
from hpp_contract.model import Headers, Request, Response
from hpp_contract.model.clock import Clock, system_clock
from hpp_contract.server.sandbox.callbacks import Callbacks
from hpp_contract.server.sandbox.checkout import Checkout
from hpp_contract.server.sandbox.limits import PLAYGROUND, Kind, Limits
from hpp_contract.server.sandbox.operations import Operations
from hpp_contract.server.sandbox.replies import found, too_fast
from hpp_contract.server.sandbox.store import Store
from hpp_contract.spec.endpoint import ORDERS_PATH, SESSIONS_PATH

EXPIRED: Final = "expired"
"""The scenario that a session is in after its end: the scenario of that name answers alike."""

_ORDERS: Final = re.compile(f"(.*){ORDERS_PATH}?")
_ORDER: Final = re.compile(f".*{ORDERS_PATH}([A-Za-z0-9-]+)")
_SESSIONS: Final = re.compile(f"(.*){SESSIONS_PATH}?")
_SESSION: Final = re.compile(f".*{SESSIONS_PATH}([A-Za-z0-9-]+)")
"""Both paths end in a slash, which a request that creates something may leave out."""


class Sandbox:
    """Orders and hosted sessions, kept in `file` or in memory until `close`.

    `clock` dates what happens here, and all answers of a server with this sandbox; `limits` are requests a second by
    kind; `callback_hosts` may be called back. Raises `store.Unusable` for a file that cannot hold the state. Safe to
    call from any thread.
    """

    def __init__(
        self,
        file: Path | None = None,
        *,
        clock: Clock = system_clock,
        limits: Mapping[Kind, int] = PLAYGROUND,
        callback_hosts: Iterable[str] = (),
        callbacks: Callbacks | None = None,
    ) -> None:
        self.callbacks = callbacks or Callbacks(callback_hosts)
        self._store = Store(file)
        self.clock = clock
        self._limits = Limits(limits)
        self._operations = Operations(self._store, self.callbacks, clock)
        self._checkout = Checkout(self._store, self._operations.move, clock)

    def close(self) -> None:
        """End the callbacks and close the file. Raises SystemRefused as `Callbacks.close` does."""
        try:
            self.callbacks.close()
        finally:
            self._store.close()

    @property
    def notes(self) -> tuple[str, ...]:
        """What was made here, and how many callbacks were sent, in sentences."""
        orders, sessions = map(_several, self._store.counts(), ("order", "session"))
        sent = [f"{count} {outcome}" for outcome, count in self.callbacks.outcomes.items() if count]
        kept = f"The sandbox holds {orders} and {sessions}."
        return (kept, f"Status callbacks: {', '.join(sent)}.") if sent else (kept,)

    def read(self, session_id: str) -> tuple[str, Response] | None:
        """The scenario that this session is in, and the answer to a read of it; None when it was not made here."""
        session = self._store.session(session_id)
        if session is None:
            return None
        turn = self._limits.turn("other", self.clock())
        if not turn.granted:
            return session.shape, too_fast(turn.headers)
        if self.clock() >= session.expires:
            return EXPIRED, _with(refusal(404), turn.headers)
        return session.shape, found(session.body, turn.headers)

    def answer(self, request: Request, *, authorized: bool) -> Response | None:
        """The answer to a request that is not a read of a session; None when the sandbox has none."""
        page = self._checkout.answer(request)
        operation = self._operation(request)
        if page is not None or operation is None:
            return page
        if not authorized:
            return refusal(401)
        kind, handle = operation
        turn = self._limits.turn(kind, self.clock())
        return _with(handle(), turn.headers) if turn.granted else too_fast(turn.headers)

    def _operation(self, request: Request) -> tuple[Kind, Callable[[], Response]] | None:
        """The kind of this request, and a call that does what it asks for; None when it is none of the operations."""
        path, does = request.path, self._operations
        origin = f"{request.parts.scheme}://{request.parts.netloc}"
        if request.method == "DELETE" and (session := _SESSION.fullmatch(path)):
            return "other", lambda: does.disable(session[1])
        if request.method != "POST":
            return None
        if orders := _ORDERS.fullmatch(path):
            return "other", lambda: does.make_order(request, origin + orders[1])
        if order := _ORDER.fullmatch(path):
            return "other", lambda: does.change_order(request, order[1])
        if sessions := _SESSIONS.fullmatch(path):
            return "create session", lambda: does.make_session(request, origin + sessions[1])
        return None


def _several(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _with(response: Response, headers: Headers) -> Response:
    return replace(response, headers=(*response.headers, *headers))
