"""Saying what a value looks like without saying what it is.

Reports, logs and failure texts go through here: statuses, instants and types are shown, ids, tokens, references and
anything about a person are described.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from hpp_contract.model.body import MISSING
from hpp_contract.model.instant import Instant
from hpp_contract.spec.endpoint import API_KEY
from hpp_contract.spec.session import UUID

_WORD = re.compile(r"[A-Z][A-Z0-9_]{0,39}")
_DATE_LIKE = re.compile(r"\d{4}-[\dTZtz:.+\- \n]{0,40}")
_NAMES = {dict: "an object", list: "an array", bool: "a boolean", int: "a number", float: "a number"}


def describe(value: Any) -> str:
    """What kind of value this is, never the value: `absent`, `null`, `an instant`, `a UUID`, `a string of 12`."""
    if value is MISSING:
        return "absent"
    if value is None:
        return "null"
    if not isinstance(value, str):
        return _NAMES.get(type(value), "a value")
    if Instant.parse(value):
        return "an instant"
    if UUID.fullmatch(value):
        return "a UUID"
    return f"a string of {len(value)}" if value else "an empty string"


def show(value: Any) -> str:
    """The value itself where it looks like a status or a date, else `describe(value)`. For public members only."""
    public = isinstance(value, str) and (_WORD.fullmatch(value) or _DATE_LIKE.fullmatch(value))
    return json.dumps(value) if public else describe(value)


def abbreviate(session_id: str) -> str:
    """A session id that its owner recognises and nobody else can use: `39a1c773…1267`."""
    printable = quote(session_id, safe="-")
    return printable if len(printable) <= 12 else f"{printable[:8]}…{printable[-4:]}"


def encodings(secret: str) -> set[str]:
    """Every form a secret travels in: raw, percent-encoded in either case with and without slashes, base64, base64url,
    these with and without padding."""
    encoded = base64.b64encode(secret.encode()).decode()
    url = encoded.replace("+", "-").replace("/", "_")
    quoted = {quote(secret, safe=""), quote(secret)}
    quoted |= {re.sub("%..", lambda code: code[0].lower(), form) for form in quoted}
    return {secret, *quoted, encoded, encoded.rstrip("="), url, url.rstrip("=")} - {""}


_PLACEHOLDER = re.compile(r"scrub|redact|filter|dummy|fake|mask|placeholder|x{4}|\*{3}|[<\[{]", re.IGNORECASE)


@lru_cache(maxsize=1024)
def is_placeholder(text: str) -> bool:
    """Whether a kept value plainly stands for one that was taken out (ours or another tool's), so leaks nothing."""
    return not text or bool(_PLACEHOLDER.search(text)) or ("scrubbed" * len(text)).startswith(text)


MIN_SECRET = 4
"""Characters a secret has at least: replacing a shorter text would garble every word that holds it."""


class Redactor:
    """Replaces every spelling of the given secrets, and anything that looks like an API key, in a text."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        long_enough = (secret for secret in secrets if len(secret) >= MIN_SECRET)
        forms = sorted({form for secret in long_enough for form in encodings(secret)}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, forms))) if forms else None

    def __call__(self, text: str) -> str:
        if self._known is not None:
            text = self._known.sub("[redacted]", text)
        return API_KEY.sub("[redacted]", text)
