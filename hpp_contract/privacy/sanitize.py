"""The last check of a text before it is printed or written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from hpp_contract.privacy.escapes import views

_IN_A_LINE: Final = re.compile(r"##(?=[A-Za-z]*\[)")
"""How commands begin that runners of GitHub, Azure and TeamCity find anywhere in a line: `##[`, `##vso[`."""

_AT_ITS_START: Final = re.compile(r"^(\s*:)(?=:)", re.MULTILINE)
"""How a command begins that a runner of GitHub finds at the start of a line, white space before it or not."""


def printable(text: str) -> str:
    """The text with escapes in place of everything that could steer a terminal or mislead a reader: control characters,
    line ends, bidi marks. No runner of CI finds a command in the midst of it."""
    if not text.isprintable():
        text = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
    return _IN_A_LINE.sub("## ", text)


def without_commands(text: str) -> str:
    """Lines of text in which no runner of CI finds a command."""
    return _AT_ITS_START.sub(r"\1 ", _IN_A_LINE.sub("## ", text))


def sanitize(text: str, redact: Callable[[str], str]) -> str:
    """One line of text, redacted and printable."""
    return printable(redact(text))


def contains_any(text: str, secrets: Iterable[str]) -> bool:
    """Whether one of the secrets is still in the text, in any case and escape."""
    folded = [view.casefold() for view in views(text)]
    short: list[str] = []
    long = dict[str, list[str]]()
    for secret in map(str.casefold, secrets):
        if len(secret) < _BEGIN:
            short.append(secret)
        else:
            long.setdefault(secret[:_BEGIN], []).append(secret)
    if any(secret in view for secret in short for view in folded):
        return True
    # Thousands of ids are looked for in one text: their beginnings, all at once.
    begins = long.keys()
    for view in folded if long else ():
        met = {view[place : place + _BEGIN] for place in range(len(view))} & begins
        if any(secret in view for begin in met for secret in long[begin]):
            return True
    return False


_BEGIN: Final = 8
"""Characters of a secret by which it is found."""
