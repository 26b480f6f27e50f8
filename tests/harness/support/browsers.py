"""Two visitors of a web page with the same manners: a real headless Chromium, and one that only knows HTML and forms.

The first is driven by WebDriver, which is JSON over HTTP: no library is needed for it.
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import requests

from tests.harness.support.not_none import not_none
from tests.harness.support.sockets import wait_for

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
CHROMEDRIVER = shutil.which("chromedriver")
HAS_CHROMIUM = bool(CHROMIUM and CHROMEDRIVER)

ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=800,1000",
)  # fmt: skip
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class FormVisitor:
    """Reads a page's HTML as text, its buttons and its links, and sends its form. Runs no script, loads nothing."""

    def __init__(self) -> None:
        self._session = requests.Session()

    def open(self, url: str) -> None:
        self._show(self._session.get(url, timeout=10))

    def press(self, label: str) -> None:
        name, value = self._page.buttons[label]
        headers = {"Origin": not_none(re.match(r"\w+://[^/]+", self._url))[0], "Sec-Fetch-Site": "same-origin"}
        target = urljoin(self._url, self._page.action)
        self._show(self._session.post(target, data={name: value}, headers=headers, timeout=10))

    def follow(self, label: str) -> None:
        self.open(urljoin(self._url, self._page.links[label]))

    @property
    def text(self) -> str:
        return " ".join("".join(self._page.texts).split())

    @property
    def buttons(self) -> list[str]:
        return list(self._page.buttons)

    @property
    def links(self) -> dict[str, str]:
        return self._page.links

    def _show(self, response: requests.Response) -> None:
        self._url = response.url
        self._page = _Page()
        self._page.feed(response.text)
        self._page.close()


class _Page(HTMLParser):
    """What a reader finds in a page: `texts`, `buttons` by label, `links` by label, and its form's `action`."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.buttons: dict[str, tuple[str, str]] = {}
        self.links: dict[str, str] = {}
        self.action = ""
        self._open: list[tuple[str, dict[str, Any]]] = []
        self._label = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "link"):
            self._open.append((tag, dict(attrs)))
        if tag in ("button", "a"):
            self._label = ""
        if tag == "form":
            self.action = dict(attrs).get("action") or ""

    def handle_endtag(self, tag: str) -> None:
        self.texts.append(" " if tag in ("td", "th", "p", "h1", "legend", "caption") else "")
        opened, attributes = self._open.pop()
        assert opened == tag, f"<{opened}> is closed by </{tag}>"
        if tag == "button":
            self.buttons[self._label.strip()] = (attributes["name"], attributes["value"])
        if tag == "a":
            self.links[self._label.strip()] = attributes["href"]

    def handle_data(self, data: str) -> None:
        self._label += data
        if not any(tag in ("style", "title", "script") for tag, _ in self._open):
            self.texts.append(data)


class ChromiumVisitor:
    """Drives a headless Chromium through the chromedriver at `address`."""

    def __init__(self, address: str, profile: Path, *, trust_anyone: bool = False) -> None:
        options = {"binary": CHROMIUM, "args": [*ARGUMENTS, f"--user-data-dir={profile}"]}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "acceptInsecureCerts": trust_anyone}
        wanted["goog:loggingPrefs"] = {"performance": "ALL", "browser": "ALL"}
        made = self._call("POST", f"{address}/session", {"capabilities": {"alwaysMatch": wanted}})
        self._base = f"{address}/session/{made['sessionId']}"

    def open(self, url: str) -> None:
        self._post("/url", url=url)

    def press(self, label: str) -> None:
        self._click("xpath", f"//button[normalize-space()='{label}']")

    def follow(self, label: str) -> None:
        self._click("xpath", f"//a[normalize-space()='{label}']")

    def type(self, keys: str) -> None:
        """Press keys where the focus is, such as tab and space."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._post("/actions", actions=[{"type": "key", "id": "keyboard", "actions": actions}])

    def evaluate(self, script: str) -> Any:
        """What `return …` of this JavaScript gives; run by the driver, not by the page."""
        return self._post("/execute/sync", script=script, args=[])

    def emulate(self, **features: str) -> None:
        """Prefer, for example, `prefers_color_scheme="dark"`."""
        media = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self._post("/goog/cdp/execute", cmd="Emulation.setEmulatedMedia", params={"features": media})

    def resize(self, width: int, height: int) -> None:
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._post("/goog/cdp/execute", cmd="Emulation.setDeviceMetricsOverride", params=metrics)

    def screenshot(self) -> str:
        """A PNG, in base64."""
        taken: str = self._call("GET", f"{self._base}/screenshot")
        return taken

    def accessibility(self) -> list[dict[str, Any]]:
        """What assistive technology sees of the page."""
        tree = self._post("/goog/cdp/execute", cmd="Accessibility.getFullAXTree", params={})
        nodes: list[dict[str, Any]] = tree["nodes"]
        return nodes

    def complaints(self) -> list[dict[str, Any]]:
        """What the browser wrote to its console since last asked."""
        entries: list[dict[str, Any]] = self._post("/se/log", type="browser")
        return entries

    def requested(self) -> set[str]:
        """The URLs the browser asked for since last asked, apart from its own."""
        entries = [json.loads(entry["message"])["message"] for entry in self._post("/se/log", type="performance")]
        sent = [entry["params"] for entry in entries if entry["method"] == "Network.requestWillBeSent"]
        return {each["request"]["url"] for each in sent if each["request"]["url"].startswith("http")}

    @property
    def text(self) -> str:
        return " ".join(self.evaluate("return document.body.innerText").split())

    @property
    def buttons(self) -> list[str]:
        script = "return [...document.querySelectorAll('button')].map(each => each.innerText)"
        labels: list[str] = self.evaluate(script)
        return labels

    @property
    def links(self) -> dict[str, str]:
        found = "[...document.querySelectorAll('a')].map(each => [each.innerText, each.getAttribute('href')])"
        links: dict[str, str] = self.evaluate(f"return Object.fromEntries({found})")
        return links

    def close(self) -> None:
        self._call("DELETE", self._base)

    def _click(self, using: str, value: str) -> None:
        element = self._post("/element", using=using, value=value)
        with self.leaving():
            self._post(f"/element/{element[_ELEMENT]}/click")

    @contextlib.contextmanager
    def leaving(self) -> Iterator[None]:
        """Wait until the block's click or key has led to another page: a click returns when it was made, not when what
        it leads to is there."""
        self.evaluate("window.left = false")
        yield
        wait_for(lambda: self.evaluate("return window.left === undefined && document.readyState === 'complete'"))

    def _post(self, path: str, **body: Any) -> Any:
        return self._call("POST", self._base + path, body)

    @staticmethod
    def _call(method: str, url: str, body: dict[str, Any] | None = None) -> Any:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(method, url, json=body, timeout=60)
        value = answer.json()["value"]
        assert answer.ok, value
        return value


@contextlib.contextmanager
def chromium(folder: Path, *, trust_anyone: bool = False) -> Iterator[ChromiumVisitor]:
    """A Chromium with a new profile in `folder`, until the block ends."""
    driver = subprocess.Popen(
        [str(CHROMEDRIVER), "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        started = (re.search(r"started successfully on port (\d+)", line) for line in not_none(driver.stdout))
        port = next(found[1] for found in started if found)
        visitor = ChromiumVisitor(f"http://127.0.0.1:{port}", folder / "profile", trust_anyone=trust_anyone)
        try:
            yield visitor
        finally:
            visitor.close()
    finally:
        driver.terminate()
        driver.communicate()
