"""How a judging command ends: what is printed and written, the exit code, and the progress bar."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from hpp_contract.cli import _console
from hpp_contract.cli._console import progress
from hpp_contract.cli._options import Options, common_options, finish
from hpp_contract.engine.errors import UsageProblem
from hpp_contract.engine.known_failing import parse
from hpp_contract.engine.report import Outcome, Report
from hpp_contract.reporting.formats import WRITERS, Writer
from hpp_contract.rules import CATALOGUE
from tests.harness.support.fake_time import noon
from tests.harness.support.sample_reports import EVERY_OUTCOME, finding, report, verdict


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("HPP_")] + ["NO_COLOR", "COLUMNS"]:
        monkeypatch.delenv(name, raising=False)


def _command(judged: Report, **more: Any) -> click.Command:
    @click.command()
    @common_options
    def command(options: Options) -> None:
        finish(judged, options, **more)

    return command


@pytest.mark.parametrize(
    ("judged", "arguments", "code"),
    [
        (report(verdict("HPP-S01", Outcome.OK)), [], 0),
        (report(verdict("HPP-S01", Outcome.BROKEN, finding())), [], 1),
        (report(verdict("HPP-S01", Outcome.WARNED, finding())), [], 0),
        (report(verdict("HPP-S01", Outcome.WARNED, finding())), ["--strict"], 1),
        (report(unverified="closed"), [], 3),
        (report(verdict("HPP-S01", Outcome.NOT_EXERCISED)), [], 3),
        (report(), [], 3),
    ],
    ids=["kept", "broken", "warned", "strict", "unverified", "silent", "empty"],
)
def test_finish_leaves_with_the_verdict(judged: Report, arguments: list[str], code: int) -> None:
    """The exit code is the report's; a run in which no rule had anything to judge could not verify."""
    assert CliRunner().invoke(_command(judged), arguments).exit_code == code


def test_finish_writes_every_file_and_the_screen(tmp_path: Path) -> None:
    """One run prints the verdict and writes each format asked for, all saying the same."""
    names = {"--json": "r.json", "--junit": "r.xml", "--markdown": "r.md"}
    files = [part for option, name in names.items() for part in (option, str(tmp_path / name))]
    done = CliRunner().invoke(_command(EVERY_OUTCOME), files)
    assert done.exit_code == 1
    assert "Contract broken: 1 rule" in done.stdout
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["exit_code"] == 1
    assert 'name="HPP-S02 a-rule"' in (tmp_path / "r.xml").read_text(encoding="utf-8")
    assert (tmp_path / "r.md").read_text(encoding="utf-8").startswith("## Contract broken: 1 rule")


@pytest.mark.parametrize("writer", WRITERS, ids=lambda writer: writer.name)
def test_every_writer_has_its_option(tmp_path: Path, writer: Writer) -> None:
    """`--NAME FILE` writes the report in the format of that name, with the rules that were broken."""
    CliRunner().invoke(_command(EVERY_OUTCOME), [writer.option, str(tmp_path / "report")], obj=noon)
    assert "HPP-S02" in (tmp_path / "report").read_text(encoding="utf-8")


def test_finish_keeps_secrets_out_of_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a secret of the environment nor one of the run is on the screen or in a file."""
    monkeypatch.setenv("HPP_API_KEY", "from-the-environment")
    monkeypatch.setenv("HPP_USERNAME", "M1-from-environment")
    leak = "from-the-environment M1-from-environment from-the-run"
    judged = report(verdict("HPP-S01", Outcome.BROKEN, finding(leak)), notes=(leak,), problems=(leak,))
    done = CliRunner().invoke(_command(judged, secrets=("from-the-run",)), ["--json", str(tmp_path / "r.json")])
    for text in (done.output, (tmp_path / "r.json").read_text(encoding="utf-8")):
        assert "[redacted]" in text
        assert not re.search("from-the-environment|M1-from|from-the-run", text)


def test_known_failing_is_read_before_anything_runs(tmp_path: Path) -> None:
    """A faulty list is a usage error at once; a right one excuses its rule."""
    rule = next(rule for rule in CATALOGUE if rule.severity == "must")
    judged = report(verdict(rule.id, Outcome.BROKEN, finding()))
    path = tmp_path / "known.txt"
    path.write_text(f"# ticket 5\n{rule.id}\n")
    done = CliRunner().invoke(_command(judged), ["--known-failing", str(path)])
    assert done.exit_code == 0
    assert "known failing: ticket 5" in done.stdout
    path.write_text(f"# ticket 5\n{rule.id}x\n")
    with pytest.raises(UsageProblem):
        CliRunner().invoke(_command(judged), ["--known-failing", str(path)], catch_exceptions=False)


def test_a_narrowed_run_hands_its_cases_on(tmp_path: Path) -> None:
    """Cases that `--only` left out are no stale entries."""
    rule = CATALOGUE[0].id
    judged = report(verdict(rule, Outcome.OK))
    path = tmp_path / "known.txt"
    path.write_text(f"# r\n{rule}@other\n")
    arguments = ["--known-failing", str(path)]
    assert CliRunner().invoke(_command(judged, cases_run=frozenset({"smoke"})), arguments).exit_code == 0
    assert CliRunner().invoke(_command(judged), arguments).exit_code == 1
    assert parse(path.read_text(encoding="utf-8"), "x", [rule])


# --- On a terminal


def _on_a_terminal(code: str, **environment: str) -> str:
    """What a person sees of `code`, whose stdout and stderr are a terminal."""
    ours, theirs = pty.openpty()
    inherited = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM")}
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=theirs, stderr=theirs, env={**inherited, "TERM": "xterm", **environment}
    ) as process:
        os.close(theirs)
        seen = b"".join(iter(lambda: _read(ours), b""))
        process.wait(30)
    os.close(ours)
    return seen.decode()


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # the other side has closed
        return b""


_FINISH = """
from hpp_contract.cli._options import Options, finish
from tests.harness.support.sample_reports import EVERY_OUTCOME
finish(EVERY_OUTCOME, Options(no_color={no_color}))
"""


@pytest.mark.process
def test_colours_are_for_terminals_that_want_them() -> None:
    """A terminal gets colours, unless NO_COLOR, TERM=dumb or --no-color says not to; a pipe gets none."""
    code = _FINISH.format(no_color=False)
    assert "\x1b[1;31mContract broken: 1 rule" in _on_a_terminal(code)
    for plain in (
        _on_a_terminal(code, NO_COLOR="1"),
        _on_a_terminal(code, TERM="dumb"),
        _on_a_terminal(_FINISH.format(no_color=True)),
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False).stdout,
    ):
        assert "Contract broken: 1 rule" in plain
        assert "\x1b" not in plain


_WAITING = """
import sys, threading
import hpp_contract.cli._console as progress
progress.PROGRESS_DELAY_S, drawn, write = {delay}, threading.Semaphore(0), sys.stderr.write
sys.stderr.write = lambda text: (write(text), drawn.release() if "probing" in text else None)[0]
with progress.progress("probing"):
    for _ in range(2):  # it is drawn, and moves
        drawn.acquire(timeout={longest})
"""


def test_a_log_learns_how_far_it_is(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no terminal, a line now and then says how far a long run is; none with -q."""
    monkeypatch.setattr(_console, "LINE_EVERY_S", 0.01)
    said = ""
    with progress("running client cases") as advance:
        while not re.search(r"running client cases: \d+ s\n", said):
            said += capsys.readouterr().err
        advance(43, 173)
        while not re.search(r"running client cases: 24 %, \d+ s\n", said):
            said += capsys.readouterr().err
    capsys.readouterr()
    quiet = click.Command("quiet", params=[click.Option(["--quiet"], is_flag=True)], callback=_wait)
    quiet.main(["--quiet"], standalone_mode=False)
    assert capsys.readouterr() == ("", "")


def _wait(quiet: bool) -> None:
    """Be busy for as long as several lines take."""
    with progress("being quiet" if quiet else "not being quiet") as advance:
        advance(1, 2)
        threading.Event().wait(0.1)


@pytest.mark.process
def test_progress_is_for_terminals(capsys: pytest.CaptureFixture[str]) -> None:
    """A terminal shows what a long run is doing; a log does not; a quick run shows nothing."""
    assert "probing" in _on_a_terminal(_WAITING.format(delay=0, longest=60))
    assert "probing" not in _on_a_terminal(_WAITING.format(delay=60, longest=0.3))
    with progress("probing"):
        pass
    assert capsys.readouterr() == ("", "")
