"""Escapes: the ways in which formats write a character. Undoing all of them, and finding a text written in any."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from html import unescape
from html.entities import html5
from typing import Final
from urllib.parse import unquote

_MOST: Final = 8
"""Layers of escapes that are undone: JSON in HTML in a URL that was quoted twice, and more than that."""

_CODED: Final = re.compile(
    r"\\+(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|U00([0-9a-fA-F]{6})|x([0-9a-fA-F]{2}))|"
    r"%u([0-9a-fA-F]{4})|=([0-9A-F]{2})"
)
"""A character by its number: of JSON, of other languages, of old browsers, of mail."""

_OCTAL: Final = re.compile(r"\\+([0-3][0-7]{2})")
_SLASH: Final = re.compile(r"\\+/|~1")
_SOFT_BREAK: Final = re.compile(r"=\r?\n")
_NAMED: Final = {
    char: "|".join(sorted(re.escape(name) for name, of in html5.items() if of == char and name.endswith(";")))
    for char in "&<>\"'/+=-_:@."
}


def views(text: str) -> Iterator[str]:
    """The text as it is, and with one more layer of escapes undone each time."""
    yield text
    for _ in range(_MOST):
        plain = _OCTAL.sub(lambda code: chr(int(code[1], 8)), _CODED.sub(_character, _SOFT_BREAK.sub("", text)))
        plain = _SLASH.sub("/", unquote(unescape(plain))).replace("~0", "~")
        plain = plain if plain.isascii() else unicodedata.normalize("NFKC", plain)
        if plain == text:
            return
        yield plain
        text = plain


def _character(match: re.Match[str]) -> str:
    code = int(next(filter(None, match.groups())), 16)
    return chr(code) if code < 0x110000 else match[0]


def any_escape(text: str) -> str:
    """A pattern (to be used without regard to case) that finds the text, each character of it raw or in any escape."""
    return "".join(map(_any_escape_of, text))


def _any_escape_of(char: str) -> str:
    code = ord(char)
    octets = "".join(f"%(?:25)*{byte:02x}" for byte in char.encode("utf-8", "surrogatepass"))
    ways = [re.escape(char), octets, rf"&(?:amp;)*\#(?:0*{code}|x0*{code:x});?"]
    if code < 0x10000:
        ways.append(rf"\\+u{code:04x}")
    if code < 0x100:
        ways.append(rf"\\+x{code:02x}")
    if names := _NAMED.get(char):
        ways.append(f"&(?:amp;)*(?:{names})")
    ways += {"/": ["~1", r"\\+/"], "~": ["~0"], " ": [r"\+"]}.get(char, [])
    return f"(?:{'|'.join(ways)})"
