"""Test vectors: the generated bodies as a list that a seed determines, for suites in other languages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from hpp_contract.generate.bodies import valid_body
from hpp_contract.generate.choices import Choices, seeded
from hpp_contract.generate.invalid_bodies import breakable_constraints, broken_at
from hpp_contract.spec.schema_files import SHAPES, example

KINDS: Final = (*SHAPES, "error-object")


@dataclass(frozen=True, slots=True)
class Vector:
    """A body of the kind `shape`. When it is not `valid`, it breaks `keyword` at `where` (a JSON Pointer; empty is the
    whole body), which `rule` finds."""

    name: str
    shape: str
    body: Any
    valid: bool = True
    keyword: str | None = None
    where: str | None = None
    rule: str | None = None

    @property
    def file(self) -> str:
        return f"{self.name}.json"

    @property
    def text(self) -> str:
        """The body as JSON."""
        return json.dumps(self.body, ensure_ascii=False, indent=2) + "\n"

    @property
    def entry(self) -> dict[str, Any]:
        """What a manifest says of it."""
        place = {"keyword": self.keyword, "where": self.where, "rule": self.rule}
        return {"name": self.name, "file": self.file, "shape": self.shape, "valid": self.valid, **place}


def vectors(seed: int, count: int) -> Iterator[Vector]:
    """For each kind of body its example, `count` valid ones and at least as many broken ones, every constraint among
    them. A name has the same body for every `count`."""
    for shape in KINDS:
        yield Vector(f"{shape}/valid-example", shape, example(shape))
        for number in range(1, count + 1):
            name = f"{shape}/valid-{number}"
            yield Vector(name, shape, valid_body(_source(seed, name), shape))
        yield from _broken(shape, seed, count)


def _broken(shape: str, seed: int, count: int) -> Iterator[Vector]:
    ways = breakable_constraints(shape)
    for way in ways:
        place = re.sub(r"[^\w.]", "-", way.where.strip("/").replace("/", ".")) or "body"
        for number in range(1, -(-count // len(ways)) + 1):
            name = f"{shape}/broken-{place}-{way.constraint.keyword}-{number}"
            case = broken_at(_source(seed, name), way)
            yield Vector(name, shape, case.body, False, case.keyword, case.where, case.rule)


def _source(seed: int, name: str) -> Choices:
    return seeded(f"{seed}/{name}")
