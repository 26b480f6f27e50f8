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
    r"(\d{4}-\d{2}-\d{2}[Tt](?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60))(?:\.(\d{1,9}))?"
    r"([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
).fullmatch
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LEAP_SECONDS = frozenset(
    (datetime.fromisoformat(f"{day}T23:59:59+00:00") - _EPOCH) // timedelta(seconds=1)
    for day in (
        "1972-06-30", "1972-12-31", "1973-12-31", "1974-12-31", "1975-12-31", "1976-12-31", "1977-12-31", "1978-12-31",
        "1979-12-31", "1981-06-30", "1982-06-30", "1983-06-30", "1985-06-30", "1987-12-31", "1989-12-31", "1990-12-31",
        "1992-06-30", "1993-06-30", "1994-06-30", "1995-12-31", "1997-06-30", "1998-12-31", "2005-12-31", "2008-12-31",
        "2012-06-30", "2015-06-30", "2016-12-31",
    )
)  # fmt: skip
"""The seconds since 1970 that a leap second came after (IERS Bulletin C)."""
_UNANNOUNCED = range(2027, 2036)
"""The years in which a leap second may follow June or December: none is announced, and after 2035 there are none (CGPM
2022, Resolution 4)."""

SECOND = 1_000_000_000
"""Nanoseconds."""


@dataclass(frozen=True, slots=True, order=True)
class Instant:
    """A point in time: `ns` nanoseconds since 1970 UTC, written with `digits` (0 to 9) fraction digits."""

    ns: int
    digits: int = 0

    @classmethod
    def parse(cls, text: object) -> Instant | None:
        """The instant that `text` writes, or None when it is no RFC 3339 date-time. A zone is required, `t` and `z` may
        be small, and a leap second counts as the second that follows it."""
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
    if not isinstance(text, str):
        return None
    fraction = _MILLISECONDS.get(text[20:])  # most are written to the millisecond
    if fraction is not None and (second := _second(text[:20])) is not None:
        return second + fraction
    match = _instant(text)
    return _nanoseconds(match) if match is not None else None


_MILLISECONDS = {f"{number:03}Z": number * 1_000_000 for number in range(1000)}
"""Nanoseconds by the end of an instant."""


@lru_cache(maxsize=4096)
def _second(text: str) -> int | None:
    """Nanoseconds to the instant before the last character, which is a point; None for any other text."""
    match = _instant(f"{text[:-1]}Z") if text[-1] == "." else None
    return _nanoseconds(match) if match is not None else None


def is_unusual(text: str) -> bool:
    """Whether an instant is written as RFC 3339 allows and as few expect: with a small `t` or `z`, or a leap second."""
    return "t" in text or "z" in text or ":60" in text


def _nanoseconds(match: re.Match[str]) -> int | None:
    moment, fraction, zone = match.groups("")
    is_leap = moment.endswith("60")
    seconds = _seconds(f"{moment[:-2]}59" if is_leap else moment)
    if seconds is None:
        return None
    if zone not in "Zz":
        seconds -= _offset(zone)
    if is_leap and not _precedes_leap_second(seconds):
        return None
    return (seconds + is_leap) * SECOND + int(fraction.ljust(9, "0"))


def _precedes_leap_second(seconds: int) -> bool:
    """Whether a leap second followed this second since 1970, or may once it is announced."""
    if seconds in _LEAP_SECONDS:
        return True
    return any(
        seconds == (datetime(year, month, day, 23, 59, 59, tzinfo=UTC) - _EPOCH) // timedelta(seconds=1)
        for year in _UNANNOUNCED
        for month, day in ((6, 30), (12, 31))
    )


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
