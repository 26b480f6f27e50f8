"""What the environment and the command line hold: as text whatever the locale, and never to be printed where secret."""

from __future__ import annotations

import os

from hpp_contract.model.credentials import Credentials
from hpp_contract.privacy.redact import Redactor


def readable(text: str) -> str:
    """Text from outside as the UTF-8 that it is meant to be, also where the locale has another encoding; what is no
    UTF-8 is replaced."""
    return os.fsencode(text).decode("utf-8", "replace")


def environ() -> dict[str, str]:
    """The environment as readable text."""
    return {name: readable(value) for name, value in os.environ.items()}


def redactor(*secrets: str) -> Redactor:
    """A Redactor for the credentials in the environment and for `secrets`."""
    given = environ()
    key, username = given.get("HPP_API_KEY"), given.get("HPP_USERNAME")
    known = Credentials(key, username or None).secrets if key else (username or "",)
    return Redactor((*known, *secrets))
