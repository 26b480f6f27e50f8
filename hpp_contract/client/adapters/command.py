"""A client behind a command with the adapter protocol: one JSON object a line. The process is kept from case to case,
and started again after it has failed."""

from __future__ import annotations

import contextlib
import json
import re
import shlex
import time
from collections.abc import Collection, Sequence
from typing import Any, Final

from hpp_contract.client.adapters.adapter import Ask
from hpp_contract.client.adapters.results import no_session, parse_capabilities, parse_result
from hpp_contract.client.adapters.subprocess_group import AdapterError, SubprocessGroup
from hpp_contract.engine.errors import UsageProblem
from hpp_contract.model.client_read import Capabilities, ClientResult
from hpp_contract.privacy.quote import quote_first

HELLO: Final = {"op": "hello", "protocol": 1}
HELLO_LIMIT_S: Final = 1.0
"""Seconds to wait for a hello before asking without it; one that comes later still counts."""

EXTRA_LINES_WAIT_S: Final = 0.05
"""Seconds to wait for further lines after the first answer of all."""

MAX_EXTRA_LINES: Final = 100
"""Lines that answer nothing, after which the adapter is stopped."""

_ASSUMED: Final = "all optional abilities are assumed."
_SILENT: Final = f"The adapter did not answer hello within {HELLO_LIMIT_S:g} s: {_ASSUMED}"

_TALK: Final = " before it said hello: logs belong on stderr."
"""The end of a note about a hello that came after other lines."""

_PRETTY: Final = (b"{", b'"', b"}")
"""How the lines begin of an object that is written over several."""

_PARTS: Final = frozenset({"session", "error", "empty", "skipped", "verdict"})


def arguments(command: str) -> list[str]:
    """The command as a list of words, in the shell's quoting and without a shell; raises UsageProblem."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageProblem(f"--command cannot be read ({str(error).lower()}): check its quotes.") from None
    if not words:
        raise UsageProblem("--command is empty: give the command that starts the adapter.")
    shells = next((word for place, word in enumerate(words) if _is_for_a_shell(word, first=place == 0)), None)
    if shells is not None:
        raise UsageProblem(
            f"--command is started without a shell, which {shells!r} is for: put it into a script, or write "
            "sh -c '…' around all of it."
        )
    return words


_OPERATORS: Final = frozenset(("&&", "||", "|", ";", "&", ">", ">>", "<", "2>", "2>&1"))
_BUILTINS: Final = frozenset(("cd", "export", "source", ".", "set", "unset", "exec", "eval", "alias"))
_ASSIGNMENT: Final = re.compile(r"[A-Za-z_]\w*=.*", re.ASCII | re.DOTALL)


def _is_for_a_shell(word: str, *, first: bool) -> bool:
    """Whether only a shell makes something of this word of a command."""
    return word in _OPERATORS or (first and (word in _BUILTINS or _ASSIGNMENT.fullmatch(word) is not None))


class CommandAdapter:
    """Exchanges messages with a long-lived process."""

    def __init__(self, command: str) -> None:
        self._argv = arguments(command)
        self._child: SubprocessGroup | None = None
        self._says_hello = True
        self._asked: set[str] = set()
        self._repeated = False
        self._instead = ""
        self.can = Capabilities()
        self.heard = False
        self.notes: list[str] = []

    def start(self) -> None:
        self._started()

    def read_together(self, asks: Sequence[Ask], wait: float) -> tuple[tuple[ClientResult, float], ...]:
        child = self._started()
        began = time.monotonic()
        answers: dict[str, tuple[ClientResult, float]] = {}
        try:
            for ask in asks:
                child.send(json.dumps(ask.message(), ensure_ascii=False).encode())
            while waiting := {ask.id for ask in asks} - answers.keys():
                found = self._answer(child, waiting, began + wait)
                if found is None:
                    break
                name, result = found
                answers[name] = result, time.monotonic() - began
        except AdapterError as error:
            problem = self._problem(child, str(error))
        else:
            missing = len(answers) < len(asks)
            problem = self._problem(child, f"no answer within {wait:g} s", hung=True) if missing else ClientResult()
        self.heard |= any(result.problem is None for result, _ in answers.values())
        self._asked |= {ask.id for ask in asks}
        return tuple(answers.get(ask.id, (problem, time.monotonic() - began)) for ask in asks)

    def read(self, ask: Ask, wait: float) -> tuple[ClientResult, float]:
        child = self._started()
        began = time.monotonic()
        try:
            child.send(json.dumps(ask.message(), ensure_ascii=False).encode())
            found = self._answer(child, {ask.id}, began + wait)
            result = found[1] if found is not None else None
            elapsed = time.monotonic() - began
            if not self._asked and result is not None:
                result = self._checked(child, ask.id, result)
        except AdapterError as error:
            result, elapsed = self._problem(child, str(error)), time.monotonic() - began
        if result is None:
            said = "" if child.heard else child.last_words()
            result = self._problem(child, f"no answer within {wait:g} s{said}", hung=True)
        self.heard |= result.problem is None
        self._asked.add(ask.id)
        return result, elapsed

    def close(self) -> None:
        if self._child is not None:
            with contextlib.suppress(AdapterError):
                self._child.send(b'{"op":"bye"}')
            self._child.stop(wait=1.0)
            self._child = None

    def _started(self) -> SubprocessGroup:
        """The process; if it is not running it is started, and asked for its hello."""
        if self._child is not None:
            return self._child
        self._child = SubprocessGroup(self._argv)
        if self._says_hello:
            try:
                self._hello(self._child)
            except AdapterError as error:
                self._says_hello = False
                self.notes.append(f'The adapter stopped during "hello" ({error}): {_ASSUMED}')
                self._child.stop()
                self._child = None  # in case the system refuses another process
                self._child = SubprocessGroup(self._argv)
        return self._child

    def _hello(self, child: SubprocessGroup) -> None:
        child.send(json.dumps(HELLO).encode())
        line = child.line(time.monotonic() + HELLO_LIMIT_S)
        message = None if line is None else parsed(line)
        if message is not None and message.get("op") == "hello":
            self.can = parse_capabilities(message)
            return
        if line is None:
            self.notes.append(_SILENT)
        else:
            self._instead = f", after {quoted(line)} on stdout"
            self.notes.append(f"The adapter answered hello with {quoted(line)}: {_ASSUMED}")
        self._says_hello = False

    def _late_hello(self, message: dict[str, Any]) -> None:
        """Take a hello that comes after the time for it: the adapter was slow to start."""
        self.can = parse_capabilities(message)
        notes = (note.replace(f": {_ASSUMED}", _TALK) for note in self.notes if note != _SILENT)
        self.notes = list(dict.fromkeys(notes))
        self._says_hello = True

    def _problem(self, child: SubprocessGroup, problem: str, *, hung: bool = False) -> ClientResult:
        """Stop the process; the result that says what went wrong."""
        child.stop()
        self._child = None
        return ClientResult(problem=problem if self.heard else problem + self._instead, hung=hung)

    def _answer(
        self, child: SubprocessGroup, wanted: Collection[str], deadline: float
    ) -> tuple[str, ClientResult] | None:
        """One of the `wanted` answers, with its id; None when none comes in time."""
        repeated = ""
        for _ in range(MAX_EXTRA_LINES):
            line = child.line(deadline)
            if line is None:
                return None
            message = parsed(line)
            if message is None:
                hint = "a message is one line" if line.lstrip()[:1] in _PRETTY else "logs belong on stderr"
                raise AdapterError(f"a line on stdout that is not a JSON object: {quoted(line)} ({hint})")
            if message.get("op") == "hello":
                self._late_hello(message)
            elif isinstance(answered := message.get("id"), str) and answered in wanted:
                return answered, ClientResult(problem=repeated) if repeated else _result(message)
            elif isinstance(answered, str) and answered in self._asked:
                repeated = repeated or self._repeat(answered)
            else:
                raise AdapterError(_wrong_id(message, wanted))
        raise AdapterError(f"more than {MAX_EXTRA_LINES} lines on stdout that are no answer to a message")

    def _checked(self, child: SubprocessGroup, answered: str, result: ClientResult) -> ClientResult:
        """The first answer, unless further lines follow it: so the first case shows that the adapter writes them."""
        line = child.line(time.monotonic() + EXTRA_LINES_WAIT_S)
        if line is None:
            return result
        message = parsed(line) or {}
        second = message.get("id") == answered
        return self._problem(child, self._repeat(answered) if second else f"a line after its answer: {quoted(line)}")

    def _repeat(self, answered: str) -> str:
        """The problem of a second answer; empty from the second time on, to report it in one case only."""
        first, self._repeated = not self._repeated, True
        return f"a second answer to {answered!r}" if first else ""


def parsed(line: bytes) -> dict[str, Any] | None:
    """The JSON object that a line is, or None."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _result(message: dict[str, Any]) -> ClientResult:
    if not _PARTS & message.keys():
        return ClientResult(problem=f"an answer with none of {', '.join(sorted(_PARTS))} in it")
    session = message.get("session", {})
    if session is not None and session != [] and not isinstance(session, dict):
        return ClientResult(other=no_session(session))
    return parse_result({name: value for name, value in message.items() if name in _PARTS})


def _wrong_id(message: dict[str, Any], wanted: Collection[str]) -> str:
    right = " or ".join(map(repr, sorted(wanted)))
    if "id" not in message:
        return f"an answer without an id: it must repeat {right}"
    return f"an answer with the id {str(message['id'])[:60]!r} instead of {right}"


def quoted(line: bytes) -> str:
    """A line for a message, cut where it is long, without keys and people."""
    return repr(quote_first(line, 80))
