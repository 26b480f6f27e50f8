"""The last check of a text before it is printed or written."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hpp_contract.privacy.escapes import views


def printable(text: str) -> str:
    """The text with escapes in place of everything that could steer a terminal or mislead a reader: control characters,
    line ends, bidi marks."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def sanitize(text: str, redact: Callable[[str], str]) -> str:
    """One line of text, redacted and printable."""
    return printable(redact(text))


def contains_any(text: str, secrets: Iterable[str]) -> bool:
    """Whether one of the secrets is still in the text, in any case and escape."""
    folded = [view.casefold() for view in views(text)]
    return any(secret.casefold() in view for secret in secrets for view in folded)
