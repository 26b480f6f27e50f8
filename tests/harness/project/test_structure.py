"""The tool that measures how the library hangs together."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import structure
from tests.harness.support.paths import ROOT


def library(folder: Path, **files: str) -> dict[str, structure.Module]:
    """The modules of a small library."""
    for name, text in files.items():
        (folder / "hpp_contract").mkdir(exist_ok=True)
        (folder / "hpp_contract" / f"{name}.py").write_text(text, encoding="utf-8")
    return structure.modules(folder)


def test_imports_are_known(tmp_path: Path) -> None:
    """Importers, imports inside functions and cycles are found; an import for types alone makes no cycle."""
    found = library(
        tmp_path,
        a="from hpp_contract import b",
        b="def f():\n    from hpp_contract.a import x",
        c="if TYPE_CHECKING:\n    from hpp_contract import d",
        d="from . import c, a",
    )
    assert structure.cycles(found) == [["a.py", "b.py"]]
    assert structure.one_importer(found) == ["b.py", "c.py", "d.py"]
    assert [each.inner_imports for each in found.values()] == [0, 1, 0, 0]


def test_names_of_the_endpoint_are_known(tmp_path: Path) -> None:
    """Paths, members and statuses in strings are the endpoint's, docstrings and ordinary words are not."""
    words = structure.words_of_endpoint(ROOT)
    texts = {"path": 'x = "/hpp/v1/sessions/1"', "member": 'x["order_id"]', "status": 'x == "WAITING"'}
    texts |= {"docstring": '"""Of an order_id."""', "ordinary": 'x["status"]', "longer": 'x["session_ids"]'}
    found = library(tmp_path, **texts)
    naming = {each.path.removesuffix(".py") for each in found.values() if any(map(words.search, each.strings))}
    assert naming == {"path", "member", "status"}


@pytest.mark.parametrize(
    ("path", "may"), [("spec/session.py", True), ("rules/answer/errors.py", True), ("cases/wire.py", True),
                      ("client/cases_wire.py", True), ("client/runner.py", False), ("drift/spec/x.py", False)]
)  # fmt: skip
def test_the_contract_may_name_the_endpoint(path: str, may: bool) -> None:
    """The folders of the contract are exempt, and what stood in their place before."""
    assert bool(structure.MAY_NAME.match(path)) == may


@pytest.mark.process
def test_what_a_case_enters_is_known() -> None:
    """The files that a case runs through are those whose functions are called."""
    files = structure.entered(ROOT, "smoke")
    assert "cli/client.py" in files
    assert "cli/drift.py" not in files
