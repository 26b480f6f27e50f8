"""`--html`, `--gitlab` and `--annotations` on the command line: each command hands over what they have to show."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from html import escape
from pathlib import Path

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from hpp_contract.cases.scenarios import CREDENTIALS, SCENARIOS, session_id
from hpp_contract.cli import main
from hpp_contract.engine.edits import status
from hpp_contract.engine.fault import fault
from hpp_contract.model import Response
from hpp_contract.server import Server
from hpp_contract.spec.schema_files import load
from tests.harness.support.github_runner import runner
from tests.harness.support.html_reader import Page
from tests.harness.support.paths import ROOT
from tests.harness.support.sockets import answering

pytestmark = pytest.mark.process

CLIENT = """
def read_session(base_url, username, password, session_id, timeout):
    return {"session_id": session_id, "status": "WAITING"}
"""


def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HPP_")}
    return subprocess.run(
        [sys.executable, "-m", "hpp_contract", *arguments],
        cwd=cwd,
        env={**clean, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def headings(page: Page) -> list[str]:
    return [heading.text for heading in page.all("h2")]


def test_an_endpoint_is_shown_with_its_sessions(tmp_path: Path) -> None:
    """The page about an endpoint has its sessions and the lifecycle, and none of the ids that were read."""
    done = run("endpoint", "--html", "r.html", "--gitlab", "q.json", "--annotations", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    source = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert {"Rule by rule", "Session by session", "The lifecycle, as it was seen"} <= set(headings(Page(source)))
    assert [name for name in SCENARIOS if session_id(name) in source] == []
    assert json.loads((tmp_path / "q.json").read_text(encoding="utf-8")) == []
    assert {command.name for command in runner(done.stdout)} == {"notice"}
    assert done.stdout.startswith("::stop-commands::")


def test_a_client_is_shown_with_its_cases(tmp_path: Path) -> None:
    """The page about a client has a column for each case and the exchange behind each finding."""
    (tmp_path / "shop.py").write_text(CLIENT)
    done = run("client", "--python", "shop:read_session", "--only", "smoke,waiting", "--html", "r.html", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    page = Page((tmp_path / "r.html").read_text(encoding="utf-8"))
    columns = [heading.text for heading in page.all("th") if heading["scope"] == "col"]
    assert columns[:4] == ["rule", "the whole run", "smoke", "waiting"]
    assert "hpp-contract client --python shop:read_session --only smoke" in page.text


def test_recordings_are_shown_by_file(tmp_path: Path) -> None:
    """The page about recordings without times tells their sessions apart by the file."""
    done = run("recording", str(ROOT / "cassettes" / "documented"), "--html", "r.html", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    page = Page((tmp_path / "r.html").read_text(encoding="utf-8"))
    assert "completed-with-order 39a1c773…1267 COMPLETED" in [heading.text for heading in page.all("th")]


def test_drift_is_shown_with_its_history(tmp_path: Path) -> None:
    """The page about drift has what changed and, with a history, a chart of it that includes this run."""
    baseline = ("drift", "--baseline", "base", "--history", "runs.jsonl")
    assert run(*baseline, "--accept", "--reason", "first run", cwd=tmp_path).returncode == 0
    done = run(*baseline, "--html", "r.html", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    page = Page((tmp_path / "r.html").read_text(encoding="utf-8"))
    assert {"What changed", "Run by run"} <= set(headings(page))
    assert "2 runs from" in page.text


@pytest.mark.parametrize(
    "arguments", [("endpoint", "--polls", "none"), ("endpoint", "https://api.kustom.co"), ("nothing",)]
)
def test_a_run_that_ends_early_is_annotated_too(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """A usage error is one sentence on stderr and, when asked for, the same as an annotation."""
    done = run(*arguments, "--annotations", cwd=tmp_path)
    assert done.returncode == 2
    (annotation,) = runner(done.stdout)
    assert (annotation.name, done.stderr) == ("error", f"hpp-contract: {annotation.text}\n")


NAMES = ("##[error]x", "::set-output name=x::y", "\n::error::x", "##vso[task.complete]x")


@pytest.mark.parametrize("annotations", [True, False])
def test_no_runner_obeys_an_endpoint(tmp_path: Path, annotations: bool) -> None:
    """On a runner of GitHub, no name and no value that an endpoint sends becomes a command, asked for or not."""
    content = {**dict.fromkeys(NAMES, 1), "status": NAMES[0], "error_code": NAMES[1], "error_messages": [*NAMES]}
    fields = (("Content-Type", f"{NAMES[0]}; {NAMES[1]}"), ("##[error]", "1"), ("Vary", NAMES[0]))
    response = Response(404, fields, json.dumps(content).encode(), reason=NAMES[0])
    with answering(response) as (url, _):
        environment = {"HPP_API_KEY": "kco_test_api_made-up", "HPP_SESSION_IDS": NAMES[0], "GITHUB_ACTIONS": "true"}
        done = run("endpoint", url, *(["--annotations"] if annotations else []), cwd=tmp_path, **environment)
        refused = run("endpoint", f"{url}/{NAMES[0]}", cwd=tmp_path, **environment)
    assert (done.returncode, refused.returncode) == (1, 2)
    assert "Learned from this endpoint" in done.stdout
    commands = runner(done.stdout) + runner(done.stderr) + runner(refused.stderr)
    assert {command.name for command in commands} == ({"error", "warning"} if annotations else set())
    assert "##[" not in done.stdout + done.stderr + refused.stderr


@pytest.mark.socket
@pytest.mark.process
def test_a_finding_has_the_line_that_shows_it_again(tmp_path: Path) -> None:
    """In JSON, in HTML and with -v a finding about an endpoint has the curl line that asks again, without key or id."""
    session = session_id("waiting")
    credentials = {"HPP_API_KEY": CREDENTIALS.api_key, "HPP_USERNAME": CREDENTIALS.username or ""}
    environ = {**credentials, "HPP_SESSION_IDS": session}
    files = ("--json", str(tmp_path / "r.json"), "--html", str(tmp_path / "r.html"))
    with Server([fault("a", "waiting", status(202))]) as server:
        done = CliRunner(env=environ).invoke(main, ["endpoint", server.url, "-v", *files])
        report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
        Draft202012Validator(load("tool/report")).validate(report)
        lines = {finding["curl"] for rule in report["rules"] for finding in rule["findings"]}
        line = f'curl -i --path-as-is -u "$HPP_USERNAME:$HPP_API_KEY" {server.url}/hpp/v1/sessions/"$HPP_SESSION_ID"'
        assert lines == {line}
        if shutil.which("curl") is not None:
            command, ready = ["bash", "-c", line], os.environ | environ | {"HPP_SESSION_ID": session}
            again = subprocess.run(command, env=ready, capture_output=True, text=True, check=True)
            assert again.stdout.startswith("HTTP/1.1 202")
    assert line in " ".join(done.output.split())
    assert escape(line).replace("&quot;", "&#34;") in (tmp_path / "r.html").read_text(encoding="utf-8")
    assert session not in done.output + json.dumps(report)
