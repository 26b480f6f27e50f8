"""What the runs add up to: which lies a tool saw, what it wrongly refused, what it costs. Presentation is `table`'s."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.detection.running import Run
from benchmarks.detection.trials import PLAIN


@dataclass(frozen=True, slots=True)
class Row:
    """One tool's results. `said_no` maps each trial to its verdict; `missing` is why it was not run at all."""

    tool: str
    setup: str
    version: str
    is_ours: bool
    said_no: Mapping[str, bool]
    costs: tuple[Run, ...] = ()
    leaks: int = 0
    runs: int = 0
    missing: str = ""

    def seen(self, trials: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the trials it said no to; none when it says no to the honest reference too."""
        return tuple(trial for trial in trials if self.said_no.get(trial) and self.is_usable)

    @property
    def is_usable(self) -> bool:
        return not self.missing and not any(cost.said_no for cost in self.costs) and not self.said_no.get(PLAIN.name)

    @property
    def wall(self) -> float:
        return statistics.median(cost.wall for cost in self.costs)

    @property
    def cpu(self) -> float:
        return statistics.median(cost.cpu for cost in self.costs)

    @property
    def peak(self) -> float:
        return max(cost.peak for cost in self.costs)


@dataclass(frozen=True, slots=True)
class Results:
    """All rows; `groups` holds the names of the trials in each group, `letters` the first letter of the rule that each
    lie of the catalogue breaks."""

    rows: tuple[Row, ...]
    groups: Mapping[str, tuple[str, ...]]
    letters: Mapping[str, str]
    machine: str

    def write(self, path: Path) -> None:
        """Keep them, to be shown again without running anything."""
        rows = [_row_as_json(row) for row in self.rows]
        kept = {"rows": rows, "groups": self.groups, "letters": self.letters}
        path.write_text(json.dumps(kept | {"machine": self.machine}, indent=1), "utf-8")

    @classmethod
    def read(cls, path: Path) -> Results:
        kept = json.loads(path.read_text("utf-8"))
        rows = tuple(Row(**{**row, "costs": tuple(Run(**run) for run in row["costs"])}) for row in kept["rows"])
        groups = {name: tuple(trials) for name, trials in kept["groups"].items()}
        return cls(rows, groups, kept["letters"], kept["machine"])


def _row_as_json(row: Row) -> dict[str, Any]:
    kept = {name: getattr(row, name) for name in Row.__slots__}
    return kept | {"costs": [cost.as_json() for cost in row.costs]}
