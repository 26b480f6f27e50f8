"""Runs of drift for a history."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from hpp_contract.drift.history import Run, append, line_of
from hpp_contract.engine.report import Change
from hpp_contract.engine.rule import ChangeClass

TYPE = Change(
    ChangeClass.BREAKING, "waiting · /expires_at", "string", "number",
    advice="Accept both.", what="/expires_at is of type number instead of string",
)  # fmt: skip
HEADER = Change(ChangeClass.COSMETIC, "unknown-id · header x-cache", "present", "absent", what="header x-cache is gone")


def run(day: int, *changes: Change, observed: tuple[str, ...] = ("waiting", "unknown-id"), **more: Any) -> Run:
    verdict: Literal["drift", "quiet"] = "drift" if changes else "quiet"
    at = f"2026-01-{day:02}T03:00:00Z"
    return Run(at, "https://x", verdict, 1 if changes else 0, changes, observed, observed, **more)


def unverified(day: int) -> Run:
    return Run(f"2026-01-{day:02}T03:00:00Z", "https://x", "unverified", 3, why="an outage.")


WEEK = (
    run(1),
    run(2, TYPE),
    unverified(3),
    run(4, TYPE, HEADER),
    run(5, observed=("unknown-id",)),
    run(6),
    run(7, TYPE),
)


def write(path: Path, *runs: Run) -> Path:
    for each in runs:
        append(path, line_of(each))
    return path
