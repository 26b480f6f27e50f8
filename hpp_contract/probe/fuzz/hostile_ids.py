"""Session ids that break servers. They are listed by hand: random text is never a UUID and rarely one of these."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Final
from urllib.parse import quote

from hpp_contract.probe.plan import random_uuid

_HEX: Final = "0123456789abcdef"
_LENGTHS: Final = (201, 1, 35, 37, 256, 4096, 100, 255, 128, 1025, 65, 2049)
"""Around the limits of columns and buffers. The longest still fits into every gateway's request line."""

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
"""Segments that mean something to a server that decodes a path, or decodes it twice. Already percent-encoded."""


def hostile_segments(seed: int, session_ids: Sequence[str]) -> list[str]:
    """Path segments, percent-encoded, one of each kind in turn and the most useful of each kind first: well-formed ids
    that no session has, near misses, long ids, unusual characters, and up to three of the `session_ids`."""
    source = random.Random(seed)  # noqa: S311  ids, not secrets
    kinds = (
        _well_formed(source),
        [quote(text, safe="") for text in _near_misses(random_uuid(source))],
        ["a" * length for length in _LENGTHS],
        [*_PATHS, *(quote(text, safe="") for text in (*_TEXTS, *_NAMES))],
        [quote(session_id, safe="") for session_id in session_ids[:3]],
    )
    return [segment for rank in zip_longest(*kinds) for segment in rank if segment is not None]


def unknown_ids(seed: int) -> Iterator[str]:
    """An endless supply of well-formed ids that no session has."""
    source = random.Random(f"more/{seed}")  # noqa: S311  ids, not secrets
    while True:
        yield random_uuid(source)


def _well_formed(source: random.Random) -> list[str]:
    """Sixteen ids in which every position has every digit once, so that a fault in any one digit is found; then the
    extremes."""
    shifts = [source.randrange(16) for _ in range(32)]
    order = source.sample(range(16), 16)
    all_digits = [str(uuid.UUID("".join(_HEX[(shift + turn) % 16] for shift in shifts))) for turn in order]
    return [*all_digits, str(uuid.UUID(int=0)), str(uuid.UUID(int=2**128 - 1)), random_uuid(source).upper()]


def _near_misses(right: str) -> Iterator[str]:
    """Texts that are almost an id."""
    yield from (right[:-1], right + "0", right.replace("-", ""), f"{{{right}}}", f"urn:uuid:{right}", right + "\n")
    yield from (" " + right, "g" + right[1:], right.replace("-", "_"), right + ".json", f"{right},{right}")
    yield from (right[:8], right.replace("-", "\u2010"), "\u0663" + right[1:])
