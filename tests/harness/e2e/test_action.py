"""The action for SDK repositories: valid, careful, and run step by step with as little of GitHub as it needs."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.harness.support.github_runner import runner
from tests.harness.support.not_none import not_none
from tests.harness.support.paths import ADAPTER, ROOT

ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
INSTALL, JUDGE, VERDICT = (
    "Install hpp-contract in an environment of its own",
    "Judge the client",
    "Verdict",
)
EXPRESSION = re.compile(r"\$\{\{ (.+?) \}\}")


@dataclass
class Job:
    """Runs the action's scripts as a runner does; the actions it uses are left out, what they give is made up."""

    folder: Path
    inputs: Mapping[str, str]
    said: str = ""
    outputs: dict[str, dict[str, str]] = field(default_factory=lambda: {"judge": {}})

    def __post_init__(self) -> None:
        defaults = {name: given.get("default", "") for name, given in ACTION["inputs"].items()}
        self.inputs = defaults | dict(self.inputs)
        self.summary = self.folder / "summary.md"

    def value(self, text: str) -> str:
        return EXPRESSION.sub(lambda match: self._look_up(match[1]), text)

    def _look_up(self, expression: str) -> str:
        if expression == "github.action_path":
            return str(ROOT)
        place, _, name = expression.partition(".")
        if place == "inputs":
            return self.inputs[name]
        step, name = not_none(re.fullmatch(r"steps\.(\w+)\.outputs\.([\w-]+)", expression)).groups()
        return self.outputs[step].get(name, "")

    def run(self, name: str) -> int:
        """Run the script of the step that is called `name`; what it says is added to `said`."""
        step = next(step for step in STEPS if step.get("name") == name)
        output = self.folder / "output.txt"
        output.write_text("")
        own = {key: self.value(text) for key, text in step.get("env", {}).items()}
        where = self.folder / self.value(step.get("working-directory", "."))
        done = subprocess.run(
            [step["shell"], "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=where,
            env={**_environment(), **own, **self._files(output)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=240,
        )
        self.said += done.stdout
        pairs = (line.partition("=") for line in output.read_text(encoding="utf-8").splitlines())
        self.outputs.setdefault(step.get("id", name), {}).update({key: value for key, _, value in pairs})
        return done.returncode

    def _files(self, output: Path) -> dict[str, str]:
        return {
            "RUNNER_TEMP": str(self.folder),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(self.summary),
        }

    @property
    def report(self) -> Path:
        return Path(self.outputs["judge"]["report"])


def _environment() -> dict[str, str]:
    """Offline: what the suite needs is found where it is, and nothing is fetched."""
    offline = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_NO_CACHE_DIR": "1"}
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("HPP_", "PIP_", "PYTHON"))}
    return {**clean, **offline, "PYTHONPATH": sysconfig.get_path("purelib")}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A runner's folder, after the step that installs."""
    folder = tmp_path_factory.mktemp("runner")
    quick = folder / "python"  # our own pip will do, and a new one takes half a minute
    quick.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@" --without-pip\n')
    quick.chmod(0o755)
    job = Job(folder, {"client-command": "none"})
    job.outputs["python"] = {"python-path": str(quick)}
    assert job.run(INSTALL) == 0, job.said
    return folder


def judged(installed: Path, how: str, **inputs: str) -> Job:
    """The job after the step that judges an adapter that does `how`."""
    command = shlex.join([sys.executable, "-S", str(ADAPTER), how])
    (installed / "summary.md").unlink(missing_ok=True)
    job = Job(installed, {"client-command": command} | {name.replace("_", "-"): text for name, text in inputs.items()})
    assert job.run(JUDGE) == 0, job.said
    return job


# --- As a text


@pytest.mark.process
def test_valid_by_schema() -> None:
    """check-jsonschema finds the action valid by GitHub's schema."""
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.github-actions",
        str(ROOT / "action.yml"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_steps_are_careful() -> None:
    """No expression stands in a script, so no input can become code; actions are pinned by major version; every input
    is described, and has a default unless it is required."""
    for step in STEPS:
        assert "${{" not in step.get("run", "")
        assert re.fullmatch(r"actions/[a-z-]+@v\d+", step.get("uses", "actions/x@v1"))
        assert ("run" in step) == ("shell" in step)
    assert all(given["description"] for given in ACTION["inputs"].values())
    assert [name for name, given in ACTION["inputs"].items() if given.get("required")] == ["client-command"]
    assert all(given.get("required") or "default" in given for given in ACTION["inputs"].values())


def test_every_expression_is_known() -> None:
    """Expressions name inputs, and outputs of steps, that there are."""
    ids = {step["id"] for step in STEPS if "id" in step}
    for expression in EXPRESSION.findall((ROOT / "action.yml").read_text(encoding="utf-8")):
        name = expression.split(" ")[0]
        known = name.removeprefix("inputs.") in ACTION["inputs"] or name == "github.action_path"
        assert known or name.split(".")[1] in ids, expression


# --- In motion


@pytest.mark.process
def test_a_client_that_keeps_the_contract(installed: Path) -> None:
    """A client that is kept passes, with a summary, all four reports and no error."""
    job = judged(installed, "honest", only="smoke,completed-*", python_version="3.13")
    assert job.outputs["judge"]["exit-code"] == "0"
    assert job.run(VERDICT) == 0
    assert sorted(path.name for path in job.report.iterdir()) == [
        "report.html",
        "report.json",
        "report.md",
        "report.xml",
    ]
    assert "## Contract kept" in job.summary.read_text(encoding="utf-8")
    assert json.loads((job.report / "report.json").read_text(encoding="utf-8"))["subject"]["kind"] == "client"
    assert "error" not in {command.name for command in runner(job.said)}


@pytest.mark.process
def test_a_client_that_breaks_it(installed: Path) -> None:
    """A broken rule fails the job after everything was shown, as an annotation and in the summary."""
    job = judged(installed, "prints", only="smoke")
    assert job.outputs["judge"]["exit-code"] == "1"
    errors = [command for command in runner(job.said) if command.name == "error"]
    assert [command.properties["title"] for command in errors] == ["HPP-A37 gives-an-answer: broken"]
    assert "HPP-A37" in job.summary.read_text(encoding="utf-8")
    assert "HPP-A37" in (job.report / "report.html").read_text(encoding="utf-8")
    assert job.run(VERDICT) == 1


@pytest.mark.process
def test_known_failures_and_strictness_reach_the_suite(installed: Path) -> None:
    """A listed rule may fail; a file that is none is a usage error, said as an annotation and in the summary."""
    (installed / "known.txt").write_text("# prints while it reads\nHPP-A37\n")
    job = judged(installed, "prints", only="smoke", known_failing="known.txt")
    assert job.outputs["judge"]["exit-code"] == "0", job.said
    job = judged(installed, "honest", only="smoke", known_failing="none.txt", strict="true")
    assert job.outputs["judge"]["exit-code"] == "2"
    (errors,) = runner(job.said)
    assert (errors.name, "none.txt cannot be read" in errors.text) == ("error", True)
    assert "exit code 2" in job.summary.read_text(encoding="utf-8")
    assert job.run(VERDICT) == 2


@pytest.mark.process
def test_inputs_are_never_code(installed: Path) -> None:
    """A command with shell characters in it is handed on as it is."""
    job = Job(installed, {"client-command": '$(touch pwned) "; touch pwned #', "only": "$(touch pwned)"})
    job.run(JUDGE)
    assert job.outputs["judge"]["exit-code"] != "0"
    assert not (installed / "pwned").exists()
