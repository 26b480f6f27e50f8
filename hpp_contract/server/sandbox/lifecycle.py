"""The lifecycle of a session as data: which status may follow which, and what a consumer does to get there.

From the prose of the session lifecycle page. TIMEOUT and MANUAL_ID_CHECK are missing: no page says how they are
reached. CANCELLED is final here, according to the page's table, although its prose lets the merchant disable every
session but a COMPLETED one.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from hpp_contract.spec.session import FINAL, RETRIED

FIRST: Final = "WAITING"
ENTERED: Final = "IN_PROGRESS"
DISABLED: Final = "DISABLED"

TRANSITIONS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        FIRST: frozenset({ENTERED, DISABLED}),
        ENTERED: frozenset({*RETRIED, *FINAL}),
        **{status: frozenset({ENTERED, *RETRIED, *FINAL} - {status}) for status in RETRIED},
        **dict.fromkeys(FINAL, frozenset()),
    }
)
"""Each status, and the statuses it may change to: none for a final one."""

ACTS: Final[Mapping[str, str]] = MappingProxyType(
    {"pay": "COMPLETED", "decline": "FAILED", "back": "BACK", "cancel": "CANCELLED", "error": "ERROR"}
)
"""What a consumer, or the payment behind the page, can do, and the status it leads to."""


def may_become(status: str, following: str) -> bool:
    """Whether a session may change from `status` to `following`."""
    return following in TRANSITIONS[status]


def is_final(status: str) -> bool:
    """Whether a session in `status` stays in it."""
    return not TRANSITIONS[status]
