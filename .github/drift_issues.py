"""One GitHub issue a drift: opened, kept up to date, and closed when the drift is gone or accepted.

A drift is everything that began in the same run. Reads what `hpp-contract drift --report --json` wrote; speaks to
GitHub through `gh`, which takes GH_TOKEN and GH_REPO from the environment. Needs nothing but Python.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

LABEL = "hpp-drift"
ALARMING = ("breaking", "risky")
"""Classes that deserve an issue. The others are in the job's summary."""

Change = dict[str, Any]


def main(summary: Path) -> None:
    """Bring the issues in line with the summary."""
    changes: list[Change] = json.loads(summary.read_text(encoding="utf-8"))["changes"]
    drifts: dict[str, list[Change]] = {}
    for change in changes:
        drifts.setdefault(change["since"], []).append(change)
    gh("label", "create", LABEL, "--force", "--color", "D93F0B", "--description", "The endpoint changed")
    issues = open_issues()
    for since, drift in drifts.items():
        alarming = [change for change in drift if change["class"] in ALARMING]
        issue = next((issue for issue in issues if marker(since) in issue["body"]), None)
        if any(change["state"] == "still there" for change in alarming):
            tell(issue, since, drift)
        elif issue is not None:
            gh("issue", "close", str(issue["number"]), "--comment", f"Over: {over(alarming)}.{seen_in_run()}")


def tell(issue: dict[str, Any] | None, since: str, drift: list[Change]) -> None:
    """Open the issue of this drift, or bring it up to date."""
    text = body(since, drift)
    if issue is None:
        gh("issue", "create", "--title", title(since, drift), "--label", LABEL, "--body-file", "-", text=text)
    elif issue["body"].strip() != text.strip():
        gh("issue", "edit", str(issue["number"]), "--title", title(since, drift), "--body-file", "-", text=text)


def open_issues() -> list[dict[str, Any]]:
    """The open issues that this script made."""
    fields = ("--label", LABEL, "--state", "open", "--limit", "200", "--json", "number,body")
    issues: list[dict[str, Any]] = json.loads(gh("issue", "list", *fields))
    return issues


def title(since: str, drift: list[Change]) -> str:
    """The worst class, what changed first in it, and since when."""
    there = [change for change in drift if change["state"] == "still there"] or drift
    worst = next(change for change in there if change["class"] == min(map(severity, there))[1])
    more = f" and {len(there) - 1} more" if len(there) > 1 else ""
    return f"Drift since {since[:10]}: {worst['class']}, {worst['fact']}{more}"


def severity(change: Change) -> tuple[int, str]:
    """A class as something to sort by, the worst first."""
    order = ("breaking", "risky", "additive", "cosmetic")
    return order.index(change["class"]), change["class"]


def body(since: str, drift: list[Change]) -> str:
    """A table of the changes, and what to do."""
    rows = [
        f"| {change['class']} | {code(change['fact'])} | {code(change['before'])} | {code(change['after'])} "
        f"| {change['state']} |"
        for change in sorted(drift, key=severity)
    ]
    lines = [
        marker(since),
        f"Since {since[:10]} the endpoint answers differently from the baseline.",
        "",
        "| class | fact | before | after | state |",
        "|---|---|---|---|---|",
        *rows,
        "",
        "If it is right, accept it with `hpp-contract drift --baseline baseline --accept --reason …` and commit the",
        "baseline. This issue closes itself when the changes are gone or accepted.",
    ]
    return "\n".join(lines) + "\n"


def over(drift: list[Change]) -> str:
    """How it ended: `gone` or `accepted`, and when."""
    ends = sorted({f"{change['state']} on {(change['until'] or '')[:10]}" for change in drift})
    return ", ".join(ends)


def marker(since: str) -> str:
    """What identifies the issue of a drift, whatever its title becomes."""
    return f"<!-- {LABEL} {since} -->"


def seen_in_run() -> str:
    """A link to the run that found it out, when there is one."""
    url = os.environ.get("RUN_URL", "")
    return f" {url}" if url else ""


def code(text: str) -> str:
    """Text in a code span of a table, which nothing in it can leave."""
    return "`" + text.replace("`", "'").replace("|", "/").replace("\n", " ") + "`"


def gh(*arguments: str, text: str | None = None) -> str:
    """Run `gh`; its failure is ours."""
    done = subprocess.run(["gh", *arguments], input=text, text=True, check=True, stdout=subprocess.PIPE)  # noqa: S603, S607
    return done.stdout


if __name__ == "__main__":
    main(Path(sys.argv[1]))
