"""Scrubbing header fields: names and values of known words stay, everything else is masked.

A number of up to six digits after a known word or alone in a field for numbers stays, and so do dates of HTTP.
"""

from __future__ import annotations

import re
from email.utils import formatdate
from typing import Final

from hpp_contract.model.instant import seconds_of_http_date
from hpp_contract.privacy.pseudonyms import token
from hpp_contract.privacy.scrub_address import AddressScrubber
from hpp_contract.privacy.scrub_text import TextScrubber, is_our_placeholder
from hpp_contract.spec.vocabulary import COOKIE_ATTRIBUTES, HEADER_NAMES_IN, HEADER_VALUES, HEADER_WORDS

_AUTHORIZATIONS: Final = ("authorization", "proxy-authorization")
_ADDRESSES: Final = ("location", "content-location")
_SCHEMES: Final = ("basic", "bearer", "digest", "negotiate")
_is_date = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [0-9]{4} "
    r"[0-9]{2}:[0-9]{2}:[0-9]{2} GMT"
).fullmatch
_is_short = re.compile(r"-?[0-9]{1,6}").fullmatch
_is_tiny = re.compile(r"[0-9]{1,3}").fullmatch
_YEARS: Final = "|".join(str(days * 86400) for days in (30, 90, 180, 365, 730))
_SETTING: Final = re.compile(rf"\s*([A-Za-z*\-]+)\s*=\s*\"?(?:[0-9]{{1,6}}|[01]\.[0-9]{{1,3}}|{_YEARS})\"?\s*")
_PRODUCT: Final = re.compile(r"([A-Za-z_\-]+)/[0-9]{1,2}(?:\.[0-9]{1,3}){0,2}(?![\w.])")
_TOKEN: Final = re.compile(r"[^\s,;=()\"/:<>@\[\]{}?&+]+")
_KEPT_PART: Final = re.compile(r"(json|html|xml)", re.IGNORECASE)


class FieldScrubber:
    """Scrubs the header fields of one exchange."""

    def __init__(self, scrub: TextScrubber, address: AddressScrubber) -> None:
        self._scrub, self._address = scrub, address

    def __call__(self, name: str, value: str) -> tuple[str, str]:
        return self._name(name), self._value(name.lower(), value)

    def _name(self, name: str) -> str:
        return self._scrub.apart(name, lambda part: re.sub(r"[^\-_]+", self._name_part, part))

    def _name_part(self, match: re.Match[str]) -> str:
        return match[0] if match[0].lower() in HEADER_WORDS else self._scrub.pseudonyms.words(match[0])

    def _value(self, field: str, value: str) -> str:
        if field in _AUTHORIZATIONS:
            return self._authorization(value)
        if field == "cookie":
            return ";".join(map(self._cookie, value.split(";")))
        if field == "set-cookie":
            cookie, *attributes = value.split(";")
            kept = (each if COOKIE_ATTRIBUTES.fullmatch(each) else self._scrub(each) for each in attributes)
            return ";".join((self._cookie(cookie), *kept))
        if field in _ADDRESSES:
            return self._address(value)
        if field in HEADER_NAMES_IN:
            return re.sub(r"[^\s,]+", lambda name: self._name(name[0]), value)
        if field in HEADER_VALUES:
            return self._known(value, HEADER_VALUES[field])
        if field == "host":
            return self._address(f"//{value}")[2:]
        return value if _is_tiny(value) else self._scrub(value)

    def _known(self, value: str, words: frozenset[str]) -> str:
        """A value of known words."""
        if _is_date(value) or (not words and _is_short(value)):
            return value
        if not words and (seconds := seconds_of_http_date(value)) is not None:
            return formatdate(seconds, usegmt=True)
        if not words and value.isdigit():
            return self._scrub.pseudonyms.of(value)
        return "".join(self._element(part, words) for part in re.split(r"([,;])", value))

    def _element(self, element: str, words: frozenset[str]) -> str:
        setting = _SETTING.fullmatch(element)
        if setting and setting[1].lower() in words:
            return element

        def part(text: str) -> str:
            return _TOKEN.sub(lambda found: self._token(found[0], words), text)

        parts, end = list[str](), 0
        for product in _PRODUCT.finditer(element):
            if product[1].lower() in words:
                parts += [self._scrub.apart(element[end : product.start()], part), product[0]]
                end = product.end()
        return "".join((*parts, self._scrub.apart(element[end:], part)))

    def _token(self, text: str, words: frozenset[str]) -> str:
        if text.lower() in words:
            return text
        if "json" in words:  # a media type: which kind it is counts, not whose
            return "".join(self._piece(piece) for piece in re.split(r"([.\-])", text))
        return self._scrub(text)

    def _piece(self, text: str) -> str:
        if text.lower() == "vnd":
            return text
        pieces = _KEPT_PART.split(text)
        return "".join(piece if _KEPT_PART.fullmatch(piece) else self._scrub(piece) for piece in pieces)

    def _authorization(self, value: str) -> str:
        scheme, space, sent = value.partition(" ")
        if is_our_placeholder(scheme) or (scheme.lower() in _SCHEMES and is_our_placeholder(sent)):
            return scheme + space + (sent if is_our_placeholder(sent) else self._scrub(sent))
        if not space:
            return token(value) if value and value.lower() not in _SCHEMES else value
        if scheme.lower() not in _SCHEMES:
            scheme = self._scrub.pseudonyms.of(scheme)
        return scheme + space + (token(sent) if sent.strip() else sent)

    def _cookie(self, part: str) -> str:
        name, mark, held = part.partition("=")
        return self._scrub(name) + mark + self._scrub.pseudonyms.words(held, whole=True)
