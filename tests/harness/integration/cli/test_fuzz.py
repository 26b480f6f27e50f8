"""Fuzzing from the command line, and Schemathesis alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.cases.scenarios import CREDENTIALS
from hpp_contract.cli import main
from hpp_contract.engine.edits import body, header, status
from hpp_contract.engine.fault import fault
from hpp_contract.generate import answer, valid
from hpp_contract.privacy.pseudonyms import mask_members
from hpp_contract.probe.fuzz.schema import OFF
from hpp_contract.server import Server
from tests.harness.support.fuzzing import asked_for, broken, only
from tests.harness.support.paths import ROOT


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HPP_")}
    command = [sys.executable, "-m", "hpp_contract", "endpoint", *arguments]
    given = clean | {"PYTHONPATH": str(ROOT)} | environ
    return subprocess.run(command, env=given, capture_output=True, text=True, timeout=120, check=False)


def test_without_schemathesis(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra, the sentence says how to get it; a Schemathesis that is there and broken is no missing one."""
    for name in [name for name in sys.modules if name.startswith("hpp_contract.probe.fuzz.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "schemathesis", None)
    done = CliRunner().invoke(main, ["endpoint", "--fuzz", "5"])
    said = "hpp-contract: --fuzz needs another package: pip install 'hpp-contract[fuzz]'.\n"
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", said)
    monkeypatch.setitem(sys.modules, "hpp_contract.probe.fuzz.check", None)
    assert "internal error (ModuleNotFoundError)" in CliRunner().invoke(main, ["endpoint", "--fuzz", "5"]).stderr


@pytest.mark.process
def test_command_finds_and_hides(tmp_path: Path) -> None:
    """The command reports what odd ids find, with a command to repeat it, and shows no credential anywhere."""
    echo = only(
        asked_for(lambda text: len(text) > 200), lambda x: header("X-Debug", x.request.header("authorization"))(x)
    )
    with Server([fault("echo", "malformed-id", echo)]) as server:
        key = server.credentials.api_key
        done = run(server.url, "--fuzz", "40", "--json", str(tmp_path / "r.json"), "--seed", "2", HPP_API_KEY=key)
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert done.returncode == report["exit_code"] == 1
    findings = next(rule for rule in report["rules"] if rule["id"] == "HPP-E12")["findings"]
    assert any("curl -i" in finding["evidence"] for finding in findings)
    assert key not in done.stdout + done.stderr + json.dumps(report)


@pytest.mark.process
@pytest.mark.parametrize(
    ("arguments", "output"),
    [
        (["https://api.kustom.co", "--fuzz", "5"], "production"),
        (["https://api.kustom.co", "--fuzz", "5", "--allow-production"], "never goes to production"),
        (["https://api.playground.kustom.co", "--fuzz", "5", "--allow-production"], "never goes to production"),
        (["--fuzz", "0"], "--fuzz"),
    ],
)
def test_production_is_never_fuzzed(arguments: list[str], output: str) -> None:
    """Production is refused before anything is sent, allowed or not."""
    done = run(*arguments, HPP_API_KEY="kco_test_api_never-sent")
    assert (done.returncode, done.stdout) == (2, "")
    assert output in done.stderr


def settings() -> dict[str, object]:
    return tomllib.loads((ROOT / "schemathesis.toml").read_text(encoding="utf-8"))


def test_settings_agree() -> None:
    """Alone, Schemathesis is as careful: the same checks are off, and no other method is tried."""
    loaded: dict[str, object] = settings()
    checks = loaded["checks"]
    assert isinstance(checks, dict)
    assert {name for name, each in checks.items() if not each["enabled"]} == {*OFF, "response_schema_conformance"}
    assert loaded["phases"] == {"coverage": {"unexpected-methods": []}, "stateful": {"enabled": False}}
    assert (loaded["rate-limit"], loaded["max-redirects"]) == ("10/s", 0)


@pytest.mark.process
def test_schemathesis_runs_in_its_own_process(tmp_path: Path) -> None:
    """`schemathesis run schemas/openapi.json` finds by our rules, sends GET only and shows no token in any report."""
    token = "deadbeef-1111-4222-8333-5566778899aa"
    session = {"session_id": "x", "authorization_token": token, "customer": {"family_name": "Geheimperson"}}
    with Server([fault("leak", "unknown-id", status(200), body(json.dumps(session).encode()))]) as server:
        command = ["schemathesis", "run", "schemas/openapi.json", "--url", server.url, "--max-time", "3"]
        command += ["--rate-limit", "1000/s", "--report", "ndjson,har,vcr,junit", "--report-dir", str(tmp_path)]
        environ = os.environ | {"HPP_API_KEY": CREDENTIALS.api_key}
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        done = subprocess.run(
            command, env=environ | {"PATH": path}, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
        )
        methods = {exchange.request.method for exchange in server.log}
    assert done.returncode == 1, done.stdout + done.stderr
    assert "HPP-S02 members-present" in done.stdout
    assert methods == {"GET"}
    reports = [done.stdout, done.stderr, *(path.read_text("utf-8") for path in tmp_path.iterdir())]
    assert len(reports) == 6
    for secret in (token, "Geheimperson", CREDENTIALS.api_key):
        assert not [text for text in reports if secret in text]


@pytest.mark.parametrize("shape", ["completed-with-token", "completed-with-order", "manual-id-check"])
@given(data=st.data())
def test_masks_change_no_verdict(shape: str, data: st.DataObject) -> None:
    """A masked body shows nothing about a person or an order, and every rule says the same of it."""
    original = data.draw(valid(shape))
    for ascii_only in (True, False):
        hidden = json.loads(mask_members(json.dumps(original, ensure_ascii=ascii_only).encode()))
        assert broken((answer(hidden),)) == {}
        assert hidden["session_id"] == original["session_id"]
        for name in ("authorization_token", "order_id", "klarna_reference"):
            assert len(hidden.get(name, "")) == len(original.get(name, ""))
            assert not (set(hidden.get(name, "")) & set("bcdefghijklmnopqrstuvwxyz023456789"))
