"""Parts of a big JSON document that nobody has parsed yet: most exchanges in it are of other operations."""

from __future__ import annotations

import json
import re
from typing import Any, Final

_WORD: Final = "sessions"
"""What stands in every URL of the endpoint, however its slashes are written."""

_BYTES: Final = _WORD.encode()
_POST: Final = re.compile(rb"post", re.IGNORECASE)


class Unparsed:
    """The bytes of one JSON value."""

    __slots__ = ("_data",)

    def __init__(self, data: Any) -> None:
        self._data = data

    @property
    def mentions_sessions(self) -> bool:
        """Whether the endpoint can be named in it."""
        return _BYTES in bytes(self._data)

    @property
    def may_post(self) -> bool:
        """Whether it can be a POST."""
        return _POST.search(self._data) is not None

    def value(self) -> Any:
        """The JSON value. Raises ValueError and RecursionError."""
        return json.loads(bytes(self._data).decode())


def parsed(value: Any) -> Any:
    """The value itself, parsed where it was not; None where it is no JSON."""
    if not isinstance(value, Unparsed):
        return value
    try:
        return value.value()
    except (ValueError, RecursionError):
        return None


def mentions_sessions(value: Any) -> bool:
    """Whether the endpoint can be named in a parsed value."""
    pending = [value]
    while pending:
        held = pending.pop()
        if (isinstance(held, str) and _WORD in held) or (isinstance(held, bytes) and _BYTES in held):
            return True
        if isinstance(held, dict):
            pending += [*held.keys(), *held.values()]
        elif isinstance(held, list):
            pending += held
    return False
