"""Hosted sessions of the sandbox: they live as the lifecycle page says, and break no rule."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from hpp_contract.cases.scenarios import SCENARIOS, session_id
from hpp_contract.engine import Outcome, Subject, judge
from hpp_contract.engine.edits import status
from hpp_contract.engine.fault import fault
from hpp_contract.model import Instant
from hpp_contract.rules import CATALOGUE
from hpp_contract.rules.schemas import violations
from hpp_contract.server import Application, Sandbox
from hpp_contract.server.sandbox.lifecycle import ACTS, TRANSITIONS
from hpp_contract.spec.session import UUID
from tests.harness.support.merchant import ROOT, Clock, Consumer, Merchant, content, open_shop
from tests.harness.support.not_none import not_none

FINAL = {"COMPLETED", "CANCELLED", "DISABLED"}


def consumer_of(shop: Merchant, session: dict[str, Any]) -> Consumer:
    return Consumer(shop.application, session["redirect_url"])


# --- making one


def test_session_is_made() -> None:
    """A session is answered with its id, its links and its end, 47 hours after its order began."""
    clock = Clock()
    shop = open_shop(clock)
    order_id = content(shop.order())["order_id"]
    clock.turn(hours=1.5)
    made = shop.host(order_id)
    links = content(made)
    assert made.status == 201
    assert UUID.fullmatch(links["session_id"])
    assert links["session_url"] == made.header("location") == f"{ROOT}/hpp/v1/sessions/{links['session_id']}"
    assert links["session_id"] not in links["redirect_url"]
    assert not_none(Instant.parse(links["expires_at"])).ns == clock.now + round(45.5 * 3600) * 10**9
    assert content(shop.read(links))["expires_at"] == links["expires_at"]


@pytest.mark.parametrize(
    "url",
    [
        None,
        1,
        "",
        "nonsense",
        f"{ROOT}/checkout/v3/orders/",
        f"{ROOT}/checkout/v3/orders/{uuid.UUID(int=7)}",
        "https://api.playground.kustom.co/checkout/v3/orders/ORDER",
        "http://127.0.0.1:2/checkout/v3/orders/ORDER",
        f"{ROOT}/payments/v1/sessions/ORDER",
        f"{ROOT}/checkout/v3/orders/ORDER/",
        f"{ROOT}/eu/checkout/v3/orders/ORDER",
    ],
)
def test_order_must_be_of_this_server(url: Any) -> None:
    """A session hosts an order of this very server, and the refusal says what that looks like."""
    shop = open_shop()
    order_id = content(shop.order())["order_id"]
    named = url.replace("ORDER", order_id) if isinstance(url, str) else url
    refused = shop.post("/hpp/v1/sessions", {"payment_session_url": named})
    assert refused.status == 400
    assert f"{ROOT}/checkout/v3/orders/<order_id>" in content(refused)["error_messages"][0]


def test_scheme_of_the_order_does_not_matter() -> None:
    """Behind something that ends TLS, the same order has an https URL."""
    shop = open_shop()
    url = f"https{ROOT.removeprefix('http')}/checkout/v3/orders/{content(shop.order())['order_id']}"
    assert shop.post("/hpp/v1/sessions", {"payment_session_url": url}).status == 201


def test_one_session_per_order() -> None:
    """An order has one session, even after that was disabled."""
    shop = open_shop()
    order_id = content(shop.order())["order_id"]
    session = content(shop.host(order_id))
    assert shop.host(order_id).status == 400
    shop.disable(session)
    assert shop.host(order_id).status == 400


@pytest.mark.parametrize(
    "members",
    [
        {"options": {"place_order_mode": "LATER"}},
        {"options": {"place_order_mode": ["NONE"]}},
        {"options": []},
        {"merchant_urls": "https://shop.example"},
        {"merchant_urls": {"success": "javascript:alert(1)"}},
        {"merchant_urls": {"status_update": "http://shop.example/cb"}},
    ],
    ids=json.dumps,
)
def test_odd_sessions_are_refused(members: dict[str, Any]) -> None:
    """Unknown modes, and URLs that are none, are refused; callbacks leave this machine by https only."""
    shop = open_shop()
    assert shop.host(content(shop.order())["order_id"], **members).status == 400


@pytest.mark.parametrize("empty", [None, ""])
def test_empty_urls_mean_none(empty: str | None) -> None:
    """Null and empty URLs and options are as good as absent."""
    urls = dict.fromkeys(("success", "back", "status_update"), empty)
    assert open_shop().session(merchant_urls=urls, options={"place_order_mode": empty})


# --- its end


@pytest.mark.parametrize(
    ("mode", "shape"),
    {
        None: "completed-with-token",
        "NONE": "completed-with-token",
        "PLACE_ORDER": "completed-with-order",
        "CAPTURE_ORDER": "completed-with-order",
    }.items(),
)
def test_place_order_mode(mode: str | None, shape: str) -> None:
    """What a paid session holds is decided by its mode: a token, or its order's id and a reference."""
    shop = open_shop()
    order_id = content(shop.order())["order_id"]
    session = content(shop.host(order_id, options={} if mode is None else {"place_order_mode": mode}))
    consumer_of(shop, session).open()
    consumer_of(shop, session).do("pay")
    body = content(shop.read(session))
    assert list(violations(shape, body)) == []
    assert body.get("order_id") == (order_id if shape == "completed-with-order" else None)


def test_expiry() -> None:
    """A session is there until the instant it expires; from then on it can be neither read nor disabled."""
    clock = Clock()
    shop = open_shop(clock)
    session = shop.session()
    clock.turn(hours=47)
    clock.now -= 1
    assert shop.read(session).status == 200
    clock.now += 1
    assert shop.read(session).status == shop.disable(session).status == 404
    assert consumer_of(shop, session).open().status == 404


def test_old_order_gets_no_session() -> None:
    """An order whose session would already have expired gets none, and cannot be changed."""
    clock = Clock()
    shop = open_shop(clock)
    order_id = content(shop.order())["order_id"]
    clock.turn(hours=47)
    assert shop.host(order_id).status == 400
    assert shop.post(f"/checkout/v3/orders/{order_id}", {}).status == 404


def test_changing_the_order_does_not_prolong() -> None:
    """A change of the order leaves the session's end where it was."""
    clock = Clock()
    shop = open_shop(clock)
    order_id = content(shop.order())["order_id"]
    session = content(shop.host(order_id))
    clock.turn(hours=1)
    assert shop.post(f"/checkout/v3/orders/{order_id}", {"order_amount": 1}).status == 200
    assert content(shop.read(session))["expires_at"] == session["expires_at"]


def test_disabling() -> None:
    """A disabled session reads DISABLED, with an empty answer to the request, however often it is made."""
    shop = open_shop()
    session = shop.session()
    for _ in range(2):
        disabled = shop.disable(session)
        assert (disabled.status, disabled.body, disabled.header("content-type")) == (204, b"", None)
        assert shop.status(session) == "DISABLED"


def test_unknown_session_is_not_disabled() -> None:
    """There is nothing to disable under an id that no session has; the well-known sessions are read-only."""
    shop = open_shop()
    assert shop.send("DELETE", f"{ROOT}/hpp/v1/sessions/{uuid.UUID(int=7)}").status == 404
    assert shop.send("DELETE", f"{ROOT}/hpp/v1/sessions/{session_id('waiting')}").status == 405


def test_scenarios_live_beside_it() -> None:
    """With a sandbox, every well-known session is served as without."""
    shop, plain = open_shop(), Merchant(Application())
    for name in SCENARIOS:
        url = f"{ROOT}/hpp/v1/sessions/{session_id(name)}"
        assert shop.send("GET", url).status == plain.send("GET", url).status


def test_faults_apply_to_sessions_made_here() -> None:
    """A fault of a scenario applies to the sandbox's sessions in that scenario too."""
    application = Application(faults=[fault("test-fault", "waiting", status(202))], sandbox=Sandbox())
    shop = Merchant(application)
    session = shop.session()
    assert shop.read(session).status == 202
    shop.disable(session)
    assert shop.read(session).status == 200


# --- its life


def test_transitions_are_those_of_the_lifecycle_page() -> None:
    """No status is left once final, none leads back to WAITING, and every unfinished one can be disabled."""
    assert {status for status, following in TRANSITIONS.items() if not following} == FINAL
    assert "WAITING" not in frozenset().union(*TRANSITIONS.values())
    assert all("DISABLED" in following for status, following in TRANSITIONS.items() if status not in FINAL)
    assert set(ACTS.values()) < set(TRANSITIONS)


class Life(RuleBasedStateMachine):
    """Consumers and merchants do anything at any time while time passes; a model knows what must follow."""

    @initialize(mode=st.sampled_from(["NONE", "PLACE_ORDER"]))
    def begin(self, mode: str) -> None:
        self.clock = Clock()
        self.shop = open_shop(self.clock)
        self.session = self.shop.session(options={"place_order_mode": mode})
        self.consumer = consumer_of(self.shop, self.session)
        self.expected = "WAITING"

    def move(self, status: str) -> bool:
        moved = status in TRANSITIONS[self.expected]
        self.expected = status if moved else self.expected
        return moved

    @rule()
    def open(self) -> None:
        was_disabled = self.expected == "DISABLED"
        self.move("IN_PROGRESS")
        assert self.consumer.open().status == (410 if was_disabled else 200)

    @rule()
    def look(self) -> None:
        self.consumer.open(query="?seen")

    @rule(act=st.sampled_from(sorted(ACTS)))
    def act(self, act: str) -> None:
        was_disabled = self.expected == "DISABLED"
        allowed = 303 if self.move(ACTS[act]) else 409
        assert self.consumer.do(act).status == (404 if was_disabled else allowed)

    @rule()
    def disable(self) -> None:
        allowed = self.move("DISABLED") or self.expected == "DISABLED"
        assert self.shop.disable(self.session).status == (204 if allowed else 400)

    @rule(minutes=st.integers(0, 20))
    def wait(self, minutes: int) -> None:
        self.clock.turn(hours=minutes / 60)

    @invariant()
    def reads_as_expected(self) -> None:
        if hasattr(self, "session"):
            assert self.shop.status(self.session) == self.expected

    def teardown(self) -> None:
        """Whatever happened, no rule has anything to say about the reads."""
        if not hasattr(self, "session"):
            return
        verdicts = judge(self.shop.reads, CATALOGUE, Subject("endpoint", "the sandbox"))
        silent = (Outcome.OK, Outcome.NOT_EXERCISED)
        assert [verdict.rule.id for verdict in verdicts if verdict.outcome not in silent] == []


Life.TestCase.settings = settings(max_examples=40, stateful_step_count=15)
TestLife = Life.TestCase
