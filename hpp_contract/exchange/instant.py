"""RFC 3339 instants with the precision they were written in.

`datetime` keeps six fraction digits and the endpoint's siblings emit nine, so an instant is whole nanoseconds here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

_INSTANT = re.compile(
    r"(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{1,9}))?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True, order=True)
class Instant:
    """A point in time: `ns` nanoseconds since 1970 UTC, written with `digits` (0 to 9) fraction digits."""

    ns: int
    digits: int = 0

    @classmethod
    def parse(cls, text: object) -> Instant | None:
        """The instant that `text` writes, or None when it is no RFC 3339 date-time (a zone is required)."""
        match = _INSTANT.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            return None
        day, hour, minute, second, fraction, zone = match.groups()
        midnight = _midnight(day)
        if midnight is None:
            return None
        seconds = midnight + int(hour) * 3600 + int(minute) * 60 + int(second) - _offset(zone)
        digits = len(fraction) if fraction else 0
        return cls(seconds * 1_000_000_000 + (int(fraction) * 10 ** (9 - digits) if fraction else 0), digits)

    def __sub__(self, other: Instant) -> float:
        """Seconds from `other` to this."""
        return (self.ns - other.ns) / 1e9


@lru_cache(maxsize=1024)
def _midnight(day: str) -> int | None:
    """Seconds from 1970 to the beginning of `day` in UTC; None when the calendar has no such day (30 February)."""
    try:
        return (date.fromisoformat(day) - _EPOCH).days * 86400
    except ValueError:
        return None


def _offset(zone: str) -> int:
    """Seconds east of UTC."""
    if zone == "Z":
        return 0
    seconds = int(zone[1:3]) * 3600 + int(zone[4:6]) * 60
    return -seconds if zone[0] == "-" else seconds
