"""What a request asked for. Its names are those of scenarios, cassettes and facts."""

from __future__ import annotations

from enum import StrEnum

from hpp_contract.model.exchange import Exchange


class Asked(StrEnum):
    """A session, or one of the requests that are always refused."""

    SESSION = "session"
    NO_CREDENTIALS = "no-credentials"
    WRONG_CREDENTIALS = "wrong-credentials"
    UNKNOWN_ID = "unknown-id"
    MALFORMED_ID = "malformed-id"


def asked(exchange: Exchange) -> Asked:
    """What the request asked for, by its context alone; a session when the context does not say."""
    context = exchange.context
    if context.credentials in ("none", "wrong"):
        return Asked.NO_CREDENTIALS if context.credentials == "none" else Asked.WRONG_CREDENTIALS
    if context.session in ("unknown", "malformed"):
        return Asked(f"{context.session}-id")
    return Asked.SESSION
