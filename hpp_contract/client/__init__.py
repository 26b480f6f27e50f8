"""Judging clients: the adapters that reach clients in any language, and the run of the cases over one."""

from hpp_contract.client.adapters.adapter import Adapter, Ask
from hpp_contract.client.generated_verdict import Wanted
from hpp_contract.client.ideal_client import rehearse_answer
from hpp_contract.client.runner import Plan, run

__all__ = ["Adapter", "Ask", "Plan", "Wanted", "rehearse_answer", "run"]
