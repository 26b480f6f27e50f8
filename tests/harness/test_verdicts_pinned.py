"""What every rule says of every small change, and of every lie told in other places than its own.

The verdicts are in `data`: whoever changes a rule sees there what else that changes. HPP_UPDATE=1 writes them again,
for the diff to be read.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from hpp_contract.client import rehearse_answer
from hpp_contract.exchange import Exchange
from hpp_contract.rules import fault
from hpp_contract.rules.catalogue import CATALOGUE
from hpp_contract.verdict import Judge, RuleVerdict, Subject, judge

from .fake_time import noon
from .recording_tools import EDITS, FAULTS, by_name, kept, played
from .recording_tools import STAGES as SITUATIONS

DATA = Path(__file__).parent / "data"
STAGES = ("waiting", "completed-with-order", "completed-with-token", "manual-id-check", "unknown-id", "no-credentials")
CASES = (
    "waiting", "completed-with-order", "completed-with-token", "manual-id-check", "not-found", "unauthorized",
    "html-200", "reset-before-answer", "redirect-elsewhere", "order-and-token", "utf-16-session", "truncated-json",
    "byte-order-mark", "id-uppercase", "id-with-space", "missing-status", "missing-outcome", "impossible-instant",
    "instant-offset-east", "misleading-members", "lifecycle-paid", "interleaved", "read-twice",
    "stalls-before-answer", "server-error-500-html", "wrapped-session", "error-with-null-members",
    "numeric-order-id", "null-order-id", "unknown-status", "empty-200", "another-session-id",
    "two-sessions-concatenated", "padded-session", "gzip", "error-object-200", "drips",
)  # fmt: skip
LIES = [fault for rule in CATALOGUE if rule.scope == "answer" for fault in rule.faults]


def found(verdicts: Iterable[RuleVerdict]) -> dict[str, None]:
    """What was found where, in order: texts that a person reads may change, and are left out."""
    return dict.fromkeys(f"{verdict.rule.id} {each.where}" for verdict in verdicts for each in verdict.findings)


def said(exchanges: Iterable[Exchange], kind: str) -> dict[str, None]:
    return found(judge(list(exchanges), CATALOGUE, Subject(kind, "x")))


def beside(now: dict[str, None], before: dict[str, None]) -> str:
    """What is found now and was not before, and what is found no more."""
    more, less = (", ".join(each for each in one if each not in other) for one, other in ((now, before), (before, now)))
    return f"{more or 'nothing'}{f'; no more {less}' if less else ''}"


def in_one_line(verdicts: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Changes that all rules say the same of, in one line."""
    ordered = sorted(verdicts, key=lambda pair: pair[1])
    for text, group in groupby(ordered, key=lambda pair: pair[1]):
        yield f"  {text}: {' | '.join(name for name, _ in group)}"


def assert_pinned(name: str, lines: Iterable[str]) -> None:
    file, text = DATA / name, "".join(f"{line}\n" for line in lines)
    if os.environ.get("HPP_UPDATE"):
        file.write_text(text, encoding="utf-8")
    assert text.splitlines() == file.read_text(encoding="utf-8").splitlines()


def seen(exchanges: Sequence[Exchange]) -> Iterator[tuple[str, list[Exchange]]]:
    """The exchanges as each kind of subject knows them."""
    yield "endpoint", list(exchanges)
    yield "recording", [kept(each) for each in exchanges]
    yield "client", list(exchanges)


@pytest.mark.parametrize("stage", STAGES)
def test_every_small_change(stage: str) -> None:
    """A change to the second of three polls is found by these rules, in these places."""
    lines = []
    for kind, polls in seen(played(stage, 3)):
        honest, verdicts = said(polls, kind), []
        for name, edit in EDITS.items():
            now = said([edit(each) if poll == 1 else each for poll, each in enumerate(polls)], kind)
            verdicts.append((name, beside(now, honest)))
        lines += [kind, f"  honest: {beside(honest, {})}", *in_one_line(verdicts)]
    assert_pinned(f"verdicts-{stage}.txt", lines)


def told_where_possible(tell: Callable[[Any], Any], honest: Any) -> Any:
    """The lie, or the truth where there is nothing to lie about."""
    try:
        return tell(honest)
    except (ValueError, TypeError, AttributeError, LookupError):
        return honest


@pytest.mark.parametrize("stage", ["waiting", "completed-with-order", "lifecycle-paid", "unknown-id"])
def test_every_lie_elsewhere(stage: str) -> None:
    """A lie that is told on every poll of any stage is found by these rules, in these places."""
    lines = []
    for kind, polls in seen(played(stage, 3)):
        honest = said(polls, kind)
        told = [(fault.name, said([told_where_possible(fault, each) for each in polls], kind)) for fault in FAULTS]
        lines += [
            kind,
            f"  honest: {beside(honest, {})}",
            *in_one_line([(name, beside(now, honest)) for name, now in told]),
        ]
    assert_pinned(f"lies-{stage}.txt", lines)


def test_every_lie_to_a_caller() -> None:
    """A lie that a client tells its caller in any case is found by these rules, in these places."""
    lines = []
    for case in CASES:
        answer, verdicts = rehearse_answer(case, clock=noon), []
        for told in LIES:
            court = Judge(CATALOGUE, Subject("client", "x"))
            court.answer(told_where_possible(told, answer))
            verdicts.append((told.name, beside(found(court.verdicts), {})))
        lines += [case, *in_one_line(verdicts)]
    assert_pinned("answers.txt", lines)


def test_every_edit_edits() -> None:
    """Each small change changes an exchange of some stage."""

    def parts(exchange: Exchange) -> list[object]:
        return [getattr(exchange, field.name) for field in fields(exchange)]

    polls = [each for stage in SITUATIONS for each in played(stage, 1)]
    assert [name for name, edit in EDITS.items() if all(parts(edit(each)) == parts(each) for each in polls)] == []


@pytest.mark.parametrize(("first", "second"), [("status 200", "status 200"), ("caf\u00e9", "x"), ("x\n", "x")])
def test_a_name_is_of_one_edit(first: str, second: str) -> None:
    """Edits of one name are refused, and so are names that are not printable ASCII."""
    with pytest.raises(ValueError, match="a name is printable ASCII, and of one edit"):
        by_name([(first, fault.status(200)), (second, fault.status(201))])
