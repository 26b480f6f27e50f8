"""`python -m benchmarks.attack [TABLE …] [--most N]`: make the attacks of the named tables, or of all."""

from __future__ import annotations

import argparse
import sys

from benchmarks.attack.tables import TABLES


def main() -> int:
    """Print a row for each kind of attack, then what did not hold; 1 when anything did not."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.attack", description=__doc__)
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=f"of {', '.join(TABLES)}")
    parser.add_argument("--most", type=int, help="attacks of each kind at most")
    given = parser.parse_args()
    if unknown := {*given.tables} - TABLES.keys():
        parser.error(f"there is no table {min(unknown)!r}; there are {', '.join(TABLES)}")
    failed: list[str] = []
    print("| attacked with | tried | held | peak memory | took |\n|---|---|---|---|---|", flush=True)
    for name in given.tables or TABLES:
        table = TABLES[name](given.most)
        print(table.row, flush=True)
        failed += table.failed
    print("".join(f"\ndid not hold: {each}" for each in failed))
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
