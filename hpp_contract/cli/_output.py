"""Writing to the terminal, whatever it can show, and to a pipe, even one nobody reads any more."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TextIO

_ASCII = str.maketrans({"·": "-", "…": "...", "›": ">", "–": "-", "—": "-", "→": "->", "’": "'", "“": '"', "”": '"'})
PIPED = 100
"""Columns for a pipe or a log, which have no width of their own; COLUMNS overrides it."""


def write_stdout(text: str) -> None:
    """Write to standard output."""
    _write(sys.stdout, text)


def write_stderr(text: str) -> None:
    """Write to standard error."""
    _write(sys.stderr, text)


def width() -> int:
    """Columns to write in: at least 40."""
    return max(40, shutil.get_terminal_size((PIPED, 24)).columns)


def colour(no_color: bool) -> bool:
    """Whether to use colours: on a terminal, unless told not to (--no-color, NO_COLOR, TERM=dumb)."""
    plain = no_color or bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    return not plain and sys.stdout.isatty()


def _write(stream: TextIO, text: str) -> None:
    encoding = stream.encoding or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = text.translate(_ASCII).encode(encoding, "backslashreplace").decode(encoding)
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:  # `| head` has seen enough; the verdict still goes into the exit code and the files
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
