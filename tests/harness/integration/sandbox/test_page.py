"""The consumer's page as HTML over HTTP: what its buttons do, what it refuses, what stays text."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.model import Request
from hpp_contract.server import Sandbox, Server
from hpp_contract.server.sandbox.lifecycle import ACTS
from tests.harness.support.browsers import FormVisitor
from tests.harness.support.merchant import LINE, ORDER, ROOT, Clock, Consumer, Merchant, bought, content, open_shop
from tests.harness.support.not_none import not_none

BUTTONS = ["Pay 500.00 SEK", "Be declined", "Go back", "Cancel", "Meet an error"]


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(sandbox=Sandbox(limits={})) as running:
        yield running


def merchant_of(server: Server) -> Merchant:
    return Merchant(server.application, root=server.url)


@pytest.mark.socket
@pytest.mark.parametrize(("label", "status"), list(zip(BUTTONS, ACTS.values(), strict=True)))
def test_each_button(label: str, status: str, server: Server) -> None:
    """Each button leads to the status it promises, and stays away once its status is reached."""
    shop, visitor = merchant_of(server), FormVisitor()
    session = shop.session()
    visitor.open(session["redirect_url"])
    assert f"{label} leads to {status}" in visitor.text
    visitor.press(label)
    assert shop.status(session) == status
    assert f"The session is {status}." in visitor.text
    assert label not in visitor.buttons


@given(st.text(max_size=60), st.text(max_size=30))
def test_any_content_stays_text(name: str, end: str) -> None:
    """No text in an order or a URL adds an element, an attribute or a broken character to the page."""
    shop = open_shop()
    plain = bought(shop, "x", merchant_urls={"failure": "https://shop.example/"})
    made = shop.host(
        content(shop.order(order_lines=[LINE | {"name": f"x{name}"}]))["order_id"],
        merchant_urls={"failure": f"https://shop.example/{end}"},
    )
    if made.status != 201:  # a URL that is none
        return
    pages = []
    for session in (plain, content(made)):
        consumer = Consumer(shop.application, session["redirect_url"])
        consumer.open()
        consumer.do("decline")
        pages.append(consumer.open(query="?seen").body.decode("utf-8"))
    for special in "<>\"'":
        assert pages[0].count(special) == pages[1].count(special)


# --- what the page refuses


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ],
)
def test_forms_of_other_pages_are_refused(name: str, value: str) -> None:
    """A form that another page sends here changes nothing."""
    shop = open_shop()
    session = shop.session()
    consumer = Consumer(shop.application, session["redirect_url"])
    consumer.open()
    assert consumer.do("pay", (name, value)).status == 403
    assert shop.status(session) == "IN_PROGRESS"


@pytest.mark.parametrize("act", ["", "PAY", "disable", "pay\x00", "pay&act=pay"])
def test_odd_acts_are_refused(act: str) -> None:
    """What is none of the buttons changes nothing."""
    shop = open_shop()
    session = shop.session()
    consumer = Consumer(shop.application, session["redirect_url"])
    consumer.open()
    assert consumer.do(act).status == 400
    assert shop.status(session) == "IN_PROGRESS"


@given(st.binary(max_size=80))
def test_any_form(body: bytes) -> None:
    """Whatever bytes a form sends, the page answers and changes nothing it was not asked to."""
    shop = open_shop()
    session = shop.session()
    answer = not_none(shop.application(Request("POST", session["redirect_url"], (), body)).response)
    assert answer.status in (400, 409)
    assert shop.status(session) == "WAITING"


def test_buttons_out_of_turn() -> None:
    """A button that the session's status does not allow is answered with what that status is."""
    shop = open_shop()
    consumer = Consumer(shop.application, shop.session()["redirect_url"])
    refused = consumer.do("pay")
    assert refused.status == 409
    assert b"WAITING" in refused.body


def test_looking_changes_nothing() -> None:
    """Only opening the page enters the session: HEAD does not, and an unknown or expired link is not found."""
    clock = Clock()
    shop = open_shop(clock)
    session = shop.session()
    consumer = Consumer(shop.application, session["redirect_url"])
    assert consumer.open(method="HEAD").status == 404
    assert shop.status(session) == "WAITING"
    assert Consumer(shop.application, f"{ROOT}/hpp/payments/unknown").open().status == 404
    assert Consumer(shop.application, f"{ROOT}/hpp/payments/{session['session_id']}").open().status == 404
    clock.turn(hours=47)
    assert consumer.do("pay").status == consumer.open().status == 404


def test_pages_are_kept_by_nobody_and_load_nothing() -> None:
    """Every page is for this consumer now, forbids everything from elsewhere, and is framed by nobody."""
    shop = open_shop()
    session = shop.session()
    for page in (session["redirect_url"], f"{ROOT}/hpp/payments/unknown"):
        response = Consumer(shop.application, page).open()
        policy = not_none(response.header("content-security-policy"))
        assert response.header("cache-control") == "no-store"
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "frame-ancestors 'none'" in policy
        assert not re.search(rb"(src|href)=\"(?!data:,)[a-z]+:|@import|url\(", response.body)


def test_money_is_in_its_own_currency() -> None:
    """Amounts are shown in the order's own currency."""
    shop = open_shop()
    order = ORDER | {"purchase_currency": "eur", "order_amount": 5, "order_lines": [LINE | {"unit_price": -123456}]}
    session = content(shop.host(content(shop.post("/checkout/v3/orders", order))["order_id"]))
    page = Consumer(shop.application, session["redirect_url"]).open().body.decode()
    assert "Pay 0.05 EUR" in page
    assert "5 × -1234.56 EUR" in page
