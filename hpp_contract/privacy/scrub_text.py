"""Scrubbing a text: known secrets, API keys and ids get their replacements, all the rest becomes words.

What is left of a text is its length, its punctuation, and the marks of a stack trace or a database message, which a
rule finds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from hpp_contract.privacy.pseudonyms import Pseudonyms, api_key
from hpp_contract.privacy.redact import ENCODINGS, MIN_SECRET
from hpp_contract.spec.endpoint import API_KEY
from hpp_contract.spec.fields import INTERNALS
from hpp_contract.spec.session import UUID
from hpp_contract.spec.vocabulary import HTML_START

_MARKER: Final = re.compile(INTERNALS.pattern.decode(), INTERNALS.flags & ~re.LOCALE | re.UNICODE)
_PROTOCOL: Final = re.compile(r"Traceback|most|recent|at|File|line|in|Exception|thread|ORA|SQLSTATE")
_WORD: Final = re.compile(r"\w+")

is_our_placeholder = re.compile(
    r"\W{0,3}(?:(?:scrubbed)+(?:s(?:c(?:r(?:u(?:b(?:be?)?)?)?)?)?)?|scru?b?|redacted|removed|filtered|hidden|secret|dummy|"
    r"fake|masked|placeholder|token|api[_-]?key|x{3,}|\*{3,})\W{0,3}",
    re.IGNORECASE,
).fullmatch
"""Whether a text is a placeholder and nothing else, so that nobody's name can be in it."""


class TextScrubber:
    """Scrubs texts with the pseudonyms of one set. `secrets` are known ones with their replacements."""

    def __init__(self, pseudonyms: Pseudonyms, secrets: dict[str, str]) -> None:
        self.pseudonyms = pseudonyms
        # The raw text last: where encodings of the old text are equal, that is the one that counts.
        pairs = ((encode(old), encode(new)) for encode in reversed(ENCODINGS) for old, new in secrets.items())
        self._replacements = {old: new for old, new in pairs if len(old) >= MIN_SECRET}
        forms = (re.escape(form) for form in sorted(self._replacements, key=len, reverse=True))
        self._pattern = re.compile("|".join([*forms, API_KEY.pattern, f"(?i:{UUID.pattern})"]))

    def knows(self, text: str) -> bool:
        """Whether a known secret, an API key or an id is in the text."""
        return self._pattern.search(text) is not None

    def clean(self, text: str) -> str:
        """The text with every credential, API key and UUID in it replaced, and all else as it is."""
        return self._pattern.sub(self._replacement, text)

    def __call__(self, text: str) -> str:
        """The text scrubbed."""
        return self.apart(text, lambda part: "".join(self._parts(part)))

    def apart(self, text: str, rest: Callable[[str], str]) -> str:
        """The text with what is known in it replaced, and what is between that as `rest` says."""
        parts, end = list[str](), 0
        for match in self._pattern.finditer(text):
            parts += [rest(text[end : match.start()]), self._replacement(match)]
            end = match.end()
        return "".join((*parts, rest(text[end:])))

    def page(self, text: str) -> str:
        """A page of HTML, or what begins like one: its elements stay, with nothing in them."""
        parts, end = list[str](), 0
        for match in HTML_START.finditer(text):
            parts += [self(text[end : match.start()]), match[0]]
            end = match.end()
        return "".join((*parts, self(text[end:])))

    def _replacement(self, match: re.Match[str]) -> str:
        found = match[0]
        if found in self._replacements:
            return self._replacements[found]
        if UUID.fullmatch(found):
            return self.pseudonyms.of(found)
        return found if is_our_placeholder(found.partition("_api_")[2]) else api_key(found)

    def _parts(self, text: str) -> Iterator[str]:
        end = 0
        for match in _MARKER.finditer(text):
            yield self.pseudonyms.words(text[end : match.start()])
            yield _masked_marker(match[0])
            end = match.end()
        yield self.pseudonyms.words(text[end:])


def has_marker(text: str) -> bool:
    """Whether a mark of a stack trace or a database message is in the text."""
    return _MARKER.search(text) is not None


def _masked_marker(marker: str) -> str:
    """A mark of a stack trace without the names in it."""
    masked = _WORD.sub(lambda word: word[0] if _PROTOCOL.fullmatch(word[0]) else _masked_word(word[0]), marker)
    return masked if has_marker(masked) else "Traceback (most recent"


def _masked_word(word: str) -> str:
    return "".join("0" if char.isdigit() else "x" for char in word)
