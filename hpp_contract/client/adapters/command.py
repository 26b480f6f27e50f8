"""A client behind a command that speaks the adapter protocol: one JSON object a line, the process kept from case to
case and started again when it has misbehaved."""

from __future__ import annotations

import contextlib
import json
import shlex
import time
from typing import Any, Final

from hpp_contract.client.adapters.adapter import Ask
from hpp_contract.client.adapters.results import parse_capabilities, parse_result
from hpp_contract.client.adapters.subprocess_group import AdapterError, SubprocessGroup
from hpp_contract.engine.errors import UsageProblem
from hpp_contract.model.client_read import Capabilities, ClientResult

HELLO: Final = {"op": "hello", "protocol": 1}
GREETING: Final = 1.0
"""Seconds to wait for a hello before asking without it; one that comes later still counts."""

LOOK: Final = 0.05
"""Seconds for which more is looked for after the first answer of all."""

UNASKED: Final = 100
"""Lines nobody asked for that are read before a flood is called one."""

_SILENT: Final = f"The adapter did not answer hello within {GREETING:g} s: everything is assumed of its client."

_PARTS: Final = frozenset({"session", "error", "empty", "skipped"})


def arguments(command: str) -> list[str]:
    """The command as a list of words, in the shell's quoting and without a shell; raises UsageProblem."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageProblem(f"--command cannot be read ({str(error).lower()}): check its quotes.") from None
    if not words:
        raise UsageProblem("--command is empty: give the command that starts the adapter.")
    return words


class CommandAdapter:
    """Speaks with a long-lived process."""

    def __init__(self, command: str) -> None:
        self._argv = arguments(command)
        self._child: SubprocessGroup | None = None
        self._greets = True
        self._asked: set[str] = set()
        self._repeated = False
        self.can = Capabilities()
        self.notes: list[str] = []

    def read(self, ask: Ask, wait: float) -> tuple[ClientResult, float]:
        child = self._started()
        began = time.monotonic()
        try:
            child.send(json.dumps(ask.message(), ensure_ascii=False).encode())
            told = self._answer(child, ask.id, began + wait)
            elapsed = time.monotonic() - began
            if not self._asked and told is not None:
                told = self._looked_at(child, ask.id, told)
        except AdapterError as misdeed:
            told, elapsed = self._problem(child, str(misdeed)), time.monotonic() - began
        if told is None:
            told = self._problem(child, f"no answer within {wait:g} s", hung=True)
        self._asked.add(ask.id)
        return told, elapsed

    def close(self) -> None:
        if self._child is not None:
            with contextlib.suppress(AdapterError):
                self._child.send(b'{"op":"bye"}')
            self._child.stop(patience=1.0)
            self._child = None

    def _started(self) -> SubprocessGroup:
        """The process, started and greeted where that is still to be done."""
        if self._child is not None:
            return self._child
        self._child = SubprocessGroup(self._argv)
        if self._greets:
            try:
                self._greet(self._child)
            except AdapterError as misdeed:
                self._greets = False
                self._note(f"The adapter did not survive hello ({misdeed}): everything is assumed of its client.")
                self._child.stop()
                self._child = None  # should the system refuse another
                self._child = SubprocessGroup(self._argv)
        return self._child

    def _greet(self, child: SubprocessGroup) -> None:
        child.send(json.dumps(HELLO).encode())
        line = child.line(time.monotonic() + GREETING)
        message = None if line is None else parsed(line)
        if message is not None and message.get("op") == "hello":
            self.can = parse_capabilities(message)
            return
        if line is None:
            self._note(_SILENT)
        else:
            self._note(f"The adapter answered hello with {quoted(line)}: everything is assumed of its client.")
        self._greets = False

    def _late_hello(self, message: dict[str, Any]) -> None:
        """It was slow to start, not silent."""
        self.can = parse_capabilities(message)
        self.notes = [note for note in self.notes if note != _SILENT]
        self._greets = True

    def _note(self, sentence: str) -> None:
        if sentence not in self.notes:
            self.notes.append(sentence)

    def _problem(self, child: SubprocessGroup, words: str, *, hung: bool = False) -> ClientResult:
        """What went wrong, after an end has been made of the process."""
        child.stop()
        self._child = None
        return ClientResult(problem=words, hung=hung)

    def _answer(self, child: SubprocessGroup, wanted: str, deadline: float) -> ClientResult | None:
        """The answer to `wanted`, or None when it does not come in time."""
        again = ""
        for _ in range(UNASKED):
            line = child.line(deadline)
            if line is None:
                return None
            message = parsed(line)
            if message is None:
                raise AdapterError(f"a line on stdout that is no JSON object: {quoted(line)} (logs belong on stderr)")
            if message.get("op") == "hello":
                self._late_hello(message)
            elif message.get("id") == wanted:
                return ClientResult(problem=again) if again else _told(message)
            elif message.get("id") in self._asked:
                again = again or self._repeat(str(message["id"]))
            else:
                raise AdapterError(_foreign(message, wanted))
        raise AdapterError(f"more than {UNASKED} lines on stdout that nobody asked for")

    def _looked_at(self, child: SubprocessGroup, answered: str, told: ClientResult) -> ClientResult:
        """The first answer, unless more follows it: what is wrong with an adapter shows in its first case already."""
        line = child.line(time.monotonic() + LOOK)
        if line is None:
            return told
        message = parsed(line) or {}
        words = self._repeat(answered) if message.get("id") == answered else f"a line after its answer: {quoted(line)}"
        return self._problem(child, words)

    def _repeat(self, answered: str) -> str:
        """The first second answer is a finding; that it goes on so need not be said of every case."""
        first, self._repeated = not self._repeated, True
        return f"a second answer to {answered!r}" if first else ""


def parsed(line: bytes) -> dict[str, Any] | None:
    """The JSON object that a line is, or None."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _told(message: dict[str, Any]) -> ClientResult:
    if not _PARTS & message.keys():
        return ClientResult(problem=f"an answer with none of {', '.join(sorted(_PARTS))} in it")
    if "session" in message and not isinstance(message["session"], dict):
        return ClientResult(problem="an answer whose session is no object")
    return parse_result({name: value for name, value in message.items() if name in _PARTS})


def _foreign(message: dict[str, Any], wanted: str) -> str:
    if "id" not in message:
        return f"an answer without an id: it must repeat {wanted!r}"
    return f"an answer with the id {str(message['id'])[:60]!r} instead of {wanted!r}"


def quoted(line: bytes) -> str:
    """A line as a person recognises it."""
    text = " ".join(line.decode("utf-8", "replace").split())
    return repr(text if len(text) <= 80 else f"{text[:80]}…")
