"""What a command does where disks fail, files are odd and nothing was named."""

from __future__ import annotations

import importlib
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from hpp_contract.cli import COMMANDS, main
from hpp_contract.cli.serve_body import served_body
from hpp_contract.drift import Baseline, as_json, read_baseline
from hpp_contract.drift.gather import evidence_of
from hpp_contract.drift.history import read_history
from hpp_contract.exchange import Exchange, Request, Response
from hpp_contract.plugin import ClientContract, _conclude
from hpp_contract.reporting import files
from hpp_contract.reporting.terminal import terminal
from hpp_contract.rules.catalogue import CATALOGUE
from hpp_contract.schemas import validate
from hpp_contract.server import rehearse
from hpp_contract.verdict import Outcome, Report, RuleVerdict, Subject
from hpp_contract.verdict.problems import Unverifiable, UsageProblem


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_importing_runs_nothing() -> None:
    """The module behind `python -m hpp_contract` may be imported: new processes do that."""
    importlib.import_module("hpp_contract.__main__")


def test_every_command_is_listed() -> None:
    """The group knows its commands without importing them."""
    assert main.list_commands(click.Context(main)) == list(COMMANDS)  # type: ignore[attr-defined]


@contextmanager
def told_at_once() -> Iterator[threading.Event]:
    """As if Ctrl-C was pressed right away."""
    told = threading.Event()
    told.set()
    yield told


@pytest.mark.socket
def test_serving_a_body_with_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body from a file is served beside named faults; that nobody asked is not a verdict."""
    monkeypatch.setattr(importlib.import_module("hpp_contract.cli.serve"), "_until_told", told_at_once)
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
    _, lie = served_body(tmp_path / "body")
    told = lie(rehearse("waiting")[0]).response
    assert told is not None
    assert (told.status, told.body) == (404 if is_error else 200, text.encode())


def test_vectors_on_a_disk_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the new folder cannot take its place, the old one is put back."""
    target = tmp_path / "vectors"
    assert run("vectors", str(target), "--count", "1").exit_code == 0
    before = sorted(target.rglob("*"))
    rename, troubles = Path.rename, iter([OSError(28, "No space left on device")])

    def fails(draft: Path, to: Path) -> Path:
        if to == target and (trouble := next(troubles, None)):
            raise trouble
        return rename(draft, to)

    monkeypatch.setattr(Path, "rename", fails)
    done = run("vectors", str(target), "--count", "2")
    assert (done.exit_code, "No space left on device" in done.output) == (2, True)
    assert sorted(target.rglob("*")) == before
    assert list(tmp_path.iterdir()) == [target]


def test_a_file_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That a report cannot be written is said before the run."""
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(UsageProblem, match="cannot be written: no permission; name another file"):
        files.check(tmp_path / "report.json")


def test_every_rule_of_a_drift_run() -> None:
    """With -v a drift run names every rule too."""
    report = Report(Subject("drift", "x"), (RuleVerdict(CATALOGUE[0], Outcome.OK),))
    assert CATALOGUE[0].id in terminal(report, verbose=True)
    assert CATALOGUE[0].id not in terminal(report)


def test_a_checker_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package that checks dates nothing is judged, instead of judged wrongly."""
    from jsonschema import Draft202012Validator

    monkeypatch.delitem(Draft202012Validator.FORMAT_CHECKER.checkers, "date-time")  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="install rfc3339-validator"):
        validate._wordy.__wrapped__("session")


def baseline_text() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(as_json(Baseline(evidence_of(rehearse("waiting")).facts)))
    return document


def test_a_baseline_of_unknown_facts(tmp_path: Path) -> None:
    """A baseline with a kind of fact that this version does not know cannot be read."""
    document = baseline_text()
    (tmp_path / "facts.json").write_text(json.dumps(document))
    assert read_baseline(tmp_path).facts
    next(iter(document["situations"].values()))["facts"][0]["kind"] = "colour"
    (tmp_path / "facts.json").write_text(json.dumps(document))
    with pytest.raises(Unverifiable, match="cannot be read \\(ValueError\\)"):
        read_baseline(tmp_path)


def test_a_history_of_unknown_verdicts(tmp_path: Path) -> None:
    """A line with a verdict that no run has is no run."""
    run_ = {"at": "", "subject": "", "verdict": "quiet", "exit_code": 0, "changes": [], "observed": [], "confirmed": []}
    lines = [run_ | {"version": "1"}, run_ | {"version": "1", "verdict": "loud"}]
    (tmp_path / "runs").write_text("".join(json.dumps(line) + "\n" for line in lines))
    runs, foreign = read_history(tmp_path / "runs")
    assert (len(runs), foreign) == (1, 1)


@pytest.mark.parametrize(
    ("body", "said"),
    [(b"[]", "JSON, but no object"), (b"{}", "a JSON object"), (b"x", "text that is no JSON"), (b"", "empty")],
)
def test_kinds_of_bodies(body: bytes, said: str) -> None:
    """What a body is, is a fact, whatever it is."""
    request = Request("GET", "https://h/hpp/v1/sessions/39a1c773-bafd-754d-af1f-b30c592f1267")
    (situation,) = [
        each
        for name, each in evidence_of([Exchange(request, Response(404, (), body))]).facts.items()
        if name == "unknown-id"
    ]
    assert [seen.values for aspect, seen in situation.aspects.items() if aspect.kind == "body"] == [{said: 1}]


def test_a_suite_without_a_client() -> None:
    """The suite is skipped with the remedy when no client was named."""
    from hpp_contract.suite import test_client

    request: Any = SimpleNamespace(config=SimpleNamespace(stash={}))
    with pytest.raises(pytest.skip.Exception, match="add --hpp-client=MODULE:CALLABLE"):
        test_client.TestClient()._client(request)


def test_tests_beside_the_contract() -> None:
    """A test of an SDK's own in a class of the contract is not parametrized."""
    ClientContract().pytest_generate_tests(SimpleNamespace(fixturenames=["own"]))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("notes", "said"),
    [((), "the client skipped this case"), (("client: x", "not today"), "not today")],
)
def test_a_case_that_says_nothing(notes: tuple[str, ...], said: str) -> None:
    """A case in which no rule was exercised is skipped, with the client's reason."""
    verdicts = tuple(RuleVerdict(rule, Outcome.NOT_EXERCISED) for rule in CATALOGUE)
    report = Report(Subject("client", "x"), verdicts, notes=notes)
    with pytest.raises(pytest.skip.Exception) as skipped:
        _conclude(report, "smoke", (), "test")
    assert skipped.value.msg == said
