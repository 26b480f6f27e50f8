"""Numbers in sentences."""

from __future__ import annotations

from collections import Counter


def times(count: int, word: str) -> str:
    """`1 read`, `2 reads`."""
    return f"{count} {word}{'' if count == 1 else 's'}"


def counts(counted: Counter[str]) -> str:
    """`404: 2, timeout: 1`."""
    return ", ".join(f"{what}: {count}" for what, count in counted.most_common())
