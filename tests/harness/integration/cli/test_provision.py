"""`--provision` and `--browser` on the command line: over TLS, interrupted, with and without a browser."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import jsonschema
import pytest

from hpp_contract.cases.scenarios import CREDENTIALS, session_id
from hpp_contract.model import Request, Response
from hpp_contract.spec.schema_files import folder
from tests.harness.support.browsers import HAS_CHROMIUM
from tests.harness.support.not_none import not_none
from tests.harness.support.paths import ROOT
from tests.harness.support.recording_server import recording
from tests.harness.support.serving import serving

pytestmark = pytest.mark.process

STATIC = Response(200, (("Content-Type", "text/html"),), b"<!doctype html><title>a page that needs scripts</title>")


def environment(**more: str) -> dict[str, str]:
    """The environment without what is ours, with the reference server's credentials and `more`."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("HPP_")}
    return plain | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "HPP_API_KEY": CREDENTIALS.api_key} | more


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "hpp_contract", "endpoint", *arguments]


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), env=environment(**environ), capture_output=True, text=True, timeout=120, check=False
    )


def hidden_from_robots(request: Request) -> Response | None:
    """A page that only a browser enters: to a plain GET it is some HTML."""
    robot = (request.header("user-agent") or "").startswith("hpp-contract")
    return STATIC if request.path.startswith("/hpp/payments/") and robot else None


@pytest.mark.parametrize("username", ["", CREDENTIALS.username])
def test_end_to_end_over_tls(username: str, tmp_path: Path) -> None:
    """A sandbox that speaks TLS is probed and provisioned by a command that trusts its authority, in both forms of
    credentials; what was learned is in every report."""
    files = {name: tmp_path / name for name in ("json", "markdown", "junit", "html")}
    options = [part for name, path in files.items() for part in (f"--{name}", str(path))]
    with serving("--tls") as served:
        authority = not_none(re.search(r"trust +(\S+)", served.said))[1]
        done = run(
            served.url,
            "--provision",
            *options,
            HPP_USERNAME=username,
            REQUESTS_CA_BUNDLE=authority,
            HPP_SESSION_IDS=session_id("completed-with-order"),
        )
        assert "holds 1 order and 1 session." in served.end()[1]
    report = json.loads(files["json"].read_text(encoding="utf-8"))
    jsonschema.validate(report, json.loads((folder("schemas") / "tool" / "report.json").read_text(encoding="utf-8")))
    learned = {each["question"]: each["answer"] for each in report["learned"]}
    assert (done.returncode, done.stderr) == (0, "")
    assert learned["What does a read answer after DELETE?"] == '200 with status "DISABLED"'
    assert learned["What does a 403 look like?"] == "not answered"
    assert "notes" not in report
    for text in (done.stdout, files["markdown"].read_text(encoding="utf-8")):
        assert "Learned from this endpoint" in text
        assert "Not answered: What does a 403 look like?" in text
    everything = done.stdout + "".join(path.read_text(encoding="utf-8") for path in files.values())
    for secret in CREDENTIALS.secrets:
        assert secret not in everything


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_process_cleans_up(number: int) -> None:
    """Ctrl-C, or the end of a job, while the endpoint keeps it waiting: the session is disabled first."""
    arrived, over = threading.Event(), threading.Event()

    def stall(request: Request) -> Response | None:
        if request.method == "GET" and any(made in request.path for made in recorder.made):
            arrived.set()
            over.wait(60)
        return None

    with recording(instead=stall) as (recorder, url):
        with subprocess.Popen(
            command(url, "--provision"), env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert arrived.wait(60)
            process.send_signal(number)
            _, complaints = process.communicate(timeout=60)
        over.set()
        assert recorder.statuses() == ["DISABLED"]
    assert process.returncode == 130
    assert "Traceback" not in complaints


@pytest.mark.parametrize(
    ("arguments", "environ", "words"),
    [
        (("https://api.kustom.co", "--provision", "--allow-production"), {}, "never made in production"),
        (("https://api.playground.kustom.co", "--provision"), {"HPP_API_KEY": "kco_live_api_made-up"}, "a live key"),
        (("http://127.0.0.1:9", "--browser"), {}, "give both"),
        (("http://127.0.0.1:9", "--provision"), {"HPP_ORDER": "/nowhere/order.json"}, "cannot be read"),
    ],
)
def test_usage_errors(arguments: tuple[str, ...], environ: dict[str, str], words: str) -> None:
    """What must not be done is refused with one sentence and exit code 2, before anything is sent."""
    done = run(*arguments, **environ)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.skipif(not HAS_CHROMIUM, reason="chromium or chromedriver is not on the path")
def test_browser_enters_the_page(tmp_path: Path) -> None:
    """Where a plain GET does nothing, Chromium enters the session, and the read that follows is judged."""
    with recording(instead=hidden_from_robots) as (recorder, url):
        done = run(url, "--provision", "--browser", "--json", str(tmp_path / "json"))
        report = json.loads((tmp_path / "json").read_text(encoding="utf-8"))
    learned = {each["question"]: each["answer"] for each in report["learned"]}
    assert done.returncode == 0
    assert "notes" not in report
    assert learned["Does a plain GET of redirect_url move WAITING to IN_PROGRESS?"].startswith("no, it stayed WAITING")
    entered = [line for line in recorder.lines if "PAGE" in line]
    assert len(entered) == 2
    assert recorder.statuses() == ["DISABLED"]
    exercised = {rule["slug"] for rule in report["rules"] if rule["outcome"] == "ok"}
    assert "never-back-to-waiting" in exercised


def fake_browser(folder: Path, script: str) -> str:
    """A path on which `chromium` is this shell script, and nothing else is found before the system's."""
    browser = folder / "chromium"
    browser.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    browser.chmod(0o755)
    return f"{folder}:/usr/bin:/bin"


@pytest.mark.parametrize(
    ("script", "words"), {"exit 0": "stayed WAITING", "exit 7": "Chromium ended with exit code 7"}.items()
)
def test_browser_is_best_effort(script: str, words: str, tmp_path: Path) -> None:
    """A browser that fails, or opens the page without effect, is a note and no failure."""
    with recording(instead=hidden_from_robots) as (recorder, url):
        done = run(url, "--provision", "--browser", PATH=fake_browser(tmp_path, script))
    assert done.returncode == 0
    assert words in " ".join(done.stdout.split())
    assert recorder.statuses() == ["DISABLED"]


def test_no_browser_is_a_note(tmp_path: Path) -> None:
    """Without a Chromium the run says so and goes on."""
    with recording(instead=hidden_from_robots) as (recorder, url):
        done = run(url, "--provision", "--browser", PATH=str(tmp_path))
    assert done.returncode == 0
    assert "No Chromium is on the path" in done.stdout
    assert recorder.statuses() == ["DISABLED"]


def test_browser_learns_no_secret(tmp_path: Path) -> None:
    """Chromium is given the page and a new profile, and nothing of the environment that is ours."""
    script = f'env > "{tmp_path}/env"; echo "$@" > "{tmp_path}/arguments"'
    with recording() as (_, url):
        username = not_none(CREDENTIALS.username)
        run(url, "--provision", "--browser", PATH=fake_browser(tmp_path, script), HPP_USERNAME=username)
    given = (tmp_path / "env").read_text(encoding="utf-8") + (tmp_path / "arguments").read_text(encoding="utf-8")
    assert re.search(r"--user-data-dir=\S+ http://127\.0\.0\.1:\d+/hpp/payments/\S+\n$", given)
    assert "HPP_" not in given
    for secret in CREDENTIALS.secrets:
        assert secret not in given
