"""The recipes of CONTRIBUTING.md, walked as they stand there, in a copy of the repository."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.support.paths import ROOT

PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
RECIPES = dict(re.findall(r"^## (A [\w ]+)\n(.*?)(?=^## )", PAGE, re.MULTILINE | re.DOTALL))
TEMPLATE = re.compile(r"^```(?:python|json|diff) (\S+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^```shell\nmake test ARGS=\"(.*)\"\n```", re.MULTILINE)
PARTS = ("hpp_contract", "tests", "schemas", "cassettes", "docs", "examples", "benchmarks", "*.md", "*.toml", "*.ini",
         "*.py", "Makefile", "action.yml")  # fmt: skip
NOT_COPIED = shutil.ignore_patterns("__pycache__", "node_modules", ".*")

WITHOUT = ["-pno:cacheprovider", "-pno:xdist"]
"""Plugins that no recipe's test needs, and that cost more than the tests."""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the repository to write into."""
    for path in (path for part in PARTS for path in ROOT.glob(part)):
        if path.is_dir():
            shutil.copytree(path, tmp_path / path.name, ignore=NOT_COPIED)
        else:
            shutil.copy(path, tmp_path)
    return tmp_path


def write(copy: Path, name: str, template: str) -> None:
    """Do what a template says: a whole file, or the end of one, or a difference between the lines of one."""
    path = copy / name
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    if not re.match(r"[ +-]", template):
        path.write_text(f"{old}\n\n{template}" if old else template, encoding="utf-8")
        return
    for hunk in template.split("@@\n"):
        before = "".join(line[1:] for line in hunk.splitlines(keepends=True) if line[0] != "+")
        after = "".join(line[1:] for line in hunk.splitlines(keepends=True) if line[0] != "-")
        assert old.count(before) == 1, f"{name} does not have these lines once:\n{before}"
        old = old.replace(before, after)
    path.write_text(old, encoding="utf-8")


def walk(copy: Path, recipe: str, *without: str) -> subprocess.CompletedProcess[str]:
    """Write the templates of a recipe, but for the lines in which one of `without` stands, and run its command."""
    for name, template in TEMPLATE.findall(RECIPES[recipe]):
        kept = [line for line in template.splitlines(keepends=True) if not any(part in line for part in without)]
        write(copy, name, "".join(kept))
    (command,) = COMMAND.findall(RECIPES[recipe])
    arguments = [sys.executable, "-m", "pytest", "-q", *WITHOUT, *shlex.split(command)]
    environ = os.environ | {"PYTHONPATH": str(copy), "PYTEST_ADDOPTS": "", "HYPOTHESIS_PROFILE": "any-day"}
    environ.pop("HPP_UPDATE", None)
    return subprocess.run(arguments, cwd=copy, env=environ, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize("recipe", RECIPES)
def test_recipe_is_green(recipe: str, copy: Path) -> None:
    """The templates of a recipe, written where it says, pass the tests that it names."""
    done = walk(copy, recipe)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\d+ passed", done.stdout)


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize(
    ("recipe", "without", "said"),
    [
        (
            "A rule",
            ("faults=[", "reads=["),
            ("HPP-H99 has no fault", "HPP-H99 needs reads=['response content-disposition']"),
        ),
        (
            "A recording format",
            ("| Tape |", "[404],"),
            ("docs/recordings.md has no row for Tape", "say so in _OTHERS"),
        ),
        ("A report format", ("| `--csv FILE`",), ("docs/report.md has no row for --csv",)),
        ("A command", ("hpp-contract shapes",), ("the docstring of `shapes` has no Examples:",)),
    ],
)
def test_recipe_is_red_without(recipe: str, without: tuple[str, ...], said: tuple[str, ...], copy: Path) -> None:
    """A recipe of which parts are left out fails, and the failures name each part."""
    done = walk(copy, recipe, *without)
    assert done.returncode == 1, done.stdout + done.stderr
    assert [text for text in said if text not in done.stdout] == []


def test_there_are_five() -> None:
    """There is a recipe for a rule, a client case, a format to read, a format to write, and a command."""
    names = ["A rule", "A client case", "A recording format", "A report format", "A command"]
    assert list(RECIPES) == names
    assert all(len(COMMAND.findall(text)) == 1 for text in RECIPES.values())
