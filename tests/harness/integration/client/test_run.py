"""Running clients: a report says whether a client keeps the contract, and where it breaks it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from threading import Event
from typing import Any

import pytest

from hpp_contract.cases import CASES
from hpp_contract.client import RunOptions, run
from hpp_contract.client.adapters.adapter import Ask
from hpp_contract.client.adapters.python import PythonAdapter
from hpp_contract.engine import Outcome, Report, Subject
from hpp_contract.model.client_read import ClientResult
from hpp_contract.reporting.json_report import json_report
from hpp_contract.reporting.view import ReportView
from hpp_contract.rules.answer.conduct import SLACK, TRIES
from tests.harness.support.sample_clients import Client, HppError
from tests.harness.support.sockets import HANG

pytestmark = pytest.mark.socket

ORDINARY = [case for case in CASES.values() if not case.slow]


def judged(client: Callable[..., Any], *names: str, wait: float = 10.0) -> Report:
    cases = [CASES[name] for name in names] or ORDINARY
    report = run(cases, lambda: PythonAdapter(client), Subject("client", "a client"), RunOptions(wait))
    assert not [verdict.rule.id for verdict in report.rules if verdict.outcome is Outcome.ERROR]
    return report


def broken(report: Report) -> set[str]:
    return {verdict.rule.id for verdict in report.rules if verdict.outcome in (Outcome.BROKEN, Outcome.WARNED)}


@pytest.mark.parametrize("wait", [0.1, 2.0, 10.0])
def test_a_hang_is_waited_for_until_it_shows(wait: float) -> None:
    """However short a wait is asked for, a client that ignores its time-out is waited for until that is certain."""
    waits: list[float] = []

    class Waiting(PythonAdapter):
        def read(self, ask: Ask, wait: float) -> tuple[ClientResult, float]:
            waits.append(wait)
            return super().read(ask, wait)

    case = CASES["stalls-before-answer"]
    run([case], lambda: Waiting(Client()), Subject("client", "a client"), RunOptions(wait))
    assert min(waits) > TRIES * case.timeout + SLACK


class DropsPrefix(Client):
    def path(self) -> str:
        return f"/hpp/v1/sessions/{self.segment()}"


class DropsOrder(Client):
    def session(self, value: dict[str, Any]) -> Any:
        return {name: inner for name, inner in value.items() if name != "order_id"}


class TalksTooMuch(Client):
    def interpret(self, status: int, content: bytes) -> Any:
        try:
            return super().interpret(status, content)
        except HppError as error:
            error.args = (f"request failed: {self.headers()}",)
            raise


class WaitsForEver(Client):
    def timeout(self) -> float | None:
        return None


def test_the_whole_run_is_bounded() -> None:
    """A run whose time is over could not verify, and says how many cases were not run and why."""
    cases = [CASES[name] for name in ("waiting", "smoke")]
    options = RunOptions(max_time=1e-9)
    report = run(cases, lambda: PythonAdapter(Client()), Subject("client", "a client"), options)
    assert (report.exit_code, report.unverified) == (
        3,
        "the time for this run was over after 1e-09 s: 2 of 2 cases were not run. Give it more with --max-time.",
    )


def test_what_was_cut_short_is_no_finding() -> None:
    """A client that is asked when the time of the run ends is not blamed for the answer that it did not give; what was
    found before stays found."""

    def read_session(base_url: str, username: str, password: str, session_id: str, timeout: float) -> Any:
        if session_id != CASES["smoke"].sessions[0]:
            release.wait(HANG)
        return {"session_id": session_id, "status": "COMPLETED"}

    release = Event()
    cases = [CASES[name] for name in ("smoke", "waiting", "in-progress")]
    options = RunOptions(wait=HANG, max_time=2)
    report = run(cases, lambda: PythonAdapter(read_session), Subject("client", "a client"), options)
    release.set()
    assert {finding.case for verdict in report.rules for finding in verdict.findings} == {"smoke"}
    assert (report.exit_code, str(report.unverified).split(": ")[1][:29]) == (1, "2 of 3 cases were not run. Gi")


def test_ignored_timeout_is_a_finding_and_the_run_goes_on() -> None:
    """A client that ignores its time-out is abandoned after a while, and the next case is run."""
    report = judged(WaitsForEver(), "stalls-before-answer", "waiting", wait=2.9)
    assert broken(report) == {"HPP-A33"}
    assert {f.case for v in report.rules for f in v.findings} == {"stalls-before-answer"}
    assert report.notes[0].startswith("Cases run: 2 of 2,")


class StartsSlowly(Client):
    """Its first reads take all of their time before it asks for anything."""

    def __init__(self, slow_reads: int) -> None:
        self.left = slow_reads

    def fetch(self, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
        self.left -= 1
        if self.left >= 0:
            raise TimeoutError("timed out")
        return super().fetch(path, headers)


def test_a_client_may_need_its_time_to_start() -> None:
    """A client that had no time to ask, where it is given little, is asked again, and judged by what it then does."""
    report = judged(StartsSlowly(2), "stalls-before-answer")
    assert broken(report) == set()
    assert next(v.outcome for v in report.rules if v.rule.id == "HPP-A33") is Outcome.OK
    assert broken(judged(StartsSlowly(3), "stalls-before-answer")) == {"HPP-R02"}


class Starved(Client):
    """A busy machine leaves some of its fetches no time, before anything is sent or after it was answered."""

    def __init__(self, starved: Iterable[int], *, is_answered: bool = False) -> None:
        self._starved, self._is_answered = set(starved), is_answered
        self.reads = 0

    def fetch(self, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
        self.reads += 1
        if self.reads not in self._starved:
            return super().fetch(path, headers)
        if self._is_answered:
            super().fetch(path, headers)
        raise TimeoutError


@pytest.mark.parametrize("is_answered", [False, True])
@pytest.mark.parametrize("name", ["waiting", "lifecycle-paid", "reset-once", "expired-between-polls"])
def test_a_busy_machine_breaks_nothing(name: str, is_answered: bool) -> None:
    """One time-out where the server answered at once is no finding, whichever read of the case it is."""
    for starved in range(1, len(CASES[name].reads) + 1):
        client = Starved({starved}, is_answered=is_answered)
        assert not broken(judged(client, name)), starved


def test_a_client_that_always_gives_up_is_faulty() -> None:
    """The second time it gives up counts; after that, with the same adapter, the first."""
    client = Starved(range(1000), is_answered=True)
    names = [case.name for case in ORDINARY if case.name.startswith(("lifecycle-", "completed-"))]
    assert "HPP-A17" in broken(judged(client, *names))
    reads = sum(len(CASES[name].reads) for name in names)
    assert reads < client.reads < reads + 20


def test_waiting_for_every_piece_is_information() -> None:
    """Who takes a time-out for each piece of an answer gets all of them in the end, which is for information."""
    [verdict] = [v for v in judged(Client(), "drips").rules if v.rule.id == "HPP-A34"]
    assert (verdict.outcome, [finding.case for finding in verdict.findings]) == (Outcome.OK, ["drips"])


@pytest.mark.parametrize("detailed", [False, True])
def test_exchanges_are_rendered_for_who_shows_them(detailed: bool) -> None:
    """Only a detailed report has the texts of exchanges."""
    options = RunOptions(detailed=detailed)
    report = run([CASES["smoke"]], lambda: PythonAdapter(DropsOrder()), Subject("client", "a client"), options)
    assert bool(report.exchanges) is detailed


def test_hard_coded_host_is_said_of_every_case() -> None:
    """Of a client that ignores its base URL the report says that no request came."""

    def read_session(base_url: str, username: str, password: str, session_id: str, timeout: float) -> Any:
        raise ConnectionError("no route to api.example")

    report = judged(read_session, "smoke", "waiting", "not-found")
    assert broken(report) == {"HPP-R02"}
    [verdict] = [verdict for verdict in report.rules if verdict.rule.id == "HPP-R02"]
    assert [finding.case for finding in verdict.findings] == ["smoke", "waiting", "not-found"]


def test_session_from_nowhere_is_invented() -> None:
    """A client that answers without asking invents what it says."""

    def read_session(base_url: str, username: str, password: str, session_id: str, timeout: float) -> Any:
        return {"session_id": session_id, "status": "COMPLETED", "order_id": "a1a8f727-2756-6058-bd3c-40069be0994b"}

    assert {"HPP-A11", "HPP-A16", "HPP-R02"} <= broken(judged(read_session, "smoke"))


def test_request_for_something_else_is_judged() -> None:
    """A request with no session id in it is no read of a session."""

    class FetchesToken(Client):
        def path(self) -> str:
            self.send(*self.where(), "/oauth/token", {})
            return super().path()

        def where(self) -> tuple[str, int]:
            host, _, port = self.ask.base_url.removeprefix("http://").partition(":")
            return host, int(port)

    [verdict] = [verdict for verdict in judged(FetchesToken(), "smoke").rules if verdict.outcome is Outcome.BROKEN]
    assert (verdict.rule.id, verdict.findings[0].case) == ("HPP-R02", "")


def test_declared_gaps_are_said_once() -> None:
    """A member that a client declares it does not expose is one warning in all."""
    client = PythonAdapter(DropsOrder(), {"fields": ["session_id", "status", "updated_at", "expires_at"]})
    report = run(ORDINARY, lambda: client, Subject("client", "x"), RunOptions())
    assert broken(report) == {"HPP-A09", "HPP-A38"}
    assert [verdict.total for verdict in report.rules if verdict.rule.id == "HPP-A09"] == [1]
    undone = {verdict.rule.id for verdict in report.rules if verdict.outcome is Outcome.NOT_EXERCISED}
    assert {"HPP-A05", "HPP-A06", "HPP-A07", "HPP-A08"} <= undone


def test_declared_base_url_exempts_its_cases() -> None:
    """A client that takes no base URL as it is is not judged by how it treats one."""
    client = PythonAdapter(DropsPrefix(), {"base_url": "patched"})
    names = [name for name in CASES if name.startswith("base-url")]
    report = run([CASES[n] for n in names], lambda: client, Subject("client", "x"), RunOptions())
    assert broken(report) == set()
    assert all(any(name in note for note in report.notes) for name in names)


def test_skipped_cases_are_named() -> None:
    """A case that the client skips is judged by nothing and named in a note."""

    def read_session(*_: Any) -> Any:
        return {"skipped": "not today"}

    report = judged(read_session, "waiting")
    assert broken(report) == set()
    assert "Skipped by the client: waiting." in report.notes


def test_secrets_stay_out_of_the_report() -> None:
    """However a client prints its credentials, the report does not."""
    report = judged(TalksTooMuch(), "unauthorized", "not-found")
    text = json.dumps(json_report(ReportView(report)))
    assert not [secret for secret in CASES["smoke"].credentials.secrets[:2] if secret in text]
