"""What a run of the contract says in the end: a line for each part of it, a table for what failed, and the verdict.

The exit code is the command line's: 1 as soon as the contract is broken anywhere, 3 where that could not be verified.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from hpp_contract.cli._console import redactor
from hpp_contract.engine import Report
from hpp_contract.engine.errors import BROKEN, KEPT, UNVERIFIED, USAGE, RunError
from hpp_contract.engine.sanitize import sanitize_report
from hpp_contract.privacy.sanitize import printable
from hpp_contract.reporting.terminal import terminal
from hpp_contract.reporting.view import ReportView

FOLDER: Final = Path(__file__).parent

PARTS: Final = {
    "test_documented": "documented examples",
    "test_cassettes": "cassettes",
    "test_endpoint": "endpoint",
    "test_generated_bodies": "generated bodies",
    "test_generated_lives": "generated lives",
    "test_generated_requests": "generated requests",
    "test_example_client": "example client",
}
"""Each module of tests, and what it is called here."""

VERDICTS: Final = {
    KEPT: "contract kept (0)",
    BROKEN: "contract broken (1)",
    USAGE: "wrong usage (2)",
    UNVERIFIED: "could not verify (3)",
}
"""The last line, by exit code; the Makefile has the same words."""


@dataclass
class Part:
    """One part: how many of what it was about, in words, and how its tests ended."""

    counts: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)

    @property
    def outcome(self) -> str:
        """The worst that a test of it came to."""
        order = ("broken", "could not verify", "ok")
        return next((each for each in order if self.ended[each]), "not exercised")

    @property
    def said(self) -> str:
        return ", ".join(f"{count} {what}" for what, count in self.counts.items())


class Summary:
    """Listens to the tests below this folder, and says what became of them."""

    def __init__(self) -> None:
        self.parts: defaultdict[str, Part] = defaultdict(Part)
        self.reports: list[Report] = []

    def heard(self, item: pytest.Item, when: str, error: BaseException | None) -> None:
        """Count how a test ended: in its setup or when it was called."""
        part = self.parts[item.path.stem]
        if isinstance(error, pytest.skip.Exception):
            part.ended["not exercised"] += 1
        elif error is not None:
            part.ended["could not verify" if isinstance(error, RunError) else "broken"] += 1
        elif when == "call":
            part.ended["ok"] += 1

    def code(self, failed: int) -> int:
        """The exit code, where `failed` tests failed in all."""
        if failed > sum(part.ended["could not verify"] for part in self.parts.values()):
            return BROKEN
        return UNVERIFIED if failed else KEPT

    def lines(self) -> Iterator[str]:
        """A line for each part that was run."""
        for module, name in PARTS.items():
            if module in self.parts:
                part = self.parts[module]
                yield printable(redactor()(f"{name:<21}{part.outcome:<18}{part.said}")).rstrip()

    def write(self, reporter: pytest.TerminalReporter) -> None:
        """Print the tables of what is worth one, then the lines."""
        colour = bool(reporter.isatty) and not os.environ.get("NO_COLOR")
        for report in self.reports:
            reporter.section(f"the contract: {report.subject.kind}", sep="=")
            view = ReportView(sanitize_report(report, redactor()))
            reporter.write(terminal(view, width=reporter._tw.fullwidth, colour=colour))
        reporter.section("what was run", sep="=")
        for line in self.lines():
            reporter.write_line(line)
