"""Scrubbing an address: the scheme, the host that was asked, known segments and the way it is written stay."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, unquote

from hpp_contract.model import Request
from hpp_contract.model.exchange import is_loopback
from hpp_contract.privacy.pseudonyms import mask
from hpp_contract.privacy.scrub_text import TextScrubber
from hpp_contract.spec.endpoint import API_KEY
from hpp_contract.spec.vocabulary import PATH_SEGMENTS

_IGNORED_CHARS: Final = str.maketrans("", "", "\t\r\n")
"""Characters that every reader of URLs ignores: an id with them between its characters is still found."""

_ADDRESS: Final = re.compile(r"((?:[A-Za-z][A-Za-z0-9+.\-]*:)?//)([^/?#]*)|", re.DOTALL)
_SCHEMES: Final = ("http://", "https://", "//")
_PUBLIC: Final = re.compile(
    r"(?:api(?:-(?:eu|na|oc))?(?:\.playground)?\.(?:kustom\.co|klarna\.com)|(?:api|example|www)\.(?:invalid|test|example)|"
    r"(?:www\.)?example\.(?:com|org|net)|localhost)(?::[0-9]{1,5})?"
)


class AddressScrubber:
    """Scrubs the addresses of one exchange, which all are about the same session."""

    def __init__(self, scrub: TextScrubber, request: Request, base_path: str | None = None) -> None:
        self._scrub, self._request, self._base = scrub, request, base_path or ""
        self._host = request.parts.netloc.rpartition("@")[2].lower()

    def of_request(self) -> str:
        """The URL of the request."""
        return self._address(self._request.url.translate(_IGNORED_CHARS), self._request.raw_session_id, known=True)

    def __call__(self, url: str) -> str:
        """An address in a header field."""
        return self._address(url, None, known=False)

    def _address(self, url: str, session: str | None, *, known: bool) -> str:
        start = _ADDRESS.match(url)
        scheme, authority, rest = (start[1] or "", start[2] or "", url[start.end() :]) if start else ("", "", url)
        if not known and scheme.lower() not in (*_SCHEMES, ""):
            return self._scrub(url)
        path, mark, tail = _split(rest)
        if session is not None:
            head, _, end = path.rpartition(session)
            path = self._path(head, known) + self._segment(session) + self._scrub(end)
        else:
            path = self._path(path, known)
        return scheme + self._authority(authority, known) + path + mark + self._scrub(tail)

    def _authority(self, authority: str, known: bool) -> str:
        info, at, host = authority.rpartition("@")
        user = ":".join(_user(part) for part in info.split(":")) if at else ""
        return user + at + (self._scrub.clean(host) if known or self._is_public(host.lower()) else self._scrub(host))

    def _is_public(self, host: str) -> bool:
        name = host.partition(":")[0]
        loopback = is_loopback(name) and not name.endswith(".localhost")
        return host == self._host or loopback or _PUBLIC.fullmatch(host) is not None

    def _path(self, path: str, known: bool) -> str:
        base = self._base if known and self._base and path.startswith(self._base) else ""
        return base + "/".join(map(self._part, path.removeprefix(base).split("/")))

    def _part(self, raw: str) -> str:
        if raw in PATH_SEGMENTS:
            return raw
        return self._scrub(raw) if API_KEY.search(raw) else self._segment(raw)

    def _segment(self, raw: str) -> str:
        """The pseudonym of an id, in the encoding that it was sent in."""
        decoded = unquote(raw)
        return _reencode(raw, decoded, self._scrub.pseudonyms.of(decoded))


def _split(rest: str) -> tuple[str, str, str]:
    """The path, the first mark after it, and what follows that."""
    place = next((place for place, char in enumerate(rest) if char in "?#"), len(rest))
    return rest[:place], rest[place : place + 1], rest[place + 1 :]


def _user(part: str) -> str:
    key = API_KEY.fullmatch(part)
    return f"{part[: part.index('_api_')]}_api_scrubbed" if key else mask(part)


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
