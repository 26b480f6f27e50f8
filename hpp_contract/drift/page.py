"""Documentation drift: how a saved Read Session page (HTML or Markdown) differs from the page behind the schemas.

What that page said is in `spec.page`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any, Final

from hpp_contract.drift.classify import change_of
from hpp_contract.drift.facts import FactKey, extract_facts, shape_of
from hpp_contract.drift.words import How
from hpp_contract.engine.errors import Unverifiable
from hpp_contract.engine.report import SEPARATOR, Change
from hpp_contract.engine.rule import ChangeClass
from hpp_contract.model import Context, Exchange, Request, Response
from hpp_contract.spec import page as documented
from hpp_contract.spec.endpoint import METHOD, SESSIONS_PATH
from hpp_contract.spec.session import MEMBERS, STATUSES, UUID

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
        self._skipped = 0
        self._heading = ""
        self._open: list[tuple[str, str | None, list[str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("main", "article"):
            self._main += 1
        elif tag in ("script", "style", "nav", "footer"):
            self._skipped += 1
        elif tag in ("h1", "h2", "h3", "h4", "h5", "h6", "pre", "code", "a"):
            self._open.append((tag, dict(attrs).get("href"), []))
        elif tag in ("br", "div", "p", "li", "tr"):
            self.handle_data("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("main", "article"):
            self._main -= 1
        elif tag in ("script", "style", "nav", "footer"):
            self._skipped = max(0, self._skipped - 1)
        elif any(tag == opened for opened, _, _ in self._open):
            opened = ""
            while opened != tag:
                opened, link, pieces = self._open.pop()
                self._closed(opened, link, "".join(pieces))

    def handle_data(self, data: str) -> None:
        if self._main > 0 and not self._skipped:
            for _, _, pieces in self._open:
                pieces.append(data)

    def _closed(self, tag: str, link: str | None, text: str) -> None:
        inside = {opened for opened, _, _ in self._open}
        if self._main <= 0 or self._skipped or not text.strip():
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
    request = Request("GET", f"https://{documented.EXAMPLE_HOST}{SESSIONS_PATH}{wanted}")
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


# --- Comparison


_PAGE: Final = "page"
_ORDER: Final = tuple(ChangeClass)
_B, _R, _A, _C = ChangeClass


@dataclass(frozen=True, slots=True)
class PageDrift:
    """What changed on the page, its own defects in sentences, and its `examples` as exchanges to judge."""

    changes: tuple[Change, ...]
    defects: tuple[str, ...]
    examples: tuple[Exchange, ...]


def page_drift(page: Page, file: str) -> PageDrift:
    """Compare a page, read from `file`, with what is documented in this repository. Raises Unverifiable when it is
    plainly another page."""
    examples = example_sessions(page, file)
    if not examples and not set(page.headings) & set(documented.HEADINGS):
        raise Unverifiable(
            f"{file} does not look like the Read Session page: none of its headings and examples is there."
        )
    changes = [*_headings(page), *_address(page), *_request(page), *_examples(examples)]
    ordered = sorted(changes, key=lambda change: _ORDER.index(change.change_class))
    return PageDrift(tuple(ordered), defects(page, examples), tuple(examples))


def _change(change_class: ChangeClass, aspect: str, before: str, after: str, advice: str) -> Change:
    return Change(change_class, f"{_PAGE}{SEPARATOR}{aspect}", before, after, "", advice)


def _headings(page: Page) -> Iterator[Change]:
    gone = [heading for heading in documented.HEADINGS if heading not in page.headings]
    new = [heading for heading in page.headings if heading not in documented.HEADINGS]
    read = "Read the section: what it says now may be part of the contract."
    yield from (
        _change(_C, f"heading {heading}", "present", "absent", "Nothing, if its text moved.") for heading in gone
    )
    yield from (_change(_A, f"heading {heading[:80]}", "absent", "present", read) for heading in new)
    kept = [heading for heading in page.headings if heading in documented.HEADINGS]
    if kept != sorted(kept, key=documented.HEADINGS.index):
        yield _change(_C, "order of headings", "as documented", "another", "Nothing.")


def _address(page: Page) -> Iterator[Change]:
    """The URL and the method that the page gives."""
    addresses = [item.text.strip() for item in page.code if "://" in item.text and "session" in item.text]
    stated = next((text for text in addresses if "{" in text and "\n" not in text), None)
    if stated != documented.URL:
        advice = "Compare the path your client requests with this one."
        worse = _B if stated is None or SESSIONS_PATH not in stated else _R
        yield _change(worse, "url structure", documented.URL, (stated or "absent")[:120], advice)
    methods = [item.text.strip() for item in page.code if item.heading == documented.OPERATION and not item.block]
    if methods and METHOD not in methods:
        yield _change(_B, "operation", METHOD, methods[0][:20], "Read sessions with the method documented now.")


def _request(page: Page) -> Iterator[Change]:
    """The example request's method, host, path and headers."""
    request = example_request(page)
    if request is None:
        yield _change(_C, "example request", "present", "absent", "Nothing.")
        return
    advice = "Send what the example sends, if the API asks for it."
    expected = {"method": METHOD, "host": documented.EXAMPLE_HOST}
    for what, found in (("method", request.method), ("host", request.host)):
        if found != expected[what]:
            yield _change(_R, f"example request, {what}", expected[what], found[:60], advice)
    if not request.path.startswith(SESSIONS_PATH):
        yield _change(_B, "example request, path", SESSIONS_PATH, request.path[:80] or "absent", advice)
    for name in sorted(documented.HEADERS.keys() | request.headers.keys()):
        before, after = documented.HEADERS.get(name), request.headers.get(name)
        if name == "authorization" and after is not None:
            after = after.partition(" ")[0]  # never the credentials, which may be real
        if before != after:
            yield _change(_R, f"example request, header {name}", before or "absent", (after or "absent")[:60], advice)


def _examples(found: list[Exchange]) -> Iterator[Change]:
    """The example responses, shape by shape."""
    before = {shape: as_exchange(session) for shape, session in documented.examples().items()}
    after = shapes(found)
    for shape in sorted(before.keys() - after.keys()):
        advice = "See whether sessions of this shape still exist."
        yield _change(_R, f"example {shape}", "present", "absent", advice)
    for shape, exchange in after.items():
        if shape in before:
            yield from _example(shape, before[shape], exchange)
        else:
            undocumented = shape.startswith("status ")
            yield _change(_R if undocumented else _A, f"example {shape}", "absent", "present", "Handle this shape too.")


def _example(shape: str, before: Exchange, after: Exchange) -> Iterator[Change]:
    was, now = _aspects(before, shape), _aspects(after, shape)
    changed = False
    for aspect in sorted(was.keys() | now.keys()):
        if was.get(aspect) == now.get(aspect) or (aspect.kind != "member" and not (aspect in was and aspect in now)):
            continue
        how: How = "other" if aspect in was and aspect in now else "gone" if aspect in was else "new"
        changed = True
        yield change_of(shape, aspect, how, was.get(aspect, "absent"), now.get(aspect, "absent"), after.evidence)
    if not changed and before.session != after.session:
        advice = "Nothing: the same members, other values."
        yield Change(_C, f"{shape}{SEPARATOR}example", "its values", "other values", after.evidence, advice)


def _aspects(exchange: Exchange, shape: str) -> dict[FactKey, str]:
    kinds = ("member", "class", "precision", "zone", "value")
    return {aspect: value for aspect, value in extract_facts(exchange, shape) if aspect.kind in kinds}


# --- Defects of the page itself: known, harmless to the API, a nuisance for readers


@dataclass(frozen=True, slots=True)
class _Defect:
    """A sentence, and whether it is true of a page; None when the page does not show it."""

    sentence: str
    holds: Callable[[Page, ExampleRequest | None], bool | None]


def _without_id(_: Page, request: ExampleRequest | None) -> bool | None:
    return request.path.rstrip("/") == SESSIONS_PATH.rstrip("/") if request is not None else None


def _without_token(_: Page, request: ExampleRequest | None) -> bool | None:
    value = request.headers.get("authorization") if request is not None else None
    return value.strip().lower() == "basic" if value is not None else None


def _curly_quotes(_: Page, request: ExampleRequest | None) -> bool | None:
    return any(quote in request.text for quote in QUOTES) if request is not None else None


def _wrong_link(page: Page, _: ExampleRequest | None) -> bool | None:
    links = [item.link or "" for item in page.links if re.search(r"api reference", item.text, re.IGNORECASE)]
    return not any("session" in link.lower() for link in links) if links else None


_DEFECTS: Final = (
    _Defect("the example request lost its <session_id> placeholder", _without_id),
    _Defect("the example request lost its <token> placeholder", _without_token),
    _Defect("the example request has curly quotes, so it does not paste into a shell", _curly_quotes),
    _Defect('its "API Reference" link leads to the base-URL page, not to the schema', _wrong_link),
)


def defects(page: Page, examples: Sequence[Exchange]) -> tuple[str, ...]:
    """A sentence for each known defect: still there, corrected, or unknown; and how much the examples show."""
    request = example_request(page)
    words = {True: "still there", False: "corrected", None: "unknown, because this file does not show it"}
    sentences = [f"Defect of the page, {words[each.holds(page, request)]}: {each.sentence}." for each in _DEFECTS]
    return (*sentences, *_missing_examples(examples))


def _missing_examples(examples: Sequence[Exchange]) -> tuple[str, ...]:
    statuses = {str((example.session or {}).get("status")) for example in examples} & set(STATUSES)
    members = {name for example in examples for name in example.session or {}} & set(MEMBERS)
    all_statuses, all_members = len(STATUSES), len(MEMBERS)
    if len(statuses) == all_statuses and len(members) == all_members:
        return ("Defect of the page, corrected: its examples show every status and member.",)
    examples_show = f"{len(statuses)} of {all_statuses} statuses and {len(members)} of {all_members} members"
    return (f"Defect of the page, still there: its examples show {examples_show}.",)
