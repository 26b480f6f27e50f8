"""A run that verified nothing says so, from every command, on the screen, in every file and by its exit code."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from hpp_contract.cases.scenarios import CREDENTIALS, session_id
from hpp_contract.cli import main
from hpp_contract.reporting.formats import WRITERS
from hpp_contract.server import Server
from tests.harness.support.junit_reader import passing
from tests.harness.support.paths import ROOT

pytestmark = pytest.mark.socket

FILES = tuple(word for writer in WRITERS for word in (writer.option, f"r.{writer.name}"))


@pytest.fixture
def closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of an endpoint that is gone; the environment has credentials and a session for it."""
    for name in [name for name in os.environ if name.startswith("HPP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HPP_API_KEY", CREDENTIALS.api_key)
    monkeypatch.setenv("HPP_SESSION_IDS", session_id("waiting"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "torn.yaml").write_text("interactions:\n- request: {", encoding="utf-8")
    with Server() as server:
        return server.url


@pytest.mark.parametrize(
    "words",
    [
        ("endpoint", "URL"),
        ("record", "URL", "--to", "recorded"),
        ("drift", "URL", "--baseline", str(ROOT / "cassettes" / "documented")),
        ("drift", "--fresh", "torn.yaml", "--baseline", str(ROOT / "cassettes" / "documented")),
        ("recording", "torn.yaml"),
    ],
    ids=["endpoint", "record", "drift", "fresh", "recording"],
)
def test_every_command_says_so(words: tuple[str, ...], closed: str) -> None:
    """The exit code is 3, the first line and each file say that and why, and no test in JUnit passes."""
    named = [closed if word == "URL" else word for word in words]
    if "URL" not in words:
        os.environ.pop("HPP_API_KEY")
        os.environ.pop("HPP_SESSION_IDS")
    done = CliRunner().invoke(main, [*named, "--annotations", *FILES])
    assert done.exit_code == 3, done.output
    said = [line for line in done.stdout.splitlines() if not line.startswith("::")]
    assert said[0].startswith("Could not verify")
    assert re.search(r"refuses connections|neither JSON nor YAML", " ".join(said[:4]))
    assert "::error title=Could not verify" in done.stdout
    read = {writer.name: Path(f"r.{writer.name}").read_text(encoding="utf-8") for writer in WRITERS}
    assert read["markdown"].startswith("## Could not verify")
    assert re.search(r'<h1 id="headline">Could not verify', read["html"])
    assert [entry["check_name"] for entry in json.loads(read["gitlab"])] == ["could-not-verify"]
    judged = json.loads(read["json"])
    assert judged["exit_code"] == 3
    assert judged["unverified"]
    assert passing(read["junit"]) == []
    assert "<error " in read["junit"]


def test_a_recording_with_refusals_only(closed: str) -> None:
    """Refusals alone are kept, and the first line says that there is no session in the recording."""
    url = f"{closed}/hpp/v1/sessions/{session_id('waiting')}"
    asked = {"method": "GET", "url": url, "headers": {"Authorization": "Basic [redacted]"}}
    error = {"error_code": "NOT_FOUND", "error_messages": ["none"], "correlation_id": "0"}
    answer = {"status": 404, "headers": {"Content-Type": "application/json"}, "body": json.dumps(error)}
    Path("log.ndjson").write_text(json.dumps({"request": asked, "response": answer}) + "\n", encoding="utf-8")
    done = CliRunner().invoke(main, ["recording", "log.ndjson", "--markdown", "r.md"])
    assert done.exit_code == 0, done.output
    for text in (done.stdout, Path("r.md").read_text(encoding="utf-8")):
        assert "but no session in it" in text.splitlines()[0]
