"""Mutation testing of ourselves: `python -m benchmarks.mutation AREA [NUMBER]`, or `make mutants AREA=scrub`.

In a copy of the repository under `build`, mutmut breaks the code of an area in small ways, and the area's fastest tests
must notice. NUMBER takes a seeded sample. What survives is listed at the end; docs/mutation.md explains what may.
"""

from __future__ import annotations

import ast
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MUTMUT: Final = "mutmut==3.8.1"
ROOT: Final = Path(__file__).parents[1]
BUILD: Final = ROOT / "build" / "mutants"
SEED: Final = 7
_LEFT: Final = ("staticmethod", "classmethod", "overload")
_LEFT_OUT: Final = shutil.ignore_patterns(".*", "build", "dist", "node_modules", "__pycache__")
_TEXTS: Final = (
    r"Finding\(",
    r'^\s*f?"[^"]*"$',
    r'^\s*(return|yield) f?"[^"]*"$',
    "raise UsageProblem",
    "raise Unverifiable",
)
"""Lines that only word something for a person: their mutants say nothing about a decision."""


@dataclass(frozen=True)
class Area:
    """Code to break, and the tests that must notice, in `tests/harness`."""

    code: tuple[str, ...]
    tests: tuple[str, ...]


_SCRUBBING: Final = (
    "json_tokens", "pseudonyms", "scrub", "scrub_address", "scrub_fields", "scrub_json", "scrub_text",
)  # fmt: skip

AREAS: Final = {
    "scrub": Area(
        (
            "hpp_contract/recordings/write.py",
            *(f"hpp_contract/privacy/{name}.py" for name in _SCRUBBING),
        ),
        (
            "unit/privacy/test_pseudonyms.py",
            "unit/privacy/test_scrubbed_bytes.py",
            "unit/privacy/test_scrubbed_fields.py",
            "unit/recordings/formats/test_rare_forms.py",
            "unit/recordings/test_write.py",
        ),
    ),
    "verdict": Area(
        tuple(f"hpp_contract/engine/{name}.py" for name in ("judge", "known_failing", "report")),
        ("unit/engine/test_judge.py", "unit/engine/test_known_failing.py", "unit/engine/test_report.py"),
    ),
    "drift": Area(
        tuple(f"hpp_contract/drift/{name}.py" for name in ("classify", "compare", "facts")),
        ("unit/drift/test_facts.py", "unit/drift/test_pinned_changes.py", "unit/drift/test_compare.py"),
    ),
    "rules": Area(("hpp_contract/rules/*.py", "hpp_contract/rules/answer/*.py"), ("unit/rules",)),
}


def undecorated(source: str) -> str:
    """The same module with every `@rule(…) def check` written as `def check`, then `check = rule(…)(check)`: mutmut
    leaves decorated functions, and so every rule, alone."""
    tree, lines = ast.parse(source), source.splitlines()
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    found = [node for body in (tree, *classes) for node in body.body if isinstance(node, ast.FunctionDef)]
    for node in sorted(found, key=lambda node: node.lineno, reverse=True):
        decorators = [ast.get_source_segment(source, decorator) or "" for decorator in node.decorator_list]
        if not decorators or set(decorators) & set(_LEFT):
            continue
        applied = node.name
        for decorator in reversed(decorators):
            applied = f"{decorator}({applied})"
        lines.insert(node.end_lineno or node.lineno, f"{' ' * node.col_offset}{node.name} = {applied}")
        del lines[node.decorator_list[0].lineno - 1 : node.lineno - 1]
    return "\n".join(lines) + "\n"


def prepare(area: Area, folder: Path) -> None:
    """Copy the repository into `folder`, ready for mutmut."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT, folder, ignore=_LEFT_OUT)
    for path in _code(area, folder):
        path.write_text(undecorated(path.read_text(encoding="utf-8")), encoding="utf-8")
    copied = sorted(
        path.name for path in folder.iterdir() if path.name not in ("hpp_contract", "pyproject.toml", "tests")
    )
    with (folder / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(_settings(area, copied))


def _code(area: Area, folder: Path) -> Iterator[Path]:
    for pattern in area.code:
        yield from sorted(folder.glob(pattern))


def _settings(area: Area, copied: list[str]) -> str:
    # A fork server that ran no test: caches that a test has filled would hide a mutant from the next.
    settings = {
        "source_paths": ["hpp_contract"],
        "only_mutate": list(area.code),
        "do_not_mutate_patterns": list(_TEXTS),
        "also_copy": copied,
        "pytest_add_cli_args": ["-p", "no:cacheprovider", "-W", "ignore"],
        "pytest_add_cli_args_test_selection": [f"tests/harness/{name}" for name in area.tests],
        "process_isolation": "forkserver",
        "timeout_constant": 5.0,
    }
    return "\n[tool.mutmut]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items())


def sample(area: Area, number: int) -> list[str]:
    """The names of `number` mutants, always the same; of all where it is 0. Runs in the copy."""
    if not number:
        return []
    from mutmut.mutation.file_mutation import mutate_file_contents

    made = ((path, mutate_file_contents(str(path), path.read_text(encoding="utf-8"))) for path in _code(area, Path()))
    names = [f"{'.'.join(path.with_suffix('').parts)}.{name}" for path, file in made for name in file.mutant_names]
    return sorted(random.Random(SEED).sample(names, min(number, len(names))))  # noqa: S311  no secret


def main(name: str, number: str = "0") -> int:
    """Mutate an area, and list what no test noticed."""
    tool, folder = BUILD / "tool", BUILD / name
    if not tool.is_dir():
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(tool), MUTMUT]
        subprocess.run(command, check=True)
    prepare(AREAS[name], folder)
    os.chdir(folder)
    sys.path.append(str(tool))
    environ = {**os.environ, "PYTHONPATH": str(tool), "HYPOTHESIS_PROFILE": "mutants"}
    names = sample(AREAS[name], int(number))
    code = subprocess.run([sys.executable, "-m", "mutmut", "run", *names], env=environ, check=False).returncode
    results = subprocess.run(
        [sys.executable, "-m", "mutmut", "results"], env=environ, stdout=subprocess.PIPE, text=True, check=False
    )
    print("\n".join(line for line in results.stdout.splitlines() if not line.endswith("not checked")))
    return code


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in AREAS:
        sys.exit(f"usage: python -m benchmarks.mutation {'|'.join(AREAS)} [NUMBER]")
    sys.exit(main(*sys.argv[1:3]))
