"""Bodies that the contract forbids, each by one keyword at one place.

Which constraints can be broken is read from the value specs; how to break one keyword is in `invalid_values`.
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
from hpp_contract.generate.value_spec import Constraint, ValueSpec, satisfies
from hpp_contract.generate.values import make
from hpp_contract.rules import NO_NULL

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """A body that breaks one constraint: its `keyword`, `where` (a JSON Pointer; empty is the whole body), and the
    `rule` that finds it there.

    Keywords of one rule at one place that no value can break apart (a `const` and the `enum` it is of, a `format` and
    the `pattern` of its notation) count as one.
    """

    body: Any
    keyword: str
    where: str
    rule: str


@dataclass(frozen=True, slots=True)
class BreakableConstraint:
    """A constraint that can be broken: the alternative `whole` that it is part of, the `path` to its place, the `spec`
    of the value there, and for `required` the `member` to leave out."""

    whole: ValueSpec
    path: Path
    spec: ValueSpec
    constraint: Constraint
    member: str = ""

    @property
    def where(self) -> str:
        path = (*self.path, self.member) if self.member else self.path
        return "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in path)


@cache
def breakable_constraints(name: str) -> tuple[BreakableConstraint, ...]:
    """Every constraint of `schemas/<name>.json` that can be broken without choosing another branch by it."""
    found = (breakable for whole in alternatives(name) for breakable in _breakable_constraints(whole, (), whole))
    # Status TIMEOUT, which is only tolerated, breaks a rule of its own: in that alternative, only the status is broken.
    return tuple(
        breakable for breakable in found if breakable.whole in satisfiable(name) or breakable.path == ("status",)
    )


def _breakable_constraints(whole: ValueSpec, path: Path, spec: ValueSpec) -> Iterator[BreakableConstraint]:
    chosen = [constraint for constraint in spec.constraints if not constraint.rule]
    for constraint in spec.constraints:
        if constraint.rule and constraint.keyword == "required":
            names = [name for name in constraint.value if not any(name in other.value for other in chosen)]
            yield from (BreakableConstraint(whole, path, spec, constraint, name) for name in names)
        elif constraint.rule and not _is_settled(constraint, spec, chosen):
            yield BreakableConstraint(whole, path, spec, constraint)
    for name, inner in spec.properties.items():
        yield from _breakable_constraints(whole, (*path, name), inner)
    if spec.items is not None:
        yield from _breakable_constraints(whole, (*path, 0), spec.items)


def _is_settled(constraint: Constraint, spec: ValueSpec, chosen: list[Constraint]) -> bool:
    """Whether breaking this is breaking something else: what a branch was chosen by, an absence, or a narrower list."""
    if any(other.keyword in ("const", "not") for other in chosen):
        return True
    if spec.values("not"):
        return constraint.keyword != "not"
    return constraint.keyword == "enum" and bool(spec.values("const"))


def broken_body(choices: Choices, name: str) -> Broken:
    """A body that breaks one constraint of `schemas/<name>.json`."""
    return broken_at(choices, pick(choices, breakable_constraints(name)))


def broken_at(choices: Choices, breakable: BreakableConstraint) -> Broken:
    """A body that breaks just this constraint."""
    body, constraint, path = body_of(breakable.whole, choices), breakable.constraint, breakable.path
    rule = constraint.rule
    if breakable.member:
        container = {name: value for name, value in _at(body, path).items() if name != breakable.member}
        body = _replaced(body, path, container, breakable.whole, choices)
    else:
        value = _wrong(choices, breakable)
        if value is None and constraint.keyword == "type" and path and rule.startswith("HPP-S"):
            rule = NO_NULL
        body = _replaced(body, path, value, breakable.whole, choices)
    return Broken(distinct_ids(body) if isinstance(body, dict) else body, constraint.keyword, breakable.where, rule)


def _wrong(choices: Choices, breakable: BreakableConstraint) -> Any:
    """A value that breaks the constraint, and those of other rules at the same place only where that follows."""
    constraint, spec = breakable.constraint, breakable.spec
    if constraint.keyword == "not":
        return make(spec.without("not"), choices)
    value = INVALID_VALUE[constraint.keyword](choices, constraint.value, spec)
    others = () if constraint.keyword == "type" else spec.constraints
    if satisfies(constraint, value) or not all(satisfies(c, value) for c in others if c.rule != constraint.rule):
        raise UnknownKeywordError(f"no strategy breaks {constraint.keyword!r} alone at {breakable.where}.")
    return value


def _at(body: Any, path: Path) -> Any:
    for token in path:
        body = body[token]
    return body


def _replaced(body: Any, path: Path, value: Any, spec: ValueSpec, choices: Choices) -> Any:
    """The body with `value` at `path`; containers that are not there yet are made."""
    if not path:
        return value
    token, rest = path[0], path[1:]
    if isinstance(token, int):
        inner = spec.items or ValueSpec()
        return [_replaced(next(iter(body), None), rest, value, inner, choices), *body[1:]]
    inner = spec.properties[token]
    old = body.get(token) if token in body or not rest else make(inner, choices)
    return {**body, token: _replaced(old, rest, value, inner, choices)}
