"""Generated sessions: a client must read any session that the contract allows; a failing one is made small."""

from __future__ import annotations

import json
import math
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import given, settings

from hpp_contract.cases import CASES
from hpp_contract.cases.scenarios import CREDENTIALS
from hpp_contract.cli.serve import served_body, session_in
from hpp_contract.cli.serve_text import instructions
from hpp_contract.client import GeneratedOptions, RunOptions, generated, run
from hpp_contract.client.adapters.python import PythonAdapter
from hpp_contract.client.generated import generated_case, is_valid, minimize, realistic_dates, repeat
from hpp_contract.engine import Outcome, Report, Subject
from hpp_contract.generate import sessions
from hpp_contract.server import Server
from hpp_contract.spec.schema_files import example
from tests.harness.integration.client.wrong_clients.test_bugs import CONFORMING
from tests.harness.support.sample_clients import Client

ORDINARY = [case for case in CASES.values() if not case.slow]


@pytest.fixture(autouse=True)
def _no_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found does not depend on how fast this machine is: nothing ends before it is done."""
    monkeypatch.setattr(generated, "BASE_LIMIT_S", 3600.0)
    monkeypatch.setattr(generated, "SHRINK_LIMIT_S", 3600.0)


class TripsOverNanosecondsWithOffset(Client):
    def session(self, value: dict[str, Any]) -> Any:
        if re.search(r"\.\d{9}[+-]", value["updated_at"]):
            raise ValueError("unconverted data remains")
        return value


class CannotStoreEmoji(Client):
    def session(self, value: dict[str, Any]) -> Any:
        if any(ord(char) > 0xFFFF for char in value.get("klarna_reference", "")):
            raise ValueError("incorrect string value")
        return value


class CutsLongNames(Client):
    def session(self, value: dict[str, Any]) -> Any:
        names = {name: text[:200] for name, text in value.get("customer", {}).items()}
        return value | ({"customer": names} if names else {})


def judged(client: Callable[..., Any], folder: Path, count: int = 150, seed: int = 0, cases: Any = ()) -> Report:
    plan = RunOptions(generated=GeneratedOptions(count, seed, folder))
    return run(cases, lambda: PythonAdapter(client), Subject("client", "a client"), plan)


def blamed(report: Report) -> dict[str, set[str]]:
    assert not [verdict.rule.id for verdict in report.rules if verdict.outcome is Outcome.ERROR]
    found = [v for v in report.rules if v.outcome in (Outcome.BROKEN, Outcome.WARNED)]
    return {verdict.rule.id: {finding.case for finding in verdict.findings} for verdict in found}


def read(client: Client, file: Path) -> Any:
    """What the client makes of the body in a file, as `serve --body` serves it."""
    scenario, fault = served_body(file)
    wanted = json.loads(file.read_text(encoding="utf-8"))["session_id"]
    with Server([fault], scenario=scenario) as server:
        return client(server.url, CREDENTIALS.username or "", CREDENTIALS.api_key, wanted, 5)


@pytest.mark.socket
@pytest.mark.parametrize(
    ("client", "rule"), [(TripsOverNanosecondsWithOffset, "HPP-A17"), (CannotStoreEmoji, "HPP-A17")]
)
def test_what_no_case_finds_is_found(client: type[Client], rule: str, tmp_path: Path) -> None:
    """A fault that no case shows is found by generated sessions, in a file that makes the client fail again."""
    assert blamed(judged(client(), tmp_path, cases=ORDINARY)) == {rule: {"generated"}}
    [file] = tmp_path.iterdir()
    assert file.name.startswith(f"{rule}-")
    with pytest.raises(ValueError, match=r"data remains|string value"):
        read(client(), file)


@pytest.mark.socket
def test_what_gets_lost_is_found(tmp_path: Path) -> None:
    """A member that is cut beyond 200 characters is found, and cut again when its file is served."""
    assert blamed(judged(CutsLongNames(), tmp_path, 500)) == {"HPP-A08": {"generated"}}
    [file] = tmp_path.iterdir()
    sent = json.loads(file.read_text(encoding="utf-8"))["customer"]
    assert read(CutsLongNames(), file)["customer"] != sent
    assert [len(text) > 200 for text in sent.values()] == [True]


@pytest.mark.socket
@pytest.mark.parametrize("seed", [1, 7])
def test_what_is_shown_is_small(seed: int, tmp_path: Path) -> None:
    """Nothing is left in the body but what it takes to fail, and the finding shows it with the command."""
    report = judged(TripsOverNanosecondsWithOffset(), tmp_path, seed=seed)
    [file] = tmp_path.iterdir()
    body = json.loads(file.read_text(encoding="utf-8"))
    assert body.keys() == {"session_id", "status", "updated_at", "expires_at"}
    assert body["status"] == "WAITING"
    command = f"hpp-contract serve --body {shlex.quote(str(file))}"
    assert [finding.evidence for verdict in report.rules for finding in verdict.findings] == [
        f"{json.dumps(body)}: {command}"
    ]
    assert f"HPP-A17: {command}, then ask for {body['session_id']}." in report.notes


@pytest.mark.socket
def test_what_is_shown_can_be_asked_for(tmp_path: Path) -> None:
    """`serve --body` shows the request for the session in the file, whatever else is in there."""
    judged(CannotStoreEmoji(), tmp_path)
    [file] = tmp_path.iterdir()
    scenario, fault = served_body(file)
    with Server([fault], scenario=scenario) as server:
        text = instructions(server, [fault], scenario, None, (), session_in(file))
    wanted = json.loads(file.read_text(encoding="utf-8"))["session_id"]
    assert f"{server.url}/hpp/v1/sessions/{wanted}" in text
    for odd in ("[", "[]", '{"session_id": 3}', '{"session_id": "; rm x"}'):
        file.write_text(odd, encoding="utf-8")
        assert session_in(file) is None


@pytest.mark.socket
def test_a_failure_that_cannot_be_kept_is_still_one(tmp_path: Path) -> None:
    """Where the file of a failing session cannot be written, the failure is reported, and why it has no file."""
    (tmp_path / "taken").write_text("a file, not a folder", encoding="utf-8")
    report = judged(CannotStoreEmoji(), tmp_path / "taken")
    assert blamed(report)
    assert any("which could not be written: " in note for note in report.notes)


@pytest.mark.socket
def test_the_same_seed_ends_alike(tmp_path: Path) -> None:
    """A run with the same seed draws the same sessions and finds the same."""
    for name in ("one", "two"):
        judged(CannotStoreEmoji(), tmp_path / name, seed=7)
    [one], [two] = ((tmp_path / name).iterdir() for name in ("one", "two"))
    assert (one.name, one.read_bytes()) == (two.name, two.read_bytes())


@pytest.mark.socket
def test_two_faults_are_distinguished(tmp_path: Path) -> None:
    """A client with two faults that break two rules has a small body for each."""

    class TwoFaults(TripsOverNanosecondsWithOffset):
        def session(self, value: dict[str, Any]) -> Any:
            value = super().session(value)
            return value | {"order_id": value["order_id"].lower()} if "order_id" in value else value

    report = judged(TwoFaults(), tmp_path)
    assert blamed(report) == {"HPP-A05": {"generated"}, "HPP-A17": {"generated"}}
    assert sorted(file.name[:7] for file in tmp_path.iterdir()) == ["HPP-A05", "HPP-A17"]


@pytest.mark.socket
@pytest.mark.parametrize("client", CONFORMING, ids=lambda client: client.__name__)
def test_conforming_clients_survive(client: type[Client], tmp_path: Path) -> None:
    """No generated session is held against a conforming client, whatever its manners."""
    report = judged(client(), tmp_path / "none", 60)
    assert blamed(report) == {}
    assert report.notes == ("60 generated sessions (seed 0) were read too.",)
    assert not (tmp_path / "none").exists()


@pytest.mark.socket
def test_what_cases_break_is_left_to_them(tmp_path: Path) -> None:
    """A rule that a case breaks already is not looked for again."""

    class DropsOrder(Client):
        def session(self, value: dict[str, Any]) -> Any:
            return {name: inner for name, inner in value.items() if name != "order_id"}

    report = judged(DropsOrder(), tmp_path, 30, cases=[CASES["completed-with-order"]])
    assert blamed(report) == {"HPP-A05": {"completed-with-order"}}
    assert "Generated sessions were not judged by what cases break already: HPP-A05." in report.asides


@pytest.mark.socket
def test_what_does_not_repeat_counts_for_nothing(tmp_path: Path) -> None:
    """A failure that passes is a note, since it may have been this machine."""

    class Stumbles(Client):
        failed = False

        def session(self, value: dict[str, Any]) -> Any:
            if not self.failed:
                self.failed = True
                raise ValueError
            return value

    report = judged(Stumbles(), tmp_path, 20)
    assert blamed(report) == {}
    assert "A generated session failed once and not again, so it is not counted: HPP-A17." in report.notes


@pytest.mark.socket
def test_a_slow_client_is_not_asked_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the time for generated sessions is up the round ends, and says so."""
    monkeypatch.setattr(generated, "BASE_LIMIT_S", 0.0)
    report = judged(Client(), tmp_path, 20)
    assert report.notes[0].endswith("of 20 generated sessions (seed 0) were read; then the time for them was up.")


def test_a_read_that_the_end_of_the_time_cut_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails when the time for the run is over may have been cut short: it blames nobody."""
    found = generated.GeneratedRun(Mock(), Subject("client", "a client"))
    monkeypatch.setattr(found, "failures", lambda _: {"HPP-A01": Mock()})
    found.run(20, 0, Mock(at=math.inf, is_over=lambda: True))
    assert (found.late, found.smallest) == (True, {})


@pytest.mark.socket
def test_a_client_that_answers_nothing_is_not_asked_for_more(tmp_path: Path) -> None:
    """When the cases were given up, no generated session is read."""

    def read_session(*_: Any) -> Any:
        return "nothing"

    report = judged(read_session, tmp_path, cases=ORDINARY[:10])
    assert not [note for note in report.notes if "enerated" in note]


@given(body=sessions())
def test_realistic_sessions_are_valid(body: dict[str, Any]) -> None:
    """What a client is asked to read keeps every rule about sessions, and has dates that libraries agree about."""
    case = generated_case(realistic_dates(body))
    for one in (case, repeat(case)):
        assert is_valid(json.loads(one.content))
        assert not re.search(r'23:59"|-00:00"|"(?!19|20)\d{4}-\d\d-\d\d[T"]', one.content.decode())


@given(body=sessions())
@settings(max_examples=20)
def test_the_minimized_session_fails(body: dict[str, Any]) -> None:
    """Of a failing session only what makes it fail is left, and that is a valid session still."""
    status = body["status"]
    left = minimize(body, lambda smaller: smaller["status"] == status)
    assert is_valid(left)
    assert left["status"] == status
    assert not {"customer", "manual_identification"} & left.keys()
    assert all(len(value) == 1 for name, value in left.items() if name == "klarna_reference")


@given(body=sessions())
def test_every_reading_has_an_id_of_its_own(body: dict[str, Any]) -> None:
    """The same session read again has another id of the same version, and nothing else is different."""
    one = generated_case(body)
    two = repeat(one)
    assert one.own_id != two.own_id
    assert one.own_id[8:24] == two.own_id[8:24] == body["session_id"][8:24].lower()
    assert one.content.replace(one.own_id.encode(), b"") == two.content.replace(two.own_id.encode(), b"")


def test_what_is_no_session_is_not_valid() -> None:
    """A body that breaks a rule about sessions is not one to ask a client about."""
    body = json.loads(generated_case(example("waiting")).content)
    assert is_valid(body)
    assert not is_valid(body | {"expires_at": "2001-01-01T00:00:00Z"})
    assert not is_valid({name: value for name, value in body.items() if name != "status"})
