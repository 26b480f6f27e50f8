"""Clients that lose an order, show it to others or tell a secret: each must end in exit code 1. No tests in here.

Run as a program, this is the adapter of one of them: `python must_clients.py NAME`. It needs nothing but the standard
library, so that a process of its own starts at once.
"""

from __future__ import annotations

import http.client
import json
import ssl
import sys
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[3]))

from tests.harness.support.sample_clients import Client, FollowingClient

Session = dict[str, Any]
ORDER = "b2c9d0aa-0000-4111-8222-333344445555"
GONE_WRONG = (OSError, http.client.HTTPException)


class InventsOrder(Client):
    """It fills in what a COMPLETED session would have."""

    def session(self, value: Session) -> Any:
        return value | {"order_id": value.get("order_id", ORDER)}


class InventsStatus(Client):
    """What holds nothing is a session in progress to it."""

    def interpret(self, status: int, content: bytes) -> Any:
        return {"status": "IN_PROGRESS"} if not content.strip() else super().interpret(status, content)


class DropsOrder(Client):
    def session(self, value: Session) -> Any:
        return {name: inner for name, inner in value.items() if name != "order_id"}


class DropsStatus(Client):
    def session(self, value: Session) -> Any:
        return {name: inner for name, inner in value.items() if name != "status"}


class MixesOrders(Client):
    """One object is filled again for every session, and keeps the order that it once had."""

    def __init__(self) -> None:
        self.order: str | None = None

    def session(self, value: Session) -> Any:
        self.order = self.order or value.get("order_id")
        return value | ({"order_id": self.order} if self.order else {})


class MixesStatuses(Client):
    """The first session's status is every session's."""

    def __init__(self) -> None:
        self.status: str | None = None

    def session(self, value: Session) -> Any:
        self.status = self.status or value.get("status")
        return value | {"status": self.status}


class SwapsOrder(Client):
    def session(self, value: Session) -> Any:
        return value | {"order_id": value.get("klarna_reference", value.get("order_id"))}


class SwapsStatus(Client):
    """Whoever has opened the page has paid."""

    def session(self, value: Session) -> Any:
        return value | {"status": "COMPLETED" if value.get("status") == "IN_PROGRESS" else value.get("status")}


class KeepsEverything(Client):
    """It answers from memory."""

    def __init__(self) -> None:
        self.memory: dict[str, Any] = {}

    def __call__(self, base_url: str, username: str, password: str, session_id: str, timeout: float) -> Any:
        if session_id not in self.memory:
            self.memory[session_id] = super().__call__(base_url, username, password, session_id, timeout)
        return self.memory[session_id]


class KeepsStatus(Client):
    """What it has once seen of a session wins."""

    def __init__(self) -> None:
        self.memory: dict[str, str] = {}

    def session(self, value: Session) -> Any:
        return value | {"status": self.memory.setdefault(value["session_id"], value["status"])}


class TakesRefusalsForSessions(Client):
    def interpret(self, status: int, content: bytes) -> Any:  # noqa: ARG002  that it does not look is what it does
        try:
            return super().interpret(200, content)
        except (ValueError, TypeError):
            return {}


class TakesRefusalsForNothing(Client):
    def interpret(self, status: int, content: bytes) -> Any:
        return None if status != 200 else super().interpret(status, content)


class TakesLossForNothing(Client):
    def fetch(self, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
        try:
            return super().fetch(path, headers)
        except GONE_WRONG:
            return 200, b"{}"


class TakesLossForWaiting(Client):
    def fetch(self, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
        try:
            return super().fetch(path, headers)
        except GONE_WRONG:
            return 200, b'{"status": "WAITING"}'


class TakesHalfForWhole(Client):
    """What came is closed with a brace."""

    def parse(self, content: bytes) -> Session:
        try:
            return super().parse(content)
        except ValueError:
            return super().parse(content.rpartition(b",")[0] + b"}")


class SwallowsDecodeErrors(Client):
    def parse(self, content: bytes) -> Session:
        try:
            return super().parse(content)
        except ValueError:
            return {}


class TakesPagesForWaiting(Client):
    def parse(self, content: bytes) -> Session:
        return {"status": "WAITING"} if content.lstrip().startswith(b"<") else super().parse(content)


class AssumesWaiting(Client):
    def session(self, value: Session) -> Any:
        return value | {"status": value.get("status") or "WAITING"}


class AssumesCompleted(Client):
    def session(self, value: Session) -> Any:
        status = value.get("status")
        return value | {"status": status if status and isinstance(status, str) else "COMPLETED"}


class TakesKeyAlong(FollowingClient):
    def send(self, host: str, port: int | None, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
        return super().send(host, port, path, headers | self.headers())


class TrustsAnybody(Client):
    """It looks at no certificate."""

    def connected(self, host: str, port: int | None) -> http.client.HTTPConnection:
        if not self.ask.base_url.startswith("https"):
            return super().connected(host, port)
        anybody = ssl.create_default_context()
        anybody.check_hostname = False
        anybody.verify_mode = ssl.CERT_NONE
        return http.client.HTTPSConnection(host, port, timeout=self.timeout(), context=anybody)


class SendsNoCredentials(Client):
    def headers(self) -> dict[str, str]:
        return {name: value for name, value in super().headers().items() if name != "Authorization"}


class WaitsForEver(Client):
    def timeout(self) -> float | None:
        return None


class SaysPaid(Client):
    """It says one word, and that for whatever has been opened."""

    paid: tuple[str, ...] = ("COMPLETED", "IN_PROGRESS", "MANUAL_ID_CHECK", "BACK")
    hello = {"answers": "verdict"}  # noqa: RUF012  as an SDK's author would write it

    def session(self, value: Session) -> Any:
        return {"verdict": self.word(value)}

    def word(self, value: Session) -> str:
        return "paid" if value.get("status") in self.paid else "open"


class SaysPaidForCancelled(SaysPaid):
    paid = ("COMPLETED", "CANCELLED", "DISABLED")


class SaysPaidWithoutStatus(SaysPaid):
    def word(self, value: Session) -> str:
        return "open" if value.get("status") in ("WAITING", "IN_PROGRESS") else "paid"


class SaysPaidWhenRefused(SaysPaid):
    paid = ("COMPLETED",)

    def interpret(self, status: int, content: bytes) -> Any:
        return super().interpret(status, content) if status == 200 else {"verdict": "paid"}


class SaysPaidWhenLost(SaysPaidWhenRefused):
    def fetch(self, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
        try:
            return super().fetch(path, headers)
        except GONE_WRONG:
            return 503, b""


class SaysOpenForCompleted(SaysPaid):
    paid = ()


def _answer(client: Client, ask: dict[str, Any]) -> dict[str, Any]:
    timeout = ask["timeout_ms"] / 1000
    try:
        value = client(ask["base_url"], ask["username"], ask["password"], ask["session_id"], timeout)
    except Exception as error:
        status = getattr(error, "http_status", None)
        return {"error": {"type": type(error).__name__, "message": str(error), "http_status": status}}
    if value is None:
        return {"empty": True}
    return value if "verdict" in value else {"session": value}


def _serve(client: Client) -> None:
    for line in sys.stdin:
        ask = json.loads(line)
        if ask["op"] == "bye":
            return
        hello = {"op": "hello", **(client.hello or {})}
        print(json.dumps(hello if ask["op"] == "hello" else {"id": ask["id"], **_answer(client, ask)}), flush=True)


if __name__ == "__main__":
    _serve(globals()[sys.argv[1]]())
