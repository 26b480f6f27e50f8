"""When an exchange was recorded, in the forms that recorders write."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from hpp_contract.model import Instant

_ZONE: Final = re.compile(r"\s*(?:GMT|UTC|Z)$")


def instant(text: Any) -> Instant | None:
    """The instant of an HTTP date or an ISO 8601 text; UTC where it names no zone, as in these libraries."""
    if not isinstance(text, str):
        return None
    rfc3339 = Instant.parse(text) or Instant.parse(f"{text}Z")
    if rfc3339 is not None:
        return rfc3339
    try:
        moment = _moment(text.strip())
        return Instant(round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1_000_000_000))
    except (ValueError, OverflowError):
        return None


def _moment(text: str) -> datetime:
    return parsedate_to_datetime(text) if "," in text else datetime.fromisoformat(_ZONE.sub("", text))


def instant_of(number: Any, unit: int = 1_000_000_000) -> Instant | None:
    """The instant so many times `unit` nanoseconds (by default seconds) after 1970 began, else None."""
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number * unit < 9e18:
        return None
    return Instant(round(number * unit))
