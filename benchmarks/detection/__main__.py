"""`python -m benchmarks.detection`: compare, show the table, and with --write put it into the documentation."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.detection.clients.__main__ import compare_clients
from benchmarks.detection.clients.table import section, sentence
from benchmarks.detection.comparing import compare
from benchmarks.detection.environment import prepare
from benchmarks.detection.results import Results
from benchmarks.detection.table import headline, page, short_table, write
from benchmarks.detection.tools import ROOT
from benchmarks.detection.trials import chosen


def detect(arguments: Sequence[str]) -> None:
    """Run, or with --again show the last run's results."""
    options = _parser().parse_args(arguments)
    kept = options.cache / "results.json"
    if options.again:
        if not kept.is_file():
            sys.exit(f"there are no results in {kept}: run without --again first")
        results = Results.read(kept)
    else:
        if options.fresh:
            (options.cache / "verdicts.jsonl").unlink(missing_ok=True)
        extent = "quick" if options.quick else "all" if options.all else "usual"
        results = compare(prepare(options.cache), chosen(extent), options.jobs, 1 if options.quick else 3)
        results.write(kept)
    clients = options.cache / "clients.json"
    if options.clients:
        compare_clients(options.cache)
    print(short_table(results) + sentence(clients))
    if options.write:
        write(page(results, section(clients)), f"{headline(results)} {sentence(clients)}")
    elif options.verbose:
        print(page(results, section(clients)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.detection", description=__doc__)
    extent = parser.add_mutually_exclusive_group()
    extent.add_argument("--quick", action="store_true", help="every sixth lie, one run for the costs")
    extent.add_argument("--all", action="store_true", help="every lie of the catalogue, not one a rule")
    parser.add_argument("--again", action="store_true", help="run nothing: show the last results")
    parser.add_argument("--clients", action="store_true", help="compare what tests clients too")
    parser.add_argument("--fresh", action="store_true", help="forget the verdicts that an earlier run left")
    parser.add_argument("--write", action="store_true", help="write docs/comparison.md and the block in the README")
    parser.add_argument("--verbose", action="store_true", help="print the whole page")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="runs at a time (default 2)")
    parser.add_argument("--cache", type=Path, default=ROOT / ".bench", metavar="DIR", help="default .bench")
    return parser


if __name__ == "__main__":
    detect(sys.argv[1:])
