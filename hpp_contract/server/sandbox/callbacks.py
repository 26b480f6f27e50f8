"""Status callbacks: a merchant's server is notified that a session changed (Status Callbacks page).

A receiver has three seconds to answer with 2xx, else it is called again, up to three times. The page says only "after a
delay", so the delays are our choice.

Whoever can make a session here could have any address called, and from inside: so only hosts that were named are, and
of this machine only the ports that the order itself names, never our own.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, urlsplit

from hpp_contract.engine.errors import SystemRefused, system_refusal
from hpp_contract.model.exchange import is_loopback

ANSWER_LIMIT_S: Final = 3.0
"""Seconds that a receiver has to answer."""

DELAYS_S: Final = (2.0, 4.0, 8.0)
"""Seconds before the second, third and fourth call."""


class Callbacks:
    """Calls receivers in the background: those at `hosts`, a name or a name and a port each; `own_port` only when it is
    named."""

    def __init__(
        self, hosts: Iterable[str] = (), delays: Sequence[float] = DELAYS_S, timeout: float = ANSWER_LIMIT_S
    ) -> None:
        self._hosts = frozenset(host.lower() for host in hosts)
        self.own_port: int | None = None
        self._delays = delays
        self._timeout = timeout
        self._ending = threading.Event()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._refused: SystemRefused | None = None
        self._outcomes = {"delivered": 0, "unanswered": 0, "not sent": 0}

    @property
    def outcomes(self) -> dict[str, int]:
        """How many callbacks were `delivered`, `unanswered` after all calls, and `not sent` because of their host."""
        with self._lock:
            return dict(self._outcomes)

    def send(self, url: str, session: Mapping[str, Any], order_urls: Iterable[str] = ()) -> None:
        """Send the session object `session` to the receiver at `url`; returns at once. `order_urls` are the other URLs
        of its merchant. Raises RuntimeError or OSError when the system refuses a thread."""
        if not self._may_call(url, order_urls):
            self._count("not sent")
            return
        event = json.dumps({"event_id": str(uuid.uuid4()), "session": dict(session)}).encode()
        thread = threading.Thread(target=self._deliver, args=(url, event), name="hpp-contract callback", daemon=True)
        with self._lock:
            self._threads = [each for each in self._threads if each.is_alive()]
            thread.start()
            self._threads.append(thread)

    def settle(self, timeout: float = 30.0) -> None:
        """Wait until every callback so far was delivered or abandoned, for at most `timeout` seconds each."""
        with self._lock:
            waiting = tuple(self._threads)
        for thread in waiting:
            thread.join(timeout)

    def close(self) -> None:
        """Start no further call, and wait for those under way. Raises SystemRefused when the system refused a call what
        it needed."""
        self._ending.set()
        self.settle(2 * self._timeout)
        if self._refused is not None:
            raise self._refused

    def _may_call(self, url: str, order_urls: Iterable[str]) -> bool:
        host, port = _address(url)
        named = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        if named in self._hosts:
            return True
        if not is_loopback(host):
            return host in self._hosts
        own = {port for host, port in map(_address, order_urls) if is_loopback(host)}
        return port != self.own_port and (host in self._hosts or port in own)

    def _deliver(self, url: str, event: bytes) -> None:
        for delay in (0.0, *self._delays):
            if self._ending.wait(delay):
                return
            if self._is_answered(url, event):
                self._count("delivered")
                return
        self._count("unanswered")

    def _is_answered(self, url: str, event: bytes) -> bool:
        import urllib3  # only a sandbox with a receiver needs it

        headers = {"Content-Type": "application/json"}
        try:
            with urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(total=self._timeout)) as pool:
                answer = pool.request("POST", url, body=event, headers=headers, redirect=False, preload_content=False)
                answer.close()
                return 200 <= answer.status < 300
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:  # however it failed: no answer
            self._refused = self._refused or system_refusal(error)
            return False

    def _count(self, outcome: str) -> None:
        with self._lock:
            self._outcomes[outcome] += 1


def _address(url: str) -> tuple[str, int]:
    """The host and the port of a URL; no host and port 0 when it has none."""
    try:
        parts = urlsplit(url)
        return (parts.hostname or "").lower(), parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return "", 0


def fill(url: str, **values: str) -> str:
    """A merchant's URL with its placeholders, such as `{{session_id}}`, filled in (Create Session page)."""
    for name, value in values.items():
        url = url.replace(f"{{{{{name}}}}}", quote(value, safe=""))
    return url
