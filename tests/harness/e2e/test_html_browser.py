"""The HTML page in a real browser: no error, no request, no barrier, at every width and in both colour schemes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hpp_contract.reporting.html.page import html
from hpp_contract.reporting.view import ReportView
from tests.harness.support.browsers import HAS_CHROMIUM, ChromiumVisitor, chromium
from tests.harness.support.not_none import not_none
from tests.harness.support.paths import ROOT
from tests.harness.support.sample_pages import HISTORY, broken, drifted

_PLACES = (
    os.environ.get("AXE_CORE") or "axe.min.js",
    str(ROOT / "node_modules" / "axe-core" / "axe.min.js"),
    "/usr/local/lib/node_modules/axe-core/axe.min.js",
    "/usr/lib/node_modules/axe-core/axe.min.js",
)
AXE = next((path for path in map(Path, _PLACES) if path.is_file()), None)

pytestmark = pytest.mark.skipif(
    not HAS_CHROMIUM,
    reason="chromium and chromedriver are not on the path: unchecked are the HTML page's console, width and keyboard",
)
NEEDS_AXE = pytest.mark.skipif(
    AXE is None,
    reason="axe-core is neither in AXE_CORE nor installed by npm: unchecked are the HTML page's accessibility rules",
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromiumVisitor]:
    folder = tmp_path_factory.mktemp("pages")
    with chromium(folder) as running:
        yield running


@pytest.fixture(params=["broken", "drift"])
def page(request: pytest.FixtureRequest, browser: ChromiumVisitor, tmp_path: Path) -> ChromiumVisitor:
    """A page with everything that it can show, in a window of a desk."""
    pages = {"broken": lambda: html(ReportView(broken())), "drift": lambda: html(ReportView(drifted(), HISTORY))}
    file = tmp_path / "report.html"
    file.write_text(pages[request.param](), encoding="utf-8")
    browser.resize(1280, 900)
    browser.emulate(prefers_color_scheme="light")
    browser.open(file.as_uri())
    return browser


@pytest.mark.browser
def test_nothing_goes_wrong_and_nothing_is_loaded(page: ChromiumVisitor) -> None:
    """The console stays empty, and no address is asked for anything."""
    assert page.complaints() == []
    assert page.requested() == set()


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 768, 1280])
def test_the_page_fits_its_width(page: ChromiumVisitor, width: int) -> None:
    """At no width does the page itself scroll sideways; what is wider scrolls in a place of its own."""
    page.resize(width, 900)
    assert page.evaluate("return document.documentElement.scrollWidth") <= width


@pytest.mark.browser
def test_the_keyboard_reaches_everything(page: ChromiumVisitor) -> None:
    """Tab stops first at the way past the navigation, each stop shows that it is one, and all links and regions are."""
    focused = "return [document.activeElement.className, getComputedStyle(document.activeElement).outlineStyle]"
    page.type("\ue004")
    assert page.evaluate(focused) == ["skip", "solid"]
    page.type("\ue004")
    assert page.evaluate(focused)[1] == "solid"
    beyond = (
        "return [...document.querySelectorAll('a, summary, [tabindex]')].filter(each => each.tabIndex !== 0).length"
    )
    assert page.evaluate(beyond) == 0


@pytest.mark.browser
@NEEDS_AXE
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
def test_axe_finds_no_barrier(page: ChromiumVisitor, scheme: str, width: int) -> None:
    """axe-core finds no violation, with everything opened, in either colour scheme, on a phone and at a desk."""
    page.emulate(prefers_color_scheme=scheme)
    page.resize(width, 900)
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    page.evaluate(not_none(AXE).read_text(encoding="utf-8"))
    found = page.evaluate("return axe.run(document, {resultTypes: ['violations']})")
    assert found["passes"], "axe ran no rule at all"
    violations = [
        (one["id"], node["target"], node["failureSummary"]) for one in found["violations"] for node in one["nodes"]
    ]
    assert violations == []
