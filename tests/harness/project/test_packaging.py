"""What we depend on is declared, pinned and explained, and make builds from that."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.harness.support.paths import ROOT

PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
PROJECT = tomllib.loads(PYPROJECT)["project"]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")


def run(*command: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=120, check=False, **options)


# --- Dependencies


def _reasons(table: str) -> Iterator[tuple[str, str]]:
    """The items of every list called `table` in pyproject.toml, with the comment beside each."""
    for body in re.findall(rf"^{table} = \[\n(.*?)^\]", PYPROJECT, re.MULTILINE | re.DOTALL):
        for line in body.strip().splitlines():
            item, _, reason = line.partition("#")
            yield item.strip().rstrip(","), reason.strip()


@pytest.mark.parametrize(
    "table", ["dependencies", "dask", "codings", "fuzz", "dev", "ignore", '"tests/\\*\\*"', "exclude_also"]
)
def test_everything_out_of_the_ordinary_has_a_reason(table: str) -> None:
    """Each dependency, and each exception from a linter or from coverage, says why beside it."""
    items = dict(_reasons(table))
    assert items
    assert [item for item, reason in items.items() if len(reason) < 8] == []


def _pins() -> dict[str, str]:
    return {canonicalize_name(name): version for name, version in re.findall(r"^(\S+)==(\S+) \\$", LOCK, re.MULTILINE)}


def test_the_lock_pins_everything_by_hash() -> None:
    """Every line of the lock is a pin, a hash or a comment; every pin has the hashes of more than one file."""
    for line in LOCK.splitlines():
        assert re.fullmatch(r"[a-z0-9.-]+==\S+ \\|    --hash=sha256:[0-9a-f]{64}( \\)?|    # .*", line), line
    blocks = re.split(r"^(?=\S)", LOCK, flags=re.MULTILINE)[1:]
    assert len(blocks) == len(_pins())
    assert [block.split()[0] for block in blocks if block.count("--hash=sha256:") < 2] == []


def test_the_lock_names_no_index() -> None:
    """Where packages come from is the reader's business."""
    assert not re.search(r"://|--(extra-)?index|--find-links|--trusted-host|file:", LOCK)


def test_the_lock_keeps_what_the_project_asks_for() -> None:
    """Each dependency is pinned to a version that pyproject.toml allows."""
    pins = _pins()
    for text in [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]:
        wanted = Requirement(text)
        assert wanted.specifier.contains(pins[canonicalize_name(wanted.name)]), text


@pytest.mark.parametrize(
    ("name", "allowed", "refused"),
    [
        ("vcrpy", "9.4.2", "9.2.0"),  # it loses `metadata`: an embedded baseline would pass for a real one
        ("pyyaml", "6.0.1", "6.0"),  # it cannot be built for Python 3.12 and later
    ],
)
def test_harmful_versions_are_refused(name: str, allowed: str, refused: str) -> None:
    """The lower bound stands right above the last version that does harm."""
    (wanted,) = (Requirement(text) for text in PROJECT["dependencies"] if Requirement(text).name == name)
    assert wanted.specifier.contains(allowed)
    assert not wanted.specifier.contains(refused)


def test_every_extra_is_tested() -> None:
    """What an extra asks for is asked for by dev in the same words, so that its tests run."""
    extras = PROJECT["optional-dependencies"]
    asked = {*extras["dask"], *extras["codings"], *extras["fuzz"]} - set(extras["dev"])
    assert {Requirement(text).name for text in asked} == {"pytest"}  # our own tests need a newer one
    pins = _pins()
    assert all(Requirement(text).specifier.contains(pins["pytest"]) for text in asked)


def test_schemathesis_is_left_out() -> None:
    """An installation without extras asks for no Schemathesis, and takes every pytest from 8 on."""
    wanted = {Requirement(text).name: Requirement(text).specifier for text in PROJECT["dependencies"]}
    assert "schemathesis" not in wanted
    assert str(wanted["pytest"]) == ">=8"


def test_addresses_are_named() -> None:
    """The metadata say where the endpoint is documented, at an address that the code knows too."""
    page = (ROOT / "hpp_contract/spec/page.py").read_text(encoding="utf-8")
    assert [url for url in PROJECT["urls"].values() if url not in page] == []
    assert PROJECT["urls"]


def _imported(folder: Path) -> set[str]:
    # What made the recordings under test ran once, with the libraries whose formats they are.
    files = [path for path in folder.rglob("*.py") if "make" not in path.parts]
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in files]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {
        node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level
    }


@pytest.mark.slow
@pytest.mark.parametrize(("folder", "extra"), [("hpp_contract", False), ("tests", True)])
def test_what_is_imported_is_declared(folder: str, extra: bool) -> None:
    """Every third-party library that is imported is a dependency of our own, not of somebody we depend on."""
    extras = PROJECT["optional-dependencies"]
    optional = [*extras["dask"], *extras["codings"], *extras["fuzz"]]
    declared = PROJECT["dependencies"] + optional + (extras["dev"] if extra else [])
    names = {canonicalize_name(Requirement(text).name) for text in declared}
    distributions = packages_distributions()
    tops = {name.partition(".")[0] for name in _imported(ROOT / folder)} - sys.stdlib_module_names
    ours = {"hpp_contract", "tests", "benchmarks"}
    undeclared = {top for top in tops - ours if not names & set(map(canonicalize_name, distributions.get(top, [])))}
    assert undeclared == set()


# --- The Makefile


@pytest.mark.process
def test_make_alone_lists_the_targets() -> None:
    """`make` builds nothing and names every target of the public interface with what it does."""
    done = run("make", "-C", ROOT, "--no-print-directory")
    targets = set(re.findall(r"^  make ([\w-]+) +\w", done.stdout, re.MULTILINE))
    expected = "help contract test test-lowest client drift record serve fuzz bench lint build"
    assert set(expected.split()) <= targets
    assert ".venv" not in done.stderr


@pytest.mark.process
def test_make_says_which_python_it_needs(tmp_path: Path) -> None:
    """With a Python that is too old, or none, `make` says so in one sentence and builds nothing."""
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    for python in ("false", "no-such-python"):
        done = run("make", "-C", tmp_path, "test", f"PYTHON={python}")
        assert done.returncode == 2
        assert f"Python 3.11 or newer is needed and '{python}' is not one" in done.stderr
        assert not (tmp_path / ".venv").exists()


def test_lowest_copies_tests_that_exist() -> None:
    """`.ci/lowest` copies files of the tests by name: each of them is there."""
    [names] = re.findall(r"^for file in (.+); do$", (ROOT / ".ci/lowest").read_text(encoding="utf-8"), re.MULTILINE)
    assert [name for name in names.split() if not (ROOT / f"tests/harness/{name}.py").exists()] == []
