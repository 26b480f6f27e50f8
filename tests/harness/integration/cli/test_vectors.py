"""`hpp-contract vectors`: what it writes is what its manifest says, the same on every machine."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from hpp_contract.cli import main
from hpp_contract.engine.errors import UsageProblem
from hpp_contract.generate.vectors import KINDS, vectors
from hpp_contract.model.body import read
from hpp_contract.rules import find
from hpp_contract.rules.schemas import violations
from hpp_contract.spec.schema_files import SHAPES, folder
from tests.harness.support.paths import ROOT


def run(*arguments: object, hash_seed: str = "0") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hpp_contract", "vectors", *map(str, arguments)]
    environ = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, env=environ, timeout=60, check=False)


def contents(where: Path) -> dict[str, bytes]:
    return {path.relative_to(where).as_posix(): path.read_bytes() for path in where.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("written") / "vectors"
    done = run(target, "--count", 3)
    assert (done.returncode, done.stderr) == (0, "")
    return target


def manifest(where: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((where / "manifest.json").read_text(encoding="utf-8"))
    return loaded


@pytest.mark.process
def test_manifest_keeps_its_schema(written: Path) -> None:
    """The manifest satisfies the schema that is published for it, whose shapes are all there are."""
    schema = json.loads((folder("schemas") / "tool" / "vectors.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    assert list(Draft202012Validator(schema).iter_errors(manifest(written))) == []
    assert schema["$defs"]["vector"]["properties"]["shape"]["enum"] == list(KINDS)


@pytest.mark.process
def test_manifest_lists_every_file(written: Path) -> None:
    """Every file is in the manifest once, and nothing else is."""
    listed = [entry["file"] for entry in manifest(written)["vectors"]]
    assert sorted([*listed, "manifest.json"]) == sorted(contents(written))


@pytest.mark.process
def test_files_are_what_the_manifest_says(written: Path) -> None:
    """Every file is strict JSON, valid or broken at the place, by a rule of the catalogue, as the manifest says."""
    for entry in manifest(written)["vectors"]:
        body = read((written / entry["file"]).read_bytes())
        assert body.is_json, entry["name"]
        assert (body.bom, body.duplicates, body.constants) == (False, (), ())
        places = {violation.where for violation in violations(entry["shape"], body.value)}
        assert places == (set() if entry["valid"] else {entry["where"]}), entry["name"]
        assert entry["valid"] == (entry["rule"] is None)
        assert entry["rule"] is None or find(entry["rule"]) is not None


@pytest.mark.process
def test_every_shape_is_there_in_both_kinds(written: Path) -> None:
    """Each shape has as many valid bodies as asked for, its example, and at least as many broken ones."""
    entries = manifest(written)["vectors"]
    for shape in (*SHAPES, "error-object"):
        assert sum(entry["valid"] for entry in entries if entry["shape"] == shape) == 4
        assert sum(not entry["valid"] for entry in entries if entry["shape"] == shape) >= 3


@pytest.mark.process
def test_same_seed_same_files(written: Path, tmp_path: Path) -> None:
    """The same seed writes the same bytes, whatever Python's hash seed; another seed does not."""
    assert run(tmp_path / "again", "--count", 3, hash_seed="4242").returncode == 0
    assert contents(tmp_path / "again") == contents(written)
    assert run(tmp_path / "other", "--count", 3, "--seed", 1).returncode == 0
    assert contents(tmp_path / "other") != contents(written)


def test_names_are_stable() -> None:
    """A name stands for the same body however many are made."""
    few, many = ({vector.name: vector.text for vector in vectors(5, count)} for count in (2, 60))
    assert few.items() <= many.items()
    assert len(many) == len(list(vectors(5, 60)))


def test_one_body_is_pinned() -> None:
    """The bodies of a seed do not change unnoticed: somebody may have committed them."""
    body = next(vector.body for vector in vectors(0, 1) if vector.name == "completed-with-order/valid-1")
    assert body["order_id"] == "F2b1c0Cc-c8Ae-dDBD-3808-D9F908DaaDBA"


@pytest.mark.process
def test_a_second_run_replaces(tmp_path: Path) -> None:
    """New vectors replace earlier ones, and no draft is left beside them."""
    target = tmp_path / "vectors"
    assert run(target, "--count", 3).returncode == 0
    before = contents(target)
    assert run(target, "--count", 1).returncode == 0
    assert contents(target).keys() < before.keys()
    assert [path.name for path in tmp_path.iterdir()] == ["vectors"]


@pytest.mark.process
def test_foreign_files_are_safe(tmp_path: Path) -> None:
    """A folder with files of somebody else is refused with its reason, and left as it was."""
    (tmp_path / "precious.txt").write_text("mine", encoding="utf-8")
    done = run(tmp_path)
    assert done.returncode == 2
    assert "precious.txt" in done.stderr
    assert contents(tmp_path) == {"precious.txt": b"mine"}


@pytest.mark.process
def test_a_file_added_to_vectors_is_safe(tmp_path: Path) -> None:
    """A file that somebody added to earlier vectors is not deleted with them."""
    assert run(tmp_path / "vectors", "--count", 1).returncode == 0
    (tmp_path / "vectors" / "waiting" / "mine.json").write_text("{}", encoding="utf-8")
    done = run(tmp_path / "vectors", "--count", 1)
    assert (done.returncode, "waiting/mine.json" in done.stderr) == (2, True)


@pytest.mark.process
@pytest.mark.parametrize(
    ("arguments", "output"),
    [
        (["missing/folder"], "create it first"),
        (["a-file"], "is a file"),
        (["new", "--count", "0"], "--count"),
        (["new", "--seed", "x"], "--seed"),
        ([], "DIR"),
    ],
)
def test_usage_errors(arguments: list[str], output: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be done is reported in one sentence, with exit code 2."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a-file").touch()
    done = run(*arguments)
    assert done.returncode == 2
    assert output in done.stderr
    assert "Traceback" not in done.stderr


def test_vectors_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Vectors that cannot be written leave the earlier ones as they were, and nothing beside them."""
    folder = tmp_path / "vectors"
    folder.mkdir()
    (folder / "manifest.json").write_text(json.dumps({"vectors": []}), encoding="utf-8")

    def full(*_: Any, **__: Any) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(SystemExit) as left:
        main(["vectors", str(folder), "--count", "1"])
    assert left.value.code == UsageProblem.exit_code
    assert [path.name for path in tmp_path.rglob("*")] == ["vectors", "manifest.json"]


def in_process(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_vectors_on_a_disk_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the new folder cannot take its place, the old one is put back."""
    target = tmp_path / "vectors"
    assert in_process("vectors", str(target), "--count", "1").exit_code == 0
    before = sorted(target.rglob("*"))
    rename, failures = Path.rename, iter([OSError(28, "No space left on device")])

    def fails(draft: Path, to: Path) -> Path:
        if to == target and (error := next(failures, None)):
            raise error
        return rename(draft, to)

    monkeypatch.setattr(Path, "rename", fails)
    done = in_process("vectors", str(target), "--count", "2")
    assert (done.exit_code, "No space left on device" in done.output) == (2, True)
    assert sorted(target.rglob("*")) == before
    assert list(tmp_path.iterdir()) == [target]
