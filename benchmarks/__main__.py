"""`python -m benchmarks [NAME …]`: run the named benchmarks, or all; each prints what it measured.

All take some minutes, but for the last: the comparison with other tools takes three quarters of an hour, and goes on
where it was interrupted.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

OWN_COMMANDS = {"mutation", "steady", "structure", "variations"}
"""Modules with arguments of their own: `python -m benchmarks.mutation AREA`, `python -m benchmarks.steady`,
`python -m benchmarks.structure`, `python -m benchmarks.variations CHECKOUT`."""

NAMES = [*sorted({path.stem for path in Path(__file__).parent.glob("[a-z]*.py")} - OWN_COMMANDS), "detection"]


def main() -> None:
    """Run them one after the other, so that none disturbs another."""
    for name in sys.argv[1:] or NAMES:
        if name not in NAMES:
            sys.exit(f"there is no benchmark {name!r}; there are {', '.join(NAMES)}")
        print(f"== {name}", flush=True)
        import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main()
