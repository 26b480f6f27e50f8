"""RFC 3339 instants with the precision they were written in, read and written, and the dates of HTTP.

`datetime` keeps six fraction digits and the endpoint's siblings emit nine, so an instant is whole nanoseconds here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache

_instant = re.compile(
    r"(\d{4}-\d{2}-\d{2}T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.(\d{1,9}))?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII
).fullmatch
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

SECOND = 1_000_000_000
"""Nanoseconds."""


@dataclass(frozen=True, slots=True, order=True)
class Instant:
    """A point in time: `ns` nanoseconds since 1970 UTC, written with `digits` (0 to 9) fraction digits."""

    ns: int
    digits: int = 0

    @classmethod
    def parse(cls, text: object) -> Instant | None:
        """The instant that `text` writes, or None when it is no RFC 3339 date-time (a zone is required)."""
        match = _instant(text) if isinstance(text, str) else None
        ns = _nanoseconds(match) if match is not None else None
        return cls(ns, len(match[2] or "")) if match is not None and ns is not None else None

    def format(self, digits: int, zone: str = "Z") -> str:
        """RFC 3339, cut to `digits` (0 to 9) fraction digits, as it reads in `zone`: `Z`, `+hh:mm` or `-hh:mm`."""
        minutes = 0 if zone == "Z" else int(zone[1:3]) * 60 + int(zone[4:6])
        local = _EPOCH + timedelta(seconds=self.ns // SECOND, minutes=-minutes if zone[0] == "-" else minutes)
        fraction = f".{self.ns % SECOND:09d}"[: digits + 1] if digits else ""
        return f"{local.replace(tzinfo=None).isoformat()}{fraction}{zone}"

    def __sub__(self, other: Instant) -> float:
        """Seconds from `other` to this."""
        return (self.ns - other.ns) / 1e9


def nanoseconds(text: object) -> int | None:
    """Nanoseconds from 1970 UTC to the instant that `text` writes; None when it writes none."""
    match = _instant(text) if isinstance(text, str) else None
    return _nanoseconds(match) if match is not None else None


def _nanoseconds(match: re.Match[str]) -> int | None:
    moment, fraction, zone = match.groups("")
    seconds = _seconds(moment)
    if seconds is None:
        return None
    if zone != "Z":
        seconds -= _offset(zone)
    return seconds * SECOND + int(fraction.ljust(9, "0"))


@lru_cache(maxsize=4096)  # a log's instants come in order, so most seconds were just met
def _seconds(moment: str) -> int | None:
    """Seconds since 1970 of `YYYY-MM-DDTHH:MM:SS` in UTC; None when the calendar has no such day (30 February)."""
    try:
        return (datetime.fromisoformat(f"{moment}+00:00") - _EPOCH) // timedelta(seconds=1)
    except ValueError:
        return None


def _offset(zone: str) -> int:
    """Seconds east of UTC."""
    seconds = int(zone[1:3]) * 3600 + int(zone[4:6]) * 60
    return -seconds if zone[0] == "-" else seconds


def http_date(ns: int) -> str:
    """The HTTP date (RFC 9110 §5.6.7) of the second that `ns` nanoseconds since 1970 fall into."""
    return formatdate(ns // SECOND, usegmt=True)


@lru_cache(maxsize=4096)
def seconds_of_http_date(text: str) -> float | None:
    """Seconds since 1970 that an HTTP date names; None when it is none. One without a zone is in GMT."""
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
