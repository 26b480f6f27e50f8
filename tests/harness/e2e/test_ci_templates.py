"""The templates in `ci/`: valid by the schema of their CI, and their scripts run."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest
import yaml

from hpp_contract.cases.scenarios import CREDENTIALS
from hpp_contract.server import Sandbox, Server
from hpp_contract.spec.endpoint import PLAYGROUND
from tests.harness.support.paths import ROOT

FOLDER = ROOT / "ci"
SCHEMAS = {"gitlab.yml": "gitlab-ci", "circleci.yml": "circle-ci", "azure-pipelines.yml": "azure-pipelines"}


def text_of(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def scripts() -> dict[str, list[str]]:
    """The scripts of every template in the order in which its CI runs them, by file and job."""
    gitlab, circle, azure = (yaml.safe_load(text_of(name)) for name in SCHEMAS)
    before = gitlab[".hpp-contract"]["before_script"]
    steps: list[dict[str, Any]] = circle["jobs"]["endpoint"]["steps"]
    return {
        "gitlab endpoint": [*before, *gitlab["endpoint"]["script"]],
        "gitlab drift": [*before, *gitlab["drift"]["script"]],
        "circleci": [step["run"]["command"] for step in steps if "run" in step],
        "azure": [step["script"] for step in azure["steps"] if "script" in step],
        "jenkins": re.findall(r"sh '(.*)'", text_of("Jenkinsfile")),
    }


SCRIPTS = scripts()


@pytest.mark.process
@pytest.mark.parametrize("name", SCHEMAS)
def test_valid_by_schema(name: str) -> None:
    """check-jsonschema finds the template valid by the schema of its CI."""
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        f"vendor.{SCHEMAS[name]}",
        str(FOLDER / name),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_template_is_tested() -> None:
    """Each file of the folder is one whose scripts run here."""
    assert {path.name for path in FOLDER.iterdir()} == {*SCHEMAS, "Jenkinsfile"}
    assert all(len(lines) >= 2 for lines in SCRIPTS.values())


@pytest.mark.parametrize("name", [*SCHEMAS, "Jenkinsfile"])
def test_nothing_of_this_repository_is_assumed(name: str) -> None:
    """A version or a commit is installed, the playground is probed, and no credential stands in the file."""
    text = text_of(name)
    assert "git+https://HOST/OWNER/hpp-contract@COMMIT" in text
    assert PLAYGROUND in text
    assert "--provision" in text
    assert "requirements.lock" not in text
    assert not re.search(r"kco_|HPP_API_KEY: [^$]", text)


@pytest.mark.process
@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_run(name: str, tmp_path: Path) -> None:
    """With a version of hpp-contract that is found without a network, and a sandbox in the playground's place."""
    quick = tmp_path / "python3"  # our own pip will do, and a new one takes half a minute
    quick.write_text(
        f'#!/bin/sh\n[ "$2" != venv ] || set -- "$@" --without-pip\nexec {shlex.quote(sys.executable)} "$@"\n'
    )
    quick.chmod(0o755)
    with Server(sandbox=Sandbox()) as server:
        environ = {
            "HPP_CONTRACT": str(ROOT),
            "HPP_API_KEY": CREDENTIALS.api_key,
            "HPP_USERNAME": CREDENTIALS.username or "",
            "HPP_ENDPOINT": server.url,
            "HPP_OPTIONS": "--provision",
            "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": sysconfig.get_path("purelib"),
            "PIP_NO_INDEX": "1",
            "PIP_NO_DEPS": "1",
            "PIP_NO_BUILD_ISOLATION": "0",
            "PIP_NO_CACHE_DIR": "1",
        }
        script = "\n".join(SCRIPTS[name]).replace(PLAYGROUND, server.url)
        if "drift" in name:  # the first run makes what the later ones compare with
            drift = "hpp-contract-environment/bin/hpp-contract drift --provision --baseline baseline"
            made = f"{drift} --accept --reason first"
            script = script.replace("mkdir -p", f"{made}\nmkdir -p")
        done = subprocess.run(
            ["bash", "-ec", script],
            cwd=tmp_path,
            env={**os.environ, **environ},
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(tmp_path.rglob("*.xml")), "JUnit was not written"


@pytest.mark.process
def test_the_workflow_of_the_guide_is_valid(tmp_path: Path) -> None:
    """What docs/running-in-ci.md shows is a workflow by GitHub's schema, with inputs that the actions have."""
    page = (ROOT / "docs" / "running-in-ci.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    (tmp_path / "workflow.yml").write_text(shown, encoding="utf-8")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    done = subprocess.run([*command, str(tmp_path / "workflow.yml")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    for name, job in yaml.safe_load(shown)["jobs"].items():
        action = yaml.safe_load((ROOT / "actions" / name / "action.yml").read_text(encoding="utf-8"))
        step = job["steps"][-1]
        assert step["uses"] == f"OWNER/hpp-contract/actions/{name}@COMMIT"
        assert step["with"].keys() <= action["inputs"].keys()
        assert [f"`{key}`" for key in action["inputs"] if f"`{key}`" not in page] == []
