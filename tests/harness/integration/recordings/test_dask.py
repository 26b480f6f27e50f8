"""Judging on a Dask cluster says exactly what judging on one machine says, whatever becomes of a worker."""

from __future__ import annotations

import gzip
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from dask import config
from distributed import Client, Event, LocalCluster

from hpp_contract.cli import main
from hpp_contract.engine.edits import body, edits, status
from hpp_contract.engine.errors import Unverifiable, UsageProblem
from hpp_contract.recordings.bulk import dask as cluster
from hpp_contract.recordings.bulk.dask import judge_on_dask
from hpp_contract.recordings.bulk.local import Judged, judge_recordings
from tests.harness.support.paths import RECORDINGS
from tests.harness.support.recording_tools import FAULTS, kept, simulated, write_lines
from tests.harness.support.sockets import wait_for

QUIET: dict[str, Any] = {"dashboard_address": None, "scheduler_kwargs": {"dashboard_address": "127.0.0.1:0"}}
"""No dashboard, and no port that another cluster has."""


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    """A cluster of two processes, each of two threads."""
    folder = str(tmp_path_factory.mktemp("dask"))
    long_timeout = config.set({"distributed.deploy.lost-worker-timeout": "1h"})  # a busy machine restarts one slowly
    with long_timeout, LocalCluster(n_workers=2, threads_per_worker=2, local_directory=folder, **QUIET) as made:
        yield made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recordings of every kind; sessions, a third of them faulty, whose polls are strewn over two logs."""
    folder = tmp_path_factory.mktemp("recordings")
    lines = []
    for number in range(90):
        fault = FAULTS[number % len(FAULTS)] if number % 3 == 0 else None
        polls = [kept(each) for each in simulated(fault.scenario if fault else "lifecycle-paid", 4, fault)]
        text = write_lines(folder / "one", polls).read_text(encoding="utf-8")
        own = f"39a1c773-{number:04x}-4111-8111-111111111111"
        lines += text.replace(polls[0].request.session_id or "-", own).splitlines(keepends=True)
    for number in range(2):  # one is lost while the other is answered, which no partition shows by itself
        polls = [kept(each) for each in simulated("in-progress", 4)]
        polls = polls if number else [polls[0], *map(edits(status(404), body(b"<html></html>")), polls[1:])]
        text = write_lines(folder / "one", polls).read_text(encoding="utf-8")
        lines += text.replace(
            polls[0].request.session_id or "-", f"5c2bbed0-{number:04x}-4111-8111-111111111111"
        ).splitlines(keepends=True)
    (folder / "one").unlink()
    random.Random(1).shuffle(lines)  # noqa: S311  an order, not a secret
    (folder / "a.ndjson").write_text("".join([*lines[:150], "{\n", *lines[150:200], "\xff[\n"]), encoding="utf-8")
    packed = gzip.compress("".join(lines[200:]).encode())
    (folder / "b.ndjson.gz").write_bytes(packed)
    (folder / "c.ndjson.gz").write_bytes(packed[:-20])
    (folder / "d.yaml").write_text("[")
    (folder / "e.json").write_text("{}")
    for name in ("ruby-vcr.yml", "published/browser-firefox.har"):
        shutil.copy(RECORDINGS / name, folder)
    return folder


@pytest.fixture(autouse=True)
def small_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    """Logs as small as these are cut into many pieces, shares and partitions all the same."""
    monkeypatch.setattr(cluster, "PIECE", 3000)
    monkeypatch.setattr(cluster, "SHARE", 20_000)


def same(one: Judged, other: Judged) -> None:
    """Compared part by part, for a failure that can be read."""
    assert (one.judged, one.damaged, one.notes, one.unreadable) == (
        other.judged, other.damaged, other.notes, other.unreadable,
    )  # fmt: skip
    assert one.verdicts == other.verdicts


@pytest.mark.process
def test_the_result_is_that_of_one_machine(dask: LocalCluster, folder: Path) -> None:
    """Verdicts, counts, findings and their order, notes and what could not be read are the same; nothing is left."""
    local, progress = judge_recordings([str(folder)], processes=1), list[tuple[int, int]]()
    same(judge_on_dask([str(folder)], dask.scheduler_address, on_progress=lambda *at: progress.append(at)), local)
    assert local.damaged == 4
    assert local.judged > 340
    assert len({verdict.rule.id for verdict in local.verdicts if verdict.total}) > 15
    assert progress == sorted(progress)
    assert progress[-1][0] == progress[-1][1]
    assert len(progress) > 10
    assert not list(Path.cwd().glob("dask-*"))


@pytest.mark.process
def test_a_part_takes_longer_than_the_timeout(dask: LocalCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as there are workers, a result is waited for, however long it takes."""
    monkeypatch.setattr(cluster, "TIMEOUT_S", 0.1)
    with Client(dask.scheduler_address) as client:
        monkeypatch.setattr(cluster, "_await_worker", lambda asked: Event("waited", asked).set())
        slow = client.submit(lambda: Event("waited").wait(60), pure=False)
        assert list(cluster.each(client, [slow])) == [(0, True)]


@pytest.mark.process
def test_progress_is_optional(dask: LocalCluster, folder: Path) -> None:
    """Without anybody to tell how far it is, the result is the same."""
    paths = [str(folder / "ruby-vcr.yml"), str(folder / "d.yaml")]
    same(judge_on_dask(paths, dask.scheduler_address), judge_recordings(paths, processes=1))


def killing(address: str, moment: Callable[[int, int], bool], killed: list[int]) -> Callable[[int, int], None]:
    """Kills a worker, once, when the run has come so far."""

    def on_progress(done: int, total: int) -> None:
        if not killed and moment(done, total):
            with Client(address) as client:
                killed.append(min(client.run(os.getpid).values()))
            os.kill(killed[0], signal.SIGKILL)

    return on_progress


@pytest.mark.process
@pytest.mark.parametrize("moment", [lambda *_: True, lambda done, total: done == total], ids=["first", "last"])
def test_a_killed_worker_changes_nothing(dask: LocalCluster, folder: Path, moment: Callable[[int, int], bool]) -> None:
    """What a worker knew that is killed, after the first exchanges or while sessions are judged, is found again."""
    killed = list[int]()
    address = dask.scheduler_address
    judged = judge_on_dask([str(folder)], address, on_progress=killing(address, moment, killed))
    same(judged, judge_recordings([str(folder)], processes=1))
    wait_for(lambda: _is_gone(killed[0]))  # its parent may be slow to take note


def _is_gone(pid: int) -> bool:
    """Whether no such process runs any more."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def command(*arguments: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
    run = [sys.executable, "-m", "hpp_contract", "recording", *map(str, arguments)]
    return subprocess.run(run, capture_output=True, text=True, check=False, env=os.environ | environ)


@pytest.mark.process
def test_the_command_line_starts_a_cluster(folder: Path, tmp_path: Path) -> None:
    """`--engine dask` alone judges in processes of its own, and writes the report that the local engine writes,
    and nothing else."""
    reports = [tmp_path / "local.json", tmp_path / "dask.json"]
    local = command(folder, "--json", reports[0])
    (tmp_path / "temporary").mkdir()
    own = ("--engine", "dask", "--processes", "2")
    done = command(*own, folder, "--json", reports[1], TMPDIR=str(tmp_path / "temporary"))
    assert (done.returncode, done.stdout, done.stderr) == (local.returncode, local.stdout, "")
    assert reports[0].read_text(encoding="utf-8") == reports[1].read_text(encoding="utf-8")
    assert done.returncode == 1
    assert not list((tmp_path / "temporary").iterdir())


@pytest.mark.process
def test_the_command_line_uses_a_cluster(dask: LocalCluster, folder: Path) -> None:
    """With `--scheduler`, the workers of that cluster judge, here what a pattern of URLs names."""
    pattern = f"{folder.as_uri()}/*.ndjson*"
    done = command("--engine", "dask", "--scheduler", dask.scheduler_address, pattern)
    local = command(pattern)
    assert (done.returncode, done.stdout, done.stderr) == (local.returncode, local.stdout, "")
    assert f"{folder.as_uri()}/b.ndjson.gz#" in "".join(done.stdout.split())  # long names are broken into lines


# --- What can go wrong is a sentence


def problem(kind: type[Exception], *arguments: object) -> str:
    with pytest.raises(kind) as raised:
        judge_on_dask(*arguments)  # type: ignore[arg-type]  # of several types, each in its place
    return str(raised.value)


@pytest.mark.process
def test_a_worker_that_dies_every_time(folder: Path, tmp_path: Path) -> None:
    """Recordings that end every worker that judges them are given up."""
    with LocalCluster(n_workers=1, **QUIET, local_directory=str(tmp_path)) as frail:
        frail.scheduler.allowed_failures = 0
        with Client(frail) as client:
            client.run(lambda: setattr(import_module("hpp_contract.recordings.bulk.dask"), "judge_share", _die))
        said = problem(Unverifiable, [str(folder)], frail.scheduler_address)
    assert said.startswith(
        "several workers were lost on the same part of the recordings, perhaps because memory ran out"
    )


def _die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.process
def test_a_cluster_that_ends(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster that is closed under a run is said to be lost."""
    monkeypatch.setattr(cluster, "TIMEOUT_S", 2)
    with LocalCluster(n_workers=1, processes=False, protocol="tcp", **QUIET) as brief:
        with pytest.raises(Unverifiable) as raised:
            judge_on_dask([str(folder)], brief.scheduler_address, on_progress=lambda *_: brief.close())
        assert str(raised.value).startswith("the connection to Dask was lost: see its scheduler's log")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is waited for."""
    monkeypatch.setattr(cluster, "TIMEOUT_S", 0.3)


@pytest.mark.process
@pytest.mark.parametrize("listening", [False, True])
def test_no_scheduler(impatient: None, folder: Path, listening: bool) -> None:
    """An address at which nobody answers, listening or not, is said within a bounded time."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        if listening:
            nobody.listen()
        address = f"tcp://127.0.0.1:{nobody.getsockname()[1]}"
        said = problem(Unverifiable, [str(folder)], address)
    assert said == f"no Dask scheduler answers at {address} within 0.3 seconds."


@pytest.mark.process
def test_no_worker(impatient: None, folder: Path) -> None:
    """A cluster without workers is not waited for in vain."""
    with LocalCluster(n_workers=0, processes=False, protocol="tcp", **QUIET) as empty:
        said = problem(Unverifiable, [str(folder)], empty.scheduler_address)
    assert said == "the Dask cluster has no worker: start some, or leave out --scheduler."


@pytest.mark.process
def test_workers_of_another_version(dask: LocalCluster, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that know other rules do not judge."""
    monkeypatch.setattr(cluster, "__version__", "0.0.7")
    said = problem(Unverifiable, [str(folder)], dask.scheduler_address)
    assert said == "every Dask worker needs hpp-contract 0.0.7, as it is here: install it there."


def test_dask_is_not_installed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra, the sentence says how to get it."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    said = problem(UsageProblem, [str(folder)])
    assert said == "judging on Dask needs more packages: pip install 'hpp-contract[dask]'."


def test_a_pipe(tmp_path: Path) -> None:
    """Standard input, and any other pipe, is refused: it can be read once only."""
    os.mkfifo(tmp_path / "pipe")
    for path in ("-", str(tmp_path / "pipe")):
        assert problem(UsageProblem, [path]).startswith("several workers cannot read a pipe: give files")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--scheduler", "tcp://127.0.0.1:1"], "--scheduler needs --engine dask."),
        (["--scheduler", "x:1", "--engine", "dask", "--processes", "2"], "--scheduler takes no --processes: "),
        (["--scheduler", "nonsense", "--engine", "dask"], "nonsense is not the address of a Dask scheduler: "),
        (["--engine", "ray"], "Invalid value for '--engine': 'ray' is not one of 'local', 'dask'."),
    ],
)
def test_usage(arguments: list[str], said: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Options that make no sense are exit code 2 and say why."""
    with pytest.raises(SystemExit) as left:
        main(["recording", str(folder), *arguments])
    assert left.value.code == 2
    assert f"hpp-contract: {said}" in capsys.readouterr().err
