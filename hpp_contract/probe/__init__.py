"""Probing an endpoint: what to ask, asking it safely, and whether the answers verify anything."""

from hpp_contract.probe.plan import Plan
from hpp_contract.probe.probe import Probed, probe
from hpp_contract.probe.target import Target, target_from

__all__ = ["Plan", "Probed", "Target", "probe", "target_from"]
