"""Provisioning: makes an order and a session, watches the session from WAITING to DISABLED, and leaves nothing open.

What it makes is all it touches: no URL that the endpoint answers with is ever sent credentials, and the session is
disabled whatever happens, Ctrl-C included. An order cannot be deleted; it ends by itself after 48 hours.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from hpp_contract.model import Exchange
from hpp_contract.model.exchange import is_loopback
from hpp_contract.privacy.describe import abbreviate, show
from hpp_contract.probe.plan import PlannedRead
from hpp_contract.probe.provision_order import example_order
from hpp_contract.probe.provision_signals import Interruptions
from hpp_contract.probe.provision_visit import in_browser, plainly
from hpp_contract.probe.wire import Sent

_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,255}")

ENDS_ITSELF: Final = "it ends by itself within 48 hours."


class Sender(Protocol):
    """The way to the endpoint: paced, with credentials, and only below its base URL."""

    base_url: str

    def ask(self, read: PlannedRead) -> list[Exchange]: ...

    def send(self, method: str, path: str, body: bytes = b"") -> Sent: ...

    def wait_for_turn(self) -> None: ...


@dataclass(frozen=True, slots=True)
class ProvisionResult:
    """What provisioning saw. `reads` are for the rules; the rest is for what can be learned from it.

    `expires_at` is as the creation of the session told it; `order_change`, `page` and `disabled` are status codes: of
    the change of the order, of a plain GET of the consumer's page, of the DELETE. `waiting` is the read before those
    two, `after_page` and `after_disabling` are those after each. `notes` are sentences.
    """

    reads: tuple[Exchange, ...] = ()
    notes: tuple[str, ...] = ()
    expires_at: object = None
    order_change: int | None = None
    waiting: Exchange | None = None
    page: int | None = None
    after_page: Exchange | None = None
    disabled: int | None = None
    after_disabling: Exchange | None = None


def provision(door: Sender, order: Any = None, *, browser: bool = False) -> ProvisionResult:
    """Make a session and follow it to its end; `order` is the body of its order, an example when None.

    `browser` opens the consumer's page in Chromium too. Raises KeyboardInterrupt, after cleaning up, when interrupted.
    """
    walk = _Provisioner(door, browser)
    with Interruptions() as interruptions:
        try:
            with interruptions.held_back():  # a session that was made and never heard of could not be disabled
                walk.make(order if order is not None else example_order())
            walk.watch()
        finally:
            with interruptions.held_back():
                walk.disable()
        walk.read_after_disable()
    return walk.trail


class _Provisioner:
    """One session from its creation to its end, and the trail of it. Without a session, each step does nothing."""

    def __init__(self, door: Sender, browser: bool) -> None:
        self._door = door
        self._browser = browser
        self._order: tuple[str, bytes] | None = None
        self._session: str | None = None
        self._page_url: object = None
        self.trail = ProvisionResult()

    def make(self, order: Any) -> None:
        """Make the order and its session, or note why there is none."""
        body = _json(order)
        order_id = self._created("/checkout/v3/orders", body, "order_id")
        if order_id is None:
            return
        self._order = (order_id, body)
        hosted = {"payment_session_url": f"{self._door.base_url}/checkout/v3/orders/{order_id}"}
        self._session = self._created("/hpp/v1/sessions", _json(hosted), "session_id")

    def _created(self, path: str, body: bytes, member: str) -> str | None:
        """The id of what a POST made, if it was made and its id can stand in a path."""
        sent = self._door.send("POST", path, body)
        told = _content(sent)
        name = told.get(member)
        if sent.exchange.status != 201 or not isinstance(name, str) or not _ID.fullmatch(name):
            self._note(f"No session could be provisioned: POST {path} {_answered(sent)}.")
            return None
        self._page_url = told.get("redirect_url")
        self._keep(expires_at=told.get("expires_at"))
        return name

    def watch(self) -> None:
        """Change the order, read the session, have its page opened and read it again."""
        if self._session is None or self._order is None:
            return
        order_id, body = self._order
        change = self._door.send("POST", f"/checkout/v3/orders/{order_id}", body)
        self._keep(order_change=change.exchange.status)
        self._keep(waiting=self._read("provisioned"))
        page = self._page()
        if page is None:
            return
        self._door.wait_for_turn()
        self._keep(page=plainly(page))
        self._keep(after_page=self._read("after a plain GET of redirect_url"))
        if self._browser:
            problem = in_browser(page)
            opened = self._read("after a browser opened redirect_url")
            if (opened.session or {}).get("status") == "WAITING":
                self._note(problem or "A browser opened redirect_url, and the session stayed WAITING.")

    def disable(self) -> None:
        """Disable the session, and say so if that fails."""
        if self._session is None:
            return
        sent = self._door.send("DELETE", f"/hpp/v1/sessions/{self._session}")
        self._keep(disabled=sent.exchange.status)
        if sent.exchange.status != 204:
            which = f"The provisioned session {abbreviate(self._session)}"
            self._note(f"{which} could not be disabled (DELETE {_answered(sent)}): {ENDS_ITSELF}")

    def read_after_disable(self) -> None:
        """Read the session that was disabled, twice: final is final."""
        if self._session is not None:
            self._keep(after_disabling=self._read("after DELETE"))
            self._read("after DELETE, again")

    def _page(self) -> str | None:
        """The consumer's page, when it is safe to open."""
        url = self._page_url
        local = is_loopback(urlsplit(self._door.base_url).hostname or "")
        if isinstance(url, str) and _is_page(url, local):
            return url
        self._note("The provisioned session has no redirect_url that is an https URL: no page was opened.")
        return None

    def _read(self, note: str) -> Exchange:
        exchanges = self._door.ask(PlannedRead(self._session or "", "known", note=note))
        self._keep(reads=(*self.trail.reads, *exchanges))
        return exchanges[-1]

    def _note(self, sentence: str) -> None:
        self._keep(notes=(*self.trail.notes, sentence))

    def _keep(self, **seen: Any) -> None:
        self.trail = replace(self.trail, **seen)


def _is_page(url: str, local: bool) -> bool:
    """Whether this is an https URL of the outside, or of this machine when the endpoint is `local` too."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    plain = url.isascii() and url.isprintable() and " " not in url and bool(parts.hostname)
    secure = parts.scheme == "https" or (local and parts.scheme == "http")
    return plain and secure and is_loopback(parts.hostname or "") == local


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _content(sent: Sent) -> dict[str, Any]:
    response = sent.exchange.response
    value = response.json.value if response is not None else None
    return value if isinstance(value, dict) else {}


def _answered(sent: Sent) -> str:
    """How a request ended, in words that are safe to print."""
    if sent.exchange.response is None:
        return f"was not answered ({sent.exchange.failure})"
    code = _content(sent).get("error_code")
    return f"was answered with HTTP {sent.exchange.status}{f' {show(code)}' if code is not None else ''}"
