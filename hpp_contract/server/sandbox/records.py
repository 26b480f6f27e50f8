"""What the sandbox keeps: orders and hosted sessions, as values, without personal data of the consumer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from hpp_contract.cases.scenarios import outcome
from hpp_contract.model import Instant
from hpp_contract.model.instant import SECOND
from hpp_contract.server.sandbox.lifecycle import FIRST

HOUR: Final = 3600 * SECOND
ORDER_LIFETIME: Final = 48 * HOUR
SESSION_ENDS_EARLIER: Final = HOUR
"""Nanoseconds, from the session lifetime page."""

TOKEN_MODE: Final = "NONE"  # noqa: S105  a mode, and the default one
ORDER_MODES: Final = ("PLACE_ORDER", "CAPTURE_ORDER")

KEPT: Final = (
    "purchase_country", "purchase_currency", "locale", "order_amount", "order_tax_amount", "order_lines",
    "merchant_urls",
)  # fmt: skip
"""The members of an order that are kept: the required ones."""


@dataclass(frozen=True, slots=True)
class Order:
    """A checkout order: `content` holds the required members; `created` is in ns since 1970."""

    id: str
    content: Mapping[str, Any]
    created: int

    @property
    def expires(self) -> int:
        return self.created + ORDER_LIFETIME


@dataclass(frozen=True, slots=True)
class Session:
    """A hosted session. `page` is the unguessable end of its redirect_url; times are in ns since 1970."""

    id: str
    page: str
    order_id: str
    mode: str
    urls: Mapping[str, str]
    updated: int
    expires: int
    status: str = FIRST

    @property
    def shape(self) -> str:
        """The documented shape of this session."""
        if self.status != "COMPLETED":
            return self.status.lower().replace("_", "-")
        return "completed-with-token" if self.mode == TOKEN_MODE else "completed-with-order"

    @property
    def body(self) -> dict[str, Any]:
        """The session object, as Read Session returns it."""
        return {
            "session_id": self.id,
            "status": self.status,
            **self._outcome(),
            "updated_at": Instant(self.updated).format(3),
            "expires_at": Instant(self.expires).format(3),
        }

    def _outcome(self) -> dict[str, str]:
        made = outcome(self.id)
        if self.shape == "completed-with-token":
            return {"authorization_token": made["authorization_token"]}
        if self.shape == "completed-with-order":
            return {"order_id": self.order_id, "klarna_reference": made["klarna_reference"]}
        return {}
