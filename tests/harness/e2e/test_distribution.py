"""What is shipped: the same bytes from every build, all of its data, and at work wherever it is installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import venv
from collections.abc import Iterator
from hashlib import sha256
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import hpp_contract
from tests.harness.support.paths import ROOT

DATA = ("schemas", "cassettes", "docs", "examples")
SOURCES = (
    "hpp_contract",
    "schemas",
    "cassettes",
    "tests",
    "examples",
    "docs",
    "benchmarks",
    ".github",
    ".ci",
    "actions",
    "ci",
)

WEAK_COPYLEFT = {
    "certifi": "requests brings it: data, the certificate authorities of Mozilla's root programme",
    "hypothesis": "generates what the schemas allow; used as it comes, by import",
}
"""Under the MPL 2.0, which asks for changes to their own files and for nothing of programs that import them."""


def run(*command: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=120, check=False, **options)


def build(source: Path, folder: Path) -> dict[str, str]:
    """Build the sdist and from that the wheel; the digest of each file by name."""
    done = run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, source)
    assert done.returncode == 0, done.stdout + done.stderr
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel built from that sdist."""
    folder = tmp_path_factory.mktemp("dist")
    build(ROOT, folder)
    return folder


@pytest.mark.process
def test_builds_are_reproducible(built: Path, tmp_path: Path) -> None:
    """Another folder and other file times give the same wheel and sdist, byte for byte."""
    other_folder = tmp_path / "other"
    no_traces = shutil.ignore_patterns("__pycache__", ".hypothesis", ".schemathesis", "node_modules")
    for name in SOURCES:
        shutil.copytree(ROOT / name, other_folder / name, ignore=no_traces, copy_function=shutil.copy)
    for path in ROOT.iterdir():
        if path.is_file():
            shutil.copy(path, other_folder / path.name)
    again = build(other_folder, tmp_path / "dist")
    assert again == {path.name: sha256(path.read_bytes()).hexdigest() for path in built.iterdir()}


@pytest.mark.process
def test_wheel_and_sdist_hold_all_data(built: Path) -> None:
    """Every schema, cassette, guide and example of the checkout is in the sdist and in the wheel."""
    data = [
        path.relative_to(ROOT)
        for name in DATA
        for path in (ROOT / name).rglob("*.*")
        if "__pycache__" not in path.parts
    ]
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    assert {str(path) for path in data} <= inside
    assert {"LICENSE", "pyproject.toml", "hpp_contract/py.typed"} <= inside
    listing = run(sys.executable, "-m", "zipfile", "--list", next(built.glob("*.whl"))).stdout
    assert all(f"hpp_contract/data/{path.as_posix()} " in listing for path in data)
    assert "tests/" not in listing


# --- An environment of its own


def runtime(package: str) -> Iterator[Distribution]:
    """The distributions that an installation brings: what is declared, what that declares, and so on."""
    waiting, met = [Requirement(package)], set()
    while waiting:
        wanted = waiting.pop()
        if (key := (canonicalize_name(wanted.name), frozenset(wanted.extras))) in met:
            continue
        met.add(key)
        found = distribution(wanted.name)
        yield found
        for text in found.requires or []:
            needed = Requirement(text)
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in ("", *wanted.extras)):
                waiting.append(needed)


PLAIN, FUZZ = "hpp-contract", "hpp-contract[fuzz]"
RUNTIME = {
    package: {canonicalize_name(found.name): found for found in runtime(package)}
    for package in (PLAIN, FUZZ, "hpp-contract[dask]")
}


@pytest.fixture(scope="module")
def home(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that holds the wheel, its declared dependencies and nothing else."""
    return environment(built, PLAIN, tmp_path_factory)


@pytest.fixture(scope="module")
def home_with_fuzz(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with the extra fuzz."""
    return environment(built, FUZZ, tmp_path_factory)


def environment(built: Path, package: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    pip = (sys.executable, "-m", "pip", f"--python={folder / 'bin' / 'python'}", "install", "--quiet", "--no-deps")
    done = run(*pip, "--no-index", "--no-cache-dir", next(built.glob("*.whl")))
    assert done.returncode == 0, done.stderr
    for found in RUNTIME[package].values():
        _link(found, _site(folder))
    return folder


@pytest.mark.process
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("hpp-contract --version", hpp_contract.__version__),
        ("hpp-contract rules", "HPP-S05"),
        ("hpp-contract --help", "docs/, schemas/ and examples/ are in {data}"),
        ("hpp-contract endpoint --html report.html", "Contract kept"),
        ("hpp-contract init node", "contract/adapter.mjs"),
        ("hpp-contract recording {data}/cassettes", "Contract kept"),
        ("hpp-contract record --to cassettes", "Contract kept"),
        ("hpp-contract vectors bodies --count 1", "Wrote"),
        ("python -m pytest -q --fixtures", "hpp_server"),
        ("python {everything}", "imported"),
    ],
)
def test_the_wheel_and_what_it_declares_suffice(home: Path, tmp_path: Path, line: str, expected: str) -> None:
    """From an empty folder, without this checkout and in an environment of its own, what was installed works."""
    everything = tmp_path / "everything.py"
    everything.write_text(EVERYTHING, encoding="utf-8")
    data = _site(home) / "hpp_contract" / "data"
    environ = {"PATH": f"{home / 'bin'}:/usr/bin:/bin", "HOME": str(tmp_path)}
    command = line.format(data=data, everything=everything).split()
    done = run(home / "bin" / command[0], *command[1:], cwd=tmp_path, env=environ)
    assert (done.returncode, done.stderr) in {(0, ""), (5, "")}, done.stdout + done.stderr
    assert expected.replace("{data}", str(data)) in done.stdout


@pytest.mark.process
@pytest.mark.parametrize("extra", [False, True])
def test_fuzzing_comes_with_its_extra(extra: bool, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Without the extra nothing of Schemathesis is there, and --fuzz says how to get it; with it, --fuzz fuzzes."""
    home = request.getfixturevalue("home_with_fuzz" if extra else "home")
    assert list(_site(home).glob("schemathesis*")) == [] or extra
    environ = {"PATH": f"{home / 'bin'}:/usr/bin:/bin", "HOME": str(tmp_path)}
    done = run(home / "bin" / "hpp-contract", "endpoint", "--fuzz", "5", cwd=tmp_path, env=environ)
    assert done.returncode == (0 if extra else 2), done.stdout + done.stderr
    assert ("pip install 'hpp-contract[fuzz]'" in done.stderr) == (not extra)


EVERYTHING = """
import pkgutil, importlib, hpp_contract, hpp_contract.spec.schema_files as schemas
for module in pkgutil.walk_packages(hpp_contract.__path__, "hpp_contract."):
    fuzz = "hpp_contract.probe.fuzz.", "hpp_contract.endpoint.fuzz_hooks"  # they need the extra
    if not module.name.startswith(("hpp_contract.suite", "hpp_contract.__main__", *fuzz)):
        importlib.import_module(module.name)
assert schemas.folder("schemas").is_relative_to(hpp_contract.__path__[0]), schemas.folder("schemas")
print("imported")
"""


@pytest.mark.process
def test_one_file(built: Path, tmp_path: Path) -> None:
    """hpp-contract.pyz judges and fuzzes, with nothing installed and from an empty folder."""
    shutil.copytree(built, tmp_path / "dist")
    made = run(
        sys.executable, ROOT / ".ci" / "pyz", tmp_path / "dist", env={**os.environ, "PEX_ROOT": str(tmp_path / "cache")}
    )
    assert made.returncode == 0, made.stderr
    assert f"hpp-contract.pyz: for Python 3.{sys.version_info[1]} on" in made.stdout
    (tmp_path / "work").mkdir()
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PEX_ROOT": str(tmp_path / "cache")}
    python = Path(
        sys.executable
    ).resolve()  # the one that this environment was made with, which has no packages of ours
    command: list[str | Path] = [
        python,
        "-I",
        tmp_path / "dist" / "hpp-contract.pyz",
        "endpoint",
        "--fuzz",
        "3",
        "--html",
        "report.html",
    ]
    done = run(*command, cwd=tmp_path / "work", env=environ)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    assert "Contract kept" in done.stdout


@pytest.mark.process
def test_types_come_along(home: Path) -> None:
    """What is installed says that it has types."""
    assert (_site(home) / "hpp_contract" / "py.typed").exists()


def _site(folder: Path) -> Path:
    return next((folder / "lib").glob("python*/site-packages"))


def _link(found: Distribution, site: Path) -> None:
    """Make a distribution of this environment importable in another."""
    tops = {path.parts[0] for path in found.files or ()} - {"..", "__pycache__"}
    for top in tops if found.name != "hpp-contract" else ():
        if not (site / top).exists():
            (site / top).symlink_to(str(found.locate_file(top)))


def test_licences() -> None:
    """Nothing that an installation brings is under a strong copyleft; what has a weak one is named with a reason."""
    licences = {name: " ".join(_licence(found)) for brought in RUNTIME.values() for name, found in brought.items()}
    assert not {name for name, text in licences.items() if not text.strip()}, "a licence is not stated"
    strong = re.compile(r"\b[AL]?GPL|GNU|EUPL|CDDL|SSPL|BUSL", re.IGNORECASE)
    assert not {name: text for name, text in licences.items() if strong.search(text)}
    weak = {name for name, text in licences.items() if re.search(r"MPL|Mozilla|EPL|Eclipse", text)}
    assert weak == WEAK_COPYLEFT.keys()


def _licence(found: Distribution) -> Iterator[str]:
    metadata = found.metadata
    yield from metadata.get_all("License-Expression") or ()
    yield from (text.split("\n")[0] for text in metadata.get_all("License") or ())
    yield from (text for text in metadata.get_all("Classifier") or () if text.startswith("License ::"))
