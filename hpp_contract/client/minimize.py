"""Making a failing session simpler, a thing at a time, where Hypothesis' shrinking of choices has got stuck."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from hpp_contract.engine.judge import broken
from hpp_contract.generate.bodies import Body
from hpp_contract.model import Exchange, Request, Response
from hpp_contract.rules import CATALOGUE
from hpp_contract.spec.schema_files import example
from hpp_contract.spec.session import OUTCOME

_LIFE = ("updated_at", "expires_at")
_RULES = tuple(rule for rule in CATALOGUE if rule.letter in "HSPC" and rule.scope == "exchange")
_LATER = frozenset({*OUTCOME, "manual_identification"})


def minimize(body: Body, fails: Callable[[Body], bool]) -> Body:
    """The body with as little as possible in it that still `fails`. Every body that is tried is a valid session."""
    for smaller in _smaller(body):
        if len(json.dumps(smaller)) < len(json.dumps(body)) and is_valid(smaller) and fails(smaller):
            return minimize(smaller, fails)
    return body


def _smaller(body: Body) -> Iterator[Body]:
    """Bodies with one thing less; not all of them are sessions."""
    plain = example("waiting")
    yield plain | {name: body[name] for name in body.keys() & plain.keys() - {"status"}}
    yield {name: value for name, value in body.items() if name not in _LATER} | {"status": plain["status"]}
    yield from _thinned(body)
    for name, other in (_LIFE, _LIFE[::-1]):
        yield body | {name: body[other]}
        yield body | {name: plain[name]}
    yield body | {name: plain[name] for name in _LIFE}


def _thinned(body: Body) -> Iterator[Body]:
    """Without one member, or with half of a text; within objects too."""
    for name, value in body.items():
        yield {other: inner for other, inner in body.items() if other != name}
        if isinstance(value, dict):
            yield from (body | {name: inner} for inner in _thinned(value))
        elif name not in (*_LIFE, "session_id", "status") and len(value) > 1:
            yield body | {name: value[: len(value) // 2]}
            yield body | {name: value[len(value) // 2 :]}


def is_valid(body: Body) -> bool:
    """Whether every rule about sessions accepts the body."""
    url = f"https://hpp.example/hpp/v1/sessions/{body.get('session_id', '')}"
    headers = (("Content-Type", "application/json"), ("Cache-Control", "no-store"))
    exchange = Exchange(Request("GET", url), Response(200, headers, json.dumps(body, ensure_ascii=False).encode()))
    return not broken(_RULES, exchange)
