"""Choices, read from bytes that Hypothesis draws and shrinks, or that a seed repeats on any machine.

Every generator is a function of `Choices`, so that both generate the same. A body takes a few blocks of bytes,
because Hypothesis is slow by draw and not by size. Zeros are the simplest choice, so that shrinking ends there.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

Item = TypeVar("Item")

BLOCK: Final = 64
"""Bytes drawn at a time: most bodies need no more."""

_SCRIPTS: Final = (
    (0xA0, 0x24F),  # Latin, a soft hyphen and a no-break space among it
    (0x300, 0x36F),  # combining marks
    (0x5D0, 0x6FF),  # Hebrew and Arabic, right to left
    (0x2000, 0x206F),  # spaces, joiners, direction marks, line separators
    (0x4E00, 0x4FFF),  # Chinese
    (0xFE00, 0xFEFF),  # variation selectors, a byte order mark in the middle of a text
    (0x1D400, 0x1D7FF),  # mathematical letters: astral
    (0x1F300, 0x1FAFF),  # emoji: astral
    (0xE0020, 0xE007F),  # tags: astral and invisible
)
_ASCII: Final = "".join(sorted(map(chr, range(0x20, 0x7F)), key=lambda char: (not char.isalnum(), char)))
_OTHERS: Final = "".join(chr(code) for first, last in _SCRIPTS for code in range(first, last + 1))
# Control characters and lone surrogates break HPP-S15, so no valid string has one.
_CHARACTERS: Final = _ASCII * (len(_OTHERS) // len(_ASCII) + 1) + _OTHERS


class Choices:
    """Choices, read off blocks of bytes that `more` gives."""

    def __init__(self, more: Callable[[], bytes]) -> None:
        self._more = more
        self._bytes = b""
        self._read = 0

    def integer(self, low: int, high: int) -> int:
        """An integer from `low` up to and including `high`."""
        span = high - low + 1
        return low + int.from_bytes(self._take((span.bit_length() + 7) // 8), "big") % span

    def text(self, alphabet: str, length: int) -> str:
        """`length` characters of `alphabet`."""
        size = len(alphabet)
        number = self.integer(0, size**length - 1)  # no more bytes than it takes: each costs time to draw
        characters = []
        for _ in range(length):
            number, index = divmod(number, size)
            characters.append(alphabet[index])
        return "".join(characters)

    def any_text(self, length: int) -> str:
        """`length` characters that every parser keeps, half of them ASCII."""
        taken, size = self._take(2 * length), len(_CHARACTERS)
        return "".join([_CHARACTERS[(taken[i] * 256 + taken[i + 1]) % size] for i in range(0, 2 * length, 2)])

    def _take(self, count: int) -> bytes:
        while len(self._bytes) - self._read < count:
            self._bytes = self._bytes[self._read :] + self._more()
            self._read = 0
        self._read += count
        return self._bytes[self._read - count : self._read]


def pick(choices: Choices, items: Sequence[Item]) -> Item:
    """One of the items; the first is the simplest."""
    return items[choices.integer(0, len(items) - 1)] if len(items) > 1 else items[0]


def seeded(seed: str) -> Choices:
    """Choices that only the seed determines."""
    chance = random.Random(seed)  # noqa: S311  test data, not a secret
    return Choices(lambda: chance.randbytes(BLOCK))


def strategy(generate: Callable[[Choices], Any]) -> SearchStrategy[Any]:
    """The Hypothesis strategy of what `generate` makes."""
    from hypothesis import strategies as st

    block = st.binary(min_size=BLOCK, max_size=BLOCK)

    @st.composite
    def generated(draw: DrawFn) -> Any:
        return generate(Choices(lambda: draw(block)))

    return generated()
