"""Defects of the documentation page itself: known, harmless to the API, in the way of its readers."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from hpp_contract.drift import documented
from hpp_contract.drift.page import Page
from hpp_contract.drift.page_examples import QUOTES, ExampleRequest, example_request
from hpp_contract.model import Exchange


@dataclass(frozen=True, slots=True)
class _Defect:
    """A sentence, and whether it is true of a page; None when that cannot be said."""

    sentence: str
    holds: Callable[[Page, ExampleRequest | None], bool | None]


def _without_id(_: Page, request: ExampleRequest | None) -> bool | None:
    return request.path.rstrip("/") == documented.PATH.rstrip("/") if request is not None else None


def _without_token(_: Page, request: ExampleRequest | None) -> bool | None:
    value = request.headers.get("authorization") if request is not None else None
    return value.strip().lower() == "basic" if value is not None else None


def _curly(_: Page, request: ExampleRequest | None) -> bool | None:
    return any(quote in request.text for quote in QUOTES) if request is not None else None


def _astray(page: Page, _: ExampleRequest | None) -> bool | None:
    links = [item.link or "" for item in page.links if re.search(r"api reference", item.text, re.IGNORECASE)]
    return not any("session" in link.lower() for link in links) if links else None


_DEFECTS: Final = (
    _Defect("the example request lost its <session_id> placeholder", _without_id),
    _Defect("the example request lost its <token> placeholder", _without_token),
    _Defect("the example request has curly quotes, so it does not paste into a shell", _curly),
    _Defect('its "API Reference" link leads to the base-URL page, not to the schema', _astray),
)


def defects(page: Page, examples: Sequence[Exchange]) -> tuple[str, ...]:
    """A sentence for each known defect: still there, put right, or not to be found; and how much the examples show."""
    request = example_request(page)
    words = {True: "still there", False: "put right", None: "cannot be told from this file"}
    told = [f"Defect of the page, {words[each.holds(page, request)]}: {each.sentence}." for each in _DEFECTS]
    return (*told, *_unshown(examples))


def _unshown(examples: Sequence[Exchange]) -> tuple[str, ...]:
    statuses = {str((example.session or {}).get("status")) for example in examples} & set(documented.statuses())
    members = {name for example in examples for name in example.session or {}} & set(documented.members())
    all_statuses, all_members = len(documented.statuses()), len(documented.members())
    if len(statuses) == all_statuses and len(members) == all_members:
        return ("Defect of the page, put right: its examples show every status and member.",)
    shown = f"{len(statuses)} of {all_statuses} statuses and {len(members)} of {all_members} members"
    return (f"Defect of the page, still there: its examples show {shown}.",)
