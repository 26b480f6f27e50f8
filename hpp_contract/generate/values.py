"""From a spec to a value that satisfies it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from hpp_contract.generate import instants, texts
from hpp_contract.generate.choices import Choices, pick
from hpp_contract.generate.compiling import UnknownKeywordError
from hpp_contract.generate.value_spec import ValueSpec

ITEMS: Final = 3
"""Items of a generated array at most."""


def make(spec: ValueSpec, choices: Choices, leaving_out: Collection[str] = ()) -> Any:
    """A value that satisfies `spec`; an object without the members named in `leaving_out`."""
    options = spec.options
    if options is not None:
        return pick(choices, options)
    match spec.type:
        case "object":
            return _object(spec, choices, leaving_out)
        case "array":
            return [make(spec.items or ValueSpec(), choices) for _ in range(choices.integer(0, ITEMS))]
        case _:
            return _string(spec, choices)


def _object(spec: ValueSpec, choices: Choices, leaving_out: Collection[str]) -> dict[str, Any]:
    names = [name for name, inner in spec.properties.items() if not inner.is_forbidden and name not in leaving_out]
    optional = [name for name in names if name not in spec.required]
    # One draw for all: which of the optional members are there, bit by bit.
    present = choices.integer(0, 2 ** len(optional) - 1) if optional else 0
    absent = {name for bit, name in enumerate(optional) if not present >> bit & 1}
    return {name: make(spec.properties[name], choices) for name in names if name not in absent}


def _string(spec: ValueSpec, choices: Choices) -> str:
    formats, patterns = spec.values("format"), spec.values("pattern")
    if formats:
        text = instants.instant(choices) if "date-time" in formats else instants.day(choices)
    elif patterns:
        text = texts.matching(patterns[0], choices)
    else:
        low, high = max(spec.values("minLength"), default=0), min(spec.values("maxLength"), default=texts.UNBOUNDED)
        text = texts.any_string(choices, low, high)
    if not spec.accepts(text):
        keywords = ", ".join(constraint.keyword for constraint in spec.constraints)
        raise UnknownKeywordError(f"no strategy generates a string that satisfies all of {keywords} together.")
    return text
