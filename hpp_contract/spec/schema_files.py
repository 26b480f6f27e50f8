"""Where the data files are: inside the installed package, else beside it (editable install or bare checkout)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Literal

DOCUMENTED = ("waiting", "in-progress", "completed-with-token", "completed-with-order")
"""The four response shapes that the Read Session page shows."""

SHAPES = (*DOCUMENTED, "back", "manual-id-check", "cancelled", "failed", "disabled", "error")
"""The documented shapes, and one for each further status of the API reference."""

_PACKAGE = Path(__file__).resolve().parents[1]


def folder(name: Literal["schemas", "cassettes"]) -> Path:
    """The folder of data files called `name`."""
    inside = _PACKAGE / "data" / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


@cache
def load(name: str) -> dict[str, Any]:
    """The schema in `schemas/<name>.json`. Shared: do not change it."""
    schema: dict[str, Any] = json.loads((folder("schemas") / f"{name}.json").read_text(encoding="utf-8"))
    return schema


def example(name: str) -> dict[str, Any]:
    """A fresh copy of the example body in `schemas/<name>.json`."""
    body: dict[str, Any] = json.loads(json.dumps(load(name)["examples"][0]))
    return body
