"""The history, written by several processes at once."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from hpp_contract.drift.history import read_history
from tests.harness.support.sample_runs import WEEK, write


@pytest.mark.process
def test_many_writers_lose_nothing(tmp_path: Path) -> None:
    """Lines appended by several processes at once are all whole."""
    path = tmp_path / "h"
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write, args=(path, *WEEK, *WEEK)) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    runs, torn = read_history(path)
    assert (len(runs), torn) == (4 * 2 * len(WEEK), 0)
