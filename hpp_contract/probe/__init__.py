"""Probing an endpoint: what to ask, asking it safely, and whether the answers verify anything."""

from hpp_contract.probe.plan import ProbePlan
from hpp_contract.probe.probe import ProbeResult, probe
from hpp_contract.probe.target import Target, target_from

__all__ = ["ProbePlan", "ProbeResult", "Target", "probe", "target_from"]
