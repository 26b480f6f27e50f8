"""What the sandbox requires of an order and of a hosted session: the members that the documentation requires.

Each check says what is accepted, and never repeats what was sent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from hpp_contract.model.exchange import is_loopback
from hpp_contract.server.sandbox.records import ORDER_MODES, TOKEN_MODE

Check = tuple[Callable[[Any], bool], str]
"""Whether a value is accepted, and what is, in words."""

MODES: Final = (TOKEN_MODE, *ORDER_MODES)
MAX_TEXT: Final = 255


def _matching(pattern: str, words: str) -> Check:
    return (lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None), words


def _number(least: int | None, words: str) -> Check:
    def fits(value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and (least is None or value >= least)

    return fits, words


def _url(value: Any, schemes: tuple[str, ...] = ("https",)) -> bool:
    try:
        parts = urlsplit(value) if isinstance(value, str) else None
        return parts is not None and parts.scheme in schemes and bool(parts.hostname)
    except ValueError:
        return False


def _is_callback(value: Any) -> bool:
    """An https URL as documented; http too for this machine, where receivers rarely have a certificate."""
    return _url(value) or (_url(value, ("http",)) and is_loopback(urlsplit(value).hostname or ""))


_AMOUNT: Final = _number(0, "a whole number of minor units, 0 or more")
_SIGNED: Final = _number(None, "a whole number of minor units")
_HTTPS: Final[Check] = (_url, "an https URL")
_PAGE: Final[Check] = (lambda value: _url(value, ("https", "http")), "an http or https URL")

_ORDER: Final[Mapping[str, Check]] = {
    "purchase_country": _matching("[A-Za-z]{2}", "a country of two letters (ISO 3166)"),
    "purchase_currency": _matching("[A-Za-z]{3}", "a currency of three letters (ISO 4217)"),
    "locale": _matching("[A-Za-z]{2}([-_][A-Za-z]{2})?", "a locale such as sv-SE (RFC 1766)"),
    "order_amount": _AMOUNT,
    "order_tax_amount": _AMOUNT,
    "order_lines": (lambda value: isinstance(value, list) and bool(value), "a list of one order line or more"),
    "merchant_urls": (lambda value: isinstance(value, dict), "an object"),
}
_LINE: Final[Mapping[str, Check]] = {
    "name": (
        lambda value: isinstance(value, str) and 0 < len(value) <= MAX_TEXT,
        f"a text of 1 to {MAX_TEXT} characters",
    ),
    "quantity": _number(1, "a whole number, 1 or more"),
    "unit_price": _SIGNED,
    "tax_rate": _number(0, "a whole number: per cent with two implied decimals"),
    "total_amount": _SIGNED,
    "total_tax_amount": _SIGNED,
}
_ORDER_URLS: Final[Mapping[str, Check]] = dict.fromkeys(("terms", "checkout", "confirmation", "push"), _HTTPS)
_SESSION_URLS: Final[Mapping[str, Check]] = {
    **dict.fromkeys(("success", "cancel", "back", "failure", "error"), _PAGE),
    "status_update": (_is_callback, "an https URL (or http on this machine)"),
}
_OPTIONS: Final[Mapping[str, Check]] = {
    "place_order_mode": (lambda value: value in MODES, f"one of {', '.join(MODES)}"),
}


def order_problems(value: Mapping[str, Any]) -> list[str]:
    """The problems of the body of an order, in sentences."""
    found = list(_members(value, _ORDER, ""))
    lines, urls = value.get("order_lines"), value.get("merchant_urls")
    for index, line in enumerate(lines if isinstance(lines, list) else []):
        found.extend(_members(line if isinstance(line, dict) else {}, _LINE, f"order_lines[{index}]."))
    if isinstance(urls, dict):
        found.extend(_members(urls, _ORDER_URLS, "merchant_urls."))
    return found


def session_problems(value: Mapping[str, Any]) -> list[str]:
    """The problems of the body of a hosted session, apart from the order it names."""
    found: list[str] = []
    for name, checks in (("merchant_urls", _SESSION_URLS), ("options", _OPTIONS)):
        part = value.get(name)
        if isinstance(part, dict):
            given = {member: content for member, content in part.items() if content not in (None, "")}
            found.extend(_members(given, checks, f"{name}.", optional=True))
        elif part is not None:
            found.append(f"{name} must be an object")
    return found


def _members(
    value: Mapping[str, Any], checks: Mapping[str, Check], prefix: str, *, optional: bool = False
) -> Iterator[str]:
    for member, (fits, words) in checks.items():
        if member not in value:
            if not optional:
                yield f"{prefix}{member} is missing: it must be {words}"
        elif not fits(value[member]):
            yield f"{prefix}{member} must be {words}"
