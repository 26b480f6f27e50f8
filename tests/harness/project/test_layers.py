"""The packages of hpp_contract: imports go one way, rules are imported as one package, files stay small."""

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
    {"drift", "proxy"},
    {"reporting"},
    {"plugin", "cli", "endpoint"},
    {"suite"},
)
FLOOR = {package: floor for floor, packages in enumerate(FLOORS) for package in packages}
FILES = sorted(path for path in HOUSE.rglob("*.py") if path.parent != HOUSE or path.stem in FLOOR)
PYTHON = [
    path
    for folder in ("hpp_contract", "tests", "benchmarks", "examples")
    for path in (HOUSE.parent / folder).rglob("*.py")
]
RULES = {path.stem for path in (HOUSE / "rules").iterdir() if path.stem.isidentifier()} - {"__init__", "__pycache__"}
"""The modules of rules, and the packages in it."""


def package(path: Path) -> str:
    return path.relative_to(HOUSE).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[list[str]]:
    """Each name that a file imports from hpp_contract, in its parts, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from (name.split(".")[1:] for name in names if name.startswith("hpp_contract."))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_imports_go_one_way(path: Path) -> None:
    """A package imports only from itself and from packages before it."""
    own = package(path)
    assert own in FLOOR, f"{own} has no floor: say in FLOORS where it stands"
    above = {name for name, *_ in imported(path) if name in FLOOR and name != own and FLOOR[name] >= FLOOR[own]}
    assert not above, f"{path.relative_to(HOUSE)} imports from {sorted(above)}, which stands beside or above it"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_rules_are_one_package(path: Path) -> None:
    """Nobody outside rules imports a module of rules, only `hpp_contract.rules`."""
    inside = [".".join(name) for name in imported(path) if name[0] == "rules" and name[1:2] and name[1] in RULES]
    assert package(path) == "rules" or not inside, f"{path.relative_to(HOUSE)} imports {inside}"


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: str(path.relative_to(HOUSE.parent)))
def test_files_are_small(path: Path) -> None:
    """No file is over 600 lines."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 600
