"""Take known secrets out of a text."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial
from itertools import chain
from typing import Final
from urllib.parse import quote

from hpp_contract.model.placeholder import is_placeholder  # URLs of recordings need it too, further down
from hpp_contract.privacy.escapes import any_escape, views
from hpp_contract.spec.endpoint import API_KEY

__all__ = ["ENCODINGS", "MIN_SECRET", "Redactor", "encodings", "is_placeholder"]


def _base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "surrogatepass")).decode()


def _base64url(text: str) -> str:
    return _base64(text).replace("+", "-").replace("/", "_")


def _double(text: str) -> str:
    return _base64(_base64(text))


def _hexadecimal(text: str) -> str:
    return text.encode("utf-8", "surrogatepass").hex()


def _within(text: str, before: int) -> str:
    """What is in base64 of a longer text, `before` bytes after a multiple of three, whatever stands around it."""
    data = bytes(before) + text.encode("utf-8", "surrogatepass")
    first, last = -(-before * 8 // 6), len(data) * 8 // 6
    inner = base64.b64encode(data).decode()[first:last]
    return inner if len(inner) >= _MIN_INNER else ""


def _within_twice(text: str, inner: int, outer: int) -> str:
    once = _within(text, inner)
    return once and _within(once, outer)


_MIN_INNER = 10
"""Characters of base64 that do not occur by chance."""

ENCODINGS: Final[tuple[Callable[[str], str], ...]] = (
    lambda text: text,
    lambda text: quote(text, safe="", errors="surrogatepass"),
    lambda text: quote(text, errors="surrogatepass"),
    _base64,
    lambda text: _base64(text).rstrip("="),
    _base64url,
    lambda text: _base64url(text).rstrip("="),
    _double,
    lambda text: _double(text).rstrip("="),
    _hexadecimal,
    lambda text: _hexadecimal(text).upper(),
    *(partial(_within, before=before) for before in range(3)),
    *(partial(_within_twice, inner=inner, outer=outer) for inner in range(3) for outer in range(3)),
)
"""Every way in which a secret is sent: raw, percent-encoded without and with slashes, base64 and base64url with and
without padding, base64 of base64, hexadecimal, and either base64 within a longer text."""


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=")


def _rarely_used(secret: str) -> Iterator[str]:
    """The secret as nobody sends it, and as a server may still write it: in base32, in the two bytes a character of
    Windows, in one encoding of another, and of its other case what only the encoding tells apart."""
    data, wide = secret.encode("utf-8", "surrogatepass"), secret.encode("utf-16-le", "surrogatepass")
    coded = _base64(secret).rstrip("=")
    yield from (_base32(data), _base32(wide), wide.hex(), base64.b64encode(wide).decode().rstrip("="))
    yield from (data.hex().encode().hex(), coded.encode().hex(), _base64(data.hex()).rstrip("="))
    twice = _double(secret)
    yield from (_base64(each).rstrip("=") for each in (quote(secret, safe=""), twice, twice.rstrip("=")))
    for other in (secret.lower(), secret.upper()):
        yield from (_base64(other).rstrip("="), _base64url(other).rstrip("="))
        yield from filter(None, (_within(other, before) for before in range(3)))


def encodings(secret: str) -> set[str]:
    """The secret in each of `ENCODINGS`, percent-encoded in either case."""
    forms = {encode(secret) for encode in ENCODINGS}
    lower = {re.sub("%..", lambda code: code[0].lower(), form) for form in forms - {secret}}
    return (forms | lower) - {""}


MIN_SECRET = 4
"""Characters a secret has at least: replacing a shorter text would garble every word that holds it."""


def _as_in_forms(secret: str) -> set[str]:
    return {secret, secret.replace(" ", "+")}


_ANY_CASE = 8
"""Characters from which on a secret is found in any case: a shorter one, such as `test`, is also a word."""

_ANY_KEY = re.compile(API_KEY.pattern, re.IGNORECASE)


class Redactor:
    """Replaces the given secrets in every encoding and escape, and anything that looks like an API key, by
    `[redacted]`."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        long_enough = {each for secret in secrets if len(secret) >= MIN_SECRET for each in _as_in_forms(secret)}
        forms = {form for secret in long_enough for form in (*encodings(secret), *_rarely_used(secret))}
        self._forms = frozenset(form for form in forms if len(form) < _ANY_CASE)
        self._folded: dict[str, set[str]] = {}
        for form in forms - self._forms:
            self._folded.setdefault(form.casefold(), set()).add(form)
        squeezed = {_squeezed(form) for form in forms}
        self._squeezed = frozenset(form for form in squeezed if len(form) >= _MIN_SQUEEZED)

    def __call__(self, text: str) -> str:
        return _ANY_KEY.sub(REDACTED, self.without_secrets(text))

    def without_secrets(self, text: str) -> str:
        """The text without the given secrets; other keys stay."""
        if not self.finds(text):
            return text
        text = "\n".join(self._clean(line) if self.finds(line) else line for line in text.split("\n"))
        return self._clean(text) if self.finds(text) else text  # a line break has cut it, or is part of it

    def _clean(self, text: str) -> str:
        present = self._present(text)
        text = _pattern(present).sub(REDACTED, text) if present else text
        text = self._without_pieces(text) if self.finds(text) else text
        return REDACTED if self.finds(text) else text  # it is written in a way that nobody foresaw

    def finds(self, text: str) -> bool:
        """Whether one of the secrets is in the text, however it is written."""
        if not self._forms and not self._folded:
            return False
        for view in views(text):
            folded = view.casefold()
            if any(form in view for form in self._forms) or any(form in folded for form in self._folded):
                return True
            if self._squeezed and (squeezed := _squeezed(view)) and any(form in squeezed for form in self._squeezed):
                return True
        return False

    def _without_pieces(self, text: str) -> str:
        """The text without secrets whose letters stand apart: between spaces, line ends, colons, marks of JSON."""
        for form in sorted(self._squeezed, key=len, reverse=True):
            if form in _squeezed(text):
                text = re.sub(r"[\W_]*".join(form), REDACTED, text, flags=re.IGNORECASE)
        return text

    def _present(self, text: str) -> frozenset[str]:
        """The forms that are in the text: a pattern of all of them takes seconds to compile."""
        seen = list(views(text))
        folded = [view.casefold() for view in seen]
        short = (form for form in self._forms if any(form in view for view in seen))
        long = (forms for each, forms in self._folded.items() if any(each in view for view in folded))
        return frozenset(chain(short, *long))


@lru_cache
def _pattern(forms: frozenset[str]) -> re.Pattern[str]:
    """A pattern that finds any of the forms in any escape, the longest of those that begin alike."""
    longest_first = sorted(forms, key=lambda form: (-len(form), form))
    ways = (any_escape(form) if len(form) < _ANY_CASE else f"(?i:{any_escape(form)})" for form in longest_first)
    return re.compile("|".join(ways))


def _squeezed(text: str) -> str:
    """The letters and digits of a text alone, without their case."""
    return _APART.sub("", text.casefold())


_APART: Final = re.compile(r"[\W_]+")

_MIN_SQUEEZED: Final = 16
"""Letters and digits in a row that are no chance, whatever stands between them."""

REDACTED: Final = "[redacted]"
