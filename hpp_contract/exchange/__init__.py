"""The ground floor: what was sent and what came back, byte for byte, and nothing about whether it is right."""

from hpp_contract.exchange.body import MISSING, Body
from hpp_contract.exchange.instant import Instant
from hpp_contract.exchange.model import Exchange, Headers, Knowledge, Request, Response, Trace

__all__ = ["MISSING", "Body", "Exchange", "Headers", "Instant", "Knowledge", "Request", "Response", "Trace"]
