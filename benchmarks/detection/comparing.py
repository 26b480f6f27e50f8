"""The whole comparison: every tool against every trial. What comes out is for `results` and `table`."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Final

from benchmarks.detection.documents import write_documents
from benchmarks.detection.environment import Environment
from benchmarks.detection.results import Results, Row
from benchmarks.detection.running import Run, run
from benchmarks.detection.tools import TOOLS, Tool
from benchmarks.detection.trials import PLAIN, RULE_OF, Trial

COST_RUNS: Final = 3


def compare(environment: Environment, trials: Sequence[Trial], jobs: int, cost_runs: int = COST_RUNS) -> Results:
    """Measure the costs one after the other, then the verdicts `jobs` at a time; verdicts that an earlier comparison
    left in the cache are taken from there."""
    write_documents(environment.documents)
    usable = [tool for tool in TOOLS if not _why_not(tool, environment)]
    costs = {tool.name: _costs(tool, environment, cost_runs) for tool in usable}
    runs = list(_verdicts(usable, trials, environment, jobs))
    rows = tuple(_row(tool, environment, costs.get(tool.name, ()), runs) for tool in TOOLS)
    groups: dict[str, tuple[str, ...]] = {}
    for trial in trials:
        groups[trial.group] = (*groups.get(trial.group, ()), trial.name)
    letters = {name: rule.removeprefix("HPP-")[0] for name, rule in RULE_OF.items()}
    return Results(rows, groups, letters, _machine(jobs))


def _costs(tool: Tool, environment: Environment, count: int) -> tuple[Run, ...]:
    """Runs on the reference endpoint, after one that is not counted: it compiles what is compiled once."""
    run(tool, PLAIN, environment, hurried=True)
    measured = tuple(run(tool, PLAIN, environment, hurried=False) for _ in range(count))
    print(f"{tool.name:<24} " + "  ".join(f"{cost.wall:5.1f} s" for cost in measured), flush=True)
    return measured


def _verdicts(tools: Iterable[Tool], trials: Sequence[Trial], environment: Environment, jobs: int) -> Iterable[Run]:
    """One run of each tool on each trial, with a sign of life for each trial."""
    pairs = [(tool, trial) for trial in trials for tool in tools]
    kept = Kept(environment.cache / "verdicts.jsonl")

    def one(pair: tuple[Tool, Trial]) -> Run:
        return kept.get(*pair) or kept.add(run(*pair, environment, hurried=True))

    with ThreadPoolExecutor(jobs) as pool:
        for (tool, trial), verdict in zip(pairs, pool.map(one, pairs), strict=True):
            if tool is pairs[0][0]:
                print(f"\n{trial.group:<10} {trial.name:<32} ", end="", flush=True)
            print("x" if verdict.said_no else "·", end="", flush=True)
            yield verdict
    print(flush=True)


class Kept:
    """The verdicts there are already, so that a comparison that was interrupted goes on where it stood."""

    def __init__(self, path: Path) -> None:
        lines = path.read_text("utf-8").splitlines() if path.is_file() else []
        self._runs = {(one.tool, one.trial): one for one in (Run(**json.loads(line)) for line in lines)}
        self._path, self._lock = path, Lock()

    def get(self, tool: Tool, trial: Trial) -> Run | None:
        return self._runs.get((tool.name, trial.name))

    def add(self, verdict: Run) -> Run:
        """Keep it, at once."""
        with self._lock, self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(verdict.as_json()) + "\n")
        return verdict


def _row(tool: Tool, environment: Environment, costs: tuple[Run, ...], runs: Sequence[Run]) -> Row:
    missing = _why_not(tool, environment)
    own = [verdict for verdict in runs if verdict.tool == tool.name]
    return Row(
        tool.name,
        tool.setup,
        "" if missing else tool.version(environment),
        tool.is_ours,
        {verdict.trial: verdict.said_no for verdict in own},
        costs,
        sum(verdict.leaked for verdict in own),
        len(own),
        missing,
    )


def _why_not(tool: Tool, environment: Environment) -> str:
    """Why this tool cannot run here; empty when it can."""
    return "; ".join(environment.missing[need] for need in tool.needs if need in environment.missing)


def _machine(jobs: int) -> str:
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, verdicts {jobs} at a time"
