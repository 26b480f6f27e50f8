"""What commands that listen have in common: a port that may be taken, a file that says when they are ready, and their
end."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from hpp_contract.engine.errors import UsageProblem
from hpp_contract.engine.files import write
from hpp_contract.server.wire import LOOPBACK


def cannot_listen(error: OSError, host: str, port: int) -> UsageProblem:
    """What to say when the system does not let us listen there."""
    reason = (error.strerror or "it cannot be used").lower()
    where, remedy = f"port {port}", "give another --port, or 0 for any."
    if host != LOOPBACK:
        where, remedy = f"{host}, port {port}", "give an IPv4 address of this machine, and a port that is free."
    return UsageProblem(f"cannot listen on {where} ({reason}): {remedy}")


@contextmanager
def ready_file(path: Path | None, known: Mapping[str, str | None]) -> Iterator[None]:
    """While the block runs, the file holds what is `known`; it appears whole, when there is an answer."""
    if path is None:
        yield
        return
    write(path, json.dumps(dict(known), indent=2) + "\n")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def stop_signal() -> Iterator[threading.Event]:
    """An event that Ctrl-C or a request to terminate sets, instead of ending the process."""
    stopped = threading.Event()
    before = {number: signal.signal(number, lambda *_: stopped.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
