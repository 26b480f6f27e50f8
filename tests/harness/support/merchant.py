"""A merchant and its consumer, for tests of the sandbox: they talk to an application without sockets."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from hpp_contract.cases.scenarios import CREDENTIALS
from hpp_contract.model import Exchange, Headers, Request, Response
from hpp_contract.server import Application, Sandbox
from tests.harness.support.not_none import not_none

ROOT = "http://127.0.0.1:1"
HOUR = 3600 * 10**9

LINE: dict[str, Any] = {
    "name": "Yellow T-shirt", "quantity": 5, "unit_price": 10000, "tax_rate": 2500,
    "total_amount": 50000, "total_tax_amount": 10000,
}  # fmt: skip
ORDER: dict[str, Any] = {
    "purchase_country": "SE", "purchase_currency": "SEK", "locale": "sv-SE", "order_amount": 50000,
    "order_tax_amount": 10000, "order_lines": [LINE],
    "merchant_urls": dict.fromkeys(("terms", "checkout", "confirmation", "push"), "https://shop.example/page"),
}  # fmt: skip


@dataclass
class Clock:
    """A clock that only tests turn; ns since 1970."""

    now: int = 1_790_000_000 * 10**9

    def __call__(self) -> int:
        return self.now

    def turn(self, hours: float) -> None:
        self.now += round(hours * HOUR)


@dataclass
class Merchant:
    """Sends requests with `authorization` and keeps the exchanges of its reads."""

    application: Application
    root: str = ROOT
    authorization: str | None = CREDENTIALS.authorization
    reads: list[Exchange] = field(default_factory=list)

    def send(self, method: str, url: str, body: bytes = b"") -> Response:
        headers: Headers = (("Content-Type", "application/json"), ("Cache-Control", "no-cache"))
        if self.authorization is not None:
            headers = (("Authorization", self.authorization), *headers)
        exchange = self.application(Request(method, url, headers, body))
        if method == "GET":
            self.reads.append(exchange)
        return not_none(exchange.response)

    def post(self, path: str, value: Any) -> Response:
        return self.send("POST", self.root + path, json.dumps(value).encode())

    def order(self, **changes: Any) -> Response:
        return self.post("/checkout/v3/orders", ORDER | changes)

    def host(self, order_id: str, **members: Any) -> Response:
        """Make a hosted session for an order."""
        return self.post(
            "/hpp/v1/sessions", {"payment_session_url": f"{self.root}/checkout/v3/orders/{order_id}"} | members
        )

    def session(self, **members: Any) -> dict[str, Any]:
        """A new order and its new session, as the sandbox answers the latter."""
        made = self.host(content(self.order())["order_id"], **members)
        assert made.status == 201, made.body
        return content(made)

    def read(self, session: dict[str, Any]) -> Response:
        return self.send("GET", session["session_url"])

    def status(self, session: dict[str, Any]) -> str:
        status: str = content(self.read(session))["status"]
        return status

    def disable(self, session: dict[str, Any]) -> Response:
        return self.send("DELETE", session["session_url"])


@dataclass(frozen=True)
class Consumer:
    """Opens and uses the page of a session."""

    application: Application
    page: str

    def open(self, *, method: str = "GET", query: str = "") -> Response:
        return not_none(self.application(Request(method, self.page + query)).response)

    def do(self, act: str, *headers: tuple[str, str]) -> Response:
        sent = (("Content-Type", "application/x-www-form-urlencoded"), *headers)
        request = Request("POST", self.page, sent, urlencode({"act": act}).encode())
        return not_none(self.application(request).response)


def content(response: Response) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(response.body)
    return value


def open_shop(clock: Clock | None = None, **how: Any) -> Merchant:
    """A merchant of a new sandbox, without rate limits unless they are given."""
    return Merchant(Application(sandbox=Sandbox(clock=clock or Clock(), **{"limits": {}} | how)))


def bought(shop: Merchant, name: str, **members: Any) -> dict[str, Any]:
    """A session for an order of one thing called `name`."""
    order_id = content(shop.order(order_lines=[LINE | {"name": name}]))["order_id"]
    return content(shop.host(order_id, **members))
