"""docs/architecture.md and the other documents say what is so of the code."""

from __future__ import annotations

import re
from pathlib import Path
from pkgutil import resolve_name

import pytest

from tests.harness.project.test_layers import FLOORS
from tests.harness.project.test_readme import DOCUMENTS
from tests.harness.support.paths import ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
NAME = re.compile(r"`(hpp_contract(?:\.\w+)*:\w+(?:\.\w+)*)`")
PATH = re.compile(r"`((?:hpp_contract|tests/(?:harness|contract)|benchmarks|schemas|docs|cassettes)/[^`*{<… ]+)`")


def documented() -> list[object]:
    """The functions and classes that the documents name."""
    names = {name: path for path in DOCUMENTS for name in NAME.findall(path.read_text(encoding="utf-8"))}
    return [pytest.param(name, id=f"{path.name}-{name}") for name, path in sorted(names.items())]


def test_picture_has_the_floors() -> None:
    """The picture of the packages has one row a floor, from the top down, with the packages that stand on it."""
    rows = [line.rpartition("│")[0] for line in PAGE.splitlines() if line.startswith("│")]
    assert [{cell.strip() for cell in row.split("│")[1:]} for row in reversed(rows)] == list(FLOORS)


@pytest.mark.parametrize("name", documented())
def test_documented_names_exist(name: str) -> None:
    """A `module:name` in a document is there."""
    assert resolve_name(name) is not None


def test_names_are_documented() -> None:
    """The document follows exchanges through the code by the names of the code."""
    assert len(documented()) > 40


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_documented_paths_exist(path: Path) -> None:
    """A path of the repository in a document leads to a file or folder."""
    paths = PATH.findall(path.read_text(encoding="utf-8"))
    assert [name for name in paths if not (ROOT / name).exists()] == []
