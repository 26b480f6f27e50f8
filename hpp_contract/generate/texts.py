"""Strings: free ones, and ones that a regular expression describes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from hpp_contract.generate.choices import Choices
from hpp_contract.spec.schema_files import END

USUAL: Final = 24
"""Characters that an ordinary string has at most; a few go to the limit."""

UNBOUNDED: Final = 1000
"""Characters of the longest string where there is no limit."""

_PIECE: Final = re.compile(r"(\[(?:[^\]\\^]+)\]|[^\\\[\](){}*+?.|^$])(?:\{(\d+)(?:,(\d+))?\}|([*+?]))?")
_COUNTS: Final = {"*": (0, USUAL), "+": (1, USUAL), "?": (0, 1)}


def any_string(choices: Choices, low: int, high: int) -> str:
    """`low` to `high` characters of any script, control characters left out: mostly short, sometimes as long as can
    be."""
    kind = choices.integer(0, 7)
    if kind < 7 or high <= USUAL:
        return choices.any_text(choices.integer(low, min(high, USUAL)))
    return filled(choices, high)


def filled(choices: Choices, length: int) -> str:
    """`length` characters: a motif, repeated, because drawing hundreds one by one is slow."""
    return (choices.any_text(choices.integer(1, 8)) * length)[:length]


@dataclass(frozen=True, slots=True)
class Piece:
    """`low` to `high` characters of `alphabet`."""

    alphabet: str
    low: int
    high: int


def matching(pattern: str, choices: Choices) -> str:
    """A string that the whole `pattern` matches. Raises ValueError for a pattern that `pieces` cannot read."""
    return "".join(_piece(piece, choices) for piece in pieces(pattern))


def _piece(piece: Piece, choices: Choices) -> str:
    if len(piece.alphabet) == 1 and piece.low == piece.high:
        return piece.alphabet * piece.low
    return choices.text(
        piece.alphabet, piece.low if piece.low == piece.high else choices.integer(piece.low, piece.high)
    )


@cache
def pieces(pattern: str) -> tuple[Piece, ...]:
    """The parts of an anchored pattern that is a plain sequence of characters and classes, each with its count."""
    inner = pattern.removeprefix("^").removesuffix(END).removesuffix("$")
    found, end = [], 0
    while end < len(inner):
        match = _PIECE.match(inner, end)
        if match is None:
            raise ValueError(f"no strategy generates the pattern {pattern!r} beyond {inner[:end]!r}.")
        symbol, low, high, sign = match.groups()
        counts = _COUNTS[sign] if sign else (int(low or 1), int(high or low or 1))
        found.append(Piece(_alphabet(symbol), *counts))
        end = match.end()
    return tuple(found)


def _alphabet(symbol: str) -> str:
    """The characters of a class such as `[0-9a-f_]`, or the one character that `symbol` is."""
    if not symbol.startswith("["):
        return symbol
    characters = ""
    for start, last, single in re.findall(r"(.)-(.)|(.)", symbol[1:-1]):
        characters += single or "".join(map(chr, range(ord(start), ord(last) + 1)))
    return characters
