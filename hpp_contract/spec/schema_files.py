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

END = r"(?![\s\S])"
"""The end of the text in the regular expressions of Python and of most other languages."""

_PACKAGE = Path(__file__).resolve().parents[1]


def folder(name: Literal["schemas", "cassettes", "examples", "docs"]) -> Path:
    """The folder of data files called `name`."""
    inside = _PACKAGE / "data" / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


@cache
def load(name: str) -> dict[str, Any]:
    """The schema in `schemas/<name>.json`, its patterns as Python needs them. Shared: do not change it."""
    text = (folder("schemas") / f"{name}.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text, object_hook=_anchored)
    return schema


def _anchored(value: dict[str, Any]) -> dict[str, Any]:
    """With the end of the text for `$`, which in Python also matches before a last line break. In the files it is `$`,
    because not every language can look ahead."""
    pattern = value.get("pattern")
    if isinstance(pattern, str) and pattern.endswith("$"):
        value["pattern"] = pattern[:-1] + END
    return value


def example(name: str) -> dict[str, Any]:
    """A fresh copy of the example body in `schemas/<name>.json`."""
    body: dict[str, Any] = json.loads(json.dumps(load(name)["examples"][0]))
    return body
