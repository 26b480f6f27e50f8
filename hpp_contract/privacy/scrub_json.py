"""Scrubbing a JSON text, whole or broken, token by token: the marks of JSON and the space between them stay."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Final

from hpp_contract.model import Instant
from hpp_contract.privacy.json_tokens import Token, string_value, tokens
from hpp_contract.privacy.names import DOCUMENTED, is_member_name, is_word
from hpp_contract.privacy.pseudonyms import NO_TEXT
from hpp_contract.privacy.scrub_text import TextScrubber, has_marker
from hpp_contract.spec.fields import MEMBERS, Kind
from hpp_contract.spec.session import STATUSES

_is_birth_date = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}").fullmatch
_is_dated = re.compile(
    r"(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
    r"(?:[Zz]|[+\-][0-9]{2}:?[0-9]{2})?"
).fullmatch
"""Whether a text is an instant, or was meant to be one."""

_DIGITS: Final = re.compile(r"(?P<exponent>[eE][+\-]?[0-9]{1,3}(?![0-9]))|[0-9]+")
_MAX_DIGITS: Final = 3
"""Digits of a number that cannot be anybody's."""


@dataclass
class _Reader:
    """The position in a text: the `name` of the member, and the names `around` it, one for each object or list."""

    around: list[str] = field(default_factory=list)
    name: str = ""

    def mark(self, char: str) -> None:
        if char in "{[":
            self.around.append(self.name)
        elif char in "}]" and self.around:
            self.name = self.around.pop()
        elif char == "," and self.around:
            self.name = self.around[-1]

    @property
    def is_in_person(self) -> bool:
        """Whether this is within an object that is about a person."""
        return any(MEMBERS.get(name) == "person" for name in self.around)

    def kind(self) -> Kind | None:
        """The kind of the value at this position. Elements of a list are of the kind of the list."""
        if self.is_in_person or MEMBERS.get(self.name) == "person":
            return "public" if self.name == "expires_at" else "person"
        return MEMBERS.get(self.name)


class JsonScrubber:
    """Scrubs JSON texts with the pseudonyms of one set."""

    def __init__(self, scrub: TextScrubber) -> None:
        self._scrub, self._pseudonyms = scrub, scrub.pseudonyms

    def __call__(self, text: str) -> str:
        reader, parts, before, whole = _Reader(), list[str](), "", _is_json(text)
        for token in tokens(text):
            if token.text == ":" and (bare := before.strip(" '\t\r\n")):
                reader.name = bare
            before = token.text if token.kind == "other" else ""
            parts.append(self._token(token, reader, whole))
        return "".join(parts)

    def _token(self, token: Token, reader: _Reader, whole: bool) -> str:
        kind, text = token
        match kind:
            case "other":  # white space, or a text that nobody put into quotation marks
                return text if text.isspace() else self._bare(text)
            case "mark":
                reader.mark(text)
            case "number":
                return self._number(text, reader.kind(), whole)
            case "name":
                return self._name(text, reader)
            case "string":
                return self._string(text, reader)
        return text

    def _bare(self, text: str) -> str:
        name = text.strip(" '\t\r\n")
        return text if name in DOCUMENTED or name in STATUSES else self._scrub(text)

    def _number(self, token: str, kind: Kind | None, whole: bool) -> str:
        harmless = whole and kind not in ("person", "id", "secret") and sum(map(str.isdigit, token)) <= _MAX_DIGITS
        return token if harmless else _DIGITS.sub(self._digits, token)

    def _digits(self, match: re.Match[str]) -> str:
        return match[0] if match["exponent"] else self._pseudonyms.of(match[0])

    def _name(self, token: str, reader: _Reader) -> str:
        value = string_value(token)
        reader.name = token if value is None else value
        if value is None:
            return self._broken(token)
        if value in DOCUMENTED:
            return token
        if not reader.is_in_person and is_member_name(value) and not self._scrub.knows(value):
            self._pseudonyms.keep(value)
            return token
        return _written(self._scrub(value), value, token)

    def _string(self, token: str, reader: _Reader) -> str:
        value = string_value(token)
        return self._broken(token) if value is None else _written(self._pseudonym(value, reader), value, token)

    def _broken(self, token: str) -> str:
        """A string that does not end, or holds a control character or a wrong escape: nothing in it is clear."""
        return '"' + self._scrub(token[1:])

    def _pseudonym(self, value: str, reader: _Reader) -> str:
        if has_marker(value):
            return self._scrub(value)
        match reader.kind():
            case "id" | "secret":
                return value if Instant.parse(value) else self._pseudonyms.of(value)
            case "public":
                return self._public(value)
            case "person" if reader.name == "date_of_birth" and _is_birth_date(value):
                return self._pseudonyms.birth_date(value)
            case "person":
                return self._pseudonyms.words(value, whole=True)
            case _:
                return self._scrub(value)

    def _public(self, value: str) -> str:
        """A status, an error code or a date, however wrong; any other text in its place is replaced like an id."""
        if value.upper() in STATUSES or _is_dated(value):
            return value
        if is_word(value) and not self._scrub.knows(value):
            self._pseudonyms.keep(value)
            return value
        return self._pseudonyms.of(value)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _written(pseudonym: str, value: str, token: str) -> str:
    """The token with the pseudonym of its value; bytes that are no text stay what they are."""
    if pseudonym == value:
        return token
    text = json.dumps(pseudonym)
    return text.replace("\\u00ff", NO_TEXT) if NO_TEXT in token else text
