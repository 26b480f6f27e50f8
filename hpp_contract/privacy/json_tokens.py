"""The tokens of a text that should be JSON and may be broken anywhere. Only the texts of its tokens are looked at."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

_TOKEN: Final = re.compile(
    r"""(?P<string>"(?:[^"\\]|\\.)*(?:"|\\?\Z))|(?P<mark>[{}\[\],:])|(?<![\w.+\-])(?:
    (?P<number>-?[0-9]+(?:\.[0-9]+)?(?:[eE][+\-]?[0-9]+)?)|(?P<word>true|false|null|NaN|-?Infinity))(?![\w.+\-])""",
    re.DOTALL | re.VERBOSE,
)
_COLON: Final = re.compile(r"\s*:")


class Token(NamedTuple):
    """A piece of the text. `name` is a string before a colon, `other` is white space or what is not JSON."""

    kind: Literal["name", "string", "number", "word", "mark", "other"]
    text: str


def tokens(text: str) -> Iterator[Token]:
    """All of the text, token by token."""
    end = 0
    for match in _TOKEN.finditer(text):
        if end < match.start():
            yield Token("other", text[end : match.start()])
        end = match.end()
        if match["string"]:
            yield Token("name" if _COLON.match(text, end) else "string", match[0])
        elif match["mark"]:
            yield Token("mark", match[0])
        else:
            yield Token("number" if match["number"] else "word", match[0])
    if end < len(text):
        yield Token("other", text[end:])


def string_value(token: str, *, strict: bool = True) -> str | None:
    """The text that a JSON string stands for; None for one that is broken, if `strict` also by a control character."""
    try:
        value: str = json.loads(token, strict=strict)
    except ValueError:
        return None
    return value
