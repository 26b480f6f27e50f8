"""Say what a value looks like without saying what it is.

Reports, logs and failure texts use these functions: statuses, instants and types are shown, ids, tokens, references and
anything about a person are described.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

from hpp_contract.model.body import MISSING
from hpp_contract.model.instant import Instant
from hpp_contract.privacy.names import is_word
from hpp_contract.spec.session import UUID

is_date_like = re.compile(
    r"(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[Tt ](?:[0-9]{2}:[0-9:.+\-]{2,30})?[Zz]?\n?|"
    r"(?:20|21)[0-9]{2}-[0-9]{2}(?:-[0-9]{2})?"
).fullmatch
"""Whether a text is a date or an instant, however wrong, and not somebody's number."""

_NAMES = {dict: "an object", list: "an array", bool: "a boolean", int: "a number", float: "a number"}


def describe(value: Any) -> str:
    """The kind of a value, never the value: `absent`, `null`, `an instant`, `a UUID`, `a string of 12`."""
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
    public = isinstance(value, str) and (is_word(value) or is_date_like(value))
    return json.dumps(value) if public else describe(value)


def abbreviate(session_id: str) -> str:
    """A session id that its owner recognizes and that cannot be used: `39a1c773…1267`."""
    printable = quote(session_id, safe="-", errors="surrogatepass")
    return printable if len(printable) <= 12 else f"{printable[:8]}…{printable[-4:]}"
