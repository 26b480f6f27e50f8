"""Writing a file: all of it or nothing."""

from __future__ import annotations

import glob
import os
import re
import secrets
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

from hpp_contract.engine.errors import UsageProblem


def nothing() -> None:
    """Do nothing."""


def write(path: Path, text: str, redact: Callable[[str], str] = str, before: Callable[[], None] = nothing) -> None:
    """Write UTF-8 text to `path` so that a reader sees the old file or the whole new one. Raises UsageProblem.

    `redact` is the last check of the text; only what holds nothing from outside is written without. `before` is called
    when all of it is on the disk, before it takes the file's place: when it raises, the old file stays.
    """
    check(path)
    data = redact(text).encode("utf-8", errors="backslashreplace")
    try:
        if path.exists() and not path.is_file():  # a device or a pipe: replacing one would do harm
            before()
            path.write_bytes(data)
        else:
            replace_file(path.resolve(), data, before)  # a symbolic link stays one
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


def replace_file(target: Path, data: bytes, before: Callable[[], None] = nothing) -> None:
    """Put `data` into the file `target`: a reader sees the old file or the whole new one. What runs that were killed
    have left of it is removed. `before` is called as `write` says. Raises OSError."""
    for left in abandoned(target):
        left.unlink(missing_ok=True)
    draft = target.with_name(f".{target.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        with draft.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        before()
        if target.exists():
            draft.chmod(stat.S_IMODE(target.stat().st_mode))
        draft.replace(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def abandoned(target: Path) -> list[Path]:
    """The drafts of this file that a process began which no longer runs, the newest last."""
    drafts = [path for path in target.parent.glob(f".{glob.escape(target.name)}.*-*") if _is_abandoned(path)]
    return sorted(drafts, key=lambda path: path.stat().st_mtime)


def _is_abandoned(draft: Path) -> bool:
    number = _DRAFT.fullmatch(draft.name)
    if number is None or os.name != "posix":
        return False
    try:
        os.kill(int(number[1]), 0)
    except ProcessLookupError:
        return True
    except OSError:  # it runs, and is another user's
        return False
    return False


_DRAFT: Final = re.compile(r"\..+\.([0-9]{1,10})-[0-9a-f]{8}")
