"""`hpp-contract serve`: what its options make it serve."""

from __future__ import annotations

import importlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
import requests
from click.testing import CliRunner, Result

from hpp_contract.cases.scenarios import CREDENTIALS, session_id
from hpp_contract.cli import main
from hpp_contract.cli.serve import _report, served_body
from hpp_contract.cli.serve_text import NO_CREDENTIALS
from hpp_contract.server import Server, simulate_server
from hpp_contract.server.wire import EVERY_ADDRESS
from hpp_contract.spec.endpoint import SESSIONS_PATH
from tests.harness.support.sockets import HANG


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


@contextmanager
def stopped_at_once() -> Iterator[threading.Event]:
    """As if Ctrl-C was pressed right away."""
    stopped = threading.Event()
    stopped.set()
    yield stopped


@pytest.mark.socket
def test_serving_a_body_with_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body from a file is served beside named faults; that nobody asked is not a verdict."""
    monkeypatch.setattr(importlib.import_module("hpp_contract.cli.serve"), "stop_signal", stopped_at_once)
    (tmp_path / "body.json").write_text("{broken")
    done = run("serve", "--port", "0", "--body", str(tmp_path / "body.json"), "--fault", "breaks-off")
    assert done.exit_code == 3
    assert "no request came to the reference endpoint" in done.output


@pytest.mark.parametrize(
    ("text", "is_error"),
    [("{broken", False), ("[]", False), ('{"error_code": 1}', True), ('{"correlation_id": 1, "status": 2}', False)],
)
def test_a_served_body_is_a_session_or_an_error(tmp_path: Path, text: str, is_error: bool) -> None:
    """An error object is answered with 404, all else as a session."""
    (tmp_path / "body").write_text(text)
    _, fault = served_body(tmp_path / "body")
    response = fault(simulate_server("waiting")[0]).response
    assert response is not None
    assert (response.status, response.body) == (404 if is_error else 200, text.encode())


# --- Where it listens, and when it is ready


class Stopped(threading.Event):
    """Ctrl-C, once `look` has looked."""

    def __init__(self, look: Callable[[], None]) -> None:
        super().__init__()
        self._look = look

    def wait(self, timeout: float | None = None) -> bool:  # noqa: ARG002  an event's signature
        self._look()
        return True


def serve_and_look(monkeypatch: pytest.MonkeyPatch, look: Callable[[], None], *arguments: str) -> Result:
    """Serve, and end after `look`."""

    @contextmanager
    def stop_signal() -> Iterator[threading.Event]:
        yield Stopped(look)

    monkeypatch.setattr(importlib.import_module("hpp_contract.cli.serve"), "stop_signal", stop_signal)
    return run("serve", *arguments)


@pytest.mark.socket
@pytest.mark.parametrize("options", [(), ("--tls",)])
def test_a_file_says_when_it_is_ready(
    options: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the server answers, the file has its URL, its credentials and the authority to trust; then it is gone."""
    path, found = tmp_path / "ready.json", []

    def look() -> None:
        ready = json.loads(path.read_text(encoding="utf-8"))
        trust = ready["ca_file"] or True
        known = {"Authorization": f"Basic {ready['api_key']}"}
        answer = requests.get(
            f"{ready['url']}{SESSIONS_PATH}{session_id('waiting')}", headers=known, verify=trust, timeout=9
        )
        found.append((answer.json()["status"], ready["username"], bool(ready["ca_file"])))

    done = serve_and_look(monkeypatch, look, "--ready-file", str(path), *options)
    assert done.exit_code == 0, done.output
    assert found == [("WAITING", CREDENTIALS.username, "--tls" in options)]
    assert not path.exists()


def test_a_ready_file_that_cannot_be_written() -> None:
    """A file in no folder is a usage error before anything is served."""
    done = run("serve", "--ready-file", "/no/such/folder/ready.json")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "/no/such/folder/ready.json cannot be written" in done.stderr


@pytest.mark.socket
def test_health_is_not_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """/-/healthy answers without credentials and belongs to no verdict: nobody asked for a session."""
    path, found = tmp_path / "ready.json", []

    def look() -> None:
        url = json.loads(path.read_text(encoding="utf-8"))["url"]
        found.append(requests.get(f"{url}/-/healthy", timeout=9))

    done = serve_and_look(monkeypatch, look, "--ready-file", str(path), "--fault", "answers-202")
    assert done.exit_code == 3
    assert "no request came to the reference endpoint" in done.output
    assert [(answer.status_code, answer.text) for answer in found] == [(200, "healthy\n")]


@pytest.mark.socket
def test_every_address_is_said_loudly(monkeypatch: pytest.MonkeyPatch) -> None:
    """What other machines can reach says so first; the URL in what is printed works on this one."""
    done = serve_and_look(monkeypatch, lambda: None, "--host", EVERY_ADDRESS)
    assert done.stdout.startswith("NOT ONLY THIS MACHINE: whoever reaches 0.0.0.0 can use this server;")
    assert "The reference endpoint listens at http://127.0.0.1:" in done.stdout
    assert "NOT ONLY" not in serve_and_look(monkeypatch, lambda: None).stdout
    assert "at http://127.0.0.2:" in serve_and_look(monkeypatch, lambda: None, "--host", "127.0.0.2").stdout


@pytest.mark.socket
@pytest.mark.parametrize("host", ["192.0.2.1", "no host", "::1"])
def test_an_address_of_another_machine(host: str) -> None:
    """What this machine cannot listen on is a usage error that names it."""
    done = run("serve", "--host", host)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"hpp-contract: cannot listen on {host}, port 0 (")
    assert done.stderr.endswith("give an IPv4 address of this machine, and a port that is free.\n")


@pytest.mark.socket
def test_a_read_that_is_meant_to_have_no_key() -> None:
    """Nobody is blamed for asking without credentials under the id that is for it; under any other one is."""

    def broken_after_asking(session: str) -> list[str]:
        with pytest.raises(HTTPError):
            urlopen(f"{server.url}/hpp/v1/sessions/{session}", timeout=HANG)  # noqa: S310  our own http
        return [verdict.rule.id for verdict in _report(server).rules if verdict.counts]

    with Server() as server:
        assert broken_after_asking(NO_CREDENTIALS) == []
        assert broken_after_asking(session_id("waiting")) == ["HPP-R05"]
