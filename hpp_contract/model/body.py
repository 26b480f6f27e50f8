"""Read a body as strictly as RFC 8259 demands, and say which demand it fails.

Library parsers hide faults (a BOM, UTF-16, NaN, a duplicate member all parse), so a body is read once, here, from its
bytes. What a fault means is for the rules to say.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

BOM: Final = b"\xef\xbb\xbf"


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()
"""Stands for "there is no JSON value", which is not `null`."""


_TOO_DEEP: Final = "nested too deeply to read"
_TOO_LONG: Final = "a number too long to read"


@dataclass(frozen=True, slots=True)
class Body:
    """One body, read strictly.

    `value` is the JSON value or `MISSING`; `syntax` says in words why there is none (None when there is one, or when
    the bytes are not UTF-8); `duplicates` and `constants` name members given twice and the non-JSON numbers found.
    """

    value: Any = MISSING
    syntax: str | None = None
    utf8: bool = True
    bom: bool = False
    duplicates: tuple[str, ...] = ()
    constants: tuple[str, ...] = ()

    @property
    def is_json(self) -> bool:
        return self.value is not MISSING

    @property
    def is_beyond_us(self) -> bool:
        """Whether this parser gave up on what may be one JSON text to others."""
        return self.syntax in (_TOO_DEEP, _TOO_LONG)


def read(content: bytes) -> Body:
    """Read `content` (bytes, already free of any content coding) as one JSON text. Never raises."""
    bom = content.startswith(BOM)
    try:
        text = content.removeprefix(BOM).decode("utf-8")
    except UnicodeDecodeError:
        return Body(utf8=False, bom=bom)
    if not text.strip(" \t\r\n"):
        return Body(syntax="an empty body", bom=bom)
    return _parse(text, bom)


def _parse(text: str, bom: bool) -> Body:
    duplicates: list[str] = []
    constants: list[str] = []

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) != len(pairs):
            names = Counter(name for name, _ in pairs)
            duplicates.extend(sorted(name for name, count in names.items() if count > 1))
        return value

    def constant(name: str) -> None:
        constants.append(name)

    try:
        value = json.loads(text, object_pairs_hook=members, parse_constant=constant)
    except RecursionError:
        return Body(syntax=_TOO_DEEP, bom=bom)
    except json.JSONDecodeError as error:
        return Body(syntax=f"{error.msg} at character {error.pos} of {len(text)}", bom=bom)
    except ValueError:  # an integer of more digits than Python converts
        return Body(syntax=_TOO_LONG, bom=bom)
    return Body(value, None, True, bom, tuple(duplicates), tuple(constants))
