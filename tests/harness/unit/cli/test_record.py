"""What `record` says of the cassettes that it wrote."""

from __future__ import annotations

from pathlib import Path

from hpp_contract.cli.record import _notes
from hpp_contract.recordings.write import Written


def test_requests_that_fit_into_no_cassette_are_counted() -> None:
    """A note names the files, and another says how many exchanges are in none."""
    first, *rest = _notes(Written((Path("a.yaml"),), 0), Path("kept"))
    assert (first, rest) == ("Recorded into 1 cassette in kept, scrubbed: a.yaml.", [])
    assert _notes(Written((Path("a.yaml"),), 2), Path("kept"))[1].startswith(
        "2 requests without a whole answer were left"
    )
