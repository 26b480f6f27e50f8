"""From exchanges to a verdict: which rules were kept, broken or never exercised, and what the exit code is."""

from hpp_contract.engine.judge import Judge, judge
from hpp_contract.engine.report import Outcome, Report, RuleVerdict, Subject

__all__ = ["Judge", "Outcome", "Report", "RuleVerdict", "Subject", "judge"]
