"""Documentation drift: differences between the Read Session page and the page that the schemas were made from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from hpp_contract.drift import documented
from hpp_contract.drift.classify import How, change_of
from hpp_contract.drift.facts import FactKey, extract_facts
from hpp_contract.drift.page import QUOTES, ExampleRequest, Page, as_exchange, example_request, example_sessions, shapes
from hpp_contract.engine.errors import Unverifiable
from hpp_contract.engine.report import SEPARATOR, Change
from hpp_contract.engine.rule import ChangeClass
from hpp_contract.model import Exchange

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
        worse = _B if stated is None or documented.PATH not in stated else _R
        yield _change(worse, "url structure", documented.URL, (stated or "absent")[:120], advice)
    methods = [item.text.strip() for item in page.code if item.heading == documented.OPERATION and not item.block]
    if methods and documented.METHOD not in methods:
        yield _change(
            _B, "operation", documented.METHOD, methods[0][:20], "Read sessions with the method documented now."
        )


def _request(page: Page) -> Iterator[Change]:
    """The example request's method, host, path and headers."""
    request = example_request(page)
    if request is None:
        yield _change(_C, "example request", "present", "absent", "Nothing.")
        return
    advice = "Send what the example sends, if the API asks for it."
    expected = {"method": documented.METHOD, "host": documented.EXAMPLE_HOST}
    for what, found in (("method", request.method), ("host", request.host)):
        if found != expected[what]:
            yield _change(_R, f"example request, {what}", expected[what], found[:60], advice)
    if not request.path.startswith(documented.PATH):
        yield _change(_B, "example request, path", documented.PATH, request.path[:80] or "absent", advice)
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
    return request.path.rstrip("/") == documented.PATH.rstrip("/") if request is not None else None


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
    """A sentence for each known defect: still there, put right, or unknown; and how much the examples show."""
    request = example_request(page)
    words = {True: "still there", False: "put right", None: "cannot be told from this file"}
    sentences = [f"Defect of the page, {words[each.holds(page, request)]}: {each.sentence}." for each in _DEFECTS]
    return (*sentences, *_missing_examples(examples))


def _missing_examples(examples: Sequence[Exchange]) -> tuple[str, ...]:
    statuses = {str((example.session or {}).get("status")) for example in examples} & set(documented.statuses())
    members = {name for example in examples for name in example.session or {}} & set(documented.members())
    all_statuses, all_members = len(documented.statuses()), len(documented.members())
    if len(statuses) == all_statuses and len(members) == all_members:
        return ("Defect of the page, put right: its examples show every status and member.",)
    shown = f"{len(statuses)} of {all_statuses} statuses and {len(members)} of {all_members} members"
    return (f"Defect of the page, still there: its examples show {shown}.",)
