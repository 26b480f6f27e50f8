"""The command that shows a finding again. What no report may name, such as a session id, is left to the environment."""

from __future__ import annotations

import re
import shlex

from hpp_contract.engine.report import Report
from hpp_contract.engine.rule import Finding

_CALLABLE = re.compile(r"[\w.]+:[\w.]+")
_GENERATED = ": curl "
"""How the evidence of a generated request names the command that sends it again."""

_SERVED = ": hpp-contract "
"""How the evidence of a generated session names the command that serves it again."""

_POLL = re.compile(r"\(poll (\d{1,4})")


def reproduce_command(report: Report, finding: Finding) -> str:
    """One line for a shell; empty where there is none."""
    kind, name = report.subject.kind, report.subject.name
    if kind == "client" and finding.evidence.startswith("hpp-contract client "):
        return finding.evidence
    if kind == "client" and _SERVED in finding.evidence:
        return f"hpp-contract {finding.evidence.rpartition(_SERVED)[2]}"
    if kind == "client":
        how = "--python" if _CALLABLE.fullmatch(name) else "--command"
        only = f" --only {shlex.quote(finding.case)}" if finding.case else ""
        return f"hpp-contract client {how} {shlex.quote(name)}{only}"
    if kind == "recording":
        file = finding.evidence.rpartition("#")[0]
        return f"hpp-contract recording {shlex.quote(file)}" if file else ""
    if kind == "drift":
        return ""
    _, generated, rest = finding.evidence.partition(_GENERATED)
    if generated:
        return f"curl {rest}"
    words = ["hpp-contract", "endpoint", *([] if report.subject.embedded else [shlex.quote(name)])]
    poll = _POLL.search(finding.evidence)
    return " ".join([*words, *(["--polls", poll[1]] if poll and int(poll[1]) > 2 else [])])
