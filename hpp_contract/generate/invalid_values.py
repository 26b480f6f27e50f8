"""How to break one keyword: for each, values that a careless server really sends, near misses before nonsense."""

from __future__ import annotations

import calendar
from collections.abc import Callable, Mapping
from typing import Any, Final

from hpp_contract.generate import instants, texts
from hpp_contract.generate.choices import Choices, pick
from hpp_contract.generate.value_spec import Constraint, ValueSpec, keeps

_VALUES: Final[tuple[Any, ...]] = (
    *(None, 0, False, [], {}, "", True, 1, -1, 1.5, 1557759106, 2**53),
    *("null", ["WAITING"], {"value": "x"}, [None]),
)
"""One of every JSON type and more; whichever type is demanded, the others are wrong."""

_STATUSES: Final = ("EXPIRED", "CREATED", "COMPLETE", "PENDING", "AUTHORIZED", "IN PROGRESS", "", "UNKNOWN", "null")
"""What servers and clients of this kind say and this one does not."""

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


def _wrong_type(source: Choices, wanted: Any, _: ValueSpec) -> Any:
    return pick(source, [value for value in _VALUES if not keeps(Constraint("type", wanted), value)])


def _wrong_choice(source: Choices, wanted: Any, demand: ValueSpec) -> str:
    known = [text for listed in demand.values("enum") for text in listed] or [wanted]
    kind = source.integer(0, 2)
    if kind == 0:
        text = pick(source, _STATUSES)
    elif kind == 1:
        text = pick(source, _CHOICE_EDITS)(pick(source, known))
    else:
        text = source.text(_WORD, source.integer(1, 30))
    return text if text not in known else text + "_"


def _wrong_pattern(source: Choices, wanted: Any, demand: ValueSpec) -> str:
    if "date-time" in demand.values("format"):
        return _overspelled(source)
    text, first = texts.matching(wanted, source), source.integer(0, len(_PATTERN_EDITS) - 1)
    edited = (edit(text) for edit in (*_PATTERN_EDITS[first:], *_PATTERN_EDITS))
    return next(text for text in edited if not keeps(Constraint("pattern", wanted), text))


def _overspelled(source: Choices) -> str:
    """An instant in a spelling that some format checker lets pass, so that only the pattern is sure to refuse it."""
    text = instants.instant(source)
    match source.integer(0, 5):
        case 0:
            return text.lower()
        case 1:
            return text + "\n"
        case 2:
            return "0000" + text[4:]
        case _:
            zone = len(text) - (1 if text.endswith("Z") else 6)
            return text[:19] + "." + source.text("0123456789", source.integer(10, 18)) + text[zone:]


def _wrong_format(source: Choices, wanted: Any, _: ValueSpec) -> str:
    text = instants.instant(source) if wanted == "date-time" else instants.day(source)
    if source.integer(0, 1) == 0:
        return _no_such_day(source, text)
    return pick(source, _UNDATED if wanted == "date-time" else _UNBORN)(text)


def _no_such_day(source: Choices, text: str) -> str:
    """The text with a day that its month does not have."""
    year, month = int(text[:4]), pick(source, (2, 4, 6, 9, 11, 1, 12, 0, 13, 19, 99))
    last = calendar.monthrange(year, month)[1] if 1 <= month <= 12 else 28
    wrong = pick(source, (last + 1, 0, 32, 99)) if 1 <= month <= 12 else source.integer(1, 28)
    return f"{text[:4]}-{month:02d}-{wrong:02d}{text[10:]}"


_UNDATED: Final[tuple[Edit, ...]] = (
    lambda text: text[:19],  # no zone
    lambda text: text[:10],
    lambda text: text.replace("T", " "),
    lambda text: text[:11] + "24:00:00Z",
    lambda text: text[:17] + "60Z",  # a leap second
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

_UNBORN: Final[tuple[Edit, ...]] = (
    lambda text: text + "T00:00:00Z",
    lambda text: text.replace("-", ""),
    lambda text: text.replace("-", "/"),
    lambda text: f"{text[8:]}.{text[5:7]}.{text[:4]}",
    lambda text: text[:7],
    lambda text: text + "\n",
    lambda _: "1 May 1980",
    lambda _: "",
)


def _too_short(source: Choices, wanted: Any, _: ValueSpec) -> str:
    return texts.free(source, 0, wanted - 1)


def _too_long(source: Choices, wanted: Any, _: ValueSpec) -> str:
    return texts.filled(source, wanted + source.integer(1, 200))


INVALID_VALUE: Final[Mapping[str, Callable[[Choices, Any, ValueSpec], Any]]] = {
    "type": _wrong_type,
    "const": _wrong_choice,
    "enum": _wrong_choice,
    "pattern": _wrong_pattern,
    "format": _wrong_format,
    "minLength": _too_short,
    "maxLength": _too_long,
}
"""For each keyword, what makes a value that breaks it, given its value and all that is demanded at the place."""
