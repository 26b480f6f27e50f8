"""The two documented forms of HTTP Basic credentials (authentication page; RFC 7617), and whose they are."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from secrets import token_bytes
from typing import Final

from hpp_contract.model.placeholder import is_placeholder


@dataclass(frozen=True, slots=True)
class Credentials:
    """An API key, sent raw (`Basic <API key>`) or, with a username, as `Basic base64(<username>:<API key>)`."""

    api_key: str = field(repr=False)
    username: str | None = field(default=None, repr=False)

    @property
    def authorization(self) -> str:
        """The value of the Authorization header. Secret."""
        if not self.username:
            return f"Basic {self.api_key}"
        return "Basic " + base64.b64encode(f"{self.username}:{self.api_key}".encode()).decode()

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every text that must never leave memory, the longest first."""
        token = self.authorization.removeprefix("Basic ")
        texts = {token, self.api_key, self.username or "", f"{self.username}:{self.api_key}"}
        return tuple(sorted(texts - {""}, key=len, reverse=True))


_SALT: Final = token_bytes(16)
"""Of this process: an identity means nothing outside it."""


def decoded(token: str) -> str | None:
    """The text that a Basic token holds in Base64; None when it is not Base64, not ASCII or not UTF-8. Secret."""
    try:
        return base64.b64decode(token, validate=True).decode()
    except ValueError:
        return None


def key_of(authorization: str) -> str:
    """The key in an Authorization value, which is the same one raw, as `user:key` and as `:key`. Secret."""
    token = (authorization.partition(" ")[2] or authorization).strip()
    text = decoded(token)
    if text is None:
        return token
    return text.partition(":")[2] if ":" in text else text


@lru_cache(maxsize=1024)
def identity(authorization: tuple[str, ...]) -> bytes | None:
    """Whose these Authorization values are: a digest that only this process can compare. None where nothing was sent,
    and where a recorder took the key out."""
    keys = [key_of(value) for value in authorization]
    if not keys or any(map(is_placeholder, keys)):
        return None
    return blake2b("\n".join(keys).encode("utf-8", "surrogatepass"), key=_SALT, digest_size=16).digest()
