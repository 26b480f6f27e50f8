"""Replacements for what must not be kept.

A pseudonym has the shape of its text: equal texts have equal pseudonyms, different texts different ones. A mask has
only the length of its text, and words of a text have its length and its punctuation.
"""

from __future__ import annotations

import base64
import re
import string
import threading
from collections import defaultdict
from datetime import date, timedelta
from functools import lru_cache
from itertools import cycle
from typing import Final

from hpp_contract.model.credentials import decoded
from hpp_contract.spec.endpoint import API_KEY
from hpp_contract.spec.fields import BIRTH_DATE, PERSON_MEMBERS, PSEUDONYM
from hpp_contract.spec.session import OUTCOME, UUID
from hpp_contract.spec.vocabulary import KNOWN_WORDS

WORD: Final = "scrubbed"
_ALPHABETS: Final = {
    "a": string.ascii_lowercase,
    "A": string.ascii_uppercase,
    "0": string.digits,
    "1": "123456789",
    "à": "àáâãäåæçèéêëìíîïðñòóôõöøùú",
}
NO_TEXT: Final = "\xff"
"""Stands for a byte that is no text. It stays."""


def mask(text: str, unchanged: str = "") -> str:
    """A text of the same length that says only that something was taken out. Control characters, lone surrogates and
    those in `unchanged` stay, because rules are about them."""
    letters = cycle(WORD if not any(_is_unchanged(char, unchanged) for char in text) else "<>")
    return "".join(char if _is_unchanged(char, unchanged) else next(letters) for char in text)


def _is_unchanged(char: str, unchanged: str) -> bool:
    return char < " " or char == "\x7f" or "\ud800" <= char <= "\udfff" or char in unchanged


class Pseudonyms:
    """The pseudonyms of one set of recordings; `salt` (16 bits) makes its UUIDs differ from those of other sets. Safe
    to use from any thread."""

    def __init__(self, salt: int = 0) -> None:
        self._salt = salt & 0xFFFF
        self._lock = threading.Lock()
        self._by_text: dict[str, str] = {}
        self._words: dict[tuple[str, bool], str] = {}
        self._counts: defaultdict[str, int] = defaultdict(int)
        self._kept: set[str] = set()

    def of(self, text: str) -> str:
        """The pseudonym of an id: for a UUID a UUID of its version, else letters for letters and digits for digits. A
        leading 0 stays and none is added, so that a JSON number stays one, and other digits do not become one. A UUID
        in capitals gets that of the UUID, in capitals."""
        with self._lock:
            if text not in self._by_text:
                self._by_text[text] = self._uuid(text) if UUID.fullmatch(text) else self._shaped(text)
            return self._by_text[text]

    def words(self, text: str, *, whole: bool = False) -> str:
        """The text with every letter and digit replaced by those of words that say only that something was taken out;
        `whole`: every character. Other texts get words of other capitals, so that two people of one shape stay two."""
        with self._lock:
            words = self._words.get((text, whole))
            if words is None:
                words = self._words[text, whole] = self._new_words(text, whole)
            return words

    def birth_date(self, text: str) -> str:
        """A day of the year 1900 for a date of birth, another for another."""
        with self._lock:
            day = self._by_text.get(text)
            if day is None:
                days = timedelta(self._next(BIRTH_DATE) % 365)
                day = self._by_text[text] = (date.fromisoformat(BIRTH_DATE) + days).isoformat()
            return day

    @property
    def originals(self) -> frozenset[str]:
        """Every text that was replaced, but for those replaced by words. Secret."""
        with self._lock:
            return frozenset(text for text, pseudonym in self._by_text.items() if text != pseudonym)

    def keep(self, word: str) -> None:
        """Note a word that stays although no document names it."""
        if not KNOWN_WORDS.issuperset(re.split("[_0-9]+", word.lower())):
            with self._lock:
                self._kept.add(word)

    @property
    def ambiguous(self) -> frozenset[str]:
        """The words that stay although the same text was replaced elsewhere, or stands for a person. Secret."""
        with self._lock:
            if not self._kept:
                return frozenset()
            persons = {part for text, whole in self._words if whole for part in _parts(text)}
            replaced = set(map(_parts, (*(text for text, _ in self._words), *self._by_text))) - {()}
            return frozenset(
                word for word in self._kept if _parts(word) in replaced or not persons.isdisjoint(_parts(word))
            )

    def _uuid(self, text: str) -> str:
        key = text.lower()
        if key != text:
            if key not in self._by_text:
                self._by_text[key] = self._uuid(key)
            return self._by_text[key].upper()
        number = self._next("uuid")
        return f"{PSEUDONYM}{self._salt:04x}-{text[14]}{number & 0xFFF:03x}-8000-{number >> 12:012x}"

    def _shaped(self, text: str) -> str:
        """Letters and digits of the same kind in the same places, counting the texts of this shape."""
        shape = "".join(_kind(char) for char in text)
        if shape.startswith("0"):
            shape = ("1" if text[0] != "0" else "9") + shape[1:]  # "9" is in no alphabet: that 0 stays
        count = self._next(shape)
        chars = list(shape.replace("9", "0"))
        for place in reversed(range(len(chars))):
            alphabet = _ALPHABETS.get(shape[place])
            if alphabet is not None:
                count, index = divmod(count, len(alphabet))
                chars[place] = alphabet[index]
        return "".join(chars)

    def _new_words(self, text: str, whole: bool) -> str:
        chars = list(mask(text, NO_TEXT) if whole else _RUNS.sub(lambda run: mask(run[0]), text))
        kept = _is_unchanged if whole else _is_silent
        places = [place for place, char in enumerate(text) if not kept(char, NO_TEXT)]
        if places and chars[places[0]] == "<":
            del places[0]  # a mask begins with it
        if not places:
            return "".join(chars)
        while (count := self._next("words " + "".join(chars))) >> len(places):
            places.append(len(chars))  # a short text has few other capitals: it becomes longer
            chars.append(WORD[len(chars) % len(WORD)])
        for bit, place in enumerate(places):
            if count >> bit & 1:
                chars[place] = ">" if chars[place] == "<" else "<" if chars[place] == ">" else chars[place].upper()
        return "".join(chars)

    def _next(self, shape: str) -> int:
        self._counts[shape] += 1
        return self._counts[shape] - 1


@lru_cache(maxsize=1 << 14)  # asked again of every text for each file that is written
def _parts(text: str) -> tuple[str, ...]:
    """The words of a text, of three characters and more."""
    return tuple([part for part in re.split(r"[\W_]+", text.casefold()) if len(part) >= 3])


_RUNS: Final = re.compile("[A-Za-z0-9\x80-\xfe\u0100-\ud7ff\ue000-\U0010ffff]+")
"""What may say something: letters, digits, and whatever is not ASCII, but for bytes that are no text."""


def _is_silent(char: str, _: str) -> bool:
    return _RUNS.match(char) is None


def _kind(char: str) -> str:
    if char in string.digits:
        return "0"
    if char in string.ascii_lowercase:
        return "a"
    if char in string.ascii_uppercase:
        return "A"
    return char if _is_unchanged(char, NO_TEXT) or char < "\x80" else "à"


def api_key(text: str) -> str:
    """An API key that plainly opens nothing, as long as the given one where that is long enough."""
    prefix = text[: text.index("_api_") + len("_api_")]
    return prefix + mask(text[len(prefix) :].ljust(len(WORD)))


def token(text: str) -> str:
    """The replacement of the text after the scheme of an Authorization header: in the same documented form, with a
    placeholder in it."""
    if API_KEY.fullmatch(text):
        return api_key(text)
    pair = decoded(text)
    if pair is None or not (":" in pair or API_KEY.fullmatch(pair)):
        return _encoded(WORD + mask("x" * (len(text) * 3 // 4 - len(WORD))))
    user, colon, key = pair.partition(":")
    if not colon:
        return _encoded(api_key(user))
    return _encoded(f"{mask(user)}:{api_key(key) if API_KEY.fullmatch(key) else mask(key.ljust(len(WORD)))}")


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


_MASKED = "|".join((*PERSON_MEMBERS, *OUTCOME))
_MEMBER: Final = re.compile(rb'("(?:' + _MASKED.encode() + rb')"\s*:\s*")((?:[^"\\]|\\.)*)"')
_CHARACTER: Final = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|"  # one character beyond the first 65536
    rb"(?P<kept>\\u(?:00[01]|007[fF]|[dD][89a-fA-F])[0-9a-fA-F]{0,2}|\\[^u])|"  # what HPP-S15 may find
    rb"\\u[0-9a-fA-F]{4}|[0-9]|[A-Za-z]|[\xc0-\xff][\x80-\xbf]*"
)


def mask_members(body: bytes) -> bytes:
    """The body with every member that is about a person or an order masked in its shape, for reports that other tools
    write. It goes by names alone, so that it also works on what is hardly JSON."""
    return _MEMBER.sub(lambda member: member[1] + _CHARACTER.sub(_mask_character, member[2]) + b'"', body)


def _mask_character(match: re.Match[bytes]) -> bytes:
    if match["kept"]:
        return match[0]
    return b"1" if match[0].isdigit() else b"a"
