"""Edits of client reads, of which faults and variations of clients are made: each changes what the caller gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from hpp_contract.engine import fault
from hpp_contract.model.client_read import ClientRead, ClientResult, Failure, Verdict
from hpp_contract.rules.served import served_session

AnswerEdit = Callable[[ClientRead], ClientRead]

adapter_fault = partial(fault.fault, source="adapter")
adapter_variation = partial(fault.variation, source="adapter")


def return_member(name: str, value: Any) -> AnswerEdit:
    """Return the member `name` with this value, or with what this function makes of the client read."""

    def edit(read: ClientRead) -> ClientRead:
        returned = value(read) if callable(value) else value
        return replace(read, result=ClientResult(session={**(read.result.session or {}), name: returned}))

    return edit


def omit(name: str) -> AnswerEdit:
    """Do not return the member `name`."""
    return return_member(name, None)


def served(name: str) -> Callable[[ClientRead], Any]:
    """The value of the served member `name`, for `return_member`."""
    return lambda read: served_session(read).get(name)


def return_session(session: Mapping[str, Any]) -> AnswerEdit:
    """Return this session instead of the served one."""
    return lambda read: replace(read, result=ClientResult(session=dict(session)))


def return_nothing(read: ClientRead) -> ClientRead:
    """Return success with nothing in it."""
    return replace(read, result=ClientResult(empty=True))


def return_error(**parts: Any) -> AnswerEdit:
    """Return an error with these parts, or change these parts of the ideal client's."""
    return lambda read: replace(read, result=ClientResult(failure=replace(read.result.failure or Failure(), **parts)))


def return_other(what: str) -> AnswerEdit:
    """Return something that is no session."""
    return lambda read: replace(read, result=ClientResult(other=what))


def return_verdict(verdict: Verdict) -> AnswerEdit:
    """Return this verdict, and declare that it is all there is."""
    return lambda read: replace(declare(answers="verdict")(read), result=ClientResult(verdict=verdict))


def repeat_requests(times: int) -> AnswerEdit:
    """Send every request of the read so often."""
    return lambda read: replace(read, served=read.served * times)


def return_problem(words: str) -> AnswerEdit:
    """Return nothing, with this problem."""
    return lambda read: replace(read, result=ClientResult(problem=words))


def declare(**capabilities: Any) -> AnswerEdit:
    """Declare these capabilities."""
    return lambda read: replace(read, can=replace(read.can, **capabilities))


def take(elapsed: float) -> AnswerEdit:
    """Take this long, in seconds."""
    return lambda read: replace(read, elapsed=elapsed)
