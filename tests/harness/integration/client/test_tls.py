"""Clients over https: the authority to trust reaches them, whichever way they want it."""

from __future__ import annotations

import http.client
import os
import shlex
import ssl
import sys
from pathlib import Path
from typing import Any

import pytest

from hpp_contract.cases import CASES
from hpp_contract.cli import main
from hpp_contract.cli.client import VARIABLES, trusting
from hpp_contract.client import GeneratedOptions, RunOptions, run
from hpp_contract.client.adapters.adapter import Adapter
from hpp_contract.client.adapters.command_template import CommandTemplateAdapter
from hpp_contract.client.adapters.python import PythonAdapter
from hpp_contract.engine import Outcome, Report, Subject
from hpp_contract.server.tls import Tls, throwaway
from tests.harness.support.paths import ROOT
from tests.harness.support.sample_clients import FollowingClient

ORDINARY = tuple(case for case in CASES.values() if not case.slow)
READ = """
import base64, json, ssl, sys, urllib.request
base_url, username, password, session_id, ca_file = sys.argv[1:]
key = base64.b64encode(f"{username}:{password}".encode()).decode()
request = urllib.request.Request(f"{base_url}/hpp/v1/sessions/{session_id}", headers={"Authorization": f"Basic {key}"})
trusted = ssl.create_default_context(cafile=ca_file)
print(urllib.request.urlopen(request, timeout=60, context=trusted).read().decode())
"""


class SecureClient(FollowingClient):
    """Speaks https, and trusts whom it is told to."""

    ca_file: str | None = None

    def __call__(
        self, base_url: str, username: str, password: str, session_id: str, timeout: float, ca_file: str | None = None
    ) -> Any:
        assert base_url.startswith("https://127.0.0.1:")
        self.ca_file = ca_file
        return super().__call__(base_url, username, password, session_id, timeout)

    def send(self, host: str, port: int | None, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
        trusted = ssl.create_default_context(cafile=self.ca_file)
        connection = http.client.HTTPSConnection(host, port, timeout=self.timeout(), context=trusted)
        try:
            connection.request(self.method, path, self.body, headers | {"Accept-Encoding": "identity"})
            with connection.getresponse() as response:
                self.location = response.headers.get("Location")
                return response.status, response.read()
        finally:
            connection.close()


def judged(adapter: Adapter, folder: Path, *names: str, **how: Any) -> Report:
    cases = tuple(CASES[name] for name in names) or ORDINARY
    return run(cases, lambda: adapter, Subject("client", "a"), RunOptions(tls=throwaway(folder), **how))


def blamed(report: Report) -> set[str]:
    return {verdict.rule.id for verdict in report.rules if verdict.outcome not in (Outcome.OK, Outcome.NOT_EXERCISED)}


@pytest.mark.socket
def test_every_case_goes_over_https(tmp_path: Path) -> None:
    """A function with a parameter ca_file is told whom to trust, and keeps the contract over https, redirects too."""
    report = judged(PythonAdapter(SecureClient()), tmp_path, generated=GeneratedOptions(5))
    assert blamed(report) == set()
    assert "5 generated sessions (seed 0) were read too." in report.notes


@pytest.mark.process
def test_a_template_names_the_authority(tmp_path: Path) -> None:
    """A command that reads one session learns it from {ca_file}."""
    words = ("{base_url}", "{username}", "{password}", "{session_id}", "{ca_file}")
    command = shlex.join([sys.executable, "-c", READ, *words])
    assert blamed(judged(CommandTemplateAdapter(command), tmp_path, "smoke")) == set()


@pytest.mark.socket
def test_who_trusts_nobody_gets_nothing(tmp_path: Path) -> None:
    """A client that is not told whom to trust does not get a session."""

    class Untold(SecureClient):
        def send(self, *where: Any) -> tuple[int, bytes]:
            self.ca_file = None
            return super().send(*where)

    assert "HPP-R02" in blamed(judged(PythonAdapter(Untold()), tmp_path, "smoke"))


@pytest.mark.process
def test_adapters_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An adapter that knows nothing of it trusts by its environment, which is as before when the run ends."""
    monkeypatch.setenv(VARIABLES[0], str(tmp_path / "mine.pem"))
    monkeypatch.setenv("COLUMNS", "300")
    before = dict(os.environ)
    adapter = shlex.join([sys.executable, str(ROOT / "examples" / "python-requests" / "adapter.py")])
    with pytest.raises(SystemExit) as left:
        main(["client", "--command", adapter, "--only", "smoke,not-found", "--tls"])
    assert not left.value.code, capsys.readouterr().out
    assert dict(os.environ) == before


@pytest.mark.socket
def test_commands_keep_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What shows a finding again says --tls too."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "says_nothing.py").write_text(
        "def read(base_url, username, password, session_id, timeout): return {'status': 'COMPLETED'}\n"
    )
    with pytest.raises(SystemExit) as left:
        main(["client", "--python", "says_nothing:read", "--only", "smoke", "--tls"])
    assert left.value.code == 1
    assert "hpp-contract client --python says_nothing:read --tls --only smoke" in capsys.readouterr().out


def test_the_environment_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """What named an authority before names it again, and what was not set is not set."""
    kept, *others = VARIABLES
    monkeypatch.setenv(kept, "own.pem")
    for name in others:
        monkeypatch.delenv(name, raising=False)
    with trusting(Tls(ssl.create_default_context(), Path("throwaway.pem"))):
        assert {os.environ[name] for name in VARIABLES} == {"throwaway.pem"}
    assert {name: os.environ[name] for name in VARIABLES if name in os.environ} == {kept: "own.pem"}
