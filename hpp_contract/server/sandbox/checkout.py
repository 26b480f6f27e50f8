"""The consumer's page at redirect_url: opening the page enters the session, its buttons do what a consumer can do.

It needs no credentials: anyone who knows the unguessable link is the consumer. `page` holds the HTML.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qs

from hpp_contract.model import Request, Response
from hpp_contract.model.clock import Clock
from hpp_contract.server.sandbox.lifecycle import ACTS, DISABLED, ENTERED, may_become
from hpp_contract.server.sandbox.page import checkout_page, message_page, see_other
from hpp_contract.server.sandbox.records import Session
from hpp_contract.server.sandbox.store import Store

SEEN: Final = "seen"
"""The query with which the page is only shown. Without it, opening the page enters the session, also after BACK."""

_PAGE: Final = re.compile(r".*/hpp/payments/([A-Za-z0-9_-]+)")
_NOT_FOUND: Final = (404, "Page not found", "This payment link is unknown, or it has expired.")
_DISABLED: Final = (410, "This payment was cancelled by the merchant", "Go back to the merchant to start again.")
_OTHER_ORIGIN: Final = (403, "This came from another page", "Only the buttons of the payment page itself work.")
_UNKNOWN_ACT: Final = (400, "There is no such button", "Go back to the payment page.")


class Checkout:
    """Shows pages and handles their forms. `move` changes a session's status where that is allowed."""

    def __init__(self, store: Store, move: Callable[[str, str], Session | None], clock: Clock) -> None:
        self._store = store
        self._move = move
        self._clock = clock

    def answer(self, request: Request) -> Response | None:
        """The answer to a request for a consumer's page; None for any other."""
        match = _PAGE.fullmatch(request.path)
        if match is None or request.method not in ("GET", "POST"):
            return None
        session = self._store.session_of_page(match[1])
        if session is None or self._clock() >= session.expires:
            return message_page(*_NOT_FOUND)
        return self._act(request, session) if request.method == "POST" else self._open(request, session)

    def _open(self, request: Request, session: Session) -> Response:
        if session.status == DISABLED:
            return message_page(*_DISABLED)
        if request.parts.query != SEEN and may_become(session.status, ENTERED):
            session = self._move(session.id, ENTERED) or session
        return self._page(session)

    def _act(self, request: Request, session: Session) -> Response:
        if not _is_own_form(request):
            return message_page(*_OTHER_ORIGIN)
        if session.status == DISABLED:  # according to the Disable Session page
            return message_page(*_NOT_FOUND)
        status = ACTS.get(_field(request, "act"))
        if status is None:
            return message_page(*_UNKNOWN_ACT)
        if self._move(session.id, status) is None:
            return self._page(self._store.session(session.id) or session, 409)
        return see_other(f"{request.path}?{SEEN}")

    def _page(self, session: Session, code: int = 200) -> Response:
        order = self._store.order(session.order_id)
        return message_page(*_NOT_FOUND) if order is None else checkout_page(session, order, code)


def _is_own_form(request: Request) -> bool:
    """Whether a form was sent from this page: other pages' forms are refused, as far as the browser tells."""
    own = f"{request.parts.scheme}://{request.parts.netloc}"
    site, origin = request.header("sec-fetch-site"), request.header("origin")
    return site in (None, "same-origin", "none") and origin in (None, own)


def _field(request: Request, name: str) -> str:
    """The one value of a form's field; empty when there is none or more."""
    try:
        values = parse_qs(request.body.decode("ascii"), max_num_fields=10).get(name, [])
    except ValueError:  # not ASCII, or too many fields: not a form of this page
        return ""
    return values[0] if len(values) == 1 else ""
