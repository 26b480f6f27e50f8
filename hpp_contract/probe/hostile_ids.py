"""Session ids that break servers: odd on purpose, for random text never is a UUID and seldom odd in a telling way."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Final
from urllib.parse import quote

_HEX: Final = "0123456789abcdef"
_LENGTHS: Final = (201, 1, 35, 37, 256, 4096, 100, 255, 128, 1025, 65, 2049)
"""Around the limits of columns and buffers; the longest still fits into every gateway's request line."""

_NAMES: Final = (
    "null",
    "undefined",
    "NaN",
    "true",
    "0",
    "-1",
    "1e309",
    "2147483648",
    "*",
    "{session_id}",
    ":session_id",
)
_TEXTS: Final = ("'", '"', "a b", "a+b", "%", "a%zz", "a&b=c", "a;b", "a\\b", "ä", "é́", "日本", "\U0001f9fe", "\ufeffa")
_PATHS: Final = (
    "%00",
    "%0D%0A",
    "%2F",
    "%2E",
    "%2E%2E",
    "%2E%2E%2F%2E%2E",
    "a%2Fb",
    "%3F",
    "%23",
    "%25",
    "%2500",
    "%FF%FE",
    "%20",
)
"""Segments that mean something to whoever decodes a path, or decodes it twice. Already percent-encoded."""


def hostile_segments(seed: int, known: Sequence[str]) -> list[str]:
    """Path segments worth asking for, percent-encoded, the telling ones of each kind first: well-formed ids that no
    session has, near misses, long ones, odd characters, and a few of the `known` ids."""
    chance = random.Random(seed)  # noqa: S311  ids, not secrets
    kinds = (
        _well_formed(chance),
        [quote(text, safe="") for text in _near_misses(_a_uuid(chance))],
        ["a" * length for length in _LENGTHS],
        [*_PATHS, *(quote(text, safe="") for text in (*_TEXTS, *_NAMES))],
        [quote(session_id, safe="") for session_id in known[:3]],
    )
    return [segment for rank in zip_longest(*kinds) for segment in rank if segment is not None]


def unknown_ids(seed: int) -> Iterator[str]:
    """Well-formed ids that no session has, without end."""
    chance = random.Random(f"more/{seed}")  # noqa: S311  ids, not secrets
    while True:
        yield _a_uuid(chance)


def _well_formed(chance: random.Random) -> list[str]:
    """Sixteen ids in which every position shows every digit once, so that whatever a server makes of one digit is met;
    then the extremes."""
    shifts = [chance.randrange(16) for _ in range(32)]
    order = chance.sample(range(16), 16)
    all_digits = [_dashed("".join(_HEX[(shift + turn) % 16] for shift in shifts)) for turn in order]
    return [*all_digits, str(uuid.UUID(int=0)), str(uuid.UUID(int=2**128 - 1)), _a_uuid(chance).upper()]


def _near_misses(right: str) -> Iterator[str]:
    """What is almost an id."""
    yield from (right[:-1], right + "0", right.replace("-", ""), f"{{{right}}}", f"urn:uuid:{right}", right + "\n")
    yield from (" " + right, "g" + right[1:], right.replace("-", "_"), right + ".json", f"{right},{right}")
    yield from (right[:8], right.replace("-", "\u2010"), "\u0663" + right[1:])


def _a_uuid(chance: random.Random) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


def _dashed(digits: str) -> str:
    return str(uuid.UUID(digits))
