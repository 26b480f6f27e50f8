"""Status callbacks of the sandbox: who is called, with what, how often, and that nobody outside ever is."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hpp_contract.model import Exchange, Request, Response
from hpp_contract.server import Sandbox, Server
from hpp_contract.server.sandbox.callbacks import ANSWER_LIMIT_S, DELAYS_S, Callbacks, fill
from hpp_contract.server.wire import Listener
from tests.harness.support.merchant import Consumer, Merchant, content, open_shop

QUICK = (0.01, 0.01, 0.01)
HERE = ("127.0.0.1",)


class Receiver:
    """A merchant's server: keeps what it gets, and answers as it is set to."""

    def __init__(self, answer: Callable[[int], Response | None]) -> None:
        self.got: list[Request] = []
        self.arrived = threading.Semaphore(0)
        self._answer = answer
        self._listener = Listener(0, self._receive, None)
        self.url = f"{self._listener.origin}/status"

    def _receive(self, request: Request) -> Exchange:
        self.got.append(request)
        self.arrived.release()
        response = self._answer(len(self.got))
        return Exchange(request, response, None if response else "timeout")

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(request.body) for request in self.got]

    def close(self) -> None:
        self._listener.stop()


@contextlib.contextmanager
def receiving(answer: Callable[[int], Response | None] = lambda _: Response(204)) -> Iterator[Receiver]:
    with contextlib.closing(Receiver(answer)) as receiver:
        yield receiver


def shop_with(callbacks: Callbacks) -> Merchant:
    return open_shop(callbacks=callbacks)


@pytest.mark.socket
def test_every_change_is_notified() -> None:
    """Each change of status is POSTed once, as the session object that a read then gives."""
    callbacks = Callbacks(HERE)
    with receiving() as receiver, contextlib.closing(callbacks):
        shop = shop_with(callbacks)
        session = shop.session(merchant_urls={"status_update": receiver.url})
        consumer = Consumer(shop.application, session["redirect_url"])
        expected = []
        for act in (None, "decline", None, "pay"):
            consumer.do(act) if act else consumer.open()
            callbacks.settle()
            expected.append(content(shop.read(session)))
        consumer.open()  # a paid session does not change
        shop.disable(session)
        callbacks.settle()
        assert [event["session"] for event in receiver.events] == expected
        assert len({event["event_id"] for event in receiver.events}) == 4
        assert [body["status"] for body in expected] == ["IN_PROGRESS", "FAILED", "IN_PROGRESS", "COMPLETED"]
        assert {(each.method, each.header("content-type")) for each in receiver.got} == {("POST", "application/json")}
        assert {each.header("authorization") for each in receiver.got} == {None}
    assert callbacks.outcomes == {"delivered": 4, "unanswered": 0, "not sent": 0}


@pytest.mark.socket
def test_disabling_is_notified() -> None:
    """What the merchant does itself is a change too."""
    callbacks = Callbacks(HERE)
    with receiving() as receiver, contextlib.closing(callbacks):
        shop = shop_with(callbacks)
        shop.disable(shop.session(merchant_urls={"status_update": receiver.url}))
        callbacks.settle()
        assert [event["session"]["status"] for event in receiver.events] == ["DISABLED"]


def test_documented_limits() -> None:
    """As the Status Callbacks page says: three seconds for an answer, and up to three retries."""
    assert (ANSWER_LIMIT_S, len(DELAYS_S)) == (3.0, 3)
    assert list(DELAYS_S) == sorted(DELAYS_S)


@pytest.mark.socket
@pytest.mark.parametrize("answer", [Response(500), Response(302, (("Location", "/elsewhere"),)), Response(404), None])
def test_four_calls_at_most(answer: Response | None) -> None:
    """A receiver that never answers with 2xx gets the same event four times and no more; redirects are not followed."""
    callbacks = Callbacks(HERE, delays=QUICK, timeout=0.2)
    with receiving(lambda _: answer) as receiver, contextlib.closing(callbacks):
        callbacks.send(receiver.url, {"status": "WAITING"})
        callbacks.settle()
        assert len(receiver.got) == 4
        assert len({request.body for request in receiver.got}) == 1
        assert {request.path for request in receiver.got} == {"/status"}
    assert callbacks.outcomes == {"delivered": 0, "unanswered": 1, "not sent": 0}


@pytest.mark.socket
def test_retry_until_answered() -> None:
    """A receiver that answers the third time is not called again."""
    callbacks = Callbacks(HERE, delays=QUICK, timeout=1)
    with receiving(lambda number: Response(200 if number == 3 else 503)) as receiver, contextlib.closing(callbacks):
        callbacks.send(receiver.url, {})
        callbacks.settle()
        assert len(receiver.got) == 3
    assert callbacks.outcomes["delivered"] == 1


@pytest.mark.socket
def test_nobody_listens() -> None:
    """A receiver that is not there fails the callback and nothing else."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    callbacks = Callbacks(HERE, delays=QUICK)
    callbacks.send(f"http://127.0.0.1:{port}/", {})
    callbacks.settle()
    assert callbacks.outcomes["unanswered"] == 1


@pytest.mark.parametrize(
    ("url", "hosts", "called"),
    [
        ("https://shop.example/status", (), False),
        ("https://192.0.2.1/status", (), False),
        ("https://127.0.0.1.shop.example/", (), False),
        ("https://localhost.shop.example/", ("shop.example",), False),
        ("https://127.0.0.1@shop.example/", (), False),
        ("https://shop.example/status", ("other.example",), False),
        ("https://shop.example/status", ("Shop.Example",), True),
        ("https://shop.example:8443/status", ("shop.example:8443",), True),
        ("https://shop.example:8443/status", ("shop.example:443",), False),
        ("https://shop.example:x/status", ("shop.example",), False),
        ("http://127.0.0.1:9/status", (), False),
        ("http://localhost/status", (), False),
        ("http://[::1]/status", (), False),
        ("http://127.0.0.1:9/status", ("127.0.0.1",), True),
        ("http://127.0.0.1:9/status", ("localhost",), False),
        ("http://localhost/status", ("localhost:80",), True),
        ("https://localhost/status", ("localhost:80",), False),
        ("http://[::1]:9/status", ("[::1]:9",), True),
        ("http://localhost:3000/status", (), True),
        ("http://[::1]:3000/status", (), True),
        ("http://localhost:3001/status", (), False),
        ("http://localhost:4000/status", (), False),
        ("http://localhost:4000/status", ("localhost",), False),
        ("http://localhost:4000/status", ("localhost:4000",), True),
        ("https://www.shop.example/status", (), False),
    ],
)  # fmt: skip
def test_only_who_was_named_is_called(
    url: str, hosts: tuple[str, ...], called: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is called but who was allowed by name, and of this machine the ports that the order names, never ours."""
    asked: list[str] = []

    def is_answered(_: Callbacks, url: str, __: object) -> bool:
        asked.append(url)
        return True

    monkeypatch.setattr(Callbacks, "_is_answered", is_answered)
    callbacks = Callbacks(hosts)
    callbacks.own_port = 4000
    callbacks.send(
        url, {}, ("https://www.shop.example/", "http://localhost:3000/ok", "http://127.0.0.1:4000/", "x:y:z")
    )
    callbacks.settle()
    assert asked == ([url] if called else [])
    assert callbacks.outcomes["not sent"] == (0 if called else 1)


@pytest.mark.socket
def test_closing_ends_the_retries() -> None:
    """A server that closes calls nobody again."""
    callbacks = Callbacks(HERE, delays=(60, 60, 60), timeout=1)
    with receiving(lambda _: Response(500)) as receiver:
        callbacks.send(receiver.url, {})
        assert receiver.arrived.acquire(timeout=10)
        callbacks.close()
        assert len(receiver.got) == 1
    assert not any(thread.name == "hpp-contract callback" for thread in threading.enumerate())


def test_placeholders() -> None:
    """A merchant's URLs are given the session's ids, percent-encoded; other braces stay."""
    url = "https://shop.example/?s={{session_id}}&o={{order_id}}&x={{other}}"
    assert fill(url, session_id="a/b", order_id="c") == "https://shop.example/?s=a%2Fb&o=c&x={{other}}"


@pytest.mark.socket
def test_callback_names_its_session() -> None:
    """The placeholder in a status_update URL is filled with the session's id."""
    callbacks = Callbacks(HERE)
    with receiving() as receiver, contextlib.closing(callbacks):
        shop = shop_with(callbacks)
        session = shop.session(merchant_urls={"status_update": receiver.url + "?id={{session_id}}"})
        shop.disable(session)
        callbacks.settle()
        assert [request.parts.query for request in receiver.got] == [f"id={session['session_id']}"]


@pytest.mark.socket
def test_the_order_names_its_own_port() -> None:
    """A shop on this machine is called where the other URLs of its order or session lead."""
    callbacks = Callbacks()
    with receiving() as receiver, contextlib.closing(callbacks):
        shop = shop_with(callbacks)
        urls = {"status_update": receiver.url, "success": receiver.url.replace("/status", "/thanks")}
        shop.disable(shop.session(merchant_urls=urls))
        callbacks.settle()
        assert [request.path for request in receiver.got] == ["/status"]


@pytest.mark.socket
def test_the_sandbox_is_not_called_by_itself() -> None:
    """A server tells its sandbox which port is its own."""
    with Server(sandbox=Sandbox()) as server:
        port = int(server.url.rpartition(":")[2])
        assert server.sandbox is not None
        assert server.sandbox.callbacks.own_port == port
