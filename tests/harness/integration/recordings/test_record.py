"""What `record` leaves on the disk: whole cassettes, scrubbed and honest, that play again."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import requests
import urllib3
import vcr  # type: ignore[import-untyped]  # vcrpy has no types
from hypothesis import given

from hpp_contract.cases.scenarios import CREDENTIALS, SCENARIOS, session_id
from hpp_contract.cli import main
from hpp_contract.engine import Outcome, Subject, judge
from hpp_contract.engine.errors import Unverifiable, UsageProblem
from hpp_contract.engine.fault import Fault
from hpp_contract.model import Exchange
from hpp_contract.privacy.scrub import Scrubber
from hpp_contract.recordings import read_recordings
from hpp_contract.recordings.recorded_sessions import recorded_sessions
from hpp_contract.recordings.write import EMBEDDED, Persister, named, recorded, write_cassettes
from hpp_contract.rules import CATALOGUE
from hpp_contract.server import Server
from hpp_contract.spec.schema_files import DOCUMENTED
from tests.harness.support.fake_time import NOON
from tests.harness.support.paths import ROOT
from tests.harness.support.recording_tools import recordings, simulated


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    return int(str(left.value.code))


@pytest.fixture(scope="module")
def recorded_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The embedded endpoint, recorded by the command."""
    folder = tmp_path_factory.mktemp("recorded") / "embedded"
    assert run("record", "--to", str(folder)) == 0
    return folder


@pytest.mark.socket
def test_a_recording_keeps_the_contract(recorded_folder: Path) -> None:
    """The honest endpoint's recording is judged as its probe is, credentials right and wrong included."""
    reading = read_recordings([str(recorded_folder)])
    assert reading.unreadable == reading.notes == []
    verdicts = {verdict.rule.id: verdict for verdict in judge(reading.exchanges, CATALOGUE, Subject("recording", "x"))}
    assert {rule for rule, verdict in verdicts.items() if verdict.findings} == set()
    assert verdicts["HPP-E01"].outcome is verdicts["HPP-E02"].outcome is verdicts["HPP-E03"].outcome is Outcome.OK


@pytest.mark.socket
def test_a_recording_says_where_it_is_from(recorded_folder: Path) -> None:
    """Every cassette of the embedded server says that it is one, and when each request was sent."""
    reading = read_recordings([str(recorded_folder)])
    assert {exchange.context.provenance for exchange in reading.exchanges} == {EMBEDDED}
    assert all(exchange.at is not None for exchange in reading.exchanges)


@pytest.mark.socket
def test_a_scenario_is_a_file(recorded_folder: Path) -> None:
    """There is one cassette for each scenario, under its name, and for each way of being refused."""
    refusals = {"no-credentials", "wrong-credentials", "unknown-id", "malformed-id"}
    assert {path.stem for path in recorded_folder.iterdir()} == {*SCENARIOS, *refusals}


@pytest.mark.socket
def test_a_recording_holds_no_secret(recorded_folder: Path) -> None:
    """Neither the credentials nor any session's id is in any file."""
    for path in recorded_folder.iterdir():
        text = path.read_text(encoding="utf-8")
        assert not [secret for secret in (*CREDENTIALS.secrets, *map(session_id, SCENARIOS)) if secret in text]


@pytest.mark.socket
def test_a_recording_plays_in_requests(recorded_folder: Path) -> None:
    """The cassette plays to requests, poll by poll, and sends nothing."""
    path = recorded_folder / "lifecycle-paid.yaml"
    url = read_recordings([str(path)]).exchanges[0].request.url
    with vcr.use_cassette(str(path), record_mode="none"):
        assert [requests.get(url, timeout=1).json()["status"] for _ in range(3)] == [
            "WAITING",
            "IN_PROGRESS",
            "COMPLETED",
        ]


@given(recordings)
def test_cassettes_hold_what_was_scrubbed(exchanges: list[Exchange]) -> None:
    """Whatever bytes came, the cassette gives them back: status, headers, body and time."""
    path = FOLDER / "kept.yaml"
    scrub = Scrubber()
    whole = [scrub(each) for each in exchanges if each.response is not None]
    try:
        Persister(scrub).write(path, whole, EMBEDDED)
    except Unverifiable:  # an id such as `code` stands in every cassette: the gate would rather keep nothing
        # A date stays wherever it stands, so an id that is written like one may be met again.
        assert min(map(len, scrub.originals)) < 12 or any(text.startswith("2026-") for text in scrub.originals)
        return
    back = {int(each.evidence.rpartition("#")[2]): each for each in read_recordings([str(path)]).exchanges}
    for number, exchange in enumerate(whole, 1):
        if number in back:  # the others are of other operations
            response, stored, stored_at = exchange.response, back[number].response, back[number].at
            assert response is not None
            assert stored is not None
            assert back[number].request.url == exchange.request.url
            assert stored.status == response.status
            assert stored.body == response.body
            assert (stored_at and stored_at.ns) == (exchange.at and exchange.at.ns)


FOLDER = Path()


@pytest.fixture(autouse=True, scope="module")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    global FOLDER  # noqa: PLW0603  Hypothesis gives no fixture of its own to each example
    FOLDER = tmp_path_factory.mktemp("stored")


def test_unknown_sessions_are_named_by_their_shapes() -> None:
    """A real session's cassette is named by what it showed, and sessions of one course are numbered."""
    exchanges = [each for scenario in ("waiting", "in-progress", "lifecycle-paid") for each in simulated(scenario, 3)]
    assert list(named([*exchanges, *simulated("lifecycle-missed", 2)])) == [
        "waiting",
        "in-progress",
        "waiting-then-in-progress-then-completed-with-order",
        "waiting-then-completed-with-order",
    ]  # fmt: skip


def test_a_secret_left_over_is_refused(tmp_path: Path) -> None:
    """A text that scrubbing replaced elsewhere and finds again in the file stops the writing of it."""
    (exchange,) = simulated("waiting", 1)
    scrub = Scrubber(CREDENTIALS.secrets)
    scrub(exchange)
    with pytest.raises(Unverifiable, match=r"waiting\.yaml was not written"):
        Persister(scrub).write(tmp_path / "waiting.yaml", [exchange], EMBEDDED)
    assert list(tmp_path.iterdir()) == []


def test_evidence_is_not_mixed(tmp_path: Path) -> None:
    """What the embedded server said never takes the place of what a real endpoint said."""
    exchanges = simulated("waiting", 1)
    write_cassettes(exchanges, tmp_path, recorded("api.playground.kustom.co", NOON), Scrubber())
    before = (tmp_path / "waiting.yaml").read_bytes()
    assert b"recorded from api.playground.kustom.co at 2026-11-22T12:00:00Z" in before
    with pytest.raises(UsageProblem, match="holds recorded cassettes, and these would be embedded"):
        write_cassettes(exchanges, tmp_path, EMBEDDED, Scrubber())
    assert (tmp_path / "waiting.yaml").read_bytes() == before


def test_what_somebody_else_wrote_stays(tmp_path: Path) -> None:
    """The documented cassettes, and a cassette of another recorder, are not replaced: nothing is written."""
    shutil.copytree(ROOT / "cassettes" / "documented", tmp_path / "documented")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "waiting.yaml").write_text("interactions: []\n", encoding="utf-8")
    for name, words in {"documented": "holds documented cassettes", "mine": "was not recorded by hpp-contract"}.items():
        before = {path: path.read_bytes() for path in (tmp_path / name).iterdir()}
        with pytest.raises(UsageProblem, match=words):
            write_cassettes(simulated("waiting", 1), tmp_path / name, EMBEDDED, Scrubber())
        assert {path: path.read_bytes() for path in (tmp_path / name).iterdir()} == before


def test_old_cassettes_give_way(tmp_path: Path) -> None:
    """A new recording replaces the old one, and leaves alone what it did not write."""
    (tmp_path / "mine.yaml").write_text("a: b")
    write_cassettes(simulated("waiting", 1), tmp_path, EMBEDDED, Scrubber())
    write_cassettes(simulated("failed", 1), tmp_path, EMBEDDED, Scrubber())
    assert {path.name for path in tmp_path.iterdir()} == {"failed.yaml", "mine.yaml"}


def test_failures_are_left_out(tmp_path: Path) -> None:
    """A request without a whole answer fits into no cassette: it is counted."""
    good, bad, cut = simulated("waiting", 3)
    assert cut.response is not None
    shortened = replace(cut, response=replace(cut.response, complete=False))
    assert (
        write_cassettes(
            [good, replace(bad, response=None, failure="reset"), shortened], tmp_path, EMBEDDED, Scrubber()
        ).left_out
        == 2
    )


def test_many_threads_may_record(tmp_path: Path) -> None:
    """Recorders that share a set write whole cassettes, with one pseudonym for one id."""
    scrub = Scrubber(CREDENTIALS.secrets)
    persister, exchanges = Persister(scrub), simulated("lifecycle-paid", 3)

    def write(number: int) -> None:
        persister.write(tmp_path / f"{number}.yaml", [scrub(each) for each in exchanges], EMBEDDED)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(24)))
    reading = read_recordings([str(tmp_path)])
    assert reading.unreadable == []
    assert len(reading.exchanges) == 72
    assert len({exchange.request.session_id for exchange in reading.exchanges}) == 1


WRITER = """
import sys
from pathlib import Path
from hpp_contract.recordings.write import EMBEDDED, write_cassettes
from hpp_contract.privacy.scrub import Scrubber
from hpp_contract.server import simulate_server
stages = ("lifecycle-paid", "lifecycle-retried", "failed", "expired")
exchanges = [each for stage in stages for each in simulate_server(stage, 6)]
while True:
    write_cassettes(exchanges, Path(sys.argv[1]), EMBEDDED, Scrubber())
    print("written", flush=True)
"""


@pytest.mark.process
def test_killed_at_any_moment(tmp_path: Path) -> None:
    """A recorder that is killed leaves whole cassettes only, the old or the new."""
    chance = random.Random(0)  # noqa: S311  a moment, not a secret
    for _ in range(8):
        process = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(chance.uniform(0, 0.15))
        process.kill()
        process.wait()
        process.stdout.close()
        cassettes = sorted(tmp_path.glob("*.yaml"))
        reading = read_recordings([str(path) for path in cassettes])
        assert reading.unreadable == []
        counts = {path: sum(each.evidence.startswith(str(path)) for each in reading.exchanges) for path in cassettes}
        assert set(counts.values()) <= {6}
    assert read_recordings([str(tmp_path)]).unreadable == []


@pytest.mark.socket
def test_nothing_verified_nothing_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint that cannot be reached leaves no folder behind."""
    monkeypatch.setenv("HPP_API_KEY", "kco_test_api_abcdefgh")
    assert run("record", "http://127.0.0.1:9", "--to", str(tmp_path / "new")) == 3
    assert not (tmp_path / "new").exists()


@pytest.mark.socket
def test_a_recording_plays_over_http(recorded_folder: Path) -> None:
    """Recorded sessions are served to any client, poll by poll, the last answer for ever."""
    sessions = {each.name: each for each in recorded_sessions([str(recorded_folder)])}
    paid = sessions["lifecycle-paid"]
    served = {paid.session_id: Fault("recorded", "waiting", (paid.edit(),))}
    with Server(served=served) as server:
        url = f"{server.url}/hpp/v1/sessions/{paid.session_id}"
        headers = {"Authorization": server.credentials.authorization}
        seen = [urllib3.request("GET", url, headers=headers).json() for _ in range(8)]
    assert [each["status"] for each in seen] == ["WAITING", "IN_PROGRESS", *["COMPLETED"] * 6]
    assert {each["session_id"] for each in seen} == {paid.session_id}


@pytest.mark.process
def test_serve_plays_cassettes(recorded_folder: Path) -> None:
    """`serve --cassette` lists the recorded sessions and plays them."""
    command = [sys.executable, "-m", "hpp_contract", "serve", "--cassette", str(recorded_folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"})
    assert process.stdout is not None
    output = ""
    while "is open until" not in output:
        output += process.stdout.readline()
    base = re.search(r"listens at (\S+)", output)
    recorded_id = re.search(r"(5c2bbed0-\S+)\s+lifecycle-paid +recorded, \d polls", output)
    key = re.search(r"API key +(\S+)", output)
    assert base is not None
    assert recorded_id is not None
    assert key is not None
    answer = urllib3.request(
        "GET", f"{base[1]}/hpp/v1/sessions/{recorded_id[1]}", headers={"Authorization": f"Basic {key[1]}"}
    )
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert answer.json()["status"] == "WAITING"


def test_sessions_of_one_id_are_distinguished() -> None:
    """The documented cassettes all show one session id: each is played under its own."""
    from hpp_contract.spec.schema_files import folder

    sessions = recorded_sessions([str(folder("cassettes") / "documented")])
    assert {each.name for each in sessions} == set(DOCUMENTED)
    assert len({each.session_id for each in sessions}) == 4


@pytest.mark.socket
def test_where_it_is_from_must_be_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A vcrpy that drops `metadata`, as every one before 9.4.2 does, makes `record` fail and leave no cassette."""
    whole = vcr.serialize.serialize
    parts = {"requests", "responses"}
    monkeypatch.setattr(
        "vcr.serialize.serialize",
        lambda cassette, serializer: whole({name: cassette[name] for name in parts}, serializer),
    )
    with pytest.raises(SystemExit, match="3"):
        main(["record", "--to", str(tmp_path)])
    said = capsys.readouterr().err
    assert re.fullmatch(
        r"hpp-contract: \S+\.yaml was not written: the installed vcrpy leaves out `metadata`, which says where a "
        r"recording is from; install vcrpy 9\.4\.2 or newer\.\n",
        said,
    )
    assert list(tmp_path.iterdir()) == []
