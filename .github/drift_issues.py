"""One GitHub issue a drift: opened, kept up to date, and closed when the drift is gone or accepted.

A drift is everything that began in the same run. Reads what `hpp-contract drift --report --json` wrote; speaks to
GitHub through `gh`, which takes GH_TOKEN and GH_REPO from the environment. Needs nothing but Python.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

LABEL = "hpp-drift"
ORDER = ("breaking", "risky", "additive", "cosmetic")

ALARMING = ORDER[:2]
"""Classes that deserve an issue. The others are in the job's summary."""

FOUND_BY = "The run that found it: "

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
    """Open the issue of this drift, or bring it up to date. It keeps its link to the run that found the drift."""
    if issue is None:
        text = body(since, drift, os.environ.get("RUN_URL", ""))
        gh("issue", "create", "--title", title(since, drift), "--label", LABEL, "--body-file", "-", text=text)
        return
    text = body(since, drift, found_by(issue["body"]))
    if issue["body"].strip() != text.strip():
        gh("issue", "edit", str(issue["number"]), "--title", title(since, drift), "--body-file", "-", text=text)


def open_issues() -> list[dict[str, Any]]:
    """The open issues that this script made."""
    fields = ("--label", LABEL, "--state", "open", "--limit", "200", "--json", "number,body")
    issues: list[dict[str, Any]] = json.loads(gh("issue", "list", *fields))
    return issues


def title(since: str, drift: list[Change]) -> str:
    """The worst class, what changed first in it, and since when, as the report of the run says it."""
    there = [change for change in drift if change["state"] == "still there"] or drift
    first, *others = causes(there)
    more = f" and {len(others)} more" if others else ""
    return f"Drift since {since[:10]}: {worst(first)}, {words(first)}{more}"


def causes(drift: list[Change]) -> list[list[Change]]:
    """The changes by their cause: the same change of several situations, then what follows from it; the worst first."""
    facts = {change["fact"] for change in drift}
    groups: dict[tuple[str, str], list[Change]] = {}
    of_fact: dict[str, list[Change]] = {}
    for change in drift:
        if change.get("cause") not in facts:
            group = groups.setdefault((change["fact"].partition(" · ")[2], what(change)), [])
            of_fact[change["fact"]] = group
            group.append(change)
    for change in drift:
        if change.get("cause") in facts:
            of_fact.get(change["cause"], []).append(change)
    return sorted(groups.values(), key=lambda group: ORDER.index(worst(group)))


def worst(group: list[Change]) -> str:
    """The class of the worst of these changes."""
    return min((str(change["class"]) for change in group), key=ORDER.index)


def what(change: Change) -> str:
    """What changed; runs of older versions kept no words."""
    aspect = change["fact"].partition(" · ")[2]
    return str(change.get("what") or f"{aspect}: {change['after']} instead of {change['before']}")


def words(group: list[Change]) -> str:
    """The situations, and what changed in them."""
    same = [change["fact"].partition(" · ")[0] for change in group if change.get("cause") == group[0].get("cause")]
    named = [situation for situation in dict.fromkeys(same) if not situation.startswith("any ")] or same[:1]
    return f"{', '.join(named)} · {what(group[0])}"


def body(since: str, drift: list[Change], run: str) -> str:
    """A table of what changed, the rules that see it, and what to do."""
    rows, advice = [], []
    for group in causes(drift):
        rules = [name for change in group if (name := change["fact"].partition(" · ")[2]).startswith("HPP-")]
        states = dict.fromkeys(change["state"] for change in group)
        cells = (code(words(group)), " ".join(dict.fromkeys(rules)), ", ".join(states))
        rows.append(f"| {worst(group)} | {' | '.join(cells)} |")
        advice += [f"- {plain(group[0]['advice'])}"] if group[0].get("advice") else []
    lines = [
        marker(since),
        f"Since {since[:10]} the endpoint answers differently from the baseline.",
        *([f"{FOUND_BY}{run}"] if run else []),
        "",
        "| class | what changed | rules | state |",
        "|---|---|---|---|",
        *rows,
        *(["", "What the author of a client should do:", "", *dict.fromkeys(advice)] if advice else []),
        "",
        "If it is right, accept it with `hpp-contract drift --baseline baseline --accept-only FACT --reason …` and",
        "commit the baseline. This issue closes itself when the changes are gone or accepted.",
    ]
    return "\n".join(lines) + "\n"


def found_by(text: str) -> str:
    """The link to the run that found the drift, as the issue has it."""
    return next((line.removeprefix(FOUND_BY) for line in text.splitlines() if line.startswith(FOUND_BY)), "")


def plain(text: str) -> str:
    """Text in which nothing is markup or a mention."""
    return re.sub(r"[\\`*_\[\]<>#@|]", lambda match: f"&#{ord(match[0])};", text.replace("\n", " "))


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
