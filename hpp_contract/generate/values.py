"""From a demand to a value that satisfies it, by the choices of a source."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from hpp_contract.generate import instants, texts
from hpp_contract.generate.choices import Choices, pick
from hpp_contract.generate.compiling import UnknownKeywordError
from hpp_contract.generate.value_spec import ValueSpec

ITEMS: Final = 3
"""Items of a generated array at most."""


def make(demand: ValueSpec, source: Choices, leaving_out: Collection[str] = ()) -> Any:
    """A value that satisfies `demand`; an object without the members named in `leaving_out`."""
    choices = demand.choices
    if choices is not None:
        return pick(source, choices)
    match demand.type:
        case "object":
            return _object(demand, source, leaving_out)
        case "array":
            return [make(demand.items or ValueSpec(), source) for _ in range(source.integer(0, ITEMS))]
        case _:
            return _string(demand, source)


def _object(demand: ValueSpec, source: Choices, leaving_out: Collection[str]) -> dict[str, Any]:
    names = [name for name, inner in demand.properties.items() if not inner.is_forbidden and name not in leaving_out]
    optional = [name for name in names if name not in demand.required]
    # One draw for all: which of the optional members are there, bit by bit.
    present = source.integer(0, 2 ** len(optional) - 1) if optional else 0
    absent = {name for bit, name in enumerate(optional) if not present >> bit & 1}
    return {name: make(demand.properties[name], source) for name in names if name not in absent}


def _string(demand: ValueSpec, source: Choices) -> str:
    formats, patterns = demand.values("format"), demand.values("pattern")
    if formats:
        text = instants.instant(source) if "date-time" in formats else instants.day(source)
    elif patterns:
        text = texts.matching(patterns[0], source)
    else:
        low, high = max(demand.values("minLength"), default=0), min(demand.values("maxLength"), default=texts.UNBOUNDED)
        text = texts.free(source, low, high)
    if not demand.accepts(text):
        keywords = ", ".join(constraint.keyword for constraint in demand.constraints)
        raise UnknownKeywordError(f"no strategy generates a string that satisfies all of {keywords} together.")
    return text
