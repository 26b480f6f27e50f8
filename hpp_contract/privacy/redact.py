"""Take known secrets out of a text."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import quote

from hpp_contract.model.placeholder import is_placeholder  # URLs of recordings need it too, further down
from hpp_contract.spec.endpoint import API_KEY

__all__ = ["ENCODINGS", "MIN_SECRET", "Redactor", "encodings", "is_placeholder"]


def _base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "surrogatepass")).decode()


def _base64url(text: str) -> str:
    return _base64(text).replace("+", "-").replace("/", "_")


ENCODINGS: Final[tuple[Callable[[str], str], ...]] = (
    lambda text: text,
    lambda text: quote(text, safe="", errors="surrogatepass"),
    lambda text: quote(text, errors="surrogatepass"),
    _base64,
    lambda text: _base64(text).rstrip("="),
    _base64url,
    lambda text: _base64url(text).rstrip("="),
)
"""Every way in which a secret is sent: raw, percent-encoded without and with slashes, base64 and base64url with and
without padding."""


def encodings(secret: str) -> set[str]:
    """The secret in each of `ENCODINGS`, percent-encoded in either case."""
    forms = {encode(secret) for encode in ENCODINGS}
    lower = {re.sub("%..", lambda code: code[0].lower(), form) for form in forms - {secret}}
    return (forms | lower) - {""}


MIN_SECRET = 4
"""Characters a secret has at least: replacing a shorter text would garble every word that holds it."""


class Redactor:
    """Replaces the given secrets in every encoding, and anything that looks like an API key, by `[redacted]`."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        long_enough = (secret for secret in secrets if len(secret) >= MIN_SECRET)
        forms = sorted({form for secret in long_enough for form in encodings(secret)}, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, forms))) if forms else None

    def __call__(self, text: str) -> str:
        if self._pattern is not None:
            text = self._pattern.sub("[redacted]", text)
        return API_KEY.sub("[redacted]", text)
