"""The image: its steps, as far as they go without an engine to build it.

Its wheel is built from what the Dockerfile copies, and its command is run where no file can be written.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from tests.harness.support.paths import ROOT


class Step(NamedTuple):
    """An instruction of the Dockerfile, and what follows it."""

    name: str
    text: str


STEPS = [
    Step(*line.split(maxsplit=1))
    for line in (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
LAST = STEPS[max(number for number, step in enumerate(STEPS) if step.name == "FROM") :]
PYTHON = Path(sys.executable).resolve()
SYSTEM = f"{PYTHON.parent}{os.pathsep}/usr/bin{os.pathsep}/bin"


def only(name: str, steps: list[Step] = LAST) -> str:
    (text,) = [step.text for step in steps if step.name == name]
    return text


def copied() -> list[str]:
    """What comes from the repository, by the first stage's COPY."""
    lines = [step.text.split() for step in STEPS if step.name == "COPY" and not step.text.startswith("--from")]
    return [name for *names, _ in lines for name in names]


def test_it_is_nobody_and_says_when_it_is_healthy() -> None:
    """Both stages have the same base, no step is root's at run time, and the health check asks what nobody judges."""
    assert {step.text.removesuffix(" AS build") for step in STEPS if step.name == "FROM"} == {
        "python:3.12-slim-bookworm"
    }
    assert only("USER") == "65532:65532"
    assert "/-/healthy" in only("HEALTHCHECK")
    assert json.loads(only("ENTRYPOINT")) == ["hpp-contract"]
    port = json.loads(only("CMD"))[-1]
    assert only("EXPOSE") == port
    assert f"127.0.0.1:{port}/-/healthy" in only("HEALTHCHECK")


def test_the_context_is_what_is_copied() -> None:
    """.dockerignore lets in exactly what the Dockerfile copies."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert [line[1:] for line in lines if line.startswith("!")] == copied()
    assert lines[1] == "*"


@pytest.mark.process
def test_the_lock_decides_the_versions(tmp_path: Path) -> None:
    """What is made of the lock pins every package of it, and nothing else is in it."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    (tmp_path / "requirements.lock").write_text(lock, encoding="utf-8")
    (script,) = [
        step.text for step in STEPS if step.name == "RUN" and "constraints.txt" in step.text and "sed" in step.text
    ]
    subprocess.run(["sh", "-ec", script], cwd=tmp_path, check=True)
    made = (tmp_path / "constraints.txt").read_text(encoding="utf-8").split()
    assert made == re.findall(r"^([a-z0-9.-]+==\S+) \\$", lock, re.MULTILINE)
    assert any(line.startswith("vcrpy==9.") for line in made)


@pytest.mark.process
def test_what_is_copied_is_enough_and_runs_where_nothing_can_be_written(tmp_path: Path) -> None:
    """The steps of the first stage make an environment whose command serves without writing to a file."""
    source, home = tmp_path / "src", tmp_path / "opt"
    source.mkdir()
    for name in copied():
        whole = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        whole(ROOT / name, source / name)
    offline = {
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",
        "PYTHONPATH": sysconfig.get_path("purelib"),
    }
    for step in (step for step in STEPS if step.name == "RUN"):
        script = step.text.replace("/opt/hpp-contract", str(home)).replace(
            "python3 -m venv", f"{PYTHON} -m venv --without-pip"
        )
        script = script.replace(f"{home}/bin/pip ", f"{home}/bin/python -m pip ").partition(" && ")[0]
        subprocess.run(["sh", "-ec", script], cwd=source, env={**os.environ, **offline}, check=True)
    command = [str(home / "bin" / "hpp-contract"), *(word.replace("8080", "0") for word in json.loads(only("CMD")))]
    environ = {
        "PATH": f"{home}/bin:{SYSTEM}",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": sysconfig.get_path("purelib"),
    }
    # A file size of 0: whatever writes a byte to a file is ended.
    nowhere = ["sh", "-c", 'ulimit -f 0; exec "$@"', "sh", *command]
    with subprocess.Popen(nowhere, cwd="/", env=environ, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        try:
            assert process.stdout is not None
            first, _, third = (process.stdout.readline() for _ in range(3))
            port = third.rpartition(":")[2].strip()
            check = json.loads(only("HEALTHCHECK").partition(" CMD ")[2].replace("8080", port))
            asked = subprocess.run([str(PYTHON), *check[1:]], check=False, capture_output=True, text=True)
        finally:
            process.terminate()
        said = process.communicate(timeout=30)[0]
    assert first.startswith("NOT ONLY THIS MACHINE"), said
    assert asked.returncode == 0, asked.stderr
    assert process.returncode == 3  # nobody asked for a session, and the health check is not judged
    assert "no request came to the reference endpoint" in said


@pytest.mark.process
def test_compose_is_valid_and_careful() -> None:
    """check-jsonschema finds compose.yaml valid; it publishes to loopback only, and the root is read-only."""
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.compose-spec",
        str(ROOT / "compose.yaml"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    service = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]["hpp"]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])


def test_commands_of_the_page_are_known() -> None:
    """Every `docker run` of docs/docker.md ends in words that the command line takes."""
    from hpp_contract.cli import COMMANDS

    page = (ROOT / "docs" / "docker.md").read_text(encoding="utf-8")
    runs = [shlex.split(line) for line in re.findall(r"^\$ docker run (.*)$", page, re.MULTILINE)]
    assert len(runs) >= 4
    assert {words[words.index("hpp-contract") + 1] for words in runs if words[-1] != "hpp-contract"} <= COMMANDS.keys()
