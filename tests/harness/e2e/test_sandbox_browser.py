"""The consumer's page in a real browser: a whole checkout by hand, by keyboard, on a small screen, in the dark.

Walks are also made by HTML forms alone, so that they are made where there is no Chromium.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from hpp_contract.server import Sandbox, Server
from hpp_contract.server.tls import throwaway
from tests.harness.support.browsers import HAS_CHROMIUM, ChromiumVisitor, FormVisitor, chromium
from tests.harness.support.merchant import Merchant, bought, content
from tests.harness.support.paths import SUPPORT

pytestmark = pytest.mark.browser

Visitor = FormVisitor | ChromiumVisitor
NEEDS_CHROMIUM = pytest.mark.skipif(not HAS_CHROMIUM, reason="chromium or chromedriver is not on the path")
HOSTILE = "<script>document.title='x'</script>\" onclick=\"x\" '&amp; \N{RIGHT-TO-LEFT OVERRIDE}txt"
TAB, SPACE, ENTER = "\ue004", "\ue00d", "\ue007"
BUTTONS = ["Pay 500.00 SEK", "Be declined", "Go back", "Cancel", "Meet an error"]


@pytest.fixture(scope="module")
def running_browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromiumVisitor]:
    with chromium(tmp_path_factory.mktemp("browser"), trust_anyone=True) as running:
        yield running


@pytest.fixture
def browser(running_browser: ChromiumVisitor) -> ChromiumVisitor:
    """The browser, as if it were new."""
    running_browser.open("about:blank")
    running_browser.emulate(prefers_color_scheme="light")
    running_browser.resize(800, 1000)
    running_browser.requested()
    running_browser.complaints()
    return running_browser


@pytest.fixture(params=["forms", pytest.param("chromium", marks=NEEDS_CHROMIUM)])
def visitor(request: pytest.FixtureRequest) -> Visitor:
    """A visitor of the page: the same walks are made in a browser, and by HTML forms alone."""
    return FormVisitor() if request.param == "forms" else request.getfixturevalue("browser")


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(sandbox=Sandbox(limits={})) as running:
        yield running


def merchant_of(server: Server) -> Merchant:
    return Merchant(server.application, root=server.url)


# --- walked by hand


def test_a_whole_checkout(visitor: Visitor, server: Server) -> None:
    """An integrator can walk a whole checkout by hand: enter, be declined, try again, go back, return and pay."""
    shop = merchant_of(server)
    urls = {"failure": "https://shop.example/no?s={{session_id}}", "success": "https://shop.example/ok?o={{order_id}}"}
    session = shop.session(merchant_urls=urls, options={"place_order_mode": "CAPTURE_ORDER"})
    assert shop.status(session) == "WAITING"
    visitor.open(session["redirect_url"])
    assert shop.status(session) == "IN_PROGRESS"
    assert visitor.buttons == BUTTONS
    assert "Yellow T-shirt 5 × 100.00 SEK 500.00 SEK" in visitor.text
    assert "Of which tax 100.00 SEK Total 500.00 SEK" in visitor.text
    visitor.press("Be declined")
    assert shop.status(session) == "FAILED"
    assert visitor.links["Go on to the merchant"] == f"https://shop.example/no?s={session['session_id']}"
    visitor.follow("Try again")
    assert shop.status(session) == "IN_PROGRESS"
    visitor.press("Go back")
    assert shop.status(session) == "BACK"
    visitor.open(session["redirect_url"])
    assert shop.status(session) == "IN_PROGRESS"
    visitor.press("Pay 500.00 SEK")
    paid = content(shop.read(session))
    assert paid["status"] == "COMPLETED"
    assert "Paid The session is COMPLETED. This is final." in visitor.text
    assert visitor.links == {"Go on to the merchant": f"https://shop.example/ok?o={paid['order_id']}"}
    assert visitor.buttons == []


def test_disabled_while_open(visitor: Visitor, server: Server) -> None:
    """When the merchant disables a session, its open page does nothing more, and its link says why."""
    shop = merchant_of(server)
    session = shop.session()
    visitor.open(session["redirect_url"])
    shop.disable(session)
    visitor.press("Cancel")
    assert "Page not found" in visitor.text
    visitor.open(session["redirect_url"])
    assert "cancelled by the merchant" in visitor.text
    assert shop.status(session) == "DISABLED"


def test_hostile_content_stays_text(visitor: Visitor, server: Server) -> None:
    """Whatever an order says is shown as text; what could turn the writing around is replaced."""
    shop = merchant_of(server)
    urls = {"back": f'https://shop.example/{quote(HOSTILE)}?"><script>x()</script>'}
    session = bought(shop, HOSTILE, merchant_urls=urls)
    visitor.open(session["redirect_url"])
    shown = HOSTILE.replace("\N{RIGHT-TO-LEFT OVERRIDE}", "\N{REPLACEMENT CHARACTER}")
    assert shown in visitor.text
    visitor.press("Go back")
    assert visitor.links["Go on to the merchant"] == urls["back"]
    if isinstance(visitor, ChromiumVisitor):
        assert visitor.evaluate("return document.title") == "You went back – test checkout"
        assert visitor.evaluate("return document.querySelectorAll('script, [onclick]').length") == 0


# --- looked at


@NEEDS_CHROMIUM
def test_only_the_page_itself_is_loaded(browser: ChromiumVisitor, server: Server) -> None:
    """The browser asks this server for the page and nobody for anything else, and has nothing to complain about."""
    session = merchant_of(server).session()
    browser.open(session["redirect_url"])
    browser.press("Go back")
    assert browser.requested() == {session["redirect_url"], session["redirect_url"] + "?seen"}
    assert browser.complaints() == []
    assert server.log == ()


@NEEDS_CHROMIUM
def test_keyboard_alone_will_do(browser: ChromiumVisitor, server: Server) -> None:
    """Every button and link is reached by the tab key, in reading order, shows its focus, and is pressed by a key."""
    shop = merchant_of(server)
    session = shop.session(merchant_urls={"back": "https://shop.example/"})
    browser.open(session["redirect_url"])
    focused = []
    for _ in BUTTONS:
        browser.type(TAB)
        focused.append(browser.evaluate("return document.activeElement.innerText"))
        focus_style = "return getComputedStyle(document.activeElement).outlineStyle"
        assert browser.evaluate(focus_style) == "solid"
    assert focused == BUTTONS
    browser.open(session["redirect_url"])
    browser.type(TAB + TAB + TAB)
    with browser.leaving():
        browser.type(SPACE)
    assert shop.status(session) == "BACK"
    browser.type(TAB + TAB)
    with browser.leaving():
        browser.type(ENTER)
    assert shop.status(session) == "IN_PROGRESS"


@NEEDS_CHROMIUM
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_read_it(scheme: str, browser: ChromiumVisitor, server: Server) -> None:
    """In light and dark every text has the contrast that WCAG asks for, 4.5 to 1; a phone need not scroll sideways."""
    browser.emulate(prefers_color_scheme=scheme)
    browser.open(bought(merchant_of(server), "Verylongword" * 20)["redirect_url"])
    contrasts = browser.evaluate((SUPPORT / "contrast.js").read_text(encoding="utf-8"))
    assert min(contrasts.values()) >= 4.5, contrasts
    assert browser.evaluate("return matchMedia('(prefers-color-scheme: dark)').matches") == (scheme == "dark")
    browser.resize(320, 640)
    assert browser.evaluate("return document.documentElement.scrollWidth") <= 320


@NEEDS_CHROMIUM
def test_changes_are_announced(browser: ChromiumVisitor, server: Server) -> None:
    """The page says its language and title; its headings, status, buttons and table have roles and names."""
    browser.open(merchant_of(server).session()["redirect_url"])
    tree = browser.accessibility()
    named = {(node["role"]["value"], node.get("name", {}).get("value", "")) for node in tree if not node["ignored"]}
    assert browser.evaluate("return [document.documentElement.lang, document.title]") == [
        "en", "Pay 500.00 SEK – test checkout",
    ]  # fmt: skip
    assert named >= {("button", label) for label in BUTTONS}
    assert named >= {("heading", "Pay 500.00 SEK"), ("group", "What does the consumer do?"), ("table", "The order")}
    assert named >= {("columnheader", "Item"), ("columnheader", "Amount")}
    described = {node["name"]["value"]: node["description"]["value"] for node in tree if node.get("description")}
    assert described["Be declined"] == "leads to FAILED"
    assert "status" in {role for role, _ in named}


@NEEDS_CHROMIUM
def test_over_tls(browser: ChromiumVisitor, tmp_path: Path) -> None:
    """The page works over https as it does over http."""
    with Server(tls=throwaway(tmp_path), sandbox=Sandbox()) as server:
        shop = merchant_of(server)
        session = shop.session()
        assert session["redirect_url"].startswith("https://")
        browser.open(session["redirect_url"])
        browser.press("Pay 500.00 SEK")
        assert shop.status(session) == "COMPLETED"
