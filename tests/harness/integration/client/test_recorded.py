"""Recordings as cases: a client is judged by what it makes of them, never by what was wrong with the server."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hpp_contract.cases import CASES, select
from hpp_contract.cases.scenarios import SCENARIOS, session_id
from hpp_contract.cli import main
from hpp_contract.client import RunOptions, run
from hpp_contract.client.adapters.python import PythonAdapter
from hpp_contract.client.listing import as_json
from hpp_contract.client.recorded import MAX_READS, Recording, recorded_cases
from hpp_contract.engine import Outcome, Report, Subject
from hpp_contract.engine.errors import Unverifiable
from hpp_contract.model import Exchange, Response
from hpp_contract.rules import FAULTS
from hpp_contract.server import simulate_server
from tests.harness.integration.client.wrong_clients import conforming
from tests.harness.support.not_none import not_none
from tests.harness.support.paths import RECORDINGS, ROOT
from tests.harness.support.sample_clients import Client, FollowingClient, RetryingClient, TypedClient

DOCUMENTED = str(ROOT / "cassettes" / "documented")
UNREAD = "3f0c0c0e-8a44-7d4b-9a1b-5f0e8f5a6c01"


class DropsOrder(Client):
    def session(self, value: dict[str, Any]) -> Any:
        return {name: inner for name, inner in value.items() if name != "order_id"}


class Remembers(Client):
    """It answers from memory once it has read a session."""

    def __init__(self) -> None:
        self.known: dict[str, Any] = {}

    def __call__(self, base_url: str, username: str, password: str, session_id: str, timeout: float) -> Any:
        if session_id not in self.known:
            self.known[session_id] = super().__call__(base_url, username, password, session_id, timeout)
        return self.known[session_id]


def judged(client: Client, cases: Iterable[Recording]) -> Report:
    return run(tuple(cases), lambda: PythonAdapter(client), Subject("client", "a client"), RunOptions())


def blamed(report: Report) -> dict[str, set[str]]:
    assert not [verdict.rule.id for verdict in report.rules if verdict.outcome is Outcome.ERROR]
    found = [v for v in report.rules if v.outcome in (Outcome.BROKEN, Outcome.WARNED)]
    return {verdict.rule.id: {finding.case for finding in verdict.findings} for verdict in found}


def line(number: int, session: str, response: Response | None) -> str:
    """One exchange as our NDJSON has it."""
    url = f"https://api.playground.kustom.co/hpp/v1/sessions/{session}"
    said = None
    if response is not None:
        said = {
            "status": response.status,
            "headers": dict(response.headers),
            "body": {"base64": b64encode(response.body).decode()},
        }
    at = f"2026-11-22T01:{number // 60 % 60:02}:{number % 60:02}Z"
    asked: dict[str, Any] = {"method": "GET", "url": url, "headers": {}, "body": None}
    return json.dumps({"at": at, "request": asked, "response": said})


def recording(path: Path, exchanges: Iterable[Exchange]) -> Path:
    """What was said of one session, under an id that no other file has."""
    own, lines = session_id(f"recorded {path.stem}"), []
    for number, exchange in enumerate(exchanges):
        before = (exchange.request.session_id or "").encode()
        response = exchange.response
        said = response and replace(response, body=response.body.replace(before, own.encode()))
        lines.append(line(number, own, said))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def sent(session: str, status: int, value: Any, **headers: str) -> str:
    body = json.dumps(value).encode()
    return line(0, session, Response(status, (("Content-Type", "application/json"), *headers.items()), body))


@pytest.mark.socket
def test_committed_cassettes_are_cases() -> None:
    """Each documented cassette is a case of its name, which judges a client as any case does."""
    cases = recorded_cases([DOCUMENTED])
    assert [case.name for case in cases] == [
        "recorded-completed-with-order",
        "recorded-completed-with-token",
        "recorded-in-progress",
        "recorded-waiting",
    ]
    assert blamed(judged(Client(), cases)) == {}
    assert blamed(judged(DropsOrder(), cases)) == {"HPP-A05": {"recorded-completed-with-order"}}


@pytest.mark.socket
@pytest.mark.parametrize("client", [Client, TypedClient, conforming.Strict, conforming.KeepsConnection])
def test_recordings_of_every_format_are_cases(client: type[Client]) -> None:
    """What others' tools recorded, gzip included, is served to conforming clients, which break nothing."""
    report = judged(client(), recorded_cases([str(RECORDINGS)]))
    assert blamed(report) == {}
    assert "HPP-A17" in {verdict.rule.id for verdict in report.rules if verdict.outcome is Outcome.OK}


@pytest.mark.socket
@pytest.mark.parametrize("client", [Client, RetryingClient, FollowingClient, conforming.Strict, conforming.Lenient])
def test_the_server_s_faults_are_not_the_client_s(client: type[Client], tmp_path: Path) -> None:
    """Whatever fault a recorded server had, a conforming client is not blamed for it."""
    for fault in FAULTS:
        if fault.scenario in SCENARIOS:
            recording(tmp_path / f"{fault.name}.ndjson", simulate_server(fault.scenario, 4, [fault]))
    cases = recorded_cases([str(tmp_path)])
    assert len(cases) > 40
    assert blamed(judged(client(), cases)) == {}


@pytest.mark.socket
def test_a_recorded_life_is_polled(tmp_path: Path) -> None:
    """A session is read once for each thing the server said of it, so that a stale answer shows."""
    life = simulate_server("lifecycle-paid", 4)
    [case] = recorded_cases([str(recording(tmp_path / "paid.ndjson", life))])
    assert (case.name, case.reads) == ("recorded-paid", (0, 0, 0))
    assert "HPP-A15" in blamed(judged(Remembers(), [case]))
    assert blamed(judged(Client(), [case])) == {}


def test_a_long_life_ends_as_it_did(tmp_path: Path) -> None:
    """Of very many changes the last ones are served."""
    waiting = {"session_id": UNREAD, "status": "WAITING", "expires_at": "2026-11-24T01:00:00Z"}
    lines = [sent(UNREAD, 200, waiting | {"updated_at": f"2026-11-22T01:00:{n:02}Z"}) for n in range(40)]
    (tmp_path / "long.ndjson").write_text("\n".join(lines), encoding="utf-8")
    [case] = recorded_cases([str(tmp_path)])
    assert len(case.reads) == MAX_READS
    assert case.recorded is not None
    assert b"01:00:39Z" in case.recorded.answers[-1].body


@pytest.mark.socket
def test_no_recording_leads_to_another_host(tmp_path: Path) -> None:
    """A recorded redirect leads to the case's other host, which shows what a client sends there."""
    away = sent(UNREAD, 302, {}, Location=f"https://somewhere.example/hpp/v1/sessions/{UNREAD}")
    (tmp_path / "away.ndjson").write_text(away, encoding="utf-8")
    cases = recorded_cases([str(tmp_path)])
    assert blamed(judged(FollowingClient(), cases)) == {}

    class TakesKeyAlong(FollowingClient):
        def fetch(self, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
            status, content = Client.fetch(self, path, headers)
            if status == 302:
                location = not_none(self.location)
                assert "somewhere" not in location
                host, _, port = location.removeprefix("http://").partition("/")[0].partition(":")
                return self.send(host, int(port), path, headers)
            return status, content

    assert blamed(judged(TakesKeyAlong(), cases)) == {"HPP-A36": {"recorded-away"}}


def test_a_session_is_served_under_its_own_id(tmp_path: Path) -> None:
    """The id in the body is the one that is asked for, unless the recorded one was none."""
    for name, recorded in (("uuid", UNREAD), ("word", "a")):
        body = {"session_id": recorded, "status": "WAITING", "updated_at": "2026-11-22T01:00:00Z"}
        (tmp_path / f"{name}.ndjson").write_text(sent(recorded, 200, body), encoding="utf-8")
    report = json.loads(as_json(recorded_cases([str(tmp_path)])))
    uuid, word = (
        {case["name"]: case["reads"][0] for case in report["cases"]}[f"recorded-{n}"] for n in ("uuid", "word")
    )
    assert json.loads(uuid["sends"][0]["body"])["session_id"] == uuid["session_id"] == session_id("case-recorded-uuid")
    assert json.loads(word["sends"][0]["body"])["session_id"] == "a"


@pytest.mark.socket
def test_each_run_starts_from_the_beginning() -> None:
    """A case that was listed or run before is served from its first answer again."""
    cases = recorded_cases([str(RECORDINGS / "vcrpy.yaml")])
    first, second = (as_json(cases) for _ in range(2))
    assert first == second
    assert blamed(judged(Client(), cases)) == blamed(judged(Client(), cases)) == {}


def test_what_cannot_be_served_is_said(tmp_path: Path) -> None:
    """Recordings without an answer to serve could not be verified, in one sentence."""
    (tmp_path / "none.ndjson").write_text(line(0, UNREAD, Response(100)), encoding="utf-8")
    with pytest.raises(Unverifiable, match="no answer that can be served"):
        recorded_cases([str(tmp_path)])


def test_recorded_cases_are_chosen_like_others() -> None:
    """Names and globs choose recorded cases, after all others."""
    cases = recorded_cases([DOCUMENTED])
    assert [case.name for case in select(["*waiting", "smoke"], cases)] == ["smoke", "waiting", "recorded-waiting"]
    assert select([], cases) == (*CASES.values(), *cases)


@pytest.mark.socket
def test_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """--cassettes makes cases of a folder, which --list shows and findings name together with the folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(ROOT)
    monkeypatch.setenv("COLUMNS", "300")

    def client(*arguments: str) -> str:
        with pytest.raises(SystemExit) as left:
            main(["client", "--cassettes", DOCUMENTED, "--only", "recorded-*", *arguments])
        return f"{left.value.code or 0} {capsys.readouterr().out}"

    assert "4 cases" in client("--list")
    run = ("--python", "tests.harness.integration.client.test_recorded:DROPS", "--html", "page.html")
    assert client(*run).startswith("1 Contract broken: 1 rule\n  - ")
    repeated = f"hpp-contract client --python {run[1]} --cassettes {DOCUMENTED} --only recorded-completed-with-order"
    assert repeated in client(*run)
    assert repeated in (tmp_path / "page.html").read_text(encoding="utf-8")


DROPS = DropsOrder()
