"""What each tool catches and what it costs, side by side: ours, and what people would otherwise use.

`python -m benchmarks detection`, or `python -m benchmarks.detection` with options; nothing here is part of the tests.
"""


def main() -> None:
    """The usual run, shown and not written."""
    from benchmarks.detection.__main__ import detect

    detect(["--clients"])
