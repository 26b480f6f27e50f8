"""`hpp-contract init`: what it writes works as it is, in every language of this machine, and overwrites nothing."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from hpp_contract.cli import main
from hpp_contract.cli._languages import ALSO_CALLED, LANGUAGES
from tests.harness.support.paths import ROOT

NAMES = list(LANGUAGES)
TOOLS = {"php": ["php"], "shell": ["curl", "jq"], "kotlin": ["kotlinc", "javac"], "csharp": ["dotnet"]}
EXTENSION = ["php", "-r", "exit((int) !extension_loaded('curl'));"]
NODE_MODULES = ROOT / "node_modules"


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("HPP_")]:
        monkeypatch.delenv(name)


def init(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["init", *arguments])


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def missing(name: str) -> str | None:
    language = LANGUAGES[name]
    commands = [line for line in language.build if not line.startswith("npm install")]
    words = [shlex.split(line)[0] for line in (*commands, language.command)]
    tools = [*TOOLS.get(name, []), *(word for word in words if "/" not in word)]
    if absent := [tool for tool in tools if shutil.which(tool) is None]:
        return absent[0]
    if name == "php" and subprocess.run(EXTENSION, check=False).returncode:
        return "PHP's extension curl"
    return "the npm package typescript" if name == "typescript" and not (NODE_MODULES / "typescript").exists() else None


# --- What it writes works


@pytest.mark.process
@pytest.mark.parametrize("name", NAMES)
def test_what_it_writes_keeps_the_contract(name: str, tmp_path: Path) -> None:
    """In an empty folder, the commands that `init` prints build the adapter and judge it, and nothing else is typed."""
    done = init(name, "sdk")
    assert (done.exit_code, done.stderr) == (0, "")
    printed = done.stdout.partition("\nNext:\n")[2].partition("\n\n")[0]
    first, *lines = [line.removeprefix("  ") for line in printed.splitlines()]
    assert first == "cd sdk"
    assert lines[-2:] == ["hpp-contract client --only smoke", "hpp-contract client"]
    if what := missing(name):
        pytest.skip(f"{what} is not installed here: NOTHING was checked of init {name}")
    if name == "typescript":
        (tmp_path / "sdk" / "node_modules").symlink_to(NODE_MODULES)
    steps = [line for line in lines[:-2] if not line.startswith("npm install")]
    ours = f'hpp-contract() {{ {shlex.quote(sys.executable)} -m hpp_contract "$@"; }}'
    script = "\n".join([ours, *steps, "hpp-contract client --only smoke,not-found,completed-with-order"])
    run = subprocess.run(
        ["bash", "-ec", script],
        cwd=tmp_path / "sdk",
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Contract kept" in run.stdout


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_our_tests_do_not_run(name: str) -> None:
    """A language that no machine of ours has says so, in the files and in what is printed."""
    done = init(name)
    texts = [done.stdout, *(Path(path).read_text(encoding="utf-8") for path in ("hpp-contract.toml", *JOB["github"]))]
    assert {"do not run" in text for text in texts} == {not LANGUAGES[name].run_by_tests}
    assert {name for name, language in LANGUAGES.items() if not language.run_by_tests} == {"csharp"}


# --- Which language, and where


@pytest.mark.parametrize(("called", "name"), [("Node", "node"), *ALSO_CALLED.items()])
def test_a_language_has_more_names_than_one(called: str, name: str) -> None:
    """What people call a language is understood."""
    assert f"Wrote for {name}, in ." in init(called).stdout


@pytest.mark.parametrize(
    ("called", "hint"),
    [("pyton", "did you mean python?"), ("cobol", "init knows python, node, typescript, php, ruby, java, go, csharp,")],
)
def test_another_language_is_a_usage_error(called: str, hint: str, tmp_path: Path) -> None:
    """A language without files is named, with the nearest or with all of them, and nothing is written."""
    done = init(called)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"hpp-contract: there is no language '{called}'; {hint}")
    assert files(tmp_path) == set()


JOB = {"github": [".github/workflows/hpp-contract.yml"], "gitlab": [".gitlab/hpp-contract.yml"]}


@pytest.mark.parametrize("ci", JOB)
def test_the_job_is_for_the_ci_that_is_asked_for_or_there(ci: str, tmp_path: Path) -> None:
    """--ci decides; without it a .gitlab-ci.yml does."""
    if ci == "gitlab":
        (tmp_path / ".gitlab-ci.yml").touch()
    assert init("node").exit_code == 0
    assert [path for paths in JOB.values() for path in paths if Path(path).exists()] == JOB[ci]
    other = "github" if ci == "gitlab" else "gitlab"
    assert init("node", "other", "--ci", other).exit_code == 0
    assert (tmp_path / "other" / JOB[other][0]).exists()


# --- Nothing is overwritten


@pytest.mark.parametrize("path", ["contract/adapter.mjs", "hpp-contract.toml", *JOB["github"]])
def test_no_file_is_overwritten(path: str, tmp_path: Path) -> None:
    """If one of the files is there, none is written: one sentence, exit code 2."""
    mine = tmp_path / path
    mine.parent.mkdir(parents=True, exist_ok=True)
    mine.write_text("# mine\n")
    done = init("node")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert path in done.stderr or "options of hpp-contract already" in done.stderr
    assert (files(tmp_path), mine.read_text(encoding="utf-8")) == ({path}, "# mine\n")


def test_a_second_init_is_refused() -> None:
    """What was written is not written again; another folder's is counted."""
    assert init("go", "sdk").exit_code == 0
    Path("sdk/hpp-contract.toml").unlink()
    done = init("go", "sdk")
    assert done.exit_code == 2
    assert "sdk/contract/adapter.go and 4 more of its files would be overwritten" in done.stderr


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """A file where a folder should be is a usage error."""
    (tmp_path / "contract").write_text("")
    done = init("node")
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert "contract cannot be made (File exists)" in done.stderr


def test_a_project_with_options_is_refused(tmp_path: Path) -> None:
    """Options in pyproject.toml would be a second place beside hpp-contract.toml."""
    (tmp_path / "pyproject.toml").write_text("[tool.hpp-contract]\nstrict = true\n")
    assert init("python").exit_code == 2
    assert files(tmp_path) == {"pyproject.toml"}


# --- The jobs


@pytest.mark.process
@pytest.mark.parametrize("ci", JOB)
def test_jobs_are_valid_by_schema(ci: str, tmp_path: Path) -> None:
    """check-jsonschema finds the job of every language valid by the schema of its CI; no expression is in a script."""
    for name in NAMES:
        assert init(name, name, "--ci", ci).exit_code == 0
    paths = [str(tmp_path / name / JOB[ci][0]) for name in NAMES]
    schema = {"github": "vendor.github-workflows", "gitlab": "vendor.gitlab-ci"}[ci]
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for path in paths if ci == "github" else ():
        job = yaml.safe_load(Path(path).read_text(encoding="utf-8"))["jobs"]["client"]
        assert "${{" not in json.dumps([step.get("run", "") for step in job["steps"]])


@pytest.mark.process
@pytest.mark.parametrize("ci", JOB)
def test_the_job_installs_and_judges(ci: str, tmp_path: Path) -> None:
    """Step by step, with a version of hpp-contract that is found without a network, a job installs and judges."""
    assert init("python", "--ci", ci).exit_code == 0
    job = yaml.safe_load(Path(JOB[ci][0]).read_text(encoding="utf-8"))
    summary = tmp_path / "summary.md"
    if ci == "github":
        scripts = [step["run"] for step in job["jobs"]["client"]["steps"] if "run" in step]
    else:
        scripts = ["\n".join([*job["hpp-contract"]["before_script"], *job["hpp-contract"]["script"]])]
    quick = tmp_path / "python3"  # our own pip will do, and a new one takes half a minute
    quick.write_text(
        f'#!/bin/sh\n[ "$2" != venv ] || set -- "$@" --without-pip\nexec {shlex.quote(sys.executable)} "$@"\n'
    )
    quick.chmod(0o755)
    offline = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_NO_CACHE_DIR": "1"}
    own: dict[str, Any] = {
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_STEP_SUMMARY": str(summary),
        "PYTHON": str(quick),
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "PYTHONPATH": sysconfig.get_path("purelib"),
        "HPP_CONTRACT": str(ROOT),
    }
    for script in scripts:
        done = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", script.replace("/opt/", f"{tmp_path}/")],
            env={**os.environ, **offline, **own},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert "Contract kept" in done.stdout
    assert Path("hpp-contract.html").exists()
    assert summary.exists() == (ci == "github")
