"""Judging clients: adapters that reach clients in any language, and the run of the cases with one of them."""

from hpp_contract.client.adapters.adapter import Adapter, Ask
from hpp_contract.client.generated import GeneratedOptions
from hpp_contract.client.ideal_client import ideal_read
from hpp_contract.client.runner import RunOptions, run

__all__ = ["Adapter", "Ask", "GeneratedOptions", "RunOptions", "ideal_read", "run"]
