"""The lies this server can tell, out of the catalogue's faults: those that are told in an answer."""

from __future__ import annotations

from typing import Final

from hpp_contract.engine.fault import Fault
from hpp_contract.rules.catalogue import CATALOGUE

FAULTS: Final[tuple[Fault, ...]] = tuple(
    fault for rule in CATALOGUE for fault in rule.faults if fault.teller == "server"
)
"""In catalogue order. Each has its own well-known session id: `session_id(fault.name)`."""
