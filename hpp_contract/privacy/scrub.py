"""Scrubbing an exchange before it is written to disk. Every rule gives the same verdict on it before and after.

Credentials, API keys, user names, cookies, ids, tokens, references and everything about a person are replaced by
pseudonyms of the same shape; statuses, dates and the bytes around them stay.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterable
from dataclasses import replace
from typing import Final
from urllib.parse import quote, unquote

from hpp_contract.model import Exchange, Request, Response
from hpp_contract.model.exchange import first, values
from hpp_contract.privacy.pseudonyms import Pseudonyms, api_key, mask, token
from hpp_contract.privacy.redact import ENCODINGS, MIN_SECRET, encodings, is_placeholder
from hpp_contract.privacy.scrub_json import JsonScrubber
from hpp_contract.spec.endpoint import API_KEY
from hpp_contract.spec.fields import HARMLESS_HEADERS
from hpp_contract.spec.session import UUID

_MIN_SEARCHED: Final = 8
"""Characters of a credential from which on it is searched for in the whole exchange, as in the rule about echoes."""

_IGNORED_CHARS: Final = str.maketrans("", "", "\t\r\n")
"""Characters that every reader of URLs ignores: an id with them between its characters is still found."""

_RUNS: Final = re.compile(r"[^\W_]+")
_BYTES: Final = "".join(map(chr, range(0x80, 0x100)))


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
        one = _ExchangeScrubber(self._pseudonyms, self._secrets | _credentials(exchange))
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
        ids = {text for text in self._pseudonyms.originals if len(text) >= _MIN_SEARCHED and not is_placeholder(text)}
        return frozenset({form for secret in self._secrets for form in encodings(secret)} | ids)


def _credentials(exchange: Exchange) -> dict[str, str]:
    """The credentials of a request, with their replacements."""
    found: dict[str, str] = {}
    for value in values(exchange.request.headers, "authorization"):
        _, _, sent = value.partition(" ")
        if len(sent) >= _MIN_SEARCHED and not is_placeholder(sent):
            found[sent] = token(sent)
    return found


class _ExchangeScrubber:
    """Scrubs one exchange. `secrets` are its secrets with their replacements."""

    def __init__(self, pseudonyms: Pseudonyms, secrets: dict[str, str]) -> None:
        self._pseudonyms = pseudonyms
        # The raw text last: where encodings of the old text are equal, that is the one that counts.
        pairs = ((encode(old), encode(new)) for encode in reversed(ENCODINGS) for old, new in secrets.items())
        self._replacements = {old: new for old, new in pairs if len(old) >= MIN_SECRET}
        forms = (re.escape(form) for form in sorted(self._replacements, key=len, reverse=True))
        self._pattern = re.compile("|".join([*forms, API_KEY.pattern, f"(?i:{UUID.pattern})"]))

    def clean(self, text: str) -> str:
        """The text with every credential, API key and UUID in it replaced."""
        return self._pattern.sub(self._replacement, text)

    def _replacement(self, match: re.Match[str]) -> str:
        found = match[0]
        if found in self._replacements:
            return self._replacements[found]
        if UUID.fullmatch(found):
            return self._pseudonyms.of(found)
        return found if is_placeholder(found) else api_key(found)

    def request(self, request: Request) -> Request:
        return replace(
            request,
            url=self._url(request),
            headers=tuple((name, self._field(name, value)) for name, value in request.headers),
            body=self._body(request.body),
        )

    def response(self, response: Response) -> Response:
        body = self._coded(response)
        fields = tuple((name, self._field(name, value)) for name, value in response.headers)
        if first(fields, "content-length") == str(len(response.body)):
            fields = tuple(
                (name, str(len(body)) if name.lower() == "content-length" else value) for name, value in fields
            )
        return replace(response, headers=fields, body=body, reason=self.clean(response.reason))

    def _url(self, request: Request) -> str:
        raw, (info, _, _) = request.raw_session_id, request.parts.netloc.rpartition("@")
        url = request.url.translate(_IGNORED_CHARS)
        if raw is None:
            return self._address(url, info)
        head, _, tail = url.rpartition(raw)
        return self._address(head, info) + self._segment(raw) + self._address(tail, "")

    def _address(self, url: str, info: str) -> str:
        path, mark, query = url.replace(f"//{info}@", f"//{self._user(info)}@", 1).partition("?")
        return self.clean(path) + mark + self._mask(query)

    def _user(self, info: str) -> str:
        return ":".join(api_key(part) if API_KEY.fullmatch(part) else mask(part) for part in info.split(":"))

    def _segment(self, raw: str) -> str:
        """The pseudonym of the session id, in the encoding that it was sent in."""
        decoded = unquote(raw)
        return _reencode(raw, decoded, self._pseudonyms.of(decoded))

    def _field(self, name: str, value: str) -> str:
        field = name.lower()
        if field in ("authorization", "proxy-authorization"):
            return self._authorization(value)
        if field == "cookie":
            return _cookies(value)
        if field == "set-cookie":  # one cookie, and attributes without secrets
            cookie, mark, attributes = value.partition(";")
            return _cookie(cookie) + mark + attributes
        if field in HARMLESS_HEADERS or value.isdigit():
            return self.clean(value)
        return self._mask(value)

    def _authorization(self, value: str) -> str:
        scheme, space, sent = value.partition(" ")
        if is_placeholder(scheme) or (sent and is_placeholder(sent)):
            return value
        if not space:
            return token(value) if value.lower() not in ("basic", "bearer") else value
        return scheme + space + (token(sent) if sent.strip() else sent)

    def _mask(self, value: str, unchanged: str = "") -> str:
        """The text masked, with known secrets replaced and characters in `unchanged` as they are."""
        parts, end = list[str](), 0
        for match in self._pattern.finditer(value):
            parts += [_mask_runs(value[end : match.start()], unchanged), self._replacement(match)]
            end = match.end()
        return "".join((*parts, _mask_runs(value[end:], unchanged)))

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
        """The body scrubbed in its own encoding; bytes that are no text stay."""
        if body[:2] in (b"\xff\xfe", b"\xfe\xff") and len(body) % 2 == 0:
            return self._in_utf16(body)
        try:
            return self._text(body.decode()).encode()
        except UnicodeDecodeError:
            scrub = JsonScrubber(self._pseudonyms, self.clean, lambda text: self._mask(text, _BYTES), _BYTES)
            return scrub(body.decode("latin-1")).encode("latin-1")

    def _in_utf16(self, body: bytes) -> bytes:
        coding = "utf-16-le" if body[:2] == b"\xff\xfe" else "utf-16-be"
        text = body[2:].decode(coding, "surrogatepass")
        return body[:2] + self._text(text).encode(coding, "surrogatepass")

    def _text(self, text: str) -> str:
        if text.lstrip("\ufeff \t\r\n")[:1] == "<":  # HTML: a text in quotation marks is no member
            return self.clean(text)
        return JsonScrubber(self._pseudonyms, self.clean, self._mask)(text)


def _mask_runs(text: str, unchanged: str) -> str:
    return _RUNS.sub(lambda run: mask(run[0], unchanged), text)


def _cookies(value: str) -> str:
    """Every cookie of a request masked."""
    return ";".join(map(_cookie, value.split(";")))


def _cookie(part: str) -> str:
    name, mark, held = part.partition("=")
    return name + mark + mask(held) if mark else mask(part)


def _reencode(raw: str, decoded: str, pseudonym: str) -> str:
    """The pseudonym with the same characters encoded as in `raw`."""
    parts = re.findall(r"(?:%[0-9A-Fa-f]{2})+|.", raw, re.DOTALL)
    if len(parts) != len(decoded):
        return quote(pseudonym, safe="")
    return "".join(_encode_like(part, char) for part, char in zip(parts, pseudonym, strict=True))


def _encode_like(part: str, char: str) -> str:
    """The character, encoded where `part` was."""
    encoded = "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogatepass"))
    return char if len(part) == 1 else encoded
