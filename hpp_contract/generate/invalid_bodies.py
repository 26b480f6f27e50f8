"""Bodies that the contract forbids, each by one keyword at one place.

Which constraints there are to break is read off the demands; how to break one keyword is in `wrong`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from hpp_contract.generate.bodies import body_of, keepable, own_ids, usual
from hpp_contract.generate.choices import Source, pick
from hpp_contract.generate.compiling import UnknownKeywordError
from hpp_contract.generate.invalid_values import WRONG
from hpp_contract.generate.value_spec import Constraint, Demand, keeps
from hpp_contract.generate.values import make
from hpp_contract.rules import NO_NULL

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """A body that breaks one constraint: its `keyword`, `where` (a JSON Pointer; empty is the whole body), and the
    `rule` that finds it there.

    Keywords of one rule at one place that no value can break apart (a `const` and the `enum` it is of, a `format` and
    the `pattern` of its spelling) count as one.
    """

    body: Any
    keyword: str
    where: str
    rule: str


@dataclass(frozen=True, slots=True)
class Weakness:
    """A constraint that can be broken: the alternative `whole` it is part of, the `path` to its place, what is demanded
    there, and for `required` the `member` to leave out."""

    whole: Demand
    path: Path
    demand: Demand
    constraint: Constraint
    member: str = ""

    @property
    def where(self) -> str:
        path = (*self.path, self.member) if self.member else self.path
        return "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in path)


@cache
def weaknesses(name: str) -> tuple[Weakness, ...]:
    """Every constraint of `schemas/<name>.json` that can be broken without choosing another branch by it."""
    found = (weakness for whole in usual(name) for weakness in _weaknesses(whole, (), whole))
    # What is only tolerated (status TIMEOUT) breaks a rule of its own beside: there, only the status is worth breaking.
    return tuple(weakness for weakness in found if weakness.whole in keepable(name) or weakness.path == ("status",))


def _weaknesses(whole: Demand, path: Path, demand: Demand) -> Iterator[Weakness]:
    chosen = [constraint for constraint in demand.constraints if not constraint.rule]
    for constraint in demand.constraints:
        if constraint.rule and constraint.keyword == "required":
            names = [name for name in constraint.value if not any(name in other.value for other in chosen)]
            yield from (Weakness(whole, path, demand, constraint, name) for name in names)
        elif constraint.rule and not _is_settled(constraint, demand, chosen):
            yield Weakness(whole, path, demand, constraint)
    for name, inner in demand.properties.items():
        yield from _weaknesses(whole, (*path, name), inner)
    if demand.items is not None:
        yield from _weaknesses(whole, (*path, 0), demand.items)


def _is_settled(constraint: Constraint, demand: Demand, chosen: list[Constraint]) -> bool:
    """Whether breaking this is breaking something else: what a branch was chosen by, an absence, or a narrower list."""
    if any(other.keyword in ("const", "not") for other in chosen):
        return True
    if demand.values("not"):
        return constraint.keyword != "not"
    return constraint.keyword == "enum" and bool(demand.values("const"))


def broken_body(source: Source, name: str) -> Broken:
    """A body that breaks one constraint of `schemas/<name>.json`."""
    return broken_at(source, pick(source, weaknesses(name)))


def broken_at(source: Source, weakness: Weakness) -> Broken:
    """A body that breaks just this constraint."""
    body, constraint, path = body_of(weakness.whole, source), weakness.constraint, weakness.path
    rule = constraint.rule
    if weakness.member:
        container = {name: value for name, value in _at(body, path).items() if name != weakness.member}
        body = _replaced(body, path, container, weakness.whole, source)
    else:
        value = _wrong(source, weakness)
        if value is None and constraint.keyword == "type" and path and rule.startswith("HPP-S"):
            rule = NO_NULL
        body = _replaced(body, path, value, weakness.whole, source)
    return Broken(own_ids(body) if isinstance(body, dict) else body, constraint.keyword, weakness.where, rule)


def _wrong(source: Source, weakness: Weakness) -> Any:
    """A value that breaks the constraint, and what other rules demand at the same place only where that follows."""
    constraint, demand = weakness.constraint, weakness.demand
    if constraint.keyword == "not":
        return make(demand.without("not"), source)
    value = WRONG[constraint.keyword](source, constraint.value, demand)
    others = () if constraint.keyword == "type" else demand.constraints
    if keeps(constraint, value) or not all(keeps(c, value) for c in others if c.rule != constraint.rule):
        raise UnknownKeywordError(f"no strategy breaks {constraint.keyword!r} alone at {weakness.where}.")
    return value


def _at(body: Any, path: Path) -> Any:
    for token in path:
        body = body[token]
    return body


def _replaced(body: Any, path: Path, value: Any, demand: Demand, source: Source) -> Any:
    """The body with `value` at `path`; containers that are not there yet are made."""
    if not path:
        return value
    token, rest = path[0], path[1:]
    if isinstance(token, int):
        inner = demand.items or Demand()
        return [_replaced(next(iter(body), None), rest, value, inner, source), *body[1:]]
    inner = demand.properties[token]
    old = body.get(token) if token in body or not rest else make(inner, source)
    return {**body, token: _replaced(old, rest, value, inner, source)}
