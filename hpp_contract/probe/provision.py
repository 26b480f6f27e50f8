"""Provisioning: makes an order and a session, reads the session from WAITING to DISABLED, and leaves nothing open.

It touches nothing that it did not make. Credentials are never sent to a URL that the endpoint answers with, and the
session is disabled whatever happens, Ctrl-C included. An order cannot be deleted; it expires after 48 hours.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Protocol, Self
from urllib.parse import urlsplit

from hpp_contract import __version__
from hpp_contract.engine.deadline import NEVER, Deadline, OutOfTime
from hpp_contract.engine.errors import UsageProblem, system_refusal
from hpp_contract.model import Exchange
from hpp_contract.model.body import read
from hpp_contract.model.exchange import Created, is_loopback
from hpp_contract.privacy.describe import abbreviate, show
from hpp_contract.probe.plan import PlannedRead
from hpp_contract.probe.wire import Sent, Wire
from hpp_contract.spec.endpoint import ORDERS_PATH, SESSIONS_PATH

ORDER_VARIABLE: Final = "HPP_ORDER"
"""Names a file with the body of an order: for merchants who may not sell in Sweden."""

ENDS_ITSELF: Final = "it ends by itself within 48 hours."

PAGE_TIMEOUT_S: Final = 10.0
"""Seconds for connecting and for each read of a plain GET of the consumer's page."""

BROWSER_LIMIT_S: Final = 60.0
"""Seconds that a browser may take to open the page."""

CLEANUP_S: Final = 10.0
"""Seconds that disabling the session may take, even when the time of the run is over."""

WAITS_S: Final = (1.0, 2.0, 3.0, 4.0)
"""Seconds between the reads of a new session that is not there yet: ten in all. A tenth on this machine."""

BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")

_BROWSER_OPTIONS: Final = (
    "--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--virtual-time-budget=10000", "--dump-dom",
)  # fmt: skip

_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,255}")
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)

_EXAMPLE: Final = """
{
  "purchase_country": "SE", "purchase_currency": "SEK", "locale": "sv-SE",
  "order_amount": 10000, "order_tax_amount": 2000,
  "order_lines": [
    {"name": "Contract test, not for delivery", "quantity": 1, "unit_price": 10000, "tax_rate": 2500,
     "total_amount": 10000, "total_tax_amount": 2000}
  ],
  "merchant_urls": {
    "terms": "https://www.example.com/terms", "checkout": "https://www.example.com/checkout",
    "confirmation": "https://www.example.com/confirmation", "push": "https://www.example.com/push"
  }
}
"""


class Endpoint(Protocol):
    """What provisioning needs of `sender.Sender`: sending with credentials, rate limited, below its base URL only."""

    base_url: str

    @property
    def deadline(self) -> Deadline: ...

    @property
    def is_local(self) -> bool: ...

    def allow(self, seconds: float) -> None: ...

    def ask(self, read: PlannedRead) -> list[Exchange]: ...

    def pause(self, seconds: float) -> None: ...

    def send(self, method: str, path: str, body: bytes = b"") -> Sent: ...

    def wait_for_turn(self) -> None: ...


@dataclass(frozen=True, slots=True)
class ProvisionResult:
    """What provisioning saw. `reads` are for the rules; the rest answers open questions.

    `expires_at` is what the creation of the session answered. `order_change`, `page` and `disabled` are status codes:
    of the change of the order, of a plain GET of the consumer's page, of the DELETE. `waiting` is the read before the
    last two, `after_page` and `after_disabling` are the reads after each. `notes` are sentences;
    `over` is one too, where the time of the run was over before the end.
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
    over: str | None = None


def provision(endpoint: Endpoint, order: Any = None, *, browser: bool = False) -> ProvisionResult:
    """Make a session and follow it to its end; `order` is the body of its order, an example when None.

    `browser` opens the consumer's page in Chromium too. Raises KeyboardInterrupt, after cleaning up, when interrupted.
    """
    provisioner = _Provisioner(endpoint, browser)
    with Interruptions() as interruptions:
        try:
            with interruptions.held_back():  # a session whose id never arrived could not be disabled
                provisioner.make(order if order is not None else example_order())
            provisioner.follow()
        except OutOfTime as end:
            provisioner.end(end)
        finally:
            with interruptions.held_back():
                endpoint.allow(CLEANUP_S)
                provisioner.disable()
        provisioner.read_after_disable()
    return provisioner.result


class _Provisioner:
    """One session from its creation to its end, and the result so far. Without a session, each step does nothing."""

    def __init__(self, endpoint: Endpoint, browser: bool) -> None:
        self._endpoint = endpoint
        self._browser = browser
        self._order: tuple[str, bytes] | None = None
        self._session: str | None = None
        self._page_url: object = None
        self._known = Created("")
        self.result = ProvisionResult()

    def make(self, order: Any) -> None:
        """Make the order and its session, or note why there is none."""
        body = _json(order)
        order_id = self._created(ORDERS_PATH.rstrip("/"), body, "order_id")
        if order_id is None:
            return
        self._order = (order_id, body)
        hosted = {"payment_session_url": f"{self._endpoint.base_url}{ORDERS_PATH}{order_id}"}
        self._session = self._created(SESSIONS_PATH.rstrip("/"), _json(hosted), "session_id")

    def _created(self, path: str, body: bytes, member: str) -> str | None:
        """The id of what a POST made; None if nothing was made, or if its id cannot be part of a path."""
        sent = self._endpoint.send("POST", path, body)
        content = _content(sent)
        name = content.get(member)
        if sent.exchange.status != 201 or not isinstance(name, str) or not _ID.fullmatch(name):
            self._note(f"No session could be provisioned: POST {path} {_answered(sent)}.")
            return None
        self._page_url = content.get("redirect_url")
        self._set(expires_at=content.get("expires_at"))
        if self._order is not None:
            self._known = _known(self._order[0], content)
        return name

    def follow(self) -> None:
        """Read the session twice, change its order, read it, have its page opened and read it again."""
        if self._session is None or self._order is None:
            return
        self._read_at_first()
        self._read("provisioned, again")
        self._known = replace(self._known, untouched=False)
        order_id, body = self._order
        change = self._endpoint.send("POST", f"{ORDERS_PATH}{order_id}", body)
        self._set(order_change=change.exchange.status)
        self._set(waiting=self._read("after its order was changed"))
        page = self._page()
        if page is None:
            return
        self._endpoint.wait_for_turn()
        self._set(page=get_page(page, self._endpoint.deadline))
        self._set(after_page=self._read("after a plain GET of redirect_url"))
        if self._browser:
            problem = open_in_browser(page, self._endpoint.deadline)
            opened = self._read("after a browser opened redirect_url")
            if (opened.session or {}).get("status") == "WAITING":
                self._note(problem or "A browser opened redirect_url, and the session stayed WAITING.")

    def end(self, over: OutOfTime) -> None:
        """The time is over: nothing more is asked."""
        self._set(over=str(over))

    def disable(self) -> None:
        """Disable the session; a note if that fails."""
        if self._session is None:
            return
        try:
            sent = self._endpoint.send("DELETE", f"{SESSIONS_PATH}{self._session}")
        except OutOfTime as over:
            self.end(over)
            self._note(
                f"The provisioned session {abbreviate(self._session)} could not be disabled in time: {ENDS_ITSELF}"
            )
            return
        self._set(disabled=sent.exchange.status)
        self._known = replace(self._known, untouched=False, disabled=True)
        if sent.exchange.status != 204:
            which = f"The provisioned session {abbreviate(self._session)}"
            self._note(f"{which} could not be disabled (DELETE {_answered(sent)}): {ENDS_ITSELF}")

    def read_after_disable(self) -> None:
        """Read the disabled session twice: DISABLED is final."""
        if self._session is not None and self.result.over is None:
            self._set(after_disabling=self._read("after DELETE"))
            self._read("after DELETE, again")

    def _page(self) -> str | None:
        """The URL of the consumer's page, if it is safe to open."""
        url = self._page_url
        local = is_loopback(urlsplit(self._endpoint.base_url).hostname or "")
        if isinstance(url, str) and _is_page(url, local):
            return url
        self._note("The provisioned session has no redirect_url that is an https URL: no page was opened.")
        return None

    def _read_at_first(self) -> None:
        """Read the new session, again and again until it is there or has had its time."""
        scale = 0.1 if self._endpoint.is_local else 1.0
        waits = iter(WAITS_S)
        note = "provisioned"
        while self._read(note).session is None:
            wait = next(waits, None)
            if wait is None:
                break
            self._endpoint.pause(wait * scale)
            note = f"provisioned, {wait:g} s later"
            self._known = replace(self._known, settled=wait == WAITS_S[-1])
        self._known = replace(self._known, settled=True)
        self._tell_outage()

    def _tell_outage(self) -> None:
        """Where the new session was not answered to the end, find out whether anything is."""
        *earlier, last = self.result.reads
        if last.is_answered:
            return
        control = self._endpoint.ask(PlannedRead(str(uuid.uuid4()), "unknown", note="control"))
        known = replace(last.context, unanswered="alone" if control[-1].is_answered else "outage")
        self._set(reads=(*earlier, replace(last, context=known), *control))

    def _read(self, note: str) -> Exchange:
        planned = PlannedRead(self._session or "", "known", note=note, created=self._known)
        exchanges = self._endpoint.ask(planned)
        self._set(reads=(*self.result.reads, *exchanges))
        return exchanges[-1]

    def _note(self, sentence: str) -> None:
        self._set(notes=(*self.result.notes, sentence))

    def _set(self, **values: Any) -> None:
        self.result = replace(self.result, **values)


def _known(order_id: str, content: Mapping[str, Any]) -> Created:
    """What is known of a session from its creation."""
    url, expires_at = content.get("session_url"), content.get("expires_at")
    return Created(
        order_id,
        url if isinstance(url, str) else None,
        expires_at if isinstance(expires_at, str) else None,
        untouched=True,
    )


def _is_page(url: str, local: bool) -> bool:
    """Whether this is an https URL of another machine, or a URL of this machine when the endpoint is `local` too."""
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


def example_order() -> Any:
    """The body of a made-up order."""
    return json.loads(_EXAMPLE)


def order_from(environ: Mapping[str, str]) -> Any:
    """The order in the file that HPP_ORDER names, None when it names none; raises UsageProblem."""
    file = environ.get(ORDER_VARIABLE, "").strip()
    if not file:
        return None
    try:
        body = read(Path(file).read_bytes())
    except OSError as error:
        raise UsageProblem(f"{ORDER_VARIABLE} names {file}, which cannot be read ({error.strerror}).") from None
    if not isinstance(body.value, dict):
        raise UsageProblem(f"{ORDER_VARIABLE} names {file}, which is not a JSON object: an order is one.")
    return body.value


class Interruptions:
    """While its block runs, both Ctrl-C and SIGTERM raise KeyboardInterrupt; inside `held_back`, not until that has
    ended. Outside the main thread, where Python delivers no signals, it does nothing."""

    def __init__(self) -> None:
        self._holding = False
        self._interrupted = False
        self._handlers: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._handlers = {number: signal.signal(number, self._interrupt) for number in _SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    @contextlib.contextmanager
    def held_back(self) -> Iterator[None]:
        """Let the block end first, whatever signal arrives meanwhile."""
        self._holding = True
        try:
            yield
        finally:
            self._holding = False
        if self._interrupted:
            raise KeyboardInterrupt

    def _interrupt(self, *_: object) -> None:
        self._interrupted = True
        if not self._holding:
            raise KeyboardInterrupt


def get_page(url: str, deadline: Deadline = NEVER) -> int | None:
    """The status code of one GET of `url`, without credentials and following nothing; None when it fails. Raises
    OutOfTime."""
    wire = Wire(url, PAGE_TIMEOUT_S, direct=_is_local(url))
    headers = (("Accept", "text/html"), ("User-Agent", f"hpp-contract/{__version__}"))
    try:
        return wire.get(url, headers, deadline).exchange.status
    finally:
        wire.close()


def open_in_browser(url: str, deadline: Deadline = NEVER) -> str | None:
    """Open `url` in a headless Chromium until it has loaded and its scripts have run; why that failed, or None."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        return "No Chromium is on the path: redirect_url was not opened in a browser."
    with tempfile.TemporaryDirectory(prefix="hpp-contract-", ignore_cleanup_errors=True) as profile:
        command = [browser, *_BROWSER_OPTIONS, *_local_options(url), f"--user-data-dir={profile}", url]
        return _run_browser(command, min(BROWSER_LIMIT_S, deadline.left))


def _run_browser(command: list[str], limit: float) -> str | None:
    null = subprocess.DEVNULL
    try:
        process = subprocess.Popen(  # noqa: S603  a browser from the path, and a URL that was checked to be one
            command, stdin=null, stdout=null, stderr=null, env=_environment(), start_new_session=True
        )
    except OSError as error:
        raise system_refusal(error, starting_process=True) or error from None
    try:
        code = process.wait(limit)
        return None if code == 0 else f"Chromium ended with exit code {code}: redirect_url may not have been opened."
    except subprocess.TimeoutExpired:
        return f"Chromium did not open redirect_url within {limit:.0f} seconds."
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # its helpers too
        process.wait()


def _local_options(url: str) -> list[str]:
    """Options that Chromium needs as root, and for a page on this machine."""
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    return [*as_root, *(["--ignore-certificate-errors"] if _is_local(url) else [])]


def _environment() -> dict[str, str]:
    """The environment without our own variables: a browser gets no credentials."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HPP_")}


def _is_local(url: str) -> bool:
    return is_loopback(urlsplit(url).hostname or "")
