"""What tests of probing read: five well-known sessions, and a target at an address."""

from __future__ import annotations

from hpp_contract.cases.scenarios import CREDENTIALS, session_id
from hpp_contract.model.credentials import Credentials
from hpp_contract.probe import Target

FIVE = tuple(map(session_id, ("waiting", "in-progress", "completed-with-order", "lifecycle-paid", "failed")))


def target(url: str, *session_ids: str, credentials: Credentials = CREDENTIALS) -> Target:
    return Target(url, credentials, session_ids)
