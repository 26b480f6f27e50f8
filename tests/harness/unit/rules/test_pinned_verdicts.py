"""What every rule says of every small change, and of every fault in other scenarios than its own.

A change of a rule shows in `snapshots/verdicts` what else it changes. A line such as

    HPP-H11 header Cache-Control · header Cache-Control=max-age=60 · sessions, refusals

names a rule and where it finds something, the edit or fault, and the scenarios or cases. What is found of exchanges
that nobody changed stands under `honest`; the other lines hold only what comes beside that, or is there `no more`. Each
kind of subject that the rule judges says so, unless the line ends with those that do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from itertools import chain

import pytest

from hpp_contract.client import ideal_read
from hpp_contract.engine import Judge, RuleVerdict, Subject, edits, judge
from hpp_contract.engine.rule import Subject as Kind
from hpp_contract.model import Exchange
from hpp_contract.model.client_read import ClientRead
from hpp_contract.rules import CATALOGUE
from tests.harness.support.fake_time import noon
from tests.harness.support.paths import SNAPSHOTS
from tests.harness.support.pinned import assert_pinned
from tests.harness.support.recording_tools import EDITS, FAULTS, SITUATIONS, by_name, kept, simulated

KINDS: tuple[Kind, ...] = ("endpoint", "recording", "client")
Groups = Mapping[str, Sequence[str]]
GROUPS: Groups = {
    "sessions": ("waiting", "completed-with-order", "completed-with-token", "manual-id-check", "lifecycle-paid"),
    "refusals": ("unknown-id", "no-credentials"),
}
CASES: Groups = {
    "sessions": (
        "waiting", "completed-with-order", "completed-with-token", "manual-id-check", "order-and-token",
        "utf-16-session", "byte-order-mark", "id-uppercase", "id-with-space", "missing-status", "missing-outcome",
        "impossible-instant", "instant-offset-east", "misleading-members", "lifecycle-paid", "interleaved",
        "read-twice", "numeric-order-id", "null-order-id", "unknown-status", "another-session-id",
        "two-sessions-concatenated", "padded-session", "gzip", "drips",
    ),
    "refusals": (
        "not-found", "unauthorized", "redirect-elsewhere", "server-error-500-html", "error-with-null-members",
    ),
    "failures": (
        "html-200", "reset-before-answer", "truncated-json", "stalls-before-answer", "wrapped-session", "empty-200",
        "error-object-200",
    ),
}  # fmt: skip
FAULTY = by_name((f"fault {each.name}", each) for each in FAULTS)
ANSWERED = by_name((f"fault {each.name}", each) for rule in CATALOGUE if rule.scope == "answer" for each in rule.faults)

Found = Mapping[str, Sequence[str]]
"""Where each rule finds something, in order: texts that a person reads may change, and are left out."""
Statements = dict[tuple[str, str], dict[str, list[str]]]
"""By finding and edit: the scenarios or cases where it is said, each with the kinds of subject that say it."""


def found(verdicts: Iterable[RuleVerdict]) -> Found:
    return {verdict.rule.id: tuple(dict.fromkeys(each.where for each in verdict.findings)) for verdict in verdicts}


def said(exchanges: Sequence[Exchange], kind: Kind) -> Found:
    return found(judge(exchanges, CATALOGUE, Subject(kind, "x")))


def answered(read: ClientRead) -> Found:
    judging = Judge(CATALOGUE, Subject("client", "x"))
    judging.answer(read)
    return found(judging.verdicts)


def beside(now: Found, honest: Found) -> Iterator[str]:
    """What is found now and was not before, and what is found no more, one text a rule."""
    for rule, before in honest.items():
        more = [where for where in now[rule] if where not in before]
        less = [where for where in before if where not in now[rule]]
        texts = [", ".join(more)] if more else []
        if less:
            texts.append("no more" if len(less) == len(before) else f"no more {', '.join(less)}")
        if texts:
            yield f"{rule} {'; '.join(texts)}"


def add(statements: Statements, scenario: str, kind: Kind, honest: Found, edited: Mapping[str, Found]) -> None:
    """Add the honest verdict, and what each edit makes of it."""
    for finding in beside(honest, dict.fromkeys(honest, ())):
        statements[finding, "honest"][scenario].append(kind)
    for name, now in edited.items():
        for finding in beside(now, honest):
            statements[finding, name][scenario].append(kind)


def changed() -> Statements:
    """What is said of every edit to the second of three polls, and of every fault on all three."""
    statements: Statements = defaultdict(lambda: defaultdict(list))
    for scenario in chain.from_iterable(GROUPS.values()):
        exchanges = simulated(scenario, 3)
        for kind in KINDS:
            first, second, third = polls = [kept(each) if kind == "recording" else each for each in exchanges]
            edited = {name: said([first, edit(second), third], kind) for name, edit in EDITS.items()}
            edited |= {name: said([fault(each) for each in polls], kind) for name, fault in FAULTY.items()}
            add(statements, scenario, kind, said(polls, kind), edited)
    return statements


def returned_to_callers() -> Statements:
    """What is said of every fault in what a client returns to its caller."""
    statements: Statements = defaultdict(lambda: defaultdict(list))
    for case in chain.from_iterable(CASES.values()):
        answer = ideal_read(case, clock=noon)
        edited = {name: answered(fault(answer)) for name, fault in ANSWERED.items()}
        add(statements, case, "client", answered(answer), edited)
    return statements


def listed(scenarios: Iterable[str], groups: Groups) -> str:
    """The scenarios; a group that has more of its members here than not is named, with those that are missing."""
    texts: list[str] = []
    for group, members in groups.items():
        here = [each for each in members if each in scenarios]
        missing = [each for each in members if each not in here]
        if len(here) <= len(missing):
            texts += here
        else:
            texts.append(f"{group} (not {', '.join(missing)})" if missing else group)
    return ", ".join(texts)


def written(statements: Statements, groups: Groups, judges: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """One line for each finding, edit and set of kinds."""
    for (finding, name), scenarios in statements.items():
        everyone = tuple(judges[finding.split()[0]])
        for kinds in dict.fromkeys(map(tuple, scenarios.values())):
            where = [each for each, saying in scenarios.items() if tuple(saying) == kinds]
            only = "" if kinds == everyone else f" · {', '.join(kinds)} only"
            yield f"{finding} · {name} · {listed(where, groups)}{only}"


@pytest.mark.slow
def test_every_verdict() -> None:
    """Each rule judges these kinds of subject, and finds this in these places of these changes."""
    rules = {kind: said([], kind) for kind in KINDS}
    judges = {rule.id: [kind for kind in KINDS if rule.id in rules[kind]] for rule in CATALOGUE}
    assert_pinned(
        SNAPSHOTS / "verdicts",
        (
            *(f"{rule} judges {', '.join(kinds)}" for rule, kinds in judges.items()),
            *written(changed(), GROUPS, judges),
            *written(returned_to_callers(), CASES, judges),
        ),
    )


def test_every_edit_edits() -> None:
    """Each small change changes an exchange of some scenario."""

    def parts(exchange: Exchange) -> list[object]:
        return [getattr(exchange, field.name) for field in fields(exchange)]

    polls = [each for scenario in SITUATIONS for each in simulated(scenario, 1)]
    assert [name for name, edit in EDITS.items() if all(parts(edit(each)) == parts(each) for each in polls)] == []


@pytest.mark.parametrize(
    ("first", "wrong"),
    [("x", "two edits are called 'x'"), ("caf\u00e9", "not printable ASCII"), ("x\n", "not printable ASCII")],
)
def test_a_name_is_of_one_edit(first: str, wrong: str) -> None:
    """Edits of one name are refused, and so are names that are not printable ASCII."""
    with pytest.raises(ValueError, match=wrong):
        by_name([(first, edits.status(200)), ("x", edits.status(201))])
