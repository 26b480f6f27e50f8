"""What is believable of a generated session: the dates that some server may one day send."""

from __future__ import annotations

from typing import Any, Final

from hpp_contract.generate.bodies import Body
from hpp_contract.generate.instants import SECOND, format_instant
from hpp_contract.model import Instant

_NOWHERE: Final = {"+23:59": "+14:00", "-23:59": "-12:00", "-00:00": "+00:00"}
_CENTURY: Final = 100 * 365 * 86400 * SECOND
_TIMES: Final = ("updated_at", "expires_at")


def realistic_dates(body: Body) -> Body:
    """The body with every offset one that some place on earth has, and every date in the last or this century.

    RFC 3339 allows more, and libraries that hold dates differ in how much of it they take. None of that is ever sent.
    """
    return {name: _realistic(name, value) for name, value in body.items()}


def _realistic(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        return realistic_dates(value)
    if name == "date_of_birth" and value[:2] not in ("19", "20"):
        return f"1980{value[4:]}"
    moment = Instant.parse(value) if name in _TIMES else None
    if moment is None:
        return value
    zone = "Z" if value.endswith("Z") else value[-6:]
    ns = moment.ns if 0 <= moment.ns < 1.3 * _CENTURY else moment.ns % _CENTURY
    return format_instant(ns, moment.digits, _NOWHERE.get(zone, zone))
