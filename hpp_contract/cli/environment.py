"""What the environment holds that must never be printed."""

from __future__ import annotations

import os

from hpp_contract.exchange.credentials import Credentials
from hpp_contract.exchange.redact import Redactor


def redactor(*secrets: str) -> Redactor:
    """A Redactor for the credentials in the environment and for `secrets`."""
    key, username = os.environ.get("HPP_API_KEY"), os.environ.get("HPP_USERNAME")
    known = Credentials(key, username or None).secrets if key else (username or "",)
    return Redactor((*known, *secrets))
