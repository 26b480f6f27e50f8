"""Errors that end a run, the exit codes, and what helps after an error: the name that was probably meant.

Everything that ends a run early raises a RunError; only the command line and the plugin catch it. A broken contract is
no error: it is a Report. When the operating system refuses a thread, a process, a file or memory, nothing was verified:
that says nothing about an endpoint or a client.
"""

from __future__ import annotations

import difflib
import errno
from collections.abc import Iterable, Iterator
from typing import ClassVar, Final

KEPT, BROKEN, USAGE, UNVERIFIED = 0, 1, 2, 3
"""Exit codes: a part of the command line's public interface."""

_THREAD: Final = "to start another thread: raise the limit on processes (ulimit -u), or close other programs."
_PROCESS: Final = "to start another process: raise the limit on processes (ulimit -u), or close other programs."
_FILE: Final = "to open another file or connection: raise the limit on open files (ulimit -n), or close other programs."
_MEMORY: Final = "more memory: close other programs, or raise the limit on it (ulimit -v)."

_TEMPORARY: Final = "a folder for temporary files: name one that can be written in the variable TMPDIR."
_NO_TEMPORARY: Final = "No usable temporary directory found"  # how the tempfile module says it
_DISK: Final = {
    errno.ENOSPC: "more room on a disk: free some, or name a folder for temporary files elsewhere (TMPDIR).",
    errno.EDQUOT: "more room on a disk: free some, or name a folder for temporary files elsewhere (TMPDIR).",
    errno.EROFS: "to write, because a disk can only be read: name folders elsewhere (TMPDIR for temporary files).",
}
"""What is said of these where nobody knows better what was to be written."""

_BY_NUMBER: Final = {errno.EMFILE: _FILE, errno.ENFILE: _FILE, errno.ENOMEM: _MEMORY}


class RunError(Exception):
    """A run that cannot go on. Its text is one sentence: what, where, what to do; safe to print."""

    exit_code: ClassVar[int] = UNVERIFIED


class UsageProblem(RunError):
    """Wrong usage: an unknown name, a malformed file, a missing variable (exit 2)."""

    exit_code: ClassVar[int] = USAGE


class Unverifiable(RunError):
    """Nothing could be concluded: unreachable, refused, unreadable, or an error of this program (exit 3)."""


class SystemRefused(Unverifiable):
    """The operating system refused what a run needs."""


def system_refusal(error: BaseException, *, starting_process: bool = False) -> SystemRefused | None:
    """What the system refused, when `error` or anything it wraps says so; None when none does.

    Only of the start of a process does EAGAIN mean a refusal: a socket says it when it has nothing to read.
    """
    for cause in causes(error):
        if isinstance(cause, SystemRefused):
            return cause
        refused = _refused(cause, starting_process)
        if refused is not None:
            return SystemRefused(f"the system refused {refused}")
    return None


def disk_refusal(error: BaseException) -> SystemRefused | None:
    """What a disk refused where nothing else was said of it; None for any other error."""
    number = error.errno if isinstance(error, OSError) else None
    return SystemRefused(f"the system refused {_DISK[number]}") if number in _DISK else None


def raise_refusal(error: BaseException) -> None:
    """Raise SystemRefused if the system refused something; call this where every other error is handled."""
    refused = system_refusal(error)
    if refused is not None:
        raise refused from error


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error and everything it wraps: libraries use `args`, `reason` and the two standard links for it."""
    waiting, seen = [error], set[int]()
    while waiting:
        cause = waiting.pop()
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        wrapped = (*cause.args, getattr(cause, "reason", None), cause.__cause__, cause.__context__)
        grouped = cause.exceptions if isinstance(cause, BaseExceptionGroup) else ()
        waiting.extend(inner for inner in (*wrapped, *grouped) if isinstance(inner, BaseException))


def _refused(error: BaseException, starting_process: bool) -> str | None:
    if isinstance(error, MemoryError):
        return _MEMORY
    if isinstance(error, RuntimeError) and error.args == ("can't start new thread",):
        return _THREAD
    if not isinstance(error, OSError) or error.errno is None:
        return None
    if str(error.strerror).startswith(_NO_TEMPORARY):
        return _TEMPORARY
    return _PROCESS if starting_process and error.errno == errno.EAGAIN else _BY_NUMBER.get(error.errno)


NEAR: Final = 0.75
"""How alike two names are, as difflib counts it from 0 to 1, before one is offered in the place of the other: `endpont`
for `endpoint`, and not `paid` for `failed`."""

_MANY: Final = 3


def suggest(name: str, names: Iterable[str], otherwise: str, likeness: float = NEAR) -> str:
    """`did you mean …?` with the one of `names` that `name` was probably meant to be, or with those few of which it is
    a word (`paid` of `lifecycle-paid`); `otherwise` when none is near."""
    known = list(names)
    close = difflib.get_close_matches(name, known, 1, likeness)
    found = close or [each for each in known if name and name.lower() in each.lower().split("-")]
    return f"did you mean {' or '.join(found)}?" if 0 < len(found) <= _MANY else otherwise
