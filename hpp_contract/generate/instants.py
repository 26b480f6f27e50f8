"""Dates and instants in every notation that RFC 3339 and the data types page allow, and in some that they do not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final

from hpp_contract.generate.choices import Choices, pick
from hpp_contract.model import Instant
from hpp_contract.model.instant import SECOND
from hpp_contract.spec.session import LIFETIME

ZONES: Final = ("Z", "+00:00", "+02:00", "-03:30", "+05:45", "+14:00", "-12:00", "-00:00", "+23:59", "-23:59")
NOTATIONS: Final = tuple((digits, zone) for zone in ZONES for digits in (3, 0, 6, 9, 1, 2, 4, 5, 7, 8))
"""Fraction digits and zone; the documented notation comes first."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY: Final = 86400


def _span(first: str, days: int) -> tuple[int, int]:
    """The nanoseconds since 1970 between the start of a day and the end of the last of `days` days."""
    start = (datetime.fromisoformat(first).replace(tzinfo=UTC) - _EPOCH) // timedelta(seconds=1)
    return start * SECOND, (start + days * _DAY) * SECOND - 1


MODERN: Final = (
    _span("2019-05-13", 1),  # the day of the documented examples
    _span("2024-02-29", 1),
    _span("2019-01-01", 7 * 365),
    _span("2000-02-29", 1),
    _span("2038-01-18", 3),  # where 32 bits of seconds end
    _span("1999-12-31", 2),
    _span("2000-01-01", 100 * 365),
)
ALL: Final = (
    *MODERN,
    _span("1970-01-01", 1),
    _span("1600-02-29", 1),
    _span("0001-01-02", 9000),
    _span("9999-11-01", 50),
)
"""Ranges of instants, the simplest first. Every zone and two more days fit before the year 1 and after 9999."""

_DAYS: Final = (
    (date(1980, 1, 1).toordinal(), date(2007, 12, 31).toordinal()),
    (date(2000, 2, 29).toordinal(), date(2000, 2, 29).toordinal()),
    (date(1900, 2, 28).toordinal(), date(1980, 1, 1).toordinal()),
    (1, date.max.toordinal()),
)


def moment(choices: Choices, spans: tuple[tuple[int, int], ...] = ALL) -> int:
    """Nanoseconds since 1970."""
    first, last = pick(choices, spans)
    return choices.integer(first, last)


def instant(choices: Choices) -> str:
    """An instant in some notation."""
    return Instant(moment(choices)).format(*pick(choices, NOTATIONS))


def lifetime(choices: Choices, spans: tuple[tuple[int, int], ...] = ALL) -> tuple[str, str]:
    """`updated_at` and `expires_at` that belong together: the second at or after the first, by 48 hours at most."""
    updated, notation = moment(choices, spans), pick(choices, NOTATIONS)
    updated = cut(updated, notation[0])
    expires, other = updated + choices.integer(0, LIFETIME) * SECOND, pick(choices, NOTATIONS)
    if cut(expires, other[0]) < updated:  # a coarser notation would fall before updated_at
        other = notation
    return Instant(updated).format(*notation), Instant(expires).format(*other)


def cut(ns: int, digits: int) -> int:
    """`ns` without what `digits` fraction digits cannot write."""
    return ns - ns % int(10 ** (9 - digits))


def day(choices: Choices) -> str:
    """A date, YYYY-MM-DD, mostly one that people are born on."""
    first, last = pick(choices, _DAYS)
    return date.fromordinal(choices.integer(first, last)).isoformat()
