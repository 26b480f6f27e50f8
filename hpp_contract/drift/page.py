"""Reading a documentation page, saved as HTML or Markdown: headings, code, links, and the examples in its code.

What the page should say is in `documented`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any, Final

from hpp_contract.drift import documented
from hpp_contract.drift.facts import shape_of
from hpp_contract.model import Context, Exchange, Request, Response
from hpp_contract.spec.session import UUID

_HTML: Final = re.compile(r"<(!doctype|html|body|h[1-6]|pre)\b", re.IGNORECASE)
_COMMENT: Final = re.compile(r"<!--.*?-->", re.DOTALL)
_BLOCK: Final = re.compile(r"^ {0,3}(`{3,}|~{3,})[^\n]*\n(.*?)^ {0,3}\1[`~]* *$", re.DOTALL | re.MULTILINE)
_HEADING: Final = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.*?)[ \t#]*$", re.MULTILINE)
_INLINE: Final = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_LINK: Final = re.compile(r"\[([^\]]*)\]\(<?([^)\s>]*)>?[^)]*\)")


@dataclass(frozen=True, slots=True)
class Item:
    """A piece of the page under the `heading` it stands below: `text` of code (`block` or inline), or of a link."""

    heading: str
    text: str
    block: bool = False
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """The `headings` below the title, in order, and the `items` under them. Only code keeps its spaces."""

    headings: tuple[str, ...]
    items: tuple[Item, ...]

    @property
    def blocks(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.block)

    @property
    def code(self) -> tuple[Item, ...]:
        """Code of both kinds."""
        return tuple(item for item in self.items if item.link is None)

    @property
    def links(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.link is not None)


def read_page(text: str) -> Page:
    """The page that `text` holds, in whichever of the two formats."""
    body = _COMMENT.sub("", text)
    without_code = _BLOCK.sub("", body)
    return _from_html(body) if _HTML.search(without_code) else _from_markdown(body)


def _plain(text: str) -> str:
    return " ".join(text.replace("`", "").replace("\xa0", " ").split()).rstrip("#¶ ").strip()


def _from_markdown(text: str) -> Page:
    headings: list[str] = []
    items: list[Item] = []
    position, heading = 0, ""
    for block in [*_BLOCK.finditer(text), None]:
        for line in text[position : block.start() if block else len(text)].split("\n"):
            title = _HEADING.match(line)
            if title is not None:
                heading = _plain(title[2])
                headings += [heading] if len(title[1]) > 1 else []
            else:
                items += _inline(heading, line)
        if block is not None:
            items.append(Item(heading, block[2], block=True))
            position = block.end()
    return Page(tuple(headings), tuple(items))


def _inline(heading: str, line: str) -> Iterator[Item]:
    yield from (Item(heading, code[1]) for code in _INLINE.finditer(line))
    yield from (Item(heading, _plain(link[1]), link=link[2]) for link in _LINK.finditer(line))


def _from_html(text: str) -> Page:
    reader = _Reader(only_main=re.search(r"<(main|article)\b", text, re.IGNORECASE) is not None)
    reader.feed(text)
    reader.close()
    return Page(tuple(reader.headings), tuple(reader.items))


class _Reader(HTMLParser):
    """Collects what is in headings, `pre`, `code` and `a`; where the page marks its main part, from that part only."""

    def __init__(self, *, only_main: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.headings: list[str] = []
        self.items: list[Item] = []
        self._main = 0 if only_main else 1
        self._silent = 0
        self._heading = ""
        self._open: list[tuple[str, str | None, list[str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("main", "article"):
            self._main += 1
        elif tag in ("script", "style", "nav", "footer"):
            self._silent += 1
        elif tag in ("h1", "h2", "h3", "h4", "h5", "h6", "pre", "code", "a"):
            self._open.append((tag, dict(attrs).get("href"), []))
        elif tag in ("br", "div", "p", "li", "tr"):
            self.handle_data("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("main", "article"):
            self._main -= 1
        elif tag in ("script", "style", "nav", "footer"):
            self._silent = max(0, self._silent - 1)
        elif any(tag == opened for opened, _, _ in self._open):
            opened = ""
            while opened != tag:
                opened, link, pieces = self._open.pop()
                self._closed(opened, link, "".join(pieces))

    def handle_data(self, data: str) -> None:
        if self._main > 0 and not self._silent:
            for _, _, pieces in self._open:
                pieces.append(data)

    def _closed(self, tag: str, link: str | None, text: str) -> None:
        inside = {opened for opened, _, _ in self._open}
        if self._main <= 0 or self._silent or not text.strip():
            return
        if tag == "pre":
            self.items.append(Item(self._heading, text, block=True))
        elif tag == "code" and "pre" not in inside and not any(name[0] == "h" for name in inside):
            self.items.append(Item(self._heading, text.strip()))
        elif tag == "a" and link is not None:
            self.items.append(Item(self._heading, _plain(text), link=link))
        elif tag[0] == "h":
            self._heading = _plain(text)
            self.headings += [self._heading] if tag != "h1" else []


# --- Examples


QUOTES: Final = "‘’“”"
_SENT: Final = re.compile(rf"(?:-H|--header)\s*['\"{QUOTES}]?([A-Za-z][A-Za-z0-9-]*):[ \t]*([^'\"{QUOTES}\n\\]*)")
_URL: Final = re.compile(rf"https?://([^\s/'\"{QUOTES}`]*)([^\s'\"{QUOTES}`\\]*)")
_METHOD: Final = re.compile(r"(?:-X|--request)\s+['\"]?([A-Z]+)")


@dataclass(frozen=True, slots=True)
class ExampleRequest:
    """The example request as far as it can be read: `headers` by lower-case name; its `text` as shown."""

    method: str
    host: str
    path: str
    headers: Mapping[str, str]
    text: str


def example_request(page: Page) -> ExampleRequest | None:
    """The first command on the page that reads a session; None when there is none."""
    for item in page.blocks:
        url = _URL.search(item.text)
        if url is not None and "curl" in item.text:
            method = _METHOD.search(item.text)
            headers = {name.lower(): value.strip() for name, value in _SENT.findall(item.text)}
            return ExampleRequest(method[1] if method else "GET", url[1], url[2], headers, item.text)
    return None


def example_sessions(page: Page, file: str) -> list[Exchange]:
    """Every JSON object with a status that the page shows, as the answer to a documented request."""
    found = []
    for number, item in enumerate(page.blocks, start=1):
        session = _object(item.text)
        if session is not None and "status" in session:
            found.append(as_exchange(session, f"{file} › {item.heading}#{number}"))
    return found


def shapes(exchanges: list[Exchange]) -> dict[str, Exchange]:
    """The first example of each shape."""
    by_shape: dict[str, Exchange] = {}
    for exchange in exchanges:
        by_shape.setdefault(shape_of(exchange) or "a session without a status", exchange)
    return by_shape


def as_exchange(session: Mapping[str, Any], evidence: str = "") -> Exchange:
    """A documented session as the answer to a documented request."""
    asked = session.get("session_id")
    wanted = asked if isinstance(asked, str) and UUID.fullmatch(asked) else "39a1c773-bafd-754d-af1f-b30c592f1267"
    request = Request("GET", f"https://{documented.EXAMPLE_HOST}{documented.PATH}{wanted}")
    response = Response(200, (("Content-Type", "application/json"),), json.dumps(session).encode())
    return Exchange(request, response, evidence=evidence, context=Context(recorded=True, provenance="documented"))


def _object(text: str) -> dict[str, Any] | None:
    """The first JSON object in a block of code."""
    start = text.find("{")
    if start < 0:
        return None
    try:
        value, _ = json.JSONDecoder().raw_decode(text[start:])
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
