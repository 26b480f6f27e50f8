"""A rule names every header field that it reads: the fast path of recordings keeps no others apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Self

from hpp_contract.engine import Subject, judge
from hpp_contract.engine.rule import ALWAYS_READ, JUDGES, Rule
from hpp_contract.model import Exchange, Request, Response
from hpp_contract.rules import CATALOGUE
from tests.harness.support.recording_tools import EDITS, FAULTS, SITUATIONS, kept, simulated


class Name(str):
    """The name of a header field that notes what it is compared with."""

    __slots__ = ("noted",)
    noted: list[str]

    def __new__(cls, name: str, noted: list[str]) -> Self:
        """The name, noting into `noted`."""
        own = super().__new__(cls, name)
        own.noted = noted
        return own

    def lower(self) -> Name:
        return Name(super().lower(), self.noted)

    def __eq__(self, other: object) -> bool:
        self.noted.append(str(other))
        return super().__eq__(other)

    __hash__ = str.__hash__


class Fields(tuple[tuple[str, str], ...]):
    """A header section that notes `*` when it is gone through without a name to look for."""

    __slots__ = ()

    def __iter__(self) -> Iterator[tuple[str, str]]:
        noted = self[0][0].noted if self else []  # type: ignore[attr-defined]  # every name is a Name
        before = len(noted)
        try:
            yield from super().__iter__()
        finally:
            if len(noted) == before:
                noted.append("*")


class ByName(dict[str, str]):
    """The fields by name, noting each name that is asked for."""

    noted: list[str]

    def get(self, name: str, default: Any = None) -> Any:
        """The value of this field."""
        self.noted.append(name)
        return super().get(name, default)


def observe(message: Any, noted: list[str]) -> Any:
    """A copy of this request or response that notes the names asked of its header section."""
    observed = replace(message, headers=Fields((Name(name, noted), value) for name, value in message.headers))
    by_name = ByName((name.lower(), value) for name, value in reversed(message.headers))
    by_name.noted = noted
    observed.__dict__["_header"] = by_name
    return observed


class Observed:
    """Exchanges that note what is asked of their header sections."""

    def __init__(self, exchanges: Iterable[Exchange]) -> None:
        self.sent: list[str] = []
        self.answered: list[str] = []
        self.exchanges = tuple(map(self._observed, exchanges))

    def _observed(self, exchange: Exchange) -> Exchange:
        request: Request = observe(exchange.request, self.sent)
        response: Response | None = observe(exchange.response, self.answered) if exchange.response else None
        return replace(exchange, request=request, response=response)

    def read_by(self, rule: Rule) -> set[str]:
        """Every header field that judging by this rule reads, in its condition or in its check."""
        self.sent.clear()
        self.answered.clear()
        judge(self.exchanges, [rule], Subject("recording", ""))
        return {f"request {name}" for name in self.sent} | {f"response {name}" for name in self.answered}


def sessions() -> Iterator[Observed]:
    """Sessions of every scenario and fault, live and as recordings hold them, and recorded ones with a small change."""
    live = [simulated(scenario, 2) for scenario in SITUATIONS] + [simulated(each.scenario, 2, each) for each in FAULTS]
    yield from map(Observed, live)
    for base in ("completed-with-order", "unknown-id"):
        first, second = simulated(base, 2)
        live += [[first, edit(second)] for edit in EDITS.values()]
    yield from (Observed(map(kept, group)) for group in live)


def test_a_rule_names_the_headers_that_it_reads() -> None:
    """`reads` is what the rule reads beside what is read for every rule, no more and no less."""
    rules = [rule for rule in CATALOGUE if "recording" in JUDGES[rule.scope]]
    read: dict[str, set[str]] = {rule.id: set() for rule in rules}
    for session in sessions():
        for rule in rules:
            read[rule.id] |= session.read_by(rule)
    wanted = {rule: sorted(read[rule.id] - (set(ALWAYS_READ) - set(rule.reads))) for rule in rules}
    wrong = [f"{rule.id} needs reads={fields}" for rule, fields in wanted.items() if fields != sorted(rule.reads)]
    assert wrong == [], "; ".join(wrong)
