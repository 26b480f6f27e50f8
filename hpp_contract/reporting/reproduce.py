"""The command that shows a finding again."""

from __future__ import annotations

import re
import shlex
from typing import Final

from hpp_contract.engine.report import Report
from hpp_contract.engine.rule import Finding

_CURL: Final = ": curl "
"""How the evidence of a generated request names the command that sends it again."""

SERVE: Final = ": hpp-contract "
"""How the evidence of a generated session names the command that serves it again."""

_POLL: Final = re.compile(r"\(poll (\d{1,4})")


def reproduce_command(report: Report, finding: Finding) -> str:
    """One line for a shell; empty where there is none. What no report may name, such as a key or the id of a session,
    is a variable in it, or is left out: the environment has it."""
    kind, name, evidence = report.subject.kind, report.subject.name, finding.evidence
    if kind == "client" and SERVE in evidence:
        return f"hpp-contract {evidence.rpartition(SERVE)[2]}"
    if kind == "client":
        return f"{report.reproduce} --only {shlex.quote(finding.case)}" if report.reproduce and finding.case else ""
    if kind == "recording":
        file = evidence.rpartition("#")[0]
        return f"hpp-contract recording {shlex.quote(file)}" if file else ""
    if evidence in report.commands:
        return report.commands[evidence]
    if kind == "drift":
        return ""
    if _CURL in evidence:
        return f"curl {evidence.partition(_CURL)[2]}"
    words = ["hpp-contract", "endpoint", *([] if report.subject.embedded else [shlex.quote(name)])]
    poll = _POLL.search(evidence)
    return " ".join([*words, *(["--polls", poll[1]] if poll and int(poll[1]) > 2 else [])])
