"""Drift: what an endpoint shows, reduced to facts, and how that differs from what it showed before."""

from hpp_contract.drift.baseline import Accepted, Baseline, accept, as_json, read_baseline
from hpp_contract.drift.run import DriftResult, compare_with_baseline

__all__ = ["Accepted", "Baseline", "DriftResult", "accept", "as_json", "compare_with_baseline", "read_baseline"]
