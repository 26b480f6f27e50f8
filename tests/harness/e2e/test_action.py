"""The actions for other repositories (a client, the endpoint, drift): valid, careful, and run step by step with as
little of GitHub as they need."""

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

from hpp_contract.cases.scenarios import CREDENTIALS, session_id
from hpp_contract.engine.edits import status
from hpp_contract.engine.fault import Fault, fault
from hpp_contract.server import Sandbox, Server
from hpp_contract.spec.endpoint import PLAYGROUND
from tests.harness.support.github_runner import runner
from tests.harness.support.not_none import not_none
from tests.harness.support.paths import ADAPTER, ROOT
from tests.harness.support.workflow_runner import PINNED

PLACES = {"client": "action.yml", "endpoint": "actions/endpoint/action.yml", "drift": "actions/drift/action.yml"}
ACTIONS: dict[str, dict[str, Any]] = {
    name: yaml.safe_load((ROOT / place).read_text(encoding="utf-8")) for name, place in PLACES.items()
}
ACTION = ACTIONS["client"]
SECRET = {"api-key", "username", "session-ids", "github-token"}
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
    action: str = "client"
    said: str = ""
    outputs: dict[str, dict[str, str]] = field(default_factory=lambda: {"judge": {}})

    def __post_init__(self) -> None:
        defaults = {name: given.get("default", "") for name, given in ACTIONS[self.action]["inputs"].items()}
        self.inputs = defaults | dict(self.inputs)
        self.summary = self.folder / "summary.md"

    def value(self, text: str) -> str:
        return EXPRESSION.sub(lambda match: self._look_up(match[1]), text)

    def _look_up(self, expression: str) -> str:
        if expression == "github.action_path":
            return str((ROOT / PLACES[self.action]).parent)
        if expression.startswith("github."):
            return f"<{expression}>"
        place, _, name = expression.partition(".")
        if place == "inputs":
            return self.inputs[name]
        step, name = not_none(re.fullmatch(r"steps\.(\w+)\.outputs\.([\w-]+)", expression)).groups()
        return self.outputs[step].get(name, "")

    def run(self, name: str) -> int:
        """Run the script of the step that is called `name`; what it says is added to `said`."""
        step = next(step for step in ACTIONS[self.action]["runs"]["steps"] if step.get("name") == name)
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
    """check-jsonschema finds the actions valid by GitHub's schema."""
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.github-actions",
        *(str(ROOT / place) for place in PLACES.values()),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", PLACES)
def test_steps_are_careful(name: str) -> None:
    """No expression stands in a script, so no input can become code; actions are pinned; every input is described, and
    has a default unless it is required; a secret reaches the one step that needs it."""
    steps, inputs = ACTIONS[name]["runs"]["steps"], ACTIONS[name]["inputs"]
    for step in steps:
        assert "${{" not in step.get("run", "")
        assert PINNED.fullmatch(step.get("uses", f"actions/x@{'0' * 40}"))
        assert ("run" in step) == ("shell" in step)
    assert all(given["description"] for given in inputs.values())
    required = {"client": ["client-command"]}.get(name, ["api-key"])
    assert [name for name, given in inputs.items() if given.get("required")] == required
    assert all(given.get("required") or "default" in given for given in inputs.values())
    for secret in SECRET & inputs.keys():
        assert sum(f"inputs.{secret} " in json.dumps(step) for step in steps) == 1


@pytest.mark.parametrize("name", PLACES)
def test_every_expression_is_known(name: str) -> None:
    """Expressions name inputs, and outputs of steps, that there are."""
    ids = {step["id"] for step in ACTIONS[name]["runs"]["steps"] if "id" in step}
    for expression in EXPRESSION.findall((ROOT / PLACES[name]).read_text(encoding="utf-8")):
        for word in expression.replace(" && ", " ").split(" ")[::3]:
            known = word.removeprefix("inputs.") in ACTIONS[name]["inputs"] or word.startswith("github.")
            assert known or word.split(".")[1] in ids, expression


@pytest.mark.parametrize("name", ["endpoint", "drift"])
def test_a_session_is_made_unless_somebody_says_otherwise(name: str) -> None:
    """The ids of sessions live for 48 hours, so --provision is the default, and the playground its place."""
    defaults = {key: given.get("default") for key, given in ACTIONS[name]["inputs"].items()}
    assert (defaults["options"], defaults["endpoint"]) == ("--provision", PLAYGROUND)


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
    job = judged(installed, "session-is-text", only="smoke")
    assert job.outputs["judge"]["exit-code"] == "1"
    errors = [command for command in runner(job.said) if command.name == "error"]
    assert [command.properties["title"] for command in errors] == ["HPP-A37 gives-an-answer: broken"]
    assert "HPP-A37" in job.summary.read_text(encoding="utf-8")
    assert "HPP-A37" in (job.report / "report.html").read_text(encoding="utf-8")
    assert job.run(VERDICT) == 1


@pytest.mark.process
def test_known_failures_and_strictness_reach_the_suite(installed: Path) -> None:
    """A listed rule may fail; a file that is none is a usage error, said as an annotation and in the summary."""
    (installed / "known.txt").write_text("# returns a text\nHPP-A37\n")
    job = judged(installed, "session-is-text", only="smoke", known_failing="known.txt")
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


# --- The endpoint and drift


def watched(installed: Path, name: str, step: str, url: str, **inputs: str) -> Job:
    """The job of an action after the step that probes the endpoint at `url`."""
    (installed / "summary.md").unlink(missing_ok=True)
    given = {"api-key": CREDENTIALS.api_key, "username": CREDENTIALS.username or "", "endpoint": url}
    job = Job(installed, given | {name.replace("_", "-"): text for name, text in inputs.items()}, name)
    assert job.run(step) == 0, job.said
    return job


@pytest.mark.process
@pytest.mark.parametrize(
    ("faults", "code", "words"),
    [((), "0", "## Contract kept"), ((fault("gone", "unknown-id", status(410)),), "1", "## Contract broken")],
)
def test_the_endpoint_is_judged(installed: Path, faults: tuple[Fault, ...], code: str, words: str) -> None:
    """With a key alone, the action makes a session of its own, follows it, and shows the verdict in every form."""
    with Server(faults, sandbox=Sandbox()) as server:
        job = watched(installed, "endpoint", "Judge the endpoint", server.url)
    assert job.outputs["judge"]["exit-code"] == code, job.said
    assert words in job.summary.read_text(encoding="utf-8")
    names = {"report.html", "report.json", "report.md", "report.xml"}
    assert {path.name for path in job.report.iterdir()} == names
    assert CREDENTIALS.api_key not in job.said
    assert job.run(VERDICT) == int(code)


@pytest.mark.process
def test_an_endpoint_that_could_not_be_verified(installed: Path) -> None:
    """It fails the job, or is a warning where the repository wants that; never is it silence."""
    with Server() as server:
        url = server.url
    job = watched(installed, "endpoint", "Judge the endpoint", url)
    assert job.outputs["judge"]["exit-code"] == "3", job.said
    assert job.run(VERDICT) == 3
    job = watched(installed, "endpoint", "Judge the endpoint", url, unverified="warn")
    assert job.run(VERDICT) == 0
    assert "::warning::The endpoint could not be verified" in job.said


@pytest.mark.process
@pytest.mark.parametrize(("name", "step"), [("endpoint", "Judge the endpoint"), ("drift", "Watch")])
def test_without_a_key_nothing_is_done(installed: Path, name: str, step: str) -> None:
    """A fork has no secrets: the job says so, and passes."""
    job = watched(installed, name, step, "https://127.0.0.1:9", api_key="")
    assert job.said.startswith("::notice::There is no API key here")
    assert job.run(VERDICT) == 0


@pytest.mark.process
def test_drift_is_watched(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until there is a baseline, the documentation is one; the history grows with each run; a change fails the job."""
    ids = session_id("waiting")
    with Server() as server:
        job = watched(installed, "drift", "Watch", server.url, session_ids=ids, options="")
        assert job.outputs["watch"]["exit-code"] == "0", job.said
        environ = {
            "HPP_API_KEY": CREDENTIALS.api_key,
            "HPP_USERNAME": CREDENTIALS.username or "",
            "HPP_SESSION_IDS": ids,
        }
        accept: list[str | Path] = [
            installed / "hpp-contract/bin/hpp-contract",
            "drift",
            server.url,
            "--baseline",
            "baseline",
            "--accept",
        ]
        subprocess.run([*accept, "--reason", "x"], cwd=installed, env=_environment() | environ, check=True)
    with Server((fault("gone", "unknown-id", status(410)),)) as server:
        job = watched(installed, "drift", "Watch", server.url, session_ids=ids, options="")
    assert job.outputs["watch"]["exit-code"] == "1", job.said
    assert {"drift.html", "since.json"} <= {path.name for path in Path(job.outputs["watch"]["report"]).iterdir()}
    assert len((installed / "hpp-contract-history/drift.jsonl").read_text(encoding="utf-8").splitlines()) == 2
    gh = installed / "gh"
    gh.write_text("#!/bin/sh\n[ \"$1 $2\" != 'issue list' ] || echo '[]'\necho \"gh $1 $2\" >> gh.log\n")
    gh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{installed}{os.pathsep}{os.environ['PATH']}")
    assert job.run("One issue a drift") == 0, job.said
    assert "gh issue create" in (installed / "gh.log").read_text(encoding="utf-8")
    assert job.run(VERDICT) == 1
