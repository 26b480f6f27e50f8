"""`python -m benchmarks.outputs record TO [--checkout DIR] [--inputs DIR] [--also DIR]`, and `compare BEFORE AFTER`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.outputs.compare import compare
from benchmarks.outputs.record import record

parser = argparse.ArgumentParser("python -m benchmarks.outputs", description=sys.modules["benchmarks.outputs"].__doc__)
words = parser.add_subparsers(dest="word", required=True)
recording = words.add_parser("record", help="run every command and keep what it says and writes")
recording.add_argument("to", type=Path, help="a new folder")
recording.add_argument("--checkout", type=Path, default=Path(__file__).parents[2], help="default: the one of this file")
recording.add_argument("--inputs", type=Path, help="the folder `inputs` of the recording to compare with")
recording.add_argument("--also", type=Path, help="further recordings to freeze among the inputs")
comparing = words.add_parser("compare", help="say what differs between two recordings; 1 when that is structural")
comparing.add_argument("before", type=Path)
comparing.add_argument("after", type=Path)

if __name__ == "__main__":
    given = parser.parse_args()
    if given.word == "compare":
        sys.exit(compare(given.before, given.after))
    record(given.to.resolve(), given.checkout.resolve(), given.inputs, given.also)
