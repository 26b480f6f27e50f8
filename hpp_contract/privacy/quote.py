"""Quoting in a message what another program wrote: on one line, cut, without keys and what may be about anybody.

What it wrote is needed to see what went wrong with it; whose session it read is not.
"""

from __future__ import annotations

import re
from typing import Final

from hpp_contract.privacy.pseudonyms import mask_members
from hpp_contract.privacy.redact import Redactor
from hpp_contract.spec.session import UUID

_REDACT: Final = Redactor()
_MAIL: Final = re.compile(r"[^\s@<>\"'(),;:=]+@[^\s@<>\"'(),;:=]+\.\w+")
_LONG_NUMBER: Final = re.compile(r"(?<![\w.])\+?\d(?:[ \-./]?\d){6,}(?![\w])")
_AUTHORIZATION: Final = re.compile(r"\b(basic|bearer) +[\w.~+/=\-]{6,}", re.IGNORECASE)


def quote_first(data: bytes, most: int) -> str:
    """The beginning, of `most` characters."""
    text = _safe(data)
    return text if len(text) <= most else f"{text[:most]}…"


def quote_last(data: bytes, most: int) -> str:
    """The end, of `most` characters."""
    return _safe(data)[-most:]


def _safe(data: bytes) -> str:
    text = " ".join(mask_members(data).decode("utf-8", "replace").split())
    text = _AUTHORIZATION.sub(r"\1 ‹credentials›", _REDACT(text))
    text = _LONG_NUMBER.sub("‹a number›", UUID.sub("‹a UUID›", text))
    return _MAIL.sub("‹a mail address›", text)
