"""Every option of every command does something, or is refused: walked along click's own parameters."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from hpp_contract.cli import COMMANDS, main
from hpp_contract.reporting.formats import WRITERS
from tests.harness.support.paths import ROOT

pytestmark = pytest.mark.process

CLIENT = """
def read_session(base_url, username, password, session_id, timeout):
    return {"session_id": session_id, "status": "WAITING"}
"""

VALUES = {
    "port": "0", "polls": "3", "timeout": "5", "generated": "1", "processes": "1", "fuzz": "1", "max_latency": "9",
    "seed": "4", "count": "1", "scenario": "waiting", "faults": "breaks-off", "only": "smoke", "cassettes": "cassettes",
    "python": "shop:read_session", "command": "shop", "engine": "local", "fail_on": "none", "hosts": "localhost",
    "session_ids": "39a1c773-bafd-754d-af1f-b30c592f1267", "base_url": "https://api.playground.kustom.co",
    "known_failing": "known.txt", "history": "runs.jsonl", "baseline": "cassettes", "fresh": "cassettes",
    "reason": "because", "scheduler": "tcp://127.0.0.1:1", "page": "page.md", "folder": "kept", "state": "state.sqlite",
    "body": "body.json", "paths": "cassettes", "host": "127.0.0.2",
    "interpreter": "python3", "callbacks": "localhost", "address": "http://127.0.0.1:9", "ready": "ready.json",
    "record_to": "kept", "callback_url": "https://shop.example/hpp",
    "names": "*", "exclude": "HPP-H11", "webhook": "https://127.0.0.1:1/x",
    "max_time": "100",
}  # fmt: skip
"""A value that each parameter takes, by its name; for files of reports it is their format, for flags there is none."""

REPORTS = {writer.name for writer in WRITERS}


@dataclass(frozen=True)
class Mode:
    """A way to run a command in which most options would do nothing, and the names of those that do something."""

    command: str
    words: tuple[str, ...]
    used: frozenset[str]

    @property
    def name(self) -> str:
        return " ".join((self.command, *self.words))


COMMON = {*REPORTS, "annotations", "strict", "known_failing", "verbose", "quiet", "no_color"}

MODES = (
    Mode("client", ("--list",), frozenset({"list_only", "only", "cassettes", "json", "no_color"})),
    Mode("serve", ("--list",), frozenset({"list_only", "no_color"})),
    Mode("drift", ("--report", "--history", "runs.jsonl"), frozenset(
        {"reporting", "history", "baseline", "json", "markdown", "no_color"}
    )),
    Mode("drift", ("--page", "page.md"), frozenset({"page", "fail_on", *COMMON})),
    Mode("drift", ("--fresh", "cassettes", "--baseline", "cassettes"), frozenset(
        {"fresh", "baseline", "fail_on", "history", "accepting", "names", "reason", "reporting", "page", *COMMON}
    )),
    Mode("drift", ("--baseline", "base", "--accept", "--reason", "first"), frozenset(
        {"baseline", "accepting", "names", "reason", "history", "fresh", "reporting", "page", "base_url", "session_ids",
         "polls", "max_latency", "max_time", "allow_production", "provision", "browser", "seed", *(COMMON - {"strict"})}
    )),
)  # fmt: skip

JUDGING = {
    "endpoint": (),
    "client": ("--python", "shop:read_session", "--only", "smoke"),
    "recording": ("cassettes/documented",),
    "record": ("--to", "recorded"),
    "drift": ("--baseline", "cassettes"),
}
"""Each command that ends with a report, and a short run of it; `serve` runs until it is interrupted."""

IDLE = {
    ("recording", "seed"): ("cassettes/documented",),
    ("serve", "seed"): (),
    ("proxy", "seed"): ("--to", "http://127.0.0.1:9"),
    ("serve", "scenario"): ("--body", "body.json"),
    ("client", "folder"): ("--python", "shop:read_session", "--only", "smoke"),
    ("drift", "fail_on"): ("--baseline", "cassettes", "--strict"),
    ("endpoint", "browser"): (),
    ("recording", "scheduler"): ("cassettes/documented",),
    ("drift", "reason"): ("--baseline", "cassettes"),
    ("drift", "new_only"): ("--baseline", "cassettes"),
    ("drift", "webhook"): ("--baseline", "cassettes"),
}
"""Options that do nothing beside these words, or without others, and are refused there."""


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder with everything that the VALUES name."""
    for name in [name for name in os.environ if name.startswith("HPP_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cassettes").symlink_to(ROOT / "cassettes")
    (tmp_path / "shop.py").write_text(CLIENT, encoding="utf-8")
    for name in ("known.txt", "runs.jsonl", "page.md", "body.json"):
        (tmp_path / name).touch()
    yield
    assert not list(tmp_path.glob("*.partial"))


def parameters(command: str) -> list[click.Parameter]:
    found = main.get_command(click.Context(main), command)
    assert found is not None
    return found.params


def words_of(parameter: click.Parameter) -> list[str]:
    """The words that give this parameter on a command line."""
    name = parameter.name or ""
    if isinstance(parameter, click.Argument):
        return [VALUES[name]]
    if getattr(parameter, "is_flag", False):
        return [parameter.opts[0]]
    return [parameter.opts[0], f"written.{name}" if name in REPORTS else VALUES[name]]


def invoke(command: str, *words: str) -> Result:
    return CliRunner().invoke(main, [command, *words])


def cases() -> Iterator[object]:
    for mode in MODES:
        for parameter in parameters(mode.command):
            if parameter.name not in mode.used:
                yield pytest.param(mode, parameter, id=f"{mode.name}-{parameter.name}")


@pytest.mark.parametrize(("mode", "parameter"), list(cases()))
def test_an_idle_option_is_refused(mode: Mode, parameter: click.Parameter) -> None:
    """Where a command only lists, summarizes or compares, an option that would do nothing is wrong usage."""
    done = invoke(mode.command, *mode.words, *words_of(parameter))
    assert done.exit_code == 2, done.output
    assert not Path(f"written.{parameter.name}").exists()


@pytest.mark.parametrize(("command", "name"), IDLE, ids="-".join)
def test_an_option_that_needs_others_is_refused(command: str, name: str) -> None:
    """An option that does nothing beside or without others is wrong usage there."""
    (parameter,) = [each for each in parameters(command) if each.name == name]
    assert invoke(command, *IDLE[command, name], *words_of(parameter)).exit_code == 2


@pytest.mark.parametrize("command", JUDGING)
def test_every_report_is_written(command: str) -> None:
    """A command that ends with a report writes every file that it is asked for."""
    asked = [each for each in parameters(command) if each.name in REPORTS]
    done = invoke(command, *JUDGING[command], *(word for each in asked for word in words_of(each)))
    assert done.exit_code in (0, 1), done.output
    assert {path.suffix[1:] for path in Path().glob("written.*")} == {each.name for each in asked} == REPORTS


@pytest.mark.parametrize("name", ["json", "markdown"])
def test_the_summary_of_a_history_is_written(name: str) -> None:
    """`drift --report` writes what it does not refuse."""
    done = invoke("drift", "--report", "--history", "runs.jsonl", f"--{name}", f"written.{name}")
    assert (done.exit_code, Path(f"written.{name}").exists()) == (0, True), done.output


def test_the_list_of_cases_is_written() -> None:
    """`client --list` writes what it does not refuse."""
    assert invoke("client", "--list", "--json", "written.json").exit_code == 0
    assert "smoke" in Path("written.json").read_text(encoding="utf-8")


def test_every_parameter_is_walked() -> None:
    """Every parameter of a command with such modes has a value here, so that a new one is walked too; the commands that
    only print or write files have no option that could do nothing."""
    walked = {mode.command for mode in MODES} | JUDGING.keys()
    others = {"vectors", "rules", "explain", "init"}
    assert walked | others | {"proxy"} == set(COMMANDS)
    for command in walked | {"proxy"}:
        for parameter in parameters(command):
            assert words_of(parameter)
    names = {command: {each.name for each in parameters(command)} for command in others}
    assert names == {
        "vectors": {"folder", "seed", "count"}, "rules": {"markdown"}, "explain": {"what"},
        "init": {"language", "directory", "ci"},
    }  # fmt: skip
