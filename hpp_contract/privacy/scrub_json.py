"""Scrubbing a JSON text, whole or broken, token by token: every byte that is not in a value stays where it is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal

from hpp_contract.model import Instant
from hpp_contract.privacy.pseudonyms import Pseudonyms, mask
from hpp_contract.spec.fields import BIRTH_DATE, INTERNALS

_TOKEN: Final = re.compile(
    r"""(?P<text>"(?:[^"\\]|\\.)*(?:"|\\?\Z))|(?P<mark>[{}\[\],:])|(?<![\w.+\-])(?:
    (?P<number>-?[0-9]+(?:\.[0-9]+)?(?:[eE][+\-]?[0-9]+)?)|(?P<word>true|false|null|NaN|-?Infinity))(?![\w.+\-])""",
    re.DOTALL | re.VERBOSE,
)
_COLON: Final = re.compile(r"\s*:")
_IDS: Final = frozenset({"session_id", "order_id", "authorization_token", "klarna_reference", "correlation_id"})
_PUBLIC: Final = frozenset({"status", "error_code", "updated_at", "expires_at"})
_MESSAGES: Final = frozenset({"error_messages", "error_message"})
_PERSONS: Final = frozenset({"customer", "manual_identification"})
_is_word = re.compile(r"[A-Za-z0-9_ \-]{0,60}").fullmatch
_is_date_like = re.compile(r"\d{4}-[\dTZtz:.+\- \n]{0,40}").fullmatch
_is_date = re.compile(r"\d{4}-\d{2}-\d{2}").fullmatch

Kind = Literal["id", "public", "message", "person", "unknown"]


@dataclass
class _Reader:
    """Where in the text we are: the name of the member, for each object or list around it."""

    around: list[str] = field(default_factory=list)
    name: str = ""

    def mark(self, char: str) -> None:
        if char in "{[":
            self.around.append(self.name)
        elif char in "}]" and self.around:
            self.name = self.around.pop()
        elif char == "," and self.around:
            self.name = self.around[-1]

    def kind(self) -> Kind:
        """What a value here is. Elements of a list are what the list is."""
        if _PERSONS & {self.name, *self.around}:
            return "public" if self.name == "expires_at" else "person"
        kinds: tuple[tuple[Kind, frozenset[str]], ...] = (("id", _IDS), ("public", _PUBLIC), ("message", _MESSAGES))
        return next((kind for kind, names in kinds if self.name in names), "unknown")


class JsonScrubber:
    """Scrubs JSON texts with the pseudonyms of one set. `clean` replaces known secrets and ids in any text, `mask` all
    else too; neither may replace characters in `keep` (they stand for bytes that are no text)."""

    def __init__(
        self, pseudonyms: Pseudonyms, clean: Callable[[str], str], mask: Callable[[str], str], keep: str = ""
    ) -> None:
        self._pseudonyms, self._clean, self._mask, self._keep = pseudonyms, clean, mask, keep

    def __call__(self, text: str) -> str:
        reader, parts, end = _Reader(), list[str](), 0
        for match in _TOKEN.finditer(text):
            between = text[end : match.start()]
            parts.append(self._between(between, reader))
            if match[0] == ":" and (bare := between.strip(" '\t\r\n")):
                reader.name = bare
            parts.append(self._token(match, reader, text))
            end = match.end()
        return "".join((*parts, self._between(text[end:], reader)))

    def _between(self, text: str, reader: _Reader) -> str:
        """White space in JSON; in what is not quite JSON perhaps somebody's name without quotation marks."""
        return self._mask(text) if reader.kind() == "person" else self._clean(text)

    def _token(self, match: re.Match[str], reader: _Reader, text: str) -> str:
        token = match[0]
        if match["mark"]:
            reader.mark(token)
            return token
        if match["word"]:
            return token
        if match["number"]:
            return self._number(token, reader.kind())
        if _COLON.match(text, match.end()):
            reader.name = _decoded(token) or token
            return self._clean(token)
        return self._text(token, reader)

    def _number(self, token: str, kind: Kind) -> str:
        if kind == "person":
            return re.sub("[0-9]", "1", token)
        return self._pseudonyms.of(token) if kind == "id" and token.isdigit() else token

    def _text(self, token: str, reader: _Reader) -> str:
        value = _decoded(token)
        if (
            value is None
        ):  # broken off, a bare control character, or an escape that is none: nothing in it is understood
            return self._broken(token)
        stand_in = self._stand_in(value, reader)
        return token if stand_in == value else _encoded(stand_in, token)

    def _stand_in(self, value: str, reader: _Reader) -> str:
        match reader.kind():
            case "id":
                return self._id(value)
            case "public":
                return self._public(value)
            case "message":
                return self._clean(value)
            case "person":
                return BIRTH_DATE if reader.name == "date_of_birth" and _is_date(value) else mask(value, self._keep)
            case _:
                return self._masked(value)

    def _id(self, value: str) -> str:
        return value if Instant.parse(value) else self._pseudonyms.of(value)

    def _public(self, value: str) -> str:
        """A status, an error code or a date, however wrong; anything else that stands in its place is an id."""
        plain = _is_word(value) and self._clean(value) == value
        return value if plain or _is_date_like(value) else self._pseudonyms.of(value)

    def _masked(self, value: str) -> str:
        """A text of unknown meaning: masked, but for what a rule recognises in it."""
        found = INTERNALS.search(value.encode("utf-8", "surrogatepass"))
        return found[0].decode() if found else self._mask(value)

    def _broken(self, token: str) -> str:
        return '"' + self._mask(token[1:])


def _decoded(token: str) -> str | None:
    """The text that a JSON string says, and None for what is not quite one."""
    try:
        value: str = json.loads(token)
    except ValueError:
        return None
    return value


def _encoded(value: str, token: str) -> str:
    """The text as a JSON token, written in the manner of the `token` that it replaces."""
    return json.dumps(value, ensure_ascii=token.isascii())
