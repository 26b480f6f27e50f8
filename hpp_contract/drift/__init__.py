"""Drift: what an endpoint shows, reduced to facts, and how that differs from what it showed before."""

from hpp_contract.drift.baseline import Accepted, Baseline, accept, as_json, read_baseline
from hpp_contract.drift.run import Night, watch

__all__ = ["Accepted", "Baseline", "Night", "accept", "as_json", "read_baseline", "watch"]
