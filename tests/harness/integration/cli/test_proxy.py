"""`hpp-contract proxy`: what it takes, says and writes, and with which exit code it ends."""

from __future__ import annotations

import importlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner, Result

from hpp_contract.cases.scenarios import CREDENTIALS, session_id
from hpp_contract.cli import main
from hpp_contract.engine.edits import drop, status
from hpp_contract.engine.errors import SystemRefused, Unverifiable
from hpp_contract.engine.fault import Fault, fault
from hpp_contract.model.credentials import Credentials
from hpp_contract.reporting.formats import WRITERS
from hpp_contract.server import Server
from hpp_contract.server.wire import Listener
from hpp_contract.spec.session import OUTCOME
from tests.harness.integration.probe.test_secrets import FORMS, HOSTILE, Behaviour, leaks
from tests.harness.support.not_none import not_none
from tests.harness.support.paths import ROOT
from tests.harness.support.recording_server import recording
from tests.harness.support.serving import DOCUMENTED

INCOMPLETE = fault("incomplete", "completed-with-order", drop(*OUTCOME))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["proxy", *arguments])


class Stopped(threading.Event):
    """Ctrl-C, once `use` has used the proxy."""

    def __init__(self, use: Callable[[], None]) -> None:
        super().__init__()
        self._use = use

    def wait(self, timeout: float | None = None) -> bool:  # noqa: ARG002  an event's signature
        self._use()
        return True


def use_proxy(monkeypatch: pytest.MonkeyPatch, folder: Path, use: Callable[[str], None], *arguments: str) -> Result:
    """Run the command, and end it after `use` of its URL."""
    path = folder / "ready.json"

    @contextmanager
    def stop_signal() -> Iterator[threading.Event]:
        yield Stopped(lambda: use(json.loads(path.read_text(encoding="utf-8"))["url"]))

    monkeypatch.setattr(importlib.import_module("hpp_contract.cli.proxy"), "stop_signal", stop_signal)
    done = run("--ready-file", str(path), *arguments)
    assert not path.exists()
    return done


def read(url: str, name: str, headers: dict[str, str] = DOCUMENTED) -> requests.Response:
    return requests.get(f"{url}/hpp/v1/sessions/{session_id(name)}", headers=headers, timeout=60, allow_redirects=False)


# --- What it says


@pytest.mark.socket
def test_a_kept_contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says where it listens and what to do, then the report; every format is written; cassettes are recorded."""
    files = [word for each in WRITERS for word in (each.option, str(tmp_path / each.name))]
    with Server() as server:
        done = use_proxy(
            monkeypatch, tmp_path, lambda url: read(url, "waiting").raise_for_status(),
            "--to", server.url, "--record", str(tmp_path / "kept"), *files,
        )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert f"\nand passes reads on to {server.url}\n" in done.stdout
    assert "open until Ctrl-C; then the report follows." in done.stdout
    assert "Contract kept\nrecording: traffic to http://127.0.0.1:" in done.stdout
    assert "1 read passed through the proxy." in done.stdout
    assert "Recorded into 1 cassette in" in done.stdout
    assert (tmp_path / "kept" / "waiting.yaml").exists()
    assert all((tmp_path / each.name).stat().st_size for each in WRITERS)
    report = json.loads((tmp_path / "json").read_text(encoding="utf-8"))
    assert report["subject"] == {"kind": "recording", "name": f"traffic to {server.url}", "embedded": False}
    assert {rule["id"][4] for rule in report["rules"]} == set("RHSPCLE")
    assert "53d19cb7…" in (tmp_path / "html").read_text(encoding="utf-8")


@pytest.mark.socket
@pytest.mark.parametrize("options", [(), ("-q",)])
def test_a_broken_contract(options: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A finding is one line before the report, but with -q; the exit code is 1."""

    def use(url: str) -> None:
        for _ in range(3):
            read(url, "completed-with-order")

    with Server([INCOMPLETE]) as server:
        done = use_proxy(monkeypatch, tmp_path, use, "--to", server.url, *options)
    assert done.exit_code == 1
    lines = [line for line in done.stdout.partition("Contract broken")[0].splitlines() if "HPP-" in line]
    assert len(lines) == (0 if options else 1)
    assert all(
        re.fullmatch(r"broken HPP-C01 \S+: /\S+: expected .*, found .*, request 1: GET …/hpp/\S+…\w{4}", each)
        for each in lines
    )


@pytest.mark.socket
def test_a_warning_is_a_line_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is only a warning says so."""

    def use(url: str) -> None:
        read(url, "waiting")
        read(url, "failed")

    with Server([fault("unavailable", "waiting", status(503))]) as server:
        done = use_proxy(monkeypatch, tmp_path, use, "--to", server.url, "--strict")
    assert done.exit_code == 1
    assert "\nwarned HPP-H03 no-passing-failure: response: expected " in done.stdout


@pytest.mark.socket
def test_a_known_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is on record is a line, which says so, and fails nothing."""
    (tmp_path / "known.txt").write_text("# the sandbox forgets it\nHPP-C01\n", encoding="utf-8")
    with Server([INCOMPLETE]) as server:
        done = use_proxy(
            monkeypatch, tmp_path, lambda url: read(url, "completed-with-order").close(),
            "--to", server.url, "--known-failing", str(tmp_path / "known.txt"),
        )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "\nknown  HPP-C01 " in done.stdout


@pytest.mark.socket
def test_nothing_came(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing seen is nothing verified."""
    with Server() as server:
        done = use_proxy(monkeypatch, tmp_path, lambda _: None, "--to", server.url)
    assert done.exit_code == 3
    assert "Could not verify: no read came through the proxy: point a client at" in done.stdout


@pytest.mark.socket
def test_connections_that_the_system_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are a note: the others were served."""

    class Refused(Listener):
        """As if one connection had found no file left."""

        def stop(self) -> None:
            super().stop()
            self.refused = SystemRefused("the system refused to open another file.")

    monkeypatch.setattr(importlib.import_module("hpp_contract.cli.proxy"), "Listener", Refused)
    with Server() as server:
        done = use_proxy(monkeypatch, tmp_path, lambda url: read(url, "waiting").close(), "--to", server.url)
    assert done.exit_code == 0
    assert "Connections were closed, because the system refused to open another file." in done.stdout


@pytest.mark.socket
def test_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With --tls the client trusts the file that is printed and is in the ready file."""
    found: list[str] = []

    def use(url: str) -> None:
        ready = json.loads((tmp_path / "ready.json").read_text(encoding="utf-8"))
        assert ready.keys() == {"url", "ca_file"}
        found.append(ready["ca_file"])
        answer = requests.get(
            f"{url}/hpp/v1/sessions/{session_id('waiting')}", headers=DOCUMENTED, verify=found[0], timeout=60
        )
        assert answer.json()["status"] == "WAITING"

    with Server() as server:
        done = use_proxy(monkeypatch, tmp_path, use, "--to", server.url, "--tls")
    assert done.exit_code == 0, done.output
    assert "listens at https://127.0.0.1:" in done.stdout
    assert f"trust      {found[0]}" in done.stdout


# --- What it refuses


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--to", "https://api.kustom.co"), "api.kustom.co is a production host"),
        (("--to", "https://API.klarna.com./x"), "is a production host"),
        (("--to", "https://api.kustom.co", "--allow-production", "--pass"), "reads is sent: leave --pass out."),
        (("--to", "http://hpp.example"), "http://hpp.example would send the credentials unencrypted: use https."),
        (("--to", "https://user:secret@hpp.example"), "the base URL must not hold credentials"),
        (("--to", "https://hpp.example/hpp/v1/sessions"), "the base URL ends before /hpp/v1"),
        (("--to", "ftp://hpp.example"), "the base URL is not an https URL of a host"),
        (("--to", ""), "the base URL is not an https URL of a host"),
        (("--to", "http://localhost:8080", "--port", "8080"), "--to and --port name one port (8080)"),
        (("--to", "http://127.0.0.1:9", "--seed", "1"), "--seed does nothing here"),
        (("--to", "http://127.0.0.1:9", "--ready-file", "/no/such/folder/x"), "/no/such/folder/x cannot be written"),
        ((), "Missing option '--to'."),
    ],
)  # fmt: skip
def test_wrong_usage(arguments: tuple[str, ...], sentence: str) -> None:
    """What is unsafe or useless is refused at once, in one sentence."""
    done = run(*arguments)
    assert (done.exit_code, done.stdout) == (2, ""), done.output
    assert sentence in done.stderr
    assert "secret" not in done.stderr
    assert re.fullmatch(r"hpp-contract: [^\n]*[.?]\n", done.stderr)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """It is said before anything passes, and so is one with recordings of the embedded server."""
    (tmp_path / "file").touch()
    done = run("--to", "http://127.0.0.1:9", "--record", str(tmp_path / "file"))
    assert (done.exit_code, done.stdout) == (2, "")
    assert "file could not be written (File exists): name another folder." in done.stderr


@pytest.mark.socket
def test_a_folder_of_another_kind(tmp_path: Path) -> None:
    """Recordings of the embedded server and of an endpoint are never mixed."""
    assert CliRunner().invoke(main, ["record", "--to", str(tmp_path)]).exit_code == 0
    done = run("--to", "http://127.0.0.1:9", "--record", str(tmp_path))
    assert (done.exit_code, done.stdout) == (2, "")
    assert "holds embedded cassettes, and these would be recorded: name another folder." in done.stderr


@pytest.mark.socket
@pytest.mark.parametrize("faults", [[], [INCOMPLETE]])
def test_what_was_not_recorded_is_not_green(
    faults: list[Fault], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cassette that could not be written makes the run unverified, and hides nothing that is broken."""

    def refuse(*_: object) -> None:
        raise Unverifiable("x.yaml was not written: an id was left in it.")

    monkeypatch.setattr("hpp_contract.recordings.write.Persister.write", refuse)
    with Server(faults) as server:
        done = use_proxy(
            monkeypatch, tmp_path, lambda url: read(url, "completed-with-order").close(),
            "--to", server.url, "--record", str(tmp_path / "kept"),
        )  # fmt: skip
    assert done.exit_code == (1 if faults else 3)
    assert "x.yaml was not written: an id was left in it." in " ".join(done.stdout.split())


@pytest.mark.socket
def test_a_port_that_is_taken() -> None:
    """A port in use is one sentence that names it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        done = run("--to", "http://127.0.0.1:9", "--port", str(port))
    assert done.exit_code == 2
    assert re.fullmatch(rf"hpp-contract: cannot listen on port {port} \(.*in use\).*\n", done.stderr)


@pytest.mark.socket
def test_authorities_that_are_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that names no file is wrong usage, before anything passes."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/file.pem")
    done = run("--to", "https://hpp.example")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "names a file of authorities that does not exist" in done.stderr


# --- Credentials


@pytest.mark.socket
@pytest.mark.parametrize("credentials", FORMS.values(), ids=list(FORMS))
@pytest.mark.parametrize("behave", HOSTILE, ids=lambda behave: behave.__name__)
def test_no_credentials_are_kept_or_printed(
    behave: Behaviour, credentials: Credentials, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However an endpoint throws a client's credentials back, none of them is in any line, report or cassette."""
    files = [word for each in WRITERS for word in (each.option, str(tmp_path / each.name))]
    known = {"Authorization": credentials.authorization}

    def use(url: str) -> None:
        for name in ("waiting", "completed-with-order", "waiting"):
            assert read(url, name, known).status_code > 0

    with recording(behave) as (recorder, endpoint):
        done = use_proxy(monkeypatch, tmp_path, use, "--to", endpoint, "-v", "--record", str(tmp_path / "kept"), *files)
    assert isinstance(done.exception, SystemExit), done.output
    assert {request.header("authorization") for request in recorder.got} == {credentials.authorization}
    assert leaks(credentials, done.output + done.stderr, tmp_path) == []


# --- As a process


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "hpp_contract", "proxy", *arguments]


@pytest.mark.process
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_runs_until_it_is_ended(number: int, tmp_path: Path) -> None:
    """Ctrl-C and a request to terminate end it with the report; findings come before."""
    environ = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "NO_COLOR": "1"}
    with (
        Server([INCOMPLETE]) as server,
        subprocess.Popen(
            command("--to", server.url, "--json", str(tmp_path / "report.json")), stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, encoding="utf-8", env=environ,
        ) as process,
    ):  # fmt: skip
        try:
            out = not_none(process.stdout)
            url = not_none(re.search(r"listens at (\S+)", out.readline()))[1]
            assert any("Findings as they are made" in line for line in iter(out.readline, ""))
            assert read(url, "completed-with-order").status_code == 200
            assert out.readline().startswith("broken HPP-C01 ")
            process.send_signal(number)
            said, complaints = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, complaints) == (1, "")
    assert "Contract broken: 1 rule" in said
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["exit_code"] == 1
    assert CREDENTIALS.api_key not in said
