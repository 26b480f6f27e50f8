"""Problems: why a run cannot go on, as one sentence for a person and one exit code for a machine.

Everything that ends a run early raises one of these; only the command line and the plugin catch them. A broken contract
is no problem: it is a Report.
"""

from __future__ import annotations

from typing import ClassVar

from hpp_contract.engine.report import UNVERIFIED, USAGE


class RunError(Exception):
    """A run that cannot go on. Its text is one sentence: what, where, what to do; safe to print."""

    exit_code: ClassVar[int] = UNVERIFIED


class UsageProblem(RunError):
    """Asked for something that makes no sense: an unknown name, a malformed file, a missing variable (exit 2)."""

    exit_code: ClassVar[int] = USAGE


class Unverifiable(RunError):
    """Nothing could be concluded: unreachable, refused, unreadable, our own error (exit 3)."""
