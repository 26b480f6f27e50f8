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
from hpp_contract.engine.errors import BROKEN, KEPT, UNVERIFIED, USAGE
from hpp_contract.engine.sanitize import sanitize_report
from hpp_contract.privacy.sanitize import printable
from hpp_contract.reporting.terminal import terminal
from hpp_contract.reporting.view import ReportView

FOLDER: Final = "tests/contract"
NAME: Final = "contract-summary"

UNVERIFIABLE: Final = ("could not verify", True)
"""The property of a test that failed because something could not be verified."""

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
    """Hears how every test ended, and says what became of those of this folder."""

    def __init__(self) -> None:
        self.parts: defaultdict[str, Part] = defaultdict(Part)
        self.reports: list[Report] = []
        self.is_misused = self.is_uncollected = self.has_others = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count how a test ended: in its setup or when it was called. Under xdist it ran in another process."""
        folder, _, name = report.nodeid.partition("::")[0].rpartition("/")
        if folder != FOLDER:
            self.has_others = True
            return
        part = self.parts[Path(name).stem]
        if report.skipped:
            part.ended["not exercised"] += 1
        elif report.failed:
            part.ended["could not verify" if UNVERIFIABLE in report.user_properties else "broken"] += 1
        elif report.when == "call":
            part.ended["ok"] += 1

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note that a module could not even be loaded."""
        self.is_uncollected |= report.failed

    def code(self, status: int) -> int | None:
        """The exit code, where pytest's own is `status`; None where it is not this summary's business."""
        if self.is_misused:
            return USAGE
        if self.has_others or not (self.parts or self.is_uncollected) or status not in (KEPT, BROKEN, USAGE):
            return None
        ended = sum((part.ended for part in self.parts.values()), Counter[str]())
        if ended["broken"]:
            return BROKEN
        if ended["could not verify"] or self.is_uncollected:
            return UNVERIFIED
        return KEPT if status == KEPT else None

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
