"""What tests of probing read: five well-known sessions, a target at an address, and what became of a probe."""

from __future__ import annotations

from hpp_contract.cases.scenarios import CREDENTIALS, session_id
from hpp_contract.engine import Outcome, Report, judge
from hpp_contract.model.credentials import Credentials
from hpp_contract.probe import ProbeResult, Target
from hpp_contract.rules import CATALOGUE

FIVE = tuple(map(session_id, ("waiting", "in-progress", "completed-with-order", "lifecycle-paid", "failed")))


def target(url: str, *session_ids: str, credentials: Credentials = CREDENTIALS) -> Target:
    return Target(url, credentials, session_ids)


def report_of(result: ProbeResult) -> Report:
    """What `hpp-contract endpoint` makes of a probe."""
    return Report(result.subject, judge(result.exchanges, CATALOGUE, result.subject), result.unverified)


def exit_code(result: ProbeResult) -> int:
    return report_of(result).exit_code


def broken(result: ProbeResult, outcome: Outcome = Outcome.BROKEN) -> set[str]:
    """The rules that are broken, or warn."""
    return {verdict.rule.id for verdict in report_of(result).rules if verdict.outcome is outcome}
