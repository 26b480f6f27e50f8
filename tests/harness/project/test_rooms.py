"""The house: rooms import one way, files stay small."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import hpp_contract

HOUSE = Path(hpp_contract.__file__).parent
FLOORS = (
    {"spec"},
    {"model"},
    {"privacy"},
    {"engine"},
    {"rules", "cases"},
    {"generate", "recordings", "server"},
    {"probe", "client"},
    {"drift"},
    {"reporting"},
    {"plugin", "cli", "endpoint"},
    {"suite"},
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
FILES = sorted(path for path in HOUSE.rglob("*.py") if path.parent != HOUSE or path.stem in FLOOR)
PYTHON = [
    path
    for folder in ("hpp_contract", "tests", "benchmarks", "examples")
    for path in (HOUSE.parent / folder).rglob("*.py")
]


def room(path: Path) -> str:
    return path.relative_to(HOUSE).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[str]:
    """The rooms a file imports from, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from (
            name.split(".")[1] for name in names if name.startswith("hpp_contract.") and name.split(".")[1] in FLOOR
        )


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_imports_go_one_way(path: Path) -> None:
    """A room imports only from itself and from rooms before it."""
    assert room(path) in FLOOR, f"{room(path)} has no floor: say in FLOORS where it stands"
    above = {other for other in imported(path) if other != room(path) and FLOOR[other] >= FLOOR[room(path)]}
    assert not above, f"{path.relative_to(HOUSE)} imports from {sorted(above)}, which stands beside or above it"


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: str(path.relative_to(HOUSE.parent)))
def test_files_are_small(path: Path) -> None:
    """No file is over 600 lines."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 600
