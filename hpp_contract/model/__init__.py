"""The ground floor: what was sent and what came back, byte for byte, and nothing about whether it is right."""

from hpp_contract.model.body import MISSING, Body
from hpp_contract.model.exchange import Exchange, Headers, Knowledge, Request, Response, Trace
from hpp_contract.model.instant import Instant

__all__ = ["MISSING", "Body", "Exchange", "Headers", "Instant", "Knowledge", "Request", "Response", "Trace"]
