"""`hpp-contract serve` as a process: what it says, whom it serves, and its verdict at the end."""

from __future__ import annotations

import json
import re
import signal
import socket
from pathlib import Path

import pytest
import requests

from hpp_contract.cases import CASES
from hpp_contract.cases.scenarios import CREDENTIALS, SCENARIOS, session_id
from hpp_contract.rules import FAULTS
from tests.harness.support.not_none import not_none
from tests.harness.support.serving import run, serving

pytestmark = pytest.mark.process
UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_right_client_is_kept(number: int, tmp_path: Path) -> None:
    """A client that does as documented gets exit code 0, and its report says so, however the server is ended."""
    with serving("--json", str(tmp_path / "report.json")) as served:
        assert served.get(session_id("waiting")).json()["status"] == "WAITING"
        code, said = served.end(number)
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert code == report["exit_code"] == 0
    assert report["subject"]["kind"] == "client"
    assert {rule["id"][:5] for rule in report["rules"]} == {"HPP-R"}
    assert "0 broken" in said


def test_wrong_client_is_reported() -> None:
    """A client that sends no credentials gets exit code 1 and the rule it broke, without its secrets."""
    with serving() as served:
        assert served.get(session_id("waiting"), headers={"X-Key": CREDENTIALS.api_key}).status_code == 401
        code, said = served.end()
    assert code == 1
    assert "HPP-R05" in said
    assert CREDENTIALS.api_key not in said
    assert session_id("waiting") not in said


def test_no_client_is_no_verdict() -> None:
    """Without a request there is nothing to conclude."""
    with serving() as served:
        code, said = served.end()
    assert code == 3
    assert "no request came" in said


def test_client_cases_are_served() -> None:
    """Every client case with the published credentials is answered under the id that --list shows; one that has the id
    of a scenario is that scenario, so that a fault on it shows."""
    listed = run("--list").stdout.partition("Client cases")[2]
    ids = dict(re.findall(r"^  (\S+)  (\S+)$", listed, re.MULTILINE))
    assert {"id-with-slash", "html-200", "base-url-with-prefix"} <= set(ids.values())
    assert "waiting" not in ids.values()
    by_name = {name: session for session, name in ids.items()}
    with serving("--fault", "answers-202") as served:
        assert served.get(by_name["html-200"]).headers["Content-Type"].startswith("text/html")
        assert served.get(by_name["error-without-code"]).status_code == 404
        assert served.get(by_name["id-with-slash"]).json()["session_id"] == CASES["id-with-slash"].sessions[0]
        assert served.get(session_id("in-progress")).status_code == 202


def test_instructions_work() -> None:
    """The curl line that is printed reads a completed session, and every printed id is answered as printed."""
    with serving() as served:
        key = not_none(re.search(r"'Authorization: (Basic \S+)'", served.said))[1]
        url = not_none(re.search(r"^ +(http\S+/hpp/v1/sessions/\S+)$", served.said, re.MULTILINE))[1]
        assert requests.get(url, headers={"Authorization": key}, timeout=60).json()["status"] == "COMPLETED"
        printed = dict(
            reversed(pair) for pair in re.findall(r"^  ([0-9a-f-]{36})  ([\w-]+)", served.said, re.MULTILINE)
        )
        assert printed == {name: session_id(name) for name in (*SCENARIOS, "no-credentials")}


def test_scenario_under_any_id() -> None:
    """--scenario is served under every unknown id."""
    with serving("--scenario", "lifecycle-missed") as served:
        assert "lifecycle-missed for any well-formed id that is not below" in served.said
        assert [served.get(UNKNOWN).json()["status"] for _ in range(2)] == ["WAITING", "COMPLETED"]


def test_faults_are_announced() -> None:
    """--fault applies to its scenario, and may be repeated."""
    with serving("--fault", "answers-202", "--fault", "answers-410") as served:
        assert "answers-202, on in-progress" in served.said
        assert served.get(session_id("in-progress")).status_code == 202
        assert served.get(UNKNOWN).status_code == 410


def test_tls_with_the_printed_authority() -> None:
    """--tls is trusted by clients that trust the file it prints, and that file goes with the server."""
    with serving("--tls") as served:
        authority = not_none(re.search(r"trust +(\S+)", served.said))[1]
        assert served.url.startswith("https://")
        assert served.get(session_id("waiting"), verify=authority).status_code == 200
        assert served.end()[0] == 0
    assert not Path(authority).exists()


def test_list() -> None:
    """--list names every scenario and every fault with its id, and leaves."""
    done = run("--list")
    assert done.returncode == 0
    for name in (*SCENARIOS, *(fault.name for fault in FAULTS)):
        assert re.search(rf"^  {session_id(name)}  {name}( |$)", done.stdout, re.MULTILINE), name


@pytest.mark.parametrize(
    ("arguments", "words"),
    {
        "fault": (("--fault", "break-off"), "did you mean breaks-off?"),
        "scenario": (("--scenario", "completed-with-orders"), "did you mean completed-with-order?"),
        "nothing like it": (("--scenario", "xyzzy"), "--list"),
        "port": (("--port", "99999"), "--port"),
    }.values(),
    ids=["fault", "scenario", "nothing like it", "port"],
)
def test_unknown_names_are_usage_errors(arguments: tuple[str, ...], words: str) -> None:
    """A name that does not exist is one sentence with the nearest one, and exit code 2."""
    done = run(*arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_taken_port_is_a_usage_error() -> None:
    """A port in use is one sentence that names it, and exit code 2."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        done = run("--port", str(port))
    assert done.returncode == 2
    assert re.fullmatch(rf"hpp-contract: cannot listen on port {port} \(.*in use\).*\n", done.stderr)
