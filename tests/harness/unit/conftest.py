"""Nothing in here needs a socket, a process or a browser: a test that does stands in `integration` or `e2e`."""

from __future__ import annotations

from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
REFUSED = ("socket", "process", "browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a mark that says otherwise."""
    for item in items:
        if FOLDER in item.path.parents and (mark := next(filter(item.get_closest_marker, REFUSED), None)):
            raise pytest.UsageError(f"{item.nodeid} needs a {mark}: put it into integration or e2e.")
