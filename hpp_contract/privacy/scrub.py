"""Scrubbing an exchange before it is written to disk. Every rule gives the same verdict on it before and after.

What is kept is what is known to be public: documented members and their statuses, codes and dates, names and values of
header fields that are made of known words, the bytes around them. Credentials, API keys and ids are replaced by
pseudonyms of the same shape, and everything else by words of the same length.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from http import HTTPStatus
from typing import Final

from hpp_contract.model import Exchange, Request, Response
from hpp_contract.model.exchange import first, values
from hpp_contract.privacy.pseudonyms import NO_TEXT, Pseudonyms, mask, token
from hpp_contract.privacy.redact import MIN_SECRET, encodings, is_placeholder
from hpp_contract.privacy.scrub_address import AddressScrubber
from hpp_contract.privacy.scrub_fields import FieldScrubber
from hpp_contract.privacy.scrub_json import JsonScrubber
from hpp_contract.privacy.scrub_text import TextScrubber
from hpp_contract.spec.vocabulary import METHODS

_MIN_SEARCHED: Final = 8
"""Characters of a credential from which on it is searched for in the whole exchange, as in the rule about echoes."""

_NO_TEXT_BYTES: Final = re.compile(rb"[\x80-\xff]")
_BYTE_ORDER_MARKS: Final = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_REASONS: Final = frozenset({"", *(status.phrase.lower() for status in HTTPStatus)})


class Scrubber:
    """Scrubs the exchanges of one set of recordings: the same id gets the same pseudonym in all of them.

    `secrets` are texts that must not be kept. `salt` makes the pseudonyms of one set differ from those of another. Safe
    to use from any thread.
    """

    def __init__(self, secrets: Iterable[str] = (), salt: int = 0) -> None:
        self._pseudonyms = Pseudonyms(salt)
        self._secrets = {secret: mask(secret) for secret in secrets if len(secret) >= MIN_SECRET}

    def __call__(self, exchange: Exchange) -> Exchange:
        """The exchange as it may be kept."""
        text = TextScrubber(self._pseudonyms, self._secrets | _credentials(exchange))
        one = _ExchangeScrubber(text, exchange)
        return replace(
            exchange,
            request=one.request(exchange.request),
            response=one.response(exchange.response) if exchange.response else None,
            context=replace(exchange.context, secrets=()),
        )

    @property
    def originals(self) -> frozenset[str]:
        """Texts that must not be in what is kept: credentials in every encoding, and ids that are too long to occur by
        chance, but for placeholders. Secret."""
        ids = set(filter(_is_searched, self._pseudonyms.originals))
        return frozenset({form for secret in self._secrets for form in encodings(secret)} | ids)

    @property
    def ambiguous(self) -> frozenset[str]:
        """Names of members, statuses and codes that were kept although the same text, or a word of it, stood for a
        person or was masked elsewhere. Secret."""
        return self._pseudonyms.ambiguous


@lru_cache(maxsize=1 << 14)  # asked again of every id for each file that is written
def _is_searched(text: str) -> bool:
    return len(text) >= _MIN_SEARCHED and not is_placeholder(text)


def _credentials(exchange: Exchange) -> dict[str, str]:
    """The credentials of a request, with their replacements."""
    found: dict[str, str] = {}
    for value in values(exchange.request.headers, "authorization"):
        _, _, sent = value.partition(" ")
        if len(sent) >= _MIN_SEARCHED and not is_placeholder(sent):
            found[sent] = token(sent)
    return found


class _ExchangeScrubber:
    """Scrubs one exchange."""

    def __init__(self, scrub: TextScrubber, exchange: Exchange) -> None:
        self._scrub = scrub
        self._address = AddressScrubber(scrub, exchange.request, exchange.context.base_path)
        self._field = FieldScrubber(scrub, self._address)

    def request(self, request: Request) -> Request:
        return replace(
            request,
            method=request.method if request.method.lower() in METHODS else self._scrub.pseudonyms.of(request.method),
            url=self._address.of_request(),
            headers=tuple(self._field(name, value) for name, value in request.headers),
            body=self._body(request.body),
        )

    def response(self, response: Response) -> Response:
        body = self._coded(response)
        fields = tuple(self._field(name, value) for name, value in response.headers)
        if first(response.headers, "content-length") == str(len(response.body)):
            fields = tuple(
                (name, str(len(body)) if name.lower() == "content-length" else value) for name, value in fields
            )
        reason = response.reason if response.reason.lower() in _REASONS else self._scrub(response.reason)
        return replace(response, headers=fields, body=body, reason=reason)

    def _coded(self, response: Response) -> bytes:
        coding = (response.header("content-encoding") or "").strip().lower()
        if coding in ("", "identity"):
            return self._body(response.body)
        content = response.content
        if content is None:
            plain = response.body[:1] in (b"", b"{", b"[", b"<", b'"')
            return self._body(response.body) if plain else b"scrubbed"  # it cannot be read, so it cannot be scrubbed
        packed = zlib.compress if coding == "deflate" else lambda data: gzip.compress(data, mtime=0)
        return packed(self._body(content))

    def _body(self, body: bytes) -> bytes:
        """The body scrubbed in its own encoding; bytes that are no text stay no text."""
        if body[:2] in _BYTE_ORDER_MARKS and len(body) % 2 == 0:
            return self._in_utf16(body)
        try:
            return self._text(body.decode()).encode()
        except UnicodeDecodeError:
            mark = next((mark for mark in _BYTE_ORDER_MARKS if body.startswith(mark)), b"")
            text = _NO_TEXT_BYTES.sub(NO_TEXT.encode("latin-1"), body.removeprefix(mark)).decode("latin-1")
            return mark + self._text(text).encode("latin-1")

    def _in_utf16(self, body: bytes) -> bytes:
        coding = "utf-16-le" if body[:2] == b"\xff\xfe" else "utf-16-be"
        text = body[2:].decode(coding, "surrogatepass")
        return body[:2] + self._text(text).encode(coding, "surrogatepass")

    def _text(self, text: str) -> str:
        marks = text[: len(text) - len(text.lstrip("\ufeff"))]
        text = text[len(marks) :]
        if text.lstrip(" \t\r\n")[:1] == "<":  # HTML: a text in quotation marks is no member
            return marks + self._scrub.page(text)
        return marks + JsonScrubber(self._scrub)(text)
