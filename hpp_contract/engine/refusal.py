"""What the operating system refuses to give us, told apart from everything else that goes wrong.

A machine may have no thread, process, open file or memory left. That says nothing about an endpoint or a client, and is
no fault of ours: it is one sentence, and nothing was verified.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import Final

from hpp_contract.engine.errors import Unverifiable

_THREAD: Final = "to start another thread: raise the limit on processes (ulimit -u), or close other programs."
_PROCESS: Final = "to start another process: raise the limit on processes (ulimit -u), or close other programs."
_FILE: Final = "to open another file or connection: raise the limit on open files (ulimit -n), or close other programs."
_MEMORY: Final = "more memory: close other programs, or raise the limit on it (ulimit -v)."

_BY_NUMBER: Final = {errno.EMFILE: _FILE, errno.ENFILE: _FILE, errno.ENOMEM: _MEMORY}


class SystemRefused(Unverifiable):
    """The operating system refused what a run needs."""


def system_refusal(error: BaseException, *, starting_process: bool = False) -> SystemRefused | None:
    """What the system refused, when `error` or anything it wraps says so; None when none does.

    Only of the start of a process does EAGAIN mean a refusal: a socket says it when it has nothing to read.
    """
    for cause in causes(error):
        if isinstance(cause, SystemRefused):
            return cause
        told = _told(cause, starting_process)
        if told is not None:
            return SystemRefused(f"the system refused {told}")
    return None


def raise_refusal(error: BaseException) -> None:
    """Raise SystemRefused when that is what `error` is about: for whoever takes every error for something else."""
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


def _told(error: BaseException, starting_process: bool) -> str | None:
    if isinstance(error, MemoryError):
        return _MEMORY
    if isinstance(error, RuntimeError) and error.args == ("can't start new thread",):
        return _THREAD
    if not isinstance(error, OSError) or error.errno is None:
        return None
    return _PROCESS if starting_process and error.errno == errno.EAGAIN else _BY_NUMBER.get(error.errno)
