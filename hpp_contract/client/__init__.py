"""Judging clients: the cases, the adapters that reach clients in any language, and the run of one over the other."""

from hpp_contract.client.adapter import Adapter, Ask
from hpp_contract.client.case import NAME as GENERATED
from hpp_contract.client.case import Case
from hpp_contract.client.cases import CASES, chooses_generated, chosen, plays
from hpp_contract.client.generated_verdict import Wanted
from hpp_contract.client.rehearse import rehearse_answer
from hpp_contract.client.runner import Plan, run

__all__ = [
    "CASES",
    "GENERATED",
    "Adapter",
    "Ask",
    "Case",
    "Plan",
    "Wanted",
    "chooses_generated",
    "chosen",
    "plays",
    "rehearse_answer",
    "run",
]
