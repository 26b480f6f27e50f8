"""Values without judgement: what was sent and what came back, byte for byte."""

from hpp_contract.model.body import MISSING, Body
from hpp_contract.model.exchange import Context, Exchange, Headers, Request, Response
from hpp_contract.model.instant import Instant
from hpp_contract.model.trace import Trace

__all__ = ["MISSING", "Body", "Context", "Exchange", "Headers", "Instant", "Request", "Response", "Trace"]
