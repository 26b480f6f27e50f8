"""docs/compatibility.md: what it calls public is there, and what is there is called public."""

from __future__ import annotations

import re
import tomllib
from importlib import import_module

import pytest

from hpp_contract.spec.schema_files import folder
from tests.harness.support.paths import ROOT

PAGE = (ROOT / "docs" / "compatibility.md").read_text(encoding="utf-8")
PUBLIC = PAGE.partition("## How each may change")[0]
VARIABLE = re.compile(r"\bHPP_[A-Z_]+\b")
INTERNAL = {"HPP_CONTRACT_COMPLETE", "HPP_SESSION_ID"}
"""Click's own variable for completion, and the one that curl lines in reports have, for who runs them to set."""


def test_every_variable_is_public() -> None:
    """The environment variables that the code names are those of the page."""
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "hpp_contract").rglob("*.py")]
    named = {name.rstrip("_") for text in sources for name in VARIABLE.findall(text)} - INTERNAL - {"HPP"}
    assert named == set(VARIABLE.findall(PUBLIC))


def test_every_schema_belongs_to_something_public() -> None:
    """Each schema of a format of this project is one of the formats that the page lists."""
    words = {"report": "report", "case": "client cases", "history": "history", "facts": "facts", "vectors": "vectors",
             "exchange": "NDJSON exchanges", "adapter-request": "adapter-request.json",
             "adapter-answer": "adapter-answer.json", "configuration": "configuration file"}  # fmt: skip
    assert {path.stem for path in (folder("schemas") / "tool").glob("*.json")} == words.keys()
    assert [word for word in words.values() if word not in PUBLIC] == []


def test_entry_points_are_public() -> None:
    """The names under which the package is found are those of the page."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [*project["scripts"], *project["entry-points"]["pytest11"]]
    assert [name for name in names if f"`{name}`" not in PUBLIC] == []


@pytest.mark.parametrize("name", ["hpp_contract.suite", "hpp_contract.endpoint.fuzz_hooks", "hpp_contract.plugin"])
def test_public_modules_exist(name: str) -> None:
    """The modules that the page names can be imported."""
    assert f"`{name}" in PUBLIC
    assert import_module(name).__name__ == name


def test_fixtures_and_options_are_public() -> None:
    """The plugin has the fixtures and options of the page, and no others."""
    source = (ROOT / "hpp_contract" / "plugin.py").read_text(encoding="utf-8")
    fixtures = re.findall(r"@pytest\.fixture\ndef (\w+)", source)
    options = re.findall(r'"(--hpp-[\w-]+)"', source)
    assert set(fixtures) == set(re.findall(r"`(hpp_(?!contract)\w+)`", PUBLIC))
    assert set(options) == set(re.findall(r"`(--hpp-[\w-]+)`", PUBLIC))


@pytest.mark.parametrize("name", ["README.md", "docs/architecture.md", "CONTRIBUTING.md"])
def test_page_is_linked(name: str) -> None:
    """The page is found from where one begins to read."""
    assert "compatibility.md" in (ROOT / name).read_text(encoding="utf-8")
