"""What a GitHub runner makes of the output of a step."""

from __future__ import annotations

import re
from typing import NamedTuple

_OLD = re.compile(r"##\[(\w+)[^\]]*\](.*)")
"""A command in the older form, which is found anywhere in a line."""


class Command(NamedTuple):
    name: str
    properties: dict[str, str]
    text: str


def runner(output: str) -> list[Command]:
    """The commands that a GitHub runner finds in a step's output (its ActionCommand and ActionCommandManager)."""
    found, stopped = [], None
    for line in re.split(r"\r\n|\r|\n", output):
        text = line.strip()
        if stopped is not None:
            stopped = None if text == f"::{stopped}::" else stopped
            continue
        if (old := _OLD.search(text)) and not text.startswith("::"):
            found.append(Command(old[1], {}, old[2]))
            continue
        head, separator, data = text.removeprefix("::").partition("::")
        if not text.startswith("::") or not separator:
            continue
        name, _, rest = head.partition(" ")
        pairs = (pair.partition("=") for pair in rest.split(",") if "=" in pair)
        found.append(Command(name, {key.strip(): _plain(value) for key, _, value in pairs}, _plain(data)))
        if name == "stop-commands":
            stopped = found.pop().text
    return found


def _plain(text: str) -> str:
    for escape, char in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(escape, char)
    return text
