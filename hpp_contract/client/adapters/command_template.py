"""A client behind a command that reads one session and ends. The last line of its output is the answer."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from hpp_contract.client.adapters.adapter import Ask
from hpp_contract.client.adapters.command import arguments, parsed, quoted
from hpp_contract.client.adapters.results import parse_result
from hpp_contract.client.adapters.subprocess_group import AdapterError, SubprocessGroup
from hpp_contract.model.client_read import Capabilities, ClientResult

MAX_OUTPUT: Final = 10_000_000
"""Bytes of output that are read of one run."""

MARK: Final = "{session_id}"
"""What makes a command a template."""


class CommandTemplateAdapter:
    """Runs a command for every read. `{session_id}`, `{base_url}`, `{username}`, `{password}`, `{timeout_ms}` and
    `{ca_file}` are replaced in its words. No shell is involved, unless the command starts one."""

    def __init__(self, command: str) -> None:
        self._argv = arguments(command)
        self.can = Capabilities()
        self.heard = False
        self.notes: list[str] = []

    def start(self) -> None:
        """Do nothing: a process is started for each read."""

    def read_together(self, asks: Sequence[Ask], wait: float) -> tuple[tuple[ClientResult, float], ...]:
        """One after the other: what is started once a read declares nothing."""
        return tuple(self.read(ask, wait) for ask in asks)

    def read(self, ask: Ask, wait: float) -> tuple[ClientResult, float]:
        began = time.monotonic()
        child = SubprocessGroup([_filled(word, ask) for word in self._argv])
        try:
            result = _last_answer(child, began + wait)
            if result is None:
                said = "" if child.heard else child.last_words()
                result = ClientResult(problem=f"no answer within {wait:g} s{said}", hung=True)
        except AdapterError as error:
            result = ClientResult(problem=str(error))
        finally:
            elapsed = time.monotonic() - began
            child.stop()
        self.heard |= result.problem is None
        return result, elapsed

    def close(self) -> None:
        """Do nothing: no process is kept from read to read."""


def _filled(word: str, ask: Ask) -> str:
    message = ask.message()
    for name in ("base_url", "username", "password", "session_id", "timeout_ms", "ca_file"):
        word = word.replace(f"{{{name}}}", str(message[name] or ""))
    return word


def _last_answer(child: SubprocessGroup, deadline: float) -> ClientResult | None:
    """What the last line says when the output has ended; None when it does not end in time."""
    last, size = b"", 0
    while True:
        try:
            line = child.line(deadline)
        except AdapterError as error:
            if last:
                break
            raise AdapterError(f"no output ({error})") from None
        if line is None:
            return None
        size += len(line)
        if size > MAX_OUTPUT:
            raise AdapterError(f"more than {MAX_OUTPUT:,} bytes of output")
        last = line if line.strip() else last
    message = parsed(last)
    if message is None:
        raise AdapterError(f"the last line of output is not a JSON object: {quoted(last)}{child.exit_reason()}")
    return parse_result({name: value for name, value in message.items() if name not in ("id", "op")})
