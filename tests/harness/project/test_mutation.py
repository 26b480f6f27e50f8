"""The preparation of mutation testing: the same program, in a form that can be mutated."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from benchmarks.__main__ import NAMES
from benchmarks.mutation import AREAS, ROOT, prepare, undecorated


@pytest.mark.parametrize("name", AREAS)
def test_areas_exist(name: str) -> None:
    """Every area has code and tests, all of them there."""
    area = AREAS[name]
    assert all(list(ROOT.glob(pattern)) for pattern in area.code)
    assert all((ROOT / "tests" / "harness" / test).exists() for test in area.tests)


def test_decorators_become_assignments() -> None:
    """A decorated function is written as a plain one and an assignment, from the inside out."""
    source = (
        "@a\n@b(\n    1,\n)\ndef f():\n    pass\n\n\n"
        "class C:\n    @property\n    def g(self):\n        return 1\n\n    @staticmethod\n    def h():\n        pass\n"
    )
    assert undecorated(source) == (
        "def f():\n    pass\nf = a(b(\n    1,\n)(f))\n\n\n"
        "class C:\n    def g(self):\n        return 1\n    g = property(g)\n\n"
        "    @staticmethod\n    def h():\n        pass\n"
    )


def python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False)


def catalogue(folder: Path) -> str:
    """Every rule with its reason, as the code in this folder has it."""
    code = "from hpp_contract.rules import CATALOGUE\nfor rule in CATALOGUE: print(rule.id, rule.why)"
    done = python(folder, "-c", code)
    assert "HPP-S01" in done.stdout
    return done.stdout


@pytest.mark.process
def test_the_copy_is_the_same_program(tmp_path: Path) -> None:
    """In the copy no rule's check is decorated, and the catalogue is what it was."""
    prepare(AREAS["rules"], tmp_path / "copy")
    for path in (tmp_path / "copy" / "hpp_contract" / "rules").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert not [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.decorator_list]
    assert catalogue(ROOT) == catalogue(tmp_path / "copy")
    settings = tomllib.loads((tmp_path / "copy" / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mutmut"]
    assert settings["only_mutate"] == list(AREAS["rules"].code)
    assert "schemas" in settings["also_copy"]


@pytest.mark.process
def test_an_unknown_area_is_a_usage_error() -> None:
    """Without an area that exists the command says which there are."""
    done = python(ROOT, "-m", "benchmarks.mutation", "x")
    assert done.returncode == 1
    assert done.stderr == "usage: python -m benchmarks.mutation scrub|verdict|drift|rules [NUMBER]\n"


def test_what_needs_arguments_is_no_benchmark() -> None:
    """`python -m benchmarks` without a name runs nothing that needs an argument."""
    assert set(NAMES) >= {"commands", "judging", "recordings", "strategies"}
    assert "mutation" not in NAMES
