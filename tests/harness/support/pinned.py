"""Snapshots in `snapshots`: one statement a line, in the file of the rule letter that it begins with.

Lines are sorted and each stands for itself, so that a new statement changes no other.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from difflib import unified_diff
from pathlib import Path
from typing import Final

import pytest

ACCEPT: Final = """HPP_UPDATE=1 make test ARGS="-k 'fresh or pinned'\""""
"""Typed in the root of the repository, writes whatever is generated or pinned again."""
SHOWN: Final = 40
"""Lines of a difference that are shown."""


def is_accepted() -> bool:
    """Whether what differs is to be written instead of shown."""
    return os.environ.get("HPP_UPDATE") == "1"


def assert_pinned(folder: Path, statements: Iterable[str], accepted: bool | None = None) -> None:
    """The folder's files hold these statements, and no others; where that is accepted, they are written."""
    new = {name: "".join(f"{line}\n" for line in sorted(lines)) for name, lines in _by_letter(statements).items()}
    old = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.txt")}
    if is_accepted() if accepted is None else accepted:
        folder.mkdir(exist_ok=True)
        for name in old.keys() - new.keys():
            (folder / name).unlink()
        for name, text in new.items():
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
    elif old != new:
        lines = list(_difference(old, new))
        further = [f"… and {len(lines) - SHOWN} further lines"] if len(lines) > SHOWN else []
        shown = "\n".join((*lines[:SHOWN], *further))
        pytest.fail(f"{folder.name} is not what is pinned:\n{shown}\nTo accept this: {ACCEPT}", pytrace=False)


def _by_letter(statements: Iterable[str]) -> Mapping[str, list[str]]:
    """The statements by their file: what begins with no rule is a fact."""
    files: dict[str, list[str]] = defaultdict(list)
    for line in statements:
        rule = re.match(r"HPP-([A-Z])\d\d", line)
        files[f"{rule[1] if rule else 'facts'}.txt"].append(line)
    return files


def _difference(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    """A unified diff of the files that differ, without the lines between."""
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            yield f"--- {name}" if name in old else f"--- {name} is missing"
            yield f"+++ {name}" if name in new else f"+++ {name} holds nothing that is still said"
            before, after = (one.get(name, "").splitlines() for one in (old, new))
            yield from list(unified_diff(before, after, n=0, lineterm=""))[2:]
