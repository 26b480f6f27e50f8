"""`hpp-contract vectors`: generated bodies as files, for test suites in any language."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click

from hpp_contract import __version__
from hpp_contract.cli._console import write_stdout
from hpp_contract.engine.errors import UsageProblem, raise_refusal
from hpp_contract.generate.vectors import Vector
from hpp_contract.generate.vectors import vectors as generate

MANIFEST: Final = "manifest.json"


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--seed", type=int, default=0, show_default=True, metavar="N", help="Choose other bodies.")
@click.option(
    "--count", type=click.IntRange(1, 10_000), default=20, show_default=True, metavar="N", help="Valid bodies a shape."
)
def vectors(folder: Path, seed: int, count: int) -> None:
    """Write valid and broken bodies of every shape into DIR, with a manifest that says which is which.

    There are N valid bodies a shape and at least as many broken ones, every constraint of the contract among them. The
    same seed writes the same files; schemas/tool/vectors.json describes the manifest. DIR is created, or replaced if it
    holds only vectors.

    \b
    Examples:
      hpp-contract vectors testdata/hpp
      hpp-contract vectors testdata/hpp --count 100 --seed 7
    """
    target = folder.resolve()
    _refuse_other_files(target, folder)
    made = list(generate(seed, count))
    _write(target, made, {"seed": seed, "count": count}, folder)
    valid = sum(vector.valid for vector in made)
    write_stdout(f"Wrote {valid} valid and {len(made) - valid} broken bodies to {folder}; {MANIFEST} lists them.\n")


def _refuse_other_files(target: Path, named: Path) -> None:
    """Raise UsageProblem unless `target` can be made or holds nothing but earlier vectors."""
    if not target.parent.is_dir():
        raise UsageProblem(f"{named} cannot be written: the folder {target.parent} does not exist; create it first.")
    if not target.exists():
        return
    if not target.is_dir():
        raise UsageProblem(f"{named} is a file: name a folder to write the vectors into.")
    files = {path.relative_to(target).as_posix() for path in target.rglob("*") if not path.is_dir()}
    if others := sorted(files - _listed(target)):
        raise UsageProblem(f"{named} holds files that are not vectors ({others[0]} …): name a new or empty folder.")


def _listed(target: Path) -> set[str]:
    """The files that the manifest in `target` lists, and the manifest; none when there is no manifest."""
    try:
        entries = json.loads((target / MANIFEST).read_text(encoding="utf-8"))["vectors"]
        return {MANIFEST, *(entry["file"] for entry in entries)}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise_refusal(error)
        return set()


def _write(target: Path, made: Sequence[Vector], how: dict[str, int], named: Path) -> None:
    """Write a new folder beside `target` and let it replace `target`: a reader sees all of the old or of the new."""
    draft, old = (target.with_name(f".{target.name}.{secrets.token_hex(4)}") for _ in range(2))
    try:
        for vector in made:
            path = draft / vector.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(vector.text, encoding="utf-8", newline="\n")
        (draft / MANIFEST).write_text(_manifest(made, how), encoding="utf-8", newline="\n")
        if target.exists():
            target.rename(old)
        draft.rename(target)
    except OSError as error:
        if old.exists() and not target.exists():
            old.rename(target)
        raise UsageProblem(f"{named} could not be written ({error.strerror}): name another folder.") from None
    finally:
        for left in (draft, old):
            shutil.rmtree(left, ignore_errors=True)


def _manifest(made: Sequence[Vector], how: dict[str, int]) -> str:
    manifest: dict[str, Any] = {"tool": "hpp-contract", "version": __version__, **how}
    return json.dumps(manifest | {"vectors": [vector.entry for vector in made]}, indent=1) + "\n"
