"""The operations besides Read Session: making and changing an order, making and disabling a hosted session.

`sandbox` has checked the credentials and the rate limit before it calls one of them.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from hpp_contract.cases.responses import refusal
from hpp_contract.model import Instant, Request, Response
from hpp_contract.model.body import read
from hpp_contract.model.clock import Clock
from hpp_contract.server.sandbox.callbacks import Callbacks, fill
from hpp_contract.server.sandbox.lifecycle import DISABLED
from hpp_contract.server.sandbox.records import KEPT, SESSION_ENDS_EARLIER, TOKEN_MODE, Order, Session
from hpp_contract.server.sandbox.replies import done, found, refused
from hpp_contract.server.sandbox.store import Store
from hpp_contract.server.sandbox.validation import order_problems, session_problems
from hpp_contract.spec.endpoint import ORDERS_PATH, SESSIONS_PATH

Problems = Callable[[Mapping[str, Any]], list[str]]


class Operations:
    """Each takes a request and returns its answer. `root` is the URL that the paths of this API begin with."""

    def __init__(self, store: Store, callbacks: Callbacks, clock: Clock) -> None:
        self._store = store
        self._callbacks = callbacks
        self._clock = clock

    def make_order(self, request: Request, root: str) -> Response:
        """201 with the order, or 400 with all its problems."""
        content, problem = _checked(request, order_problems)
        if problem is not None:
            return problem
        order = Order(str(uuid.uuid4()), {name: content[name] for name in KEPT}, self._clock())
        self._store.add_order(order)
        return found(_order_object(order), (("Location", f"{root}{ORDERS_PATH}{order.id}"),), 201)

    def change_order(self, request: Request, order_id: str) -> Response:
        """200 with the order, its given members replaced; `expires_at` of its session stays."""
        order = self._order(order_id)
        if order is None:
            return refused(404, "NO_SUCH_ORDER", ["There is no such order, or it has expired"])
        content, problem = _checked(request, lambda value: order_problems({**order.content, **value}))
        if problem is not None:
            return problem
        merged = {**order.content, **content}
        changed = Order(order.id, {name: merged[name] for name in KEPT}, order.created)
        self._store.change_order(changed)
        return found(_order_object(changed))

    def make_session(self, request: Request, root: str) -> Response:
        """201 with the session's id and links, or 400; an order has one session at most."""
        content, problem = _checked(request, session_problems)
        if problem is not None:
            return problem
        order = self._order_at(content.get("payment_session_url"), root)
        if order is None:
            wanted = f"payment_session_url must be an order of this server: {root}{ORDERS_PATH}<order_id>"
            return refused(400, "BAD_VALUE", [wanted])
        session = self._new_session(order, content)
        if not self._store.add_session(session):
            return refused(400, "BAD_VALUE", ["payment_session_url: this order has a session already"])
        return found(_links(session, root), (("Location", f"{root}{SESSIONS_PATH}{session.id}"),), 201)

    def disable(self, session_id: str) -> Response:
        """204, also for a session that is disabled already; 400 for one that is final; 404."""
        session = self._store.session(session_id)
        if session is None or self._clock() >= session.expires:
            return refusal(404)
        if session.status == DISABLED or self.move(session_id, DISABLED):
            return done()
        return refused(400, "NOT_ALLOWED", ["This session is final and cannot be disabled"])

    def move(self, session_id: str, status: str) -> Session | None:
        """The session after this change, of which its merchant is notified; None when the change is not allowed."""
        session = self._store.move(session_id, status, self._clock())
        url = session.urls.get("status_update") if session else None
        if session and url:
            filled = fill(url, session_id=session.id, order_id=session.order_id)
            self._callbacks.send(filled, session.body, self._other_urls(session))
        return session

    def _other_urls(self, session: Session) -> list[str]:
        """The URLs of the merchant, but for the one that is to be called."""
        order = self._store.order(session.order_id)
        of_order = (order.content["merchant_urls"] if order else {}).values()
        return [*map(str, of_order), *(url for name, url in session.urls.items() if name != "status_update")]

    def _new_session(self, order: Order, content: Mapping[str, Any]) -> Session:
        # Null and empty URLs mean none (Create Session page), so null and empty options do too.
        urls = {name: url for name, url in (content.get("merchant_urls") or {}).items() if isinstance(url, str) and url}
        mode = (content.get("options") or {}).get("place_order_mode") or TOKEN_MODE
        expires = order.expires - SESSION_ENDS_EARLIER
        return Session(str(uuid.uuid4()), secrets.token_urlsafe(12), order.id, mode, urls, self._clock(), expires)

    def _order(self, order_id: str) -> Order | None:
        order = self._store.order(order_id)
        return order if order is not None and self._clock() < order.expires - SESSION_ENDS_EARLIER else None

    def _order_at(self, url: object, root: str) -> Order | None:
        """The order that this URL names on this server, whatever its scheme."""
        _, _, wanted = url.partition("://") if isinstance(url, str) else ("", "", "")
        prefix = f"{root.partition('://')[2]}{ORDERS_PATH}"
        return self._order(wanted.removeprefix(prefix)) if wanted.startswith(prefix) else None


def _order_object(order: Order) -> dict[str, Any]:
    started = Instant(order.created).format(3)
    return {"order_id": order.id, "status": "checkout_incomplete", **order.content, "started_at": started}


def _links(session: Session, root: str) -> dict[str, Any]:
    return {
        "session_id": session.id,
        "session_url": f"{root}{SESSIONS_PATH}{session.id}",
        "redirect_url": f"{root}/hpp/payments/{session.page}",
        "expires_at": session.body["expires_at"],
    }


def _checked(request: Request, problems: Problems) -> tuple[Mapping[str, Any], Response | None]:
    """The JSON object in a request, and the refusal when it is not acceptable."""
    body = read(request.body)
    if not isinstance(body.value, dict) or body.duplicates or body.constants or body.bom:
        return {}, refused(400, "BAD_VALUE", ["The request body must be one JSON object"])
    wrong = problems(body.value)
    return body.value, refused(400, "BAD_VALUE", wrong) if wrong else None
