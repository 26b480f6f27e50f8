"""Status callbacks: telling a merchant's server that a session changed, as the Status Callbacks page has it.

A receiver has three seconds to answer with 2xx; one that does not is called again, up to three times. The page says
"after a delay" and no more: how long is ours. Unless told otherwise, only this machine is ever called.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, urlsplit

from hpp_contract.engine.refusal import SystemRefused, system_refusal
from hpp_contract.model.exchange import is_loopback

TIMEOUT: Final = 3.0
"""Seconds that a receiver has to answer."""

DELAYS: Final = (2.0, 4.0, 8.0)
"""Seconds before the second, third and fourth call."""


class Callbacks:
    """Calls receivers in the background. `hosts` are those that may be called beside this machine's own."""

    def __init__(self, hosts: Iterable[str] = (), delays: Sequence[float] = DELAYS, timeout: float = TIMEOUT) -> None:
        self._hosts = frozenset(host.lower() for host in hosts)
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

    def send(self, url: str, session: Mapping[str, Any]) -> None:
        """Tell the receiver at `url` of the session object `session`; returns at once. Raises what the system does when
        it refuses a thread."""
        if not self._may_call(url):
            self._count("not sent")
            return
        event = json.dumps({"event_id": str(uuid.uuid4()), "session": dict(session)}).encode()
        thread = threading.Thread(target=self._deliver, args=(url, event), name="hpp-contract callback", daemon=True)
        with self._lock:
            self._threads = [each for each in self._threads if each.is_alive()]
            thread.start()
            self._threads.append(thread)

    def settle(self, timeout: float = 30.0) -> None:
        """Wait until every callback so far was delivered or given up."""
        with self._lock:
            waiting = tuple(self._threads)
        for thread in waiting:
            thread.join(timeout)

    def close(self) -> None:
        """Call nobody again; a call that is under way ends first. Raises SystemRefused when that kept one from being
        made."""
        self._ending.set()
        self.settle(2 * self._timeout)
        if self._refused is not None:
            raise self._refused

    def _may_call(self, url: str) -> bool:
        host = (urlsplit(url).hostname or "").lower()
        return is_loopback(host) or host in self._hosts

    def _deliver(self, url: str, event: bytes) -> None:
        for delay in (0.0, *self._delays):
            if self._ending.wait(delay):
                return
            if self._is_answered(url, event):
                self._count("delivered")
                return
        self._count("unanswered")

    def _is_answered(self, url: str, event: bytes) -> bool:
        import urllib3

        headers = {"Content-Type": "application/json"}
        try:
            with urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(total=self._timeout)) as pool:
                answer = pool.request("POST", url, body=event, headers=headers, redirect=False, preload_content=False)
                answer.close()
                return 200 <= answer.status < 300
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:  # whatever a receiver does: no answer
            self._refused = self._refused or system_refusal(error)
            return False

    def _count(self, outcome: str) -> None:
        with self._lock:
            self._outcomes[outcome] += 1


def fill(url: str, **values: str) -> str:
    """A merchant's URL with its placeholders, such as `{{session_id}}`, filled in (Create Session page)."""
    for name, value in values.items():
        url = url.replace(f"{{{{{name}}}}}", quote(value, safe=""))
    return url
