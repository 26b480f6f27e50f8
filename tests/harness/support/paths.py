"""Where things are in the repository."""

from __future__ import annotations

from pathlib import Path
from typing import Final

SUPPORT: Final = Path(__file__).parent
HARNESS: Final = SUPPORT.parent
ROOT: Final = HARNESS.parents[1]
RECORDINGS: Final = SUPPORT / "recordings"
"""Files that the real libraries wrote."""
SNAPSHOTS: Final = HARNESS / "snapshots"
ADAPTER: Final = SUPPORT / "hostile_adapter.py"
