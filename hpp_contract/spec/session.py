"""."""

from __future__ import annotations

import re
from typing import Final

OUTCOME = ("authorization_token", "order_id", "klarna_reference")


FINAL = ("COMPLETED", "CANCELLED", "DISABLED")


SKEW = 300.0
"""Seconds by which honest clocks may differ."""


STATUSES: Final = frozenset(
    "WAITING BACK IN_PROGRESS MANUAL_ID_CHECK COMPLETED CANCELLED FAILED DISABLED ERROR".split()  # noqa: SIM905
)


INSTANTS: Final = frozenset({"updated_at", "expires_at"})


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


UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
