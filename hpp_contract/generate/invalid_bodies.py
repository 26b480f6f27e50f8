"""Bodies that the contract forbids, each by one keyword at one place.

Which constraints there are to break is read off the demands; how to break one keyword is in `wrong`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from hpp_contract.generate.bodies import alternatives, body_of, distinct_ids, satisfiable
from hpp_contract.generate.choices import Choices, pick
from hpp_contract.generate.compiling import UnknownKeywordError
from hpp_contract.generate.invalid_values import INVALID_VALUE
from hpp_contract.generate.value_spec import Constraint, ValueSpec, keeps
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
class BreakableConstraint:
    """A constraint that can be broken: the alternative `whole` it is part of, the `path` to its place, what is demanded
    there, and for `required` the `member` to leave out."""

    whole: ValueSpec
    path: Path
    demand: ValueSpec
    constraint: Constraint
    member: str = ""

    @property
    def where(self) -> str:
        path = (*self.path, self.member) if self.member else self.path
        return "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in path)


@cache
def breakable_constraints(name: str) -> tuple[BreakableConstraint, ...]:
    """Every constraint of `schemas/<name>.json` that can be broken without choosing another branch by it."""
    found = (weakness for whole in alternatives(name) for weakness in _breakable_constraints(whole, (), whole))
    # What is only tolerated (status TIMEOUT) breaks a rule of its own beside: there, only the status is worth breaking.
    return tuple(weakness for weakness in found if weakness.whole in satisfiable(name) or weakness.path == ("status",))


def _breakable_constraints(whole: ValueSpec, path: Path, demand: ValueSpec) -> Iterator[BreakableConstraint]:
    chosen = [constraint for constraint in demand.constraints if not constraint.rule]
    for constraint in demand.constraints:
        if constraint.rule and constraint.keyword == "required":
            names = [name for name in constraint.value if not any(name in other.value for other in chosen)]
            yield from (BreakableConstraint(whole, path, demand, constraint, name) for name in names)
        elif constraint.rule and not _is_settled(constraint, demand, chosen):
            yield BreakableConstraint(whole, path, demand, constraint)
    for name, inner in demand.properties.items():
        yield from _breakable_constraints(whole, (*path, name), inner)
    if demand.items is not None:
        yield from _breakable_constraints(whole, (*path, 0), demand.items)


def _is_settled(constraint: Constraint, demand: ValueSpec, chosen: list[Constraint]) -> bool:
    """Whether breaking this is breaking something else: what a branch was chosen by, an absence, or a narrower list."""
    if any(other.keyword in ("const", "not") for other in chosen):
        return True
    if demand.values("not"):
        return constraint.keyword != "not"
    return constraint.keyword == "enum" and bool(demand.values("const"))


def broken_body(source: Choices, name: str) -> Broken:
    """A body that breaks one constraint of `schemas/<name>.json`."""
    return broken_at(source, pick(source, breakable_constraints(name)))


def broken_at(source: Choices, weakness: BreakableConstraint) -> Broken:
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
    return Broken(distinct_ids(body) if isinstance(body, dict) else body, constraint.keyword, weakness.where, rule)


def _wrong(source: Choices, weakness: BreakableConstraint) -> Any:
    """A value that breaks the constraint, and what other rules demand at the same place only where that follows."""
    constraint, demand = weakness.constraint, weakness.demand
    if constraint.keyword == "not":
        return make(demand.without("not"), source)
    value = INVALID_VALUE[constraint.keyword](source, constraint.value, demand)
    others = () if constraint.keyword == "type" else demand.constraints
    if keeps(constraint, value) or not all(keeps(c, value) for c in others if c.rule != constraint.rule):
        raise UnknownKeywordError(f"no strategy breaks {constraint.keyword!r} alone at {weakness.where}.")
    return value


def _at(body: Any, path: Path) -> Any:
    for token in path:
        body = body[token]
    return body


def _replaced(body: Any, path: Path, value: Any, demand: ValueSpec, source: Choices) -> Any:
    """The body with `value` at `path`; containers that are not there yet are made."""
    if not path:
        return value
    token, rest = path[0], path[1:]
    if isinstance(token, int):
        inner = demand.items or ValueSpec()
        return [_replaced(next(iter(body), None), rest, value, inner, source), *body[1:]]
    inner = demand.properties[token]
    old = body.get(token) if token in body or not rest else make(inner, source)
    return {**body, token: _replaced(old, rest, value, inner, source)}
