"""`python -m benchmarks.structure [--checkout DIR] [--json]`: how the library hangs together, by its syntax trees.

- Imports are of files of hpp_contract by each other; a package is its `__init__.py`. One under TYPE_CHECKING makes an
  importer, but no cycle; a cycle is a set of files that all reach each other.
- A file names the endpoint when a string in it, no docstring, holds the path of a session, a status, or a member whose
  name has an underscore (`status` and `customer` are ordinary words). MAY_NAME says which files may.
- A file is entered by a client case when one of its functions is called while `client --python … --only CASE` runs
  with everything imported before.
- A walk of a report is a loop over the attribute `rules` of a report; a module hides secrets when it defines, at the
  top, a function or class whose name says so. These two go by names, and so are counts to compare, not truths.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

CASE: Final = "completed-with-order"
MAY_NAME: Final = re.compile(r"(spec|rules|cases|schemas)/|client/cases\w*\.py")
"""The folders of the contract, and what stood in their place in older commits."""

_HIDES: Final = re.compile(r"redact|scrub|mask|pseudonym|sanit|portrait|stand_in|^safe$|^printable$", re.IGNORECASE)
_WALK: Final = re.compile(r"\b(report|judged|self)\.rules\b")


@dataclass(frozen=True)
class Module:
    """One file and its tree."""

    name: str
    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    def imports(self, names: Mapping[str, Module], *, for_types: bool = True) -> set[str]:
        """The modules, of `names`, that this one imports, in functions too, and perhaps `for_types` alone."""
        tests = (each for each in self.nodes if isinstance(each, ast.If) and ast.unparse(each.test) == "TYPE_CHECKING")
        skip = set() if for_types else {inner for test in tests for each in test.body for inner in ast.walk(each)}
        found: set[str] = set()
        for node in (each for each in self.nodes if each not in skip):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                origin = self._origin(node)
                found |= {f"{origin}.{alias.name}" for alias in node.names} & names.keys() or {origin}
        return found & names.keys() - {self.name}

    def _origin(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = self.name.split(".")
        drop = node.level - self.path.endswith("__init__.py")
        return ".".join([*parts[: len(parts) - drop], *([node.module] if node.module else [])])

    @property
    def strings(self) -> list[str]:
        """The string literals that are no docstrings, nor sentences standing by themselves."""
        docs = {node.value for node in self.nodes if isinstance(node, ast.Expr)}
        constants = [node for node in self.nodes if isinstance(node, ast.Constant) and node not in docs]
        return [node.value for node in constants if isinstance(node.value, str)]

    @property
    def inner_imports(self) -> int:
        """Imports inside functions."""
        functions = [node for node in self.nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        inside = {inner for node in functions for inner in ast.walk(node)}
        return sum(isinstance(node, ast.Import | ast.ImportFrom) for node in inside)

    @property
    def walks(self) -> list[str]:
        """The places of loops over the verdicts of a report."""
        found = (node.iter for node in self.nodes if isinstance(node, ast.For | ast.comprehension))
        return [f"{self.path}:{over.lineno}" for over in found if _WALK.search(ast.unparse(over))]

    @property
    def hides(self) -> list[str]:
        """The functions and classes at the top that hide something, by their names."""
        named = [node.name for node in self.tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        return list(filter(_HIDES.search, named))


def modules(checkout: Path) -> dict[str, Module]:
    """Every file of the library, by dotted name."""
    found = {}
    for path in sorted((checkout / "hpp_contract").rglob("*.py")):
        parts = [part for part in path.relative_to(checkout).with_suffix("").parts if part != "__init__"]
        inside = path.relative_to(checkout / "hpp_contract").as_posix()
        found[".".join(parts)] = Module(".".join(parts), inside, path.read_text(encoding="utf-8"))
    return found


def one_importer(found: Mapping[str, Module]) -> list[str]:
    """Modules, packages left out, that exactly one file imports."""
    imports = [each.imports(found) for each in found.values()]
    single = [name for name in found if sum(name in each for each in imports) == 1]
    return [found[name].path for name in single if "__init__" not in found[name].path]


def words_of_endpoint(checkout: Path) -> re.Pattern[str]:
    """What only this endpoint has: its path, its statuses, its members with an underscore."""
    session = json.loads((checkout / "schemas" / "session.json").read_text(encoding="utf-8"))["$defs"]["session"]
    members = [name for name in session["properties"] if "_" in name]
    return re.compile(rf"/hpp/v1/sessions|\b(?:{'|'.join([*members, *session['properties']['status']['enum']])})\b")


def cycles(found: Mapping[str, Module]) -> list[list[str]]:
    """Sets of files that all reach each other by imports."""
    graph = {name: each.imports(found, for_types=False) for name, each in found.items()}
    reach = {name: _reached(graph, name) for name in graph}
    sets = {frozenset(other for other in reach[name] if name in reach[other]) for name in graph if name in reach[name]}
    return sorted(sorted(found[name].path for name in each) for each in sets)


def _reached(graph: Mapping[str, set[str]], start: str) -> set[str]:
    seen: set[str] = set()
    ahead = list(graph[start])
    while ahead:
        if (name := ahead.pop()) not in seen:
            seen.add(name)
            ahead += graph[name]
    return seen


_ENTER: Final = """
import importlib, json, os, pkgutil, sys, threading, hpp_contract
for each in pkgutil.walk_packages(hpp_contract.__path__, "hpp_contract."):
    if "__main__" not in each.name and ".test_" not in each.name and "fuzz_hooks" not in each.name:
        importlib.import_module(each.name)
from hpp_contract.cli import main
root, seen = os.path.dirname(hpp_contract.__file__) + os.sep, set()
def note(frame, event, _):
    code = frame.f_code
    if event == "call" and code.co_flags & 1 and code.co_filename.startswith(root):
        seen.add(code.co_filename.removeprefix(root))
threading.setprofile(note)
sys.setprofile(note)
try:
    main(["client", "--python", "honest:read", "--only", sys.argv[1]])
except SystemExit as left:
    sys.setprofile(None)
    print(json.dumps([left.code, sorted(seen)]), file=sys.stderr)
"""
_HONEST: Final = """
import base64, json, urllib.request
def read(base_url, username, password, session_id, timeout):
    key = base64.b64encode(f"{username}:{password}".encode()).decode()
    headers = {"Authorization": f"Basic {key}", "Content-Type": "application/json", "Cache-Control": "no-cache"}
    request = urllib.request.Request(f"{base_url}/hpp/v1/sessions/{session_id}", headers=headers)
    with urllib.request.urlopen(request, timeout=timeout) as response:
        return json.load(response)
"""


def entered(checkout: Path, case: str = CASE) -> list[str]:
    """The files that one client case enters."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "honest.py").write_text(_HONEST, encoding="utf-8")
        environ = {"PYTHONPATH": f"{checkout}:{folder}", "PYTHONUTF8": "1", "PATH": "/usr/bin:/bin"}
        command = [sys.executable, "-P", "-c", _ENTER, case]
        done = subprocess.run(command, env=environ, cwd=folder, capture_output=True, text=True, check=True)
    code, files = json.loads(done.stderr.splitlines()[-1])
    if code:
        raise RuntimeError(f"the honest client is not kept: {done.stdout}")
    return list(files)


def measure(checkout: Path) -> dict[str, Any]:
    """Every figure, and under `lists` what it counts."""
    found = modules(checkout)
    each, endpoint = list(found.values()), words_of_endpoint(checkout)
    naming = [one for one in each if not MAY_NAME.match(one.path) and any(map(endpoint.search, one.strings))]
    lists: dict[str, list[Any]] = {
        "modules with one importer": one_importer(found),
        "files that name the endpoint": [one.path for one in naming],
        f"files entered by one client case ({CASE})": entered(checkout),
        "import cycles": cycles(found),
        "walks of a report": [place for one in each for place in one.walks],
        "modules that hide secrets": [f"{one.path} ({', '.join(one.hides)})" for one in each if one.hides],
    }
    figures = {
        "files": len(each),
        "lines": sum(len(one.text.splitlines()) for one in each),
        "imports inside functions": sum(one.inner_imports for one in each),
    }
    return {**figures, **{name: len(items) for name, items in lists.items()}, "lists": lists}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.structure")
    parser.add_argument("--checkout", type=Path, default=Path(__file__).parents[1])
    parser.add_argument("--json", action="store_true", help="print what is counted too")
    given = parser.parse_args()
    measured = measure(given.checkout.resolve())
    if given.json:
        print(json.dumps(measured, indent=1))
    else:
        print("\n".join(f"{name:<58} {figure:>7,}" for name, figure in measured.items() if name != "lists"))
