"""Writing a file: all of it or nothing."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path

from hpp_contract.engine.errors import UsageProblem


def write(path: Path, text: str, redact: Callable[[str], str] = str) -> None:
    """Write UTF-8 text to `path` so that a reader sees the old file or the whole new one. Raises UsageProblem.

    `redact` is the last check of the text; only what holds nothing from outside is written without.
    """
    check(path)
    data = redact(text).encode("utf-8", errors="backslashreplace")
    try:
        if path.exists() and not path.is_file():  # a device or a pipe: replacing one would do harm
            path.write_bytes(data)
        else:
            replace_file(path.resolve(), data)  # a symbolic link stays one
    except OSError as error:
        raise UsageProblem(f"{path} could not be written ({error.strerror}): name another file.") from None


def check(path: Path) -> None:
    """Raise UsageProblem when `path` clearly cannot be written. Call this before a long run."""
    folder = path.resolve().parent
    if path.is_dir():
        raise UsageProblem(f"{path} is a folder: name the file to write in it.")
    if not folder.is_dir():
        raise UsageProblem(f"{path} cannot be written: the folder {folder} does not exist; create it first.")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise UsageProblem(f"{path} cannot be written: no permission; name another file.")


def replace_file(target: Path, data: bytes) -> None:
    """Put `data` into the file `target`: a reader sees the old file or the whole new one. Raises OSError."""
    draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with draft.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            draft.chmod(stat.S_IMODE(target.stat().st_mode))
        draft.replace(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
