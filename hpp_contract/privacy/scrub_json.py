"""Scrubbing a JSON text, whole or broken, token by token: every byte that is not in a value stays where it is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from hpp_contract.model import Instant
from hpp_contract.privacy.describe import is_date_like
from hpp_contract.privacy.json_tokens import Token, string_value, tokens
from hpp_contract.privacy.pseudonyms import Pseudonyms, mask
from hpp_contract.spec.fields import BIRTH_DATE, INTERNALS, MEMBERS, Kind

_is_word = re.compile(r"[A-Za-z0-9_ \-]{0,60}").fullmatch
_is_date = re.compile(r"\d{4}-\d{2}-\d{2}").fullmatch


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

    def kind(self) -> Kind | None:
        """The kind of the value at this position. Elements of a list are of the kind of the list."""
        if any(MEMBERS.get(name) == "person" for name in (self.name, *self.around)):
            return "public" if self.name == "expires_at" else "person"
        return MEMBERS.get(self.name)


class JsonScrubber:
    """Scrubs JSON texts with the pseudonyms of one set. `clean` replaces known secrets and ids in a text, `mask` masks
    the rest too. Neither replaces characters in `unchanged`, which are bytes that are no text."""

    def __init__(
        self, pseudonyms: Pseudonyms, clean: Callable[[str], str], mask: Callable[[str], str], unchanged: str = ""
    ) -> None:
        self._pseudonyms, self._clean, self._mask, self._unchanged = pseudonyms, clean, mask, unchanged

    def __call__(self, text: str) -> str:
        reader, parts, before = _Reader(), list[str](), ""
        for token in tokens(text):
            if token.text == ":" and (bare := before.strip(" '\t\r\n")):
                reader.name = bare
            before = token.text if token.kind == "other" else ""
            parts.append(self._token(token, reader))
        return "".join(parts)

    def _token(self, token: Token, reader: _Reader) -> str:
        kind, text = token
        match kind:
            case "other":  # white space, or perhaps a person's name without quotation marks
                return self._mask(text) if reader.kind() == "person" else self._clean(text)
            case "mark":
                reader.mark(text)
            case "number":
                return self._number(text, reader.kind())
            case "name":
                reader.name = string_value(text) or text
                return self._clean(text)
            case "string":
                return self._string(text, reader)
        return text

    def _number(self, token: str, kind: Kind | None) -> str:
        if kind == "person":
            return re.sub("[0-9]", "1", token)
        return self._pseudonyms.of(token) if kind in ("id", "secret") and token.isdigit() else token

    def _string(self, token: str, reader: _Reader) -> str:
        value = string_value(token)
        if value is None:  # it does not end, or holds a control character or a wrong escape: nothing in it is clear
            return '"' + self._mask(token[1:])
        pseudonym = self._pseudonym(value, reader)
        return token if pseudonym == value else json.dumps(pseudonym, ensure_ascii=token.isascii())

    def _pseudonym(self, value: str, reader: _Reader) -> str:
        match reader.kind():
            case "id" | "secret":
                return value if Instant.parse(value) else self._pseudonyms.of(value)
            case "public":
                return self._public(value)
            case "message":
                return self._clean(value)
            case "person" if reader.name == "date_of_birth" and _is_date(value):
                return BIRTH_DATE
            case "person":
                return mask(value, self._unchanged)
            case _:
                return self._mask_unknown(value)

    def _public(self, value: str) -> str:
        """A status, an error code or a date, however wrong; any other text in its place is replaced like an id."""
        plain = _is_word(value) and self._clean(value) == value
        return value if plain or is_date_like(value) else self._pseudonyms.of(value)

    def _mask_unknown(self, value: str) -> str:
        """A text of unknown meaning: masked, but for a stack trace, which a rule finds."""
        found = INTERNALS.search(value.encode("utf-8", "surrogatepass"))
        return found[0].decode() if found else self._mask(value)
