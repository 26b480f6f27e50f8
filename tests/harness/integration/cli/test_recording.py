"""`hpp-contract recording`: what it says, with which exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hpp_contract.cli import main
from hpp_contract.cli import recording as command
from hpp_contract.engine import edits
from hpp_contract.engine.recorded import call_back
from hpp_contract.model import Exchange
from hpp_contract.recordings import sources
from hpp_contract.recordings.bulk import local
from hpp_contract.recordings.bulk.local import judge_recordings
from tests.harness.support.not_none import not_none
from tests.harness.support.paths import RECORDINGS
from tests.harness.support.recording_tools import kept, simulated, write_lines


def recording(*arguments: str | Path, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "hpp_contract", "recording", *map(str, arguments)]
    return subprocess.run(command, input=given, capture_output=True, check=False)


def reported(path: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return report


@pytest.mark.process
def test_only_other_apis(tmp_path: Path) -> None:
    """A recording without a single read of a session is one sentence and exit code 3."""
    path = tmp_path / "other.har"
    har = json.loads((RECORDINGS / "published" / "browser-firefox.har").read_text(encoding="utf-8"))
    har["log"]["entries"] = har["log"]["entries"][-1:]
    path.write_text(json.dumps(har))
    done = recording(path, "--json", tmp_path / "report.json")
    report = reported(tmp_path / "report.json")
    assert done.returncode == report["exit_code"] == 3
    assert report["unverified"].startswith(f"no read-session exchange in {path}: give recordings of GET ")
    assert report["notes"] == [f"{path}: 0 judged, 1 skipped (other operations)"]
    assert b"Traceback" not in done.stdout + done.stderr


@pytest.mark.process
def test_what_is_broken_stays_broken(tmp_path: Path) -> None:
    """Beside a file that cannot be read, a broken rule is still found, and is what the exit code tells."""
    (tmp_path / "a.yaml").write_text("[")
    exchanges = [kept(each) for each in simulated("waiting", 1)]
    write_lines(tmp_path / "b.ndjson", exchanges)
    broken = (tmp_path / "b.ndjson").read_text(encoding="utf-8").replace("WAITING", "CREATED")
    (tmp_path / "b.ndjson").write_text(broken)
    done = recording(tmp_path, "--json", tmp_path / ".report.json")
    report = reported(tmp_path / ".report.json")
    assert done.returncode == 1
    assert report["unverified"].startswith(f"{tmp_path}/a.yaml: ")
    (status,) = [rule for rule in report["rules"] if rule["id"] == "HPP-S05"]
    assert status["findings"][0]["evidence"] == f"{tmp_path}/b.ndjson#1"


def result_of(*arguments: str | Path) -> tuple[int, dict[str, Any]]:
    """The exit code and the report, in this process."""
    report = Path(str(arguments[0])).parent / ".report.json"
    with pytest.raises(SystemExit) as left:
        main(["recording", *map(str, arguments), "--json", str(report)])
    return int(left.value.code or 0), reported(report)


def unkept(exchange: Exchange) -> Exchange:
    """The exchange as a recorder keeps it that leaves bodies out."""
    return replace(exchange, response=replace(not_none(exchange.response), body=b"", body_kept=False))


def packed(exchange: Exchange) -> Exchange:
    """The exchange packed in a way that cannot be undone here."""
    return edits.header("Content-Encoding", "br")(edits.body(b"\x0b\x02\x80")(exchange))


def outcomes(report: dict[str, Any], *letters: str) -> set[str]:
    return {rule["outcome"] for rule in report["rules"] if rule["id"][4] in letters}


@pytest.mark.parametrize("lose", [unkept, packed])
def test_bodies_that_nobody_can_read(tmp_path: Path, lose: Callable[[Exchange], Exchange]) -> None:
    """Bodies that were not kept, or cannot be unpacked, are judged by no rule and counted; where all sessions are in
    such bodies, nothing could be verified."""
    polls = [without_key(each) for each in simulated("waiting", 3)]
    code, report = result_of(write_lines(tmp_path / "none.ndjson", [lose(each) for each in polls]))
    assert (code, report.get("unverified")) == (3, command.NO_BODY.format(lost=3))
    assert outcomes(report, "S", "P", "C") == {"not-exercised"}
    assert {r["id"]: r["outcome"] for r in report["rules"]}["HPP-H08"] == "not-exercised"
    code, report = result_of(write_lines(tmp_path / "some.ndjson", [polls[0], lose(polls[1]), polls[2]]))
    assert (code, report.get("unverified")) == (0, None)
    assert report["notes"] == ["1 body was not kept, or cannot be unpacked: no rule judged what is in there"]


def test_a_secret_decides_where_no_body_was_kept(tmp_path: Path) -> None:
    """A recording without a body that keeps a key is broken, whatever could not be verified beside it."""
    key = edits.sent("Authorization", "Basic TTAwMTppYW1zZWNyZXQxMjM=")
    polls = [unkept(key(each)) for each in simulated("waiting", 2)]
    assert result_of(write_lines(tmp_path / "log.ndjson", polls))[0] == 1


def test_only_refusals(tmp_path: Path) -> None:
    """A recording of refusals only is judged as such, and its first line says so."""
    polls = [without_key(each) for each in simulated("unknown-id", 2)]
    path = write_lines(tmp_path / "log.ndjson", polls)
    code, report = result_of(path)
    assert (code, report.get("unverified"), report.get("notes")) == (0, None, None)
    said = CliRunner().invoke(main, ["recording", str(path)]).output
    assert "no session in it" in said.partition("rules")[0]


def without_key(exchange: Exchange) -> Exchange:
    return kept(edits.sent("Authorization", None)(exchange))


@pytest.mark.process
def test_a_missing_path_is_a_usage_error(tmp_path: Path) -> None:
    """A path that does not exist is said at once, with the remedy."""
    done = recording(tmp_path / "nothing")
    assert done.returncode == 2
    assert done.stderr.decode().startswith(f"hpp-contract: {tmp_path}/nothing does not exist: give a recording")


@pytest.mark.process
def test_an_empty_folder(tmp_path: Path) -> None:
    """A folder without recordings verifies nothing."""
    assert recording(tmp_path).returncode == 3


@pytest.mark.process
def test_standard_input(tmp_path: Path) -> None:
    """`-` reads standard input, and findings name it."""
    lines = write_lines(tmp_path / "log", [kept(each) for each in simulated("waiting", 2)]).read_bytes()
    recording("-", "--json", tmp_path / "report.json", given=lines)
    (kept_key,) = [rule for rule in reported(tmp_path / "report.json")["rules"] if rule["id"] == "HPP-K01"]
    assert [finding["evidence"] for finding in kept_key["findings"]] == ["-#1", "-#2"]


@pytest.mark.process
def test_requests_are_judged_too(tmp_path: Path) -> None:
    """A client's recording judges the client: what it sent breaks the rules about requests."""
    text = (
        (RECORDINGS / "ruby-vcr.yml")
        .read_text(encoding="utf-8")
        .replace("5b41-ab5a-ed13b6645341\n", "5b41-ab5a-ed13b6645341/\n")
    )
    (tmp_path / "cassette.yml").write_text(text)
    done = recording(tmp_path / "cassette.yml", "--json", tmp_path / "report.json")
    broken = [rule["id"] for rule in reported(tmp_path / "report.json")["rules"] if rule["outcome"] == "broken"]
    assert (done.returncode, broken) == (1, ["HPP-R02"])


def long_log(path: Path, sessions: int) -> Path:
    """A log of many sessions, a few of them broken, longer than one piece."""
    scenarios = ("lifecycle-paid", "waiting", "lifecycle-retried", "unknown-id", "completed-with-order", "expired")
    exchanges = []
    for number in range(sessions):
        asked = f"39a1c773-{number:04x}-4111-8111-111111111111"
        polls = simulated(scenarios[number % len(scenarios)], 3)
        lines = write_lines(path, [kept(each) for each in (polls if number % 7 else polls[::-1])]).read_text(
            encoding="utf-8"
        )
        exchanges.append(lines.replace(polls[0].request.session_id or "", asked))
    path.write_text("".join(exchanges) + "{\n", encoding="utf-8")
    return path


@pytest.mark.process
def test_any_number_of_processes_has_the_same_result(tmp_path: Path) -> None:
    """One process and three, in pieces cut anywhere between lines, give the same verdict to the last finding."""
    log = long_log(tmp_path / "log.ndjson", 400)
    paths = [str(log), str(RECORDINGS)]
    progress: list[tuple[int, int]] = []
    single = judge_recordings(paths, processes=1)
    together = judge_recordings(paths, processes=3, on_progress=lambda done, total: progress.append((done, total)))
    assert single == together
    assert single.judged > 1200
    assert single.damaged == 1
    assert [done for done, _ in progress] == sorted(done for done, _ in progress)
    assert progress[-1][0] == progress[-1][1]


def test_pieces_make_no_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small pieces and many partitions give what one of each gives."""
    log = str(long_log(tmp_path / "log.ndjson", 60))
    whole = judge_recordings([log], processes=1)
    monkeypatch.setattr(local, "PARTITION", 4096)
    monkeypatch.setattr(sources.pieces, "__defaults__", (3000,))
    assert judge_recordings([log], processes=1) == whole


@pytest.mark.process
def test_a_killed_process_is_reported(tmp_path: Path) -> None:
    """When the machine ends a judging process, that is one sentence and exit code 3, not a verdict."""
    script = tmp_path / "run.py"
    script.write_text(
        "import os, sys\n"
        "from hpp_contract.recordings.bulk import pieces as work\n"
        "def die(self, piece, partitions, salt):\n"
        "    os.kill(os.getpid(), 9)\n"
        "if os.environ.get('HPP_TEST_DIE') and __name__ == '__mp_main__':\n"
        "    work.Worker.piece = die\n"
        "if __name__ == '__main__':\n"
        "    from hpp_contract.cli import main\n"
        "    os.environ['HPP_TEST_DIE'] = '1'\n"
        "    main(['recording', sys.argv[1], '--processes', '2'])\n"
    )
    log = long_log(tmp_path / "log.ndjson", 10)
    done = subprocess.run([sys.executable, str(script), str(log)], capture_output=True, check=False, cwd=Path.cwd(),
                          env=os.environ | {"PYTHONPATH": str(Path.cwd())})  # fmt: skip
    assert done.returncode == 3
    assert done.stderr.decode() == (
        "hpp-contract: a judging process was ended from outside, perhaps because memory ran out: try again.\n"
    )


def test_a_folder_holds_other_files_too(tmp_path: Path) -> None:
    """In a folder, texts and programs are passed over, data that is no recording is noted, and nothing fails for it."""
    write_lines(tmp_path / "log.ndjson", [kept(each) for each in simulated("waiting", 1)])
    for name, text in {
        "README.md": "# a: b: c",
        "make.py": "import this",
        "package.json": "{}",
        ".hidden": "[",
    }.items():
        (tmp_path / name).write_text(text)
    result = judge_recordings([str(tmp_path)], processes=1)
    assert (result.judged, result.damaged) == (1, 0)
    assert result.notes == (f"{tmp_path}/package.json: not a recording, left out",)
    assert judge_recordings([str(tmp_path / "package.json")], processes=1).damaged == 1


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Two polls of one session."""
    return write_lines(tmp_path / "log.ndjson", [kept(each) for each in simulated("lifecycle-paid", 2)])


def test_a_page_holds_no_recordings_of_urls(log: Path, tmp_path: Path) -> None:
    """A page about a file shows its exchanges; about the same file at a URL it only gives the verdict."""
    shown = []
    for number, place in enumerate((str(log), log.as_uri())):
        page = tmp_path / f"{number}.html"
        with pytest.raises(SystemExit):
            main(["recording", place, "--html", str(page)])
        shown.append("GET https://hpp.example/hpp/v1/sessions/" in page.read_text(encoding="utf-8"))
    assert shown == [True, False]


def test_a_page_about_callbacks(tmp_path: Path) -> None:
    """A page has the callbacks of a recording in a group of their own; one about a long log only gives the verdict."""
    read = kept(simulated("completed-with-order", 1)[0])
    log = write_lines(tmp_path / "log.ndjson", [read, call_back(read)])
    page = tmp_path / "page.html"
    CliRunner().invoke(main, ["recording", str(log), "--html", str(page)])
    assert "status callbacks" in page.read_text(encoding="utf-8")


def test_a_page_about_a_long_log(log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page about a log that is too long for one gives the verdict only."""
    monkeypatch.setattr(command, "SMALL", log.stat().st_size - 1)
    assert command._exchanges([str(log)], None) == ()
