"""What the comparison of clients came to, as Markdown."""

from __future__ import annotations

import json
from pathlib import Path


def sentence(results: Path) -> str:
    """One sentence for the README; empty when nothing was compared."""
    if not results.is_file():
        return ""
    kept = json.loads(results.read_text("utf-8"))
    seen = {name: len(set(kept["wrong"]) & set(column["noticed"])) for name, column in kept["columns"].items()}
    strict, plain, *others = seen.values()
    rest = " and ".join(f"{name} {count}" for name, count in zip(list(seen)[2:], others, strict=True))
    return (
        f"Of {len(kept['wrong'])} wrong clients, `hpp-contract client --strict` notices {strict} (without `--strict` "
        f"{plain}),\n{rest}.\n"
    )


def section(results: Path) -> str:
    """The section of the page; empty when nothing was compared."""
    if not results.is_file():
        return ""
    kept = json.loads(results.read_text("utf-8"))
    wrong, right = set(kept["wrong"]), set(kept["right"])
    rows = [
        f"| {name} | {len(wrong & set(column['noticed']))} | {len(right & set(column['noticed']))} of {len(right)} "
        f"| {column['seconds']:.1f} s |"
        for name, column in kept["columns"].items()
    ]
    unseen = [
        f"- {name}: {', '.join(f'`{client}`' for client in kept['wrong'] if client not in column['noticed']) or 'none'}"
        for name, column in kept["columns"].items()
    ]
    return "\n".join(
        [
            "## Clients",
            "",
            "The other side: clients with one bug each (`tests/harness/integration/client/wrong_clients`), and",
            "conforming ones of various manners.",
            "The stubs are set up as their documentation advises: WireMock with a mapping for each session, refusal,",
            "fault, delay and polled life, credentials matched, unmatched requests verified; Prism with an example for",
            "each session. The assertions beside them (`benchmarks/detection/clients/suite.py`) are what an afternoon",
            "gives. **These clients too are ours to catch**: each is there because a rule names its bug. One more",
            "assertion or mapping would show most of those that a stub misses, to whoever thinks of it.",
            "",
            f"| tested with | of {len(wrong)} wrong clients | false alarms | median time a client |",
            "| --- | --: | --: | --: |",
            *rows,
            "",
            "Not noticed:",
            "",
            *unseen,
            "",
        ]
    )
