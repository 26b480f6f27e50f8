"""What a session is: its statuses and their shapes, its members, what completes it, and how long it lives.

Read from `schemas/session.json` where the schema says it; the rest is from the pages on Read Session and on the
lifecycle and the lifetime of sessions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from hpp_contract.spec.schema_files import load

_SCHEMA: Final = load("session")["$defs"]["session"]

TIMEOUT_STATUS: Final = "TIMEOUT"
"""A status that is documented for callbacks only."""

STATUSES: Final[tuple[str, ...]] = tuple(
    status for status in _SCHEMA["properties"]["status"]["enum"] if status != TIMEOUT_STATUS
)
"""The nine statuses of a read, in the order of the API reference."""

PENDING: Final = ("WAITING", "IN_PROGRESS", "MANUAL_ID_CHECK")
"""Statuses in which something is still to happen."""

RETRIED: Final = ("FAILED", "ERROR", "BACK")
"""Statuses from which the consumer may try again."""

FINAL: Final = ("COMPLETED", "CANCELLED", "DISABLED")
"""Statuses that never change."""

SHAPES: Final[Mapping[str, str]] = MappingProxyType(
    {status: status.lower().replace("_", "-") for status in STATUSES if status != "COMPLETED"}
)
"""The shape of a session in each status, named as its schema is. COMPLETED has two, see COMPLETED_SHAPES."""

COMPLETED_SHAPES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "completed-with-order": frozenset({"order_id", "klarna_reference"}),
        "completed-with-token": frozenset({"authorization_token"}),
    }
)
"""The shapes of a completed session, and the members that each is completed with."""

MEMBERS: Final = (
    "session_id",
    "status",
    "updated_at",
    "expires_at",
    "order_id",
    "klarna_reference",
    "authorization_token",
    "customer",
    "manual_identification",
)
"""Every documented member of a session, in the order reports name them."""

REQUIRED: Final[tuple[str, ...]] = tuple(_SCHEMA["required"])
"""The members of every session."""

OUTCOME: Final = ("authorization_token", "order_id", "klarna_reference")
"""The members that only a completed session has."""

OUTCOME_IDS: Final = ("order_id", "authorization_token")
"""The members of `OUTCOME` that are UUIDs."""

INSTANTS: Final = ("updated_at", "expires_at")
"""The members that are RFC 3339 instants, in the order of time."""

OBJECTS: Final = frozenset({"customer", "manual_identification"})
"""The members that are objects. They are about the consumer."""

UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)

SKEW: Final = 300.0
"""Seconds by which correct clocks may differ."""

LIFETIME: Final = 48 * 3600
"""Seconds from `updated_at` to `expires_at` at most."""
