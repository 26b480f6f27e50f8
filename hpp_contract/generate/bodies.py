"""Whole bodies: what the schemas ask, and what only the rules ask of how members relate to each other."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any, Final

from hpp_contract.generate.choices import Choices, pick
from hpp_contract.generate.compiling import specs
from hpp_contract.generate.instants import ALL, lifetime
from hpp_contract.generate.value_spec import ValueSpec
from hpp_contract.generate.values import make
from hpp_contract.spec.schema_files import SHAPES
from hpp_contract.spec.session import INSTANTS, OUTCOME_IDS, TIMEOUT_STATUS

NAMES: Final = (*SHAPES, "session", "error-object")
"""Every schema that describes a body."""

Body = dict[str, Any]

_UNKNOWN: Final = ("risk_score", "_links", "payment_method", "Status", "status ", "session", "x", "名前", "a/b~c")
_ANYTHING: Final[tuple[Any, ...]] = (
    3,
    None,
    "text",
    True,
    -0.5,
    [],
    {},
    ["a", 1],
    {"href": "https://example.invalid/"},
    2**53 - 1,
)


def valid_body(choices: Choices, name: str, *, extras: bool = False, spans: tuple[tuple[int, int], ...] = ALL) -> Body:
    """A body that `schemas/<name>.json` and every rule accept.

    With `extras` it also has undocumented members, which the contract allows and HPP-S09 warns about.
    """
    spec = pick(choices, satisfiable(name))
    body = body_of(spec, choices, spans)
    if extras:
        body |= {pick(choices, _UNKNOWN): pick(choices, _ANYTHING) for _ in range(choices.integer(1, 3))}
    return body


def body_of(spec: ValueSpec, choices: Choices, spans: tuple[tuple[int, int], ...] = ALL) -> Body:
    """An object that satisfies `spec`, its instants and ids in the relations that rules ask for."""
    dated = set(INSTANTS) <= set(spec.required)
    body: Body = make(spec, choices, INSTANTS if dated else ())
    if dated:
        body |= zip(INSTANTS, lifetime(choices, spans), strict=True)
    return distinct_ids(body)


def distinct_ids(body: Body) -> Body:
    """The body with no outcome that repeats the session's id (HPP-C07)."""
    return body | {name: _other_id(body[name]) for name in OUTCOME_IDS if name in body and _is_repeated(body, name)}


def _is_repeated(body: Body, name: str) -> bool:
    return isinstance(body[name], str) and body[name] == body.get("session_id")


def _other_id(text: str) -> str:
    return ("1" if text[0] == "0" else "0") + text[1:]


@cache
def satisfiable(name: str) -> tuple[ValueSpec, ...]:
    """The alternatives of a schema that also satisfy every rule: no status TIMEOUT (HPP-S06)."""
    return tuple(spec for spec in alternatives(name) if status_of(spec) != TIMEOUT_STATUS)


@cache
def alternatives(name: str) -> tuple[ValueSpec, ...]:
    """The alternatives of a schema, without `manual_identification` without a running identification (HPP-P04)."""
    return tuple(_identified_when_asked(spec) for spec in specs(name))


def status_of(spec: ValueSpec) -> str:
    """The one status that `spec` leaves; empty when there is none or a choice."""
    options = spec.properties["status"].options if "status" in spec.properties else None
    return str(options[0]) if options is not None and len(options) == 1 else ""


def _identified_when_asked(spec: ValueSpec) -> ValueSpec:
    if status_of(spec) == "MANUAL_ID_CHECK":
        return spec
    others = {member: inner for member, inner in spec.properties.items() if member != "manual_identification"}
    return replace(spec, properties=others)
