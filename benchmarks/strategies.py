"""Generated bodies a second, beside Schemathesis' own generator for the same schema used as a request body."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import hypothesis
import jsonschema_rs
import schemathesis
from hypothesis import Phase, settings
from schemathesis import GenerationMode

from hpp_contract.generate import NAMES, broken, seeded, valid, valid_body
from hpp_contract.spec.schema_files import folder, load

SCHEMAS = ("session", "waiting", "completed-with-order", "manual-id-check")
ROUNDS = 4
"""Rounds in which every generator has its turn, so that a busy moment of the machine meets them all."""

EACH = 100
"""Bodies a round."""


@dataclass
class Tally:
    """What a generator gave: bodies as wanted, bodies in all, and the seconds of processor time it took."""

    good: int = 0
    count: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        return self.good / self.seconds

    def __str__(self) -> str:
        return f"{self.rate:7.0f}/s ({100 * self.good / self.count:3.0f} % as wanted)"


def measure(tally: Tally, strategy: Any, is_wanted: Callable[[Any], bool], turn: int) -> None:
    """Draw EACH bodies by Hypothesis and add them to the tally; looking at them is not timed."""
    bodies: list[Any] = []

    @hypothesis.seed(turn)
    @settings(
        max_examples=EACH,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(strategy)
    def collect(body: Any) -> None:
        bodies.append(body)

    begin = time.process_time()
    collect()
    tally.seconds += time.process_time() - begin
    tally.count += len(bodies)
    tally.good += sum(map(is_wanted, bodies))


def theirs(name: str, mode: GenerationMode) -> Any:
    """Schemathesis' strategy for bodies of a request that takes this schema."""
    content = {"application/json": {"schema": {"$ref": (folder("schemas") / f"{name}.json").as_uri()}}}
    operation = {"requestBody": {"required": True, "content": content}, "responses": {"200": {"description": "fine"}}}
    document = {"openapi": "3.1.0", "info": {"title": name, "version": "1"}, "paths": {"/": {"post": operation}}}
    schema = schemathesis.openapi.from_dict(document, config=schemathesis.Config())
    return schema["/"]["POST"].as_strategy(generation_mode=mode).map(lambda case: case.body)


def compare(name: str) -> dict[str, float]:
    """Print the rates for one schema; returns how many times ours are theirs."""
    files = jsonschema_rs.Registry([(f"{file}.json", load(file)) for file in NAMES])
    validator = jsonschema_rs.validator_for({"$ref": f"{name}.json"}, registry=files, validate_formats=True)

    def is_json(body: Any) -> bool:
        try:
            json.dumps(body, allow_nan=False)
        except (TypeError, ValueError):  # bytes, or Schemathesis' mark for no body at all
            return False
        return True

    def is_valid(body: Any) -> bool:
        return is_json(body) and bool(validator.is_valid(body))

    def is_broken(body: Any) -> bool:
        return is_json(body) and not validator.is_valid(body)

    wanted = {"valid": is_valid, "broken": is_broken}
    ours = {"valid": valid(name), "broken": broken(name).map(lambda case: case.body)}
    others = {kind: theirs(name, mode) for kind, mode in zip(wanted, GenerationMode, strict=True)}
    tallies = {(kind, who): Tally() for kind in wanted for who in ("ours", "theirs")}
    for turn in range(ROUNDS):
        for kind, check in wanted.items():
            measure(tallies[kind, "ours"], ours[kind], check, turn)
            measure(tallies[kind, "theirs"], others[kind], check, turn)
    ratios = {kind: tallies[kind, "ours"].rate / tallies[kind, "theirs"].rate for kind in wanted}
    for kind in wanted:
        mine, other = tallies[kind, "ours"], tallies[kind, "theirs"]
        print(f"{name:21} {kind:6}  ours {mine}  Schemathesis {other}  {ratios[kind]:5.1f} times")
    return ratios


def by_seed() -> float:
    """Valid bodies a second without Hypothesis, as `hpp-contract vectors` makes them."""
    source, begin = seeded("benchmark"), time.process_time()
    for _ in range(5000):
        valid_body(source, "session")
    return 5000 / (time.process_time() - begin)


def main() -> None:
    """Print bodies a second, ours and theirs, and the ratio."""
    ratios = [compare(name) for name in SCHEMAS]
    for kind in ("valid", "broken"):
        print(f"{kind}: at least {min(ratio[kind] for ratio in ratios):.1f} times as many as Schemathesis")
    print(f"by a seed, without Hypothesis: {by_seed():,.0f} valid bodies/s")
