"""Values that break one keyword: those that careless servers send, near misses before nonsense."""

from __future__ import annotations

import calendar
from collections.abc import Callable, Mapping
from typing import Any, Final

from hpp_contract.generate import instants, texts
from hpp_contract.generate.choices import Choices, pick
from hpp_contract.generate.value_spec import Constraint, ValueSpec, satisfies

_VALUES: Final[tuple[Any, ...]] = (
    *(None, 0, False, [], {}, "", True, 1, -1, 1.5, 1557759106, 2**53),
    *("null", ["WAITING"], {"value": "x"}, [None]),
)
"""One of every JSON type and more: all but those of the required type are wrong."""

_STATUSES: Final = ("EXPIRED", "CREATED", "COMPLETE", "PENDING", "AUTHORIZED", "IN PROGRESS", "", "UNKNOWN", "null")
"""Statuses that other services of this kind have and this one does not."""

_WORD: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"

Edit = Callable[[str], str]

_CHOICE_EDITS: Final[tuple[Edit, ...]] = (
    str.lower,
    str.capitalize,
    lambda text: text + " ",
    lambda text: text[:-1],
    lambda text: text.replace("_", "-") + "S",
    lambda text: f'"{text}"',
)

_PATTERN_EDITS: Final[tuple[Edit, ...]] = (
    lambda _: "",
    lambda text: text + "\n",  # which `$` lets pass in several languages
    lambda text: " " + text,
    lambda text: text[:-1],
    lambda text: text + text[-1],
    lambda text: text.replace("-", ""),
    lambda text: "g" + text[1:],
    lambda text: "٣" + text[1:],  # a digit to those who ask Unicode
    lambda text: "{" + text + "}",
    lambda text: "urn:uuid:" + text,
    lambda text: text + "/../" + text,
    lambda text: text + "\n" + text,  # which a multi-line match lets pass
)


def _wrong_type(choices: Choices, required: Any, _: ValueSpec) -> Any:
    return pick(choices, [value for value in _VALUES if not satisfies(Constraint("type", required), value)])


def _wrong_choice(choices: Choices, required: Any, spec: ValueSpec) -> str:
    allowed = [text for listed in spec.values("enum") for text in listed] or [required]
    kind = choices.integer(0, 2)
    if kind == 0:
        text = pick(choices, _STATUSES)
    elif kind == 1:
        text = pick(choices, _CHOICE_EDITS)(pick(choices, allowed))
    else:
        text = choices.text(_WORD, choices.integer(1, 30))
    return text if text not in allowed else text + "_"


def _wrong_pattern(choices: Choices, required: Any, spec: ValueSpec) -> str:
    if "date-time" in spec.values("format"):
        return _wrong_notation(choices)
    text, first = texts.matching(required, choices), choices.integer(0, len(_PATTERN_EDITS) - 1)
    edited = (edit(text) for edit in (*_PATTERN_EDITS[first:], *_PATTERN_EDITS))
    return next(text for text in edited if not satisfies(Constraint("pattern", required), text))


def _wrong_notation(choices: Choices) -> str:
    """An instant in a notation that some format checkers accept, so that only the pattern is sure to refuse it."""
    text = instants.instant(choices)
    match choices.integer(0, 5):
        case 0:
            return text + "\n"
        case 1:
            return "0000" + text[4:]
        case _:
            zone = len(text) - (1 if text.endswith("Z") else 6)
            return text[:19] + "." + choices.text("0123456789", choices.integer(10, 18)) + text[zone:]


def _wrong_format(choices: Choices, required: Any, _: ValueSpec) -> str:
    text = instants.instant(choices) if required == "date-time" else instants.day(choices)
    if choices.integer(0, 1) == 0:
        return _no_such_day(choices, text)
    return pick(choices, _INSTANT_EDITS if required == "date-time" else _DATE_EDITS)(text)


def _no_such_day(choices: Choices, text: str) -> str:
    """The text with a day that its month does not have."""
    year, month = int(text[:4]), pick(choices, (2, 4, 6, 9, 11, 1, 12, 0, 13, 19, 99))
    last = calendar.monthrange(year, month)[1] if 1 <= month <= 12 else 28
    wrong = pick(choices, (last + 1, 0, 32, 99)) if 1 <= month <= 12 else choices.integer(1, 28)
    return f"{text[:4]}-{month:02d}-{wrong:02d}{text[10:]}"


_INSTANT_EDITS: Final[tuple[Edit, ...]] = (
    lambda text: text[:19],  # no zone
    lambda text: text[:10],
    lambda text: text.replace("T", " "),
    lambda text: text[:11] + "24:00:00Z",
    lambda text: text[:14] + "30:60Z",  # a leap second at an hour that never has one
    lambda text: text[:19] + "+0200",
    lambda text: text[:19] + ".Z",
    lambda text: text[:19] + ",5Z",
    lambda text: text[:19] + "+24:00",
    lambda text: text[:16] + "Z",
    lambda text: text.replace("-", "").replace(":", ""),
    lambda text: "٢٠" + text[2:],
    lambda text: "+0" + text,
    lambda _: "1557759106",
    lambda _: "Mon, 13 May 2019 14:51:46 GMT",
    lambda _: "yesterday",
    lambda _: "",
)

_DATE_EDITS: Final[tuple[Edit, ...]] = (
    lambda text: text + "T00:00:00Z",
    lambda text: text.replace("-", ""),
    lambda text: text.replace("-", "/"),
    lambda text: f"{text[8:]}.{text[5:7]}.{text[:4]}",
    lambda text: text[:7],
    lambda text: text + "\n",
    lambda _: "1 May 1980",
    lambda _: "",
)


def _too_short(choices: Choices, required: Any, _: ValueSpec) -> str:
    return texts.any_string(choices, 0, required - 1)


def _too_long(choices: Choices, required: Any, _: ValueSpec) -> str:
    return texts.filled(choices, required + choices.integer(1, 200))


INVALID_VALUE: Final[Mapping[str, Callable[[Choices, Any, ValueSpec], Any]]] = {
    "type": _wrong_type,
    "const": _wrong_choice,
    "enum": _wrong_choice,
    "pattern": _wrong_pattern,
    "format": _wrong_format,
    "minLength": _too_short,
    "maxLength": _too_long,
}
"""For each keyword, what makes a value that breaks it, given the keyword's value and the spec at the place."""
