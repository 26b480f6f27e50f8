"""A Python client in an interpreter of its own, which runs this file and talks over stdin and stdout.

What this package needs itself changes what a client does: a decoder appears because another library can be imported. So
nothing of ours is put on the client's path. The few modules that are needed here, which need no other library, are
loaded from their files.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, TextIO

if TYPE_CHECKING:
    from hpp_contract.client.adapters.python import PythonAdapter
    from hpp_contract.model.client_read import ClientResult

_PACKAGE: Final = Path(__file__).parents[2]
_NEVER: Final = 1e6
"""Seconds: who has started this process ends it when a read takes too long."""


def _make_importable() -> None:
    """Make our modules importable by their names, though their folder is not on the path."""
    for name in ("hpp_contract", "hpp_contract.client", "hpp_contract.client.adapters"):
        module = ModuleType(name)
        module.__path__ = [str(_PACKAGE.parent.joinpath(*name.split(".")))]
        sys.modules[name] = module


def _take_stdout() -> TextIO:
    """Stdout for the protocol alone: whatever the client prints goes to stderr."""
    protocol = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return protocol


def answers(adapter: PythonAdapter, hello: Any, lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    """What to answer to each message."""
    from hpp_contract.client.adapters.adapter import Ask

    for line in lines:
        message = json.loads(line)
        if message["op"] == "bye":
            return
        if message["op"] == "hello":
            declared = hello if isinstance(hello, dict) else {}
            yield {**declared, "op": "hello", "concurrent": False}  # messages are read one by one
            continue
        given = {name: message[name] for name in ("id", "base_url", "username", "password", "session_id", "ca_file")}
        ask = Ask(**given, timeout=message["timeout_ms"] / 1000)
        result, _ = adapter.read(ask, _NEVER)
        yield {"id": ask.id, **as_message(result)}


def as_message(result: ClientResult) -> dict[str, Any]:
    """The result as an answer of the adapter protocol."""
    if result.failure is not None:
        return {"error": asdict(result.failure)}
    if result.skipped is not None:
        return {"skipped": result.skipped}
    if result.other is not None:
        return {"session": result.other}
    said = {"verdict": result.verdict or ""} if result.verdict or result.problem else {}
    session = {"session": dict(result.session)} if result.session is not None else {}
    return {**said, **session} or {"empty": True}


def main(name: str) -> None:
    """Answer the messages on stdin with the callable that `name` names."""
    from hpp_contract.client.adapters.python import PythonAdapter, resolve
    from hpp_contract.engine.errors import UsageProblem

    protocol = _take_stdout()
    sys.path[:1] = [str(Path.cwd())]  # not the folder of this file
    try:
        function = resolve(name, here=True)
        adapter = PythonAdapter(function)
    except UsageProblem as problem:
        sys.exit(f"error: {problem}")
    for message in answers(adapter, getattr(function, "hello", None), iter(sys.stdin)):
        protocol.write(json.dumps(message) + "\n")
        protocol.flush()


if __name__ == "__main__":  # pragma: no cover  the other interpreter measures nothing
    _make_importable()
    main(sys.argv[1])
