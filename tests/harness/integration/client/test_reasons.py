"""One defect, one finding, and the client's own reason in it."""

from __future__ import annotations

import http.client
import shlex
import socket
import ssl
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hpp_contract.cases import CASES
from hpp_contract.client import RunOptions, run
from hpp_contract.client.adapters.adapter import Ask
from hpp_contract.client.adapters.command_template import CommandTemplateAdapter
from hpp_contract.client.adapters.python import PythonAdapter
from hpp_contract.engine import Outcome, Report, Subject
from hpp_contract.engine.rule import Finding
from hpp_contract.model.client_read import Capabilities, ClientResult
from hpp_contract.server.tls import throwaway
from tests.harness.integration.client.wrong_clients.wrong_requests import NeverSendsCredentials
from tests.harness.integration.client.wrong_clients.wrong_wire import TrustsAnybody, TrustsKeptConnection
from tests.harness.support.sample_clients import Client
from tests.harness.support.sockets import HANG

pytestmark = pytest.mark.socket

ORDINARY = [case for case in CASES.values() if not case.slow]


def judged(client: Callable[..., Any], *names: str, folder: Path | None = None, **hello: Any) -> Report:
    cases = [CASES[name] for name in names] or ORDINARY
    options = RunOptions(5.0, tls=throwaway(folder) if folder is not None else None)
    return run(cases, lambda: PythonAdapter(client, hello or None), Subject("client", "a"), options)


def findings(report: Report) -> dict[str, tuple[Finding, ...]]:
    return {v.rule.id: v.findings for v in report.rules if v.outcome in (Outcome.BROKEN, Outcome.WARNED)}


class ReadsNothing(Client):
    def session(self, value: dict[str, Any]) -> Any:
        raise KeyError(len(value))


class RefusesUnknownMembers(Client):
    """It reads no session that is in progress, whatever is in it."""

    def session(self, value: dict[str, Any]) -> Any:
        if value.get("status") == "IN_PROGRESS":
            raise KeyError("IN_PROGRESS")
        return value


def test_who_reads_nothing_is_blamed_once() -> None:
    """A client that can read no session is told so once, with how many it was given, and nothing that follows."""
    report = judged(ReadsNothing())
    found = findings(report)
    assert set(found) == {"HPP-A17"}
    [finding] = found["HPP-A17"]
    assert finding.found.startswith("cannot read ")
    assert finding.found.endswith(" documented sessions: an error (decode: KeyError)")
    assert finding.case == "smoke"
    [note] = [note for note in report.notes if note.startswith("Not judged, because the client cannot read")]
    assert "HPP-A18, HPP-A20, HPP-A21" in note


def test_who_cannot_read_a_status_is_not_blamed_for_members() -> None:
    """A session with something special about it is not judged where the same one without it cannot be read."""
    assert set(findings(judged(RefusesUnknownMembers(), "unknown-member", "in-progress"))) == {"HPP-A17"}
    report = judged(RefusesUnknownMembers(), "unknown-member")
    assert findings(report) == {}
    assert "Not judged, because the client cannot read a plain session: HPP-A20." in report.notes


class NaiveInstants(Client):
    """Its instants have lost their zone."""

    def session(self, value: dict[str, Any]) -> Any:
        return value | {name: str(value[name])[:-1] for name in ("updated_at", "expires_at") if name in value}


@pytest.mark.parametrize("names", [("waiting", "utf-16-session"), ("utf-16-session",)], ids=" ".join)
def test_what_is_wrong_everywhere_is_not_blamed_on_a_broken_body(names: tuple[str, ...]) -> None:
    """A client that changes a member of every session is not told that it does so where the body is broken, too."""
    assert "HPP-A24" not in findings(judged(NaiveInstants(), *names))


@pytest.mark.parametrize(("case", "code"), [("base-url-with-slash", 0), ("waiting", 1)])
def test_a_slash_that_leads_nowhere_is_a_warning(case: str, code: int) -> None:
    """Who makes another host of a base URL that ends in a slash is warned, as is who sends a slash too many."""

    class ResolvesTheRest(Client):
        def fetch(self, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
            raise OSError(f"unknown host hpp in {len(path)}, {len(headers)}")

    report = judged(ResolvesTheRest(), case)
    assert report.exit_code == code
    assert "HPP-R02" in findings(report)


def test_who_returns_a_word_learns_how_to_say_it() -> None:
    """A client that returns something else than a session is told what to return in its place."""

    class SaysWhetherItIsPaid(Client):
        def session(self, value: dict[str, Any]) -> Any:
            return value["status"] == "COMPLETED"

    report = judged(SaysWhetherItIsPaid(), "smoke", "waiting")
    assert any(note.endswith('if no more than paid or not, answer {"verdict": "paid"}.') for note in report.notes)


def test_what_the_client_says_stands_in_the_finding() -> None:
    """What a client raised before its first request is told, without whole ids and secrets."""

    def read(base_url: str, username: str, password: str, session_id: str, timeout: float) -> Any:
        raise NameError(f"name 'sesion' is not defined in {session_id} for {password}\nand more")

    [finding] = findings(judged(read, "smoke"))["HPP-R02"]
    assert finding.found.startswith("no request for this session came: NameError: name 'sesion' is not defined in ")
    assert CASES["smoke"].sessions[0] not in finding.found
    assert CASES["smoke"].credentials.api_key not in finding.found
    assert "and more" not in finding.found


def test_a_handshake_that_failed_is_named(tmp_path: Path) -> None:
    """A client that trusts nobody is told that its handshake failed, and how it says so itself."""
    [finding] = findings(judged(Client(), "smoke", folder=tmp_path))["HPP-R02"]
    assert "no request for this session came: a TLS handshake failed; SSLCertVerificationError: " in finding.found


def test_a_connection_that_died_is_no_missing_request() -> None:
    """A client that keeps a dead connection is told of that, not that it sends no requests."""
    found = findings(judged(TrustsKeptConnection(), "connection-close", "many-headers"))
    assert set(found) == {"HPP-A21"}
    assert found["HPP-A21"][0].found.endswith("the server had closed the connection in connection-close")


def test_without_credentials_the_rest_is_judged() -> None:
    """A client without credentials is judged by the other rules too: the server stops asking, and says so."""

    class WrongTwice(NeverSendsCredentials):
        def session(self, value: dict[str, Any]) -> Any:
            return {name: inner for name, inner in value.items() if name != "order_id"}

    report = judged(WrongTwice(), "smoke", "completed-with-order", "unauthorized")
    assert set(findings(report)) == {"HPP-R05", "HPP-A05"}
    assert any(note.startswith("The server stopped asking for credentials") for note in report.notes)


def test_one_byte_is_too_much() -> None:
    """Who says so much as one letter to a server that proved nothing trusts anybody, whatever it says afterwards."""
    opened: list[ssl.SSLSocket] = []

    def read(base_url: str, username: str, password: str, session_id: str, timeout: float) -> Any:
        host, _, port = base_url.removeprefix("https://").partition(":")
        anybody = ssl.create_default_context()
        anybody.check_hostname = False
        anybody.verify_mode = ssl.CERT_NONE
        opened.append(anybody.wrap_socket(socket.create_connection((host, int(port)), timeout=HANG)))
        opened[0].sendall(b"G")
        raise ConnectionError("but no more than that")

    found = findings(judged(read, "unproven-server"))
    opened[0].close()
    assert set(found) == {"HPP-R13"}
    assert found["HPP-R13"][0].found == "a request"


def test_a_name_is_looked_at(tmp_path: Path) -> None:
    """Over https a client is given a server with the certificate of another host, too."""
    names = ("smoke", "server-of-another-name")
    assert set(findings(judged(TrustsAnybody(), *names, folder=tmp_path))) == {"HPP-R13"}
    assert "Run with --tls only: server-of-another-name." in judged(TrustsAnybody(), *names).asides


def test_a_name_is_not_judged_where_nothing_is_trusted(tmp_path: Path) -> None:
    """Who reads nothing from the right server is not praised for refusing the wrong one."""
    report = judged(Client(), "server-of-another-name", folder=tmp_path)
    assert [verdict.outcome for verdict in report.rules if verdict.rule.id == "HPP-R13"] == [Outcome.NOT_EXERCISED]
    silent = "Not judged, because the client read no session from the right server: server-of-another-name."
    assert silent in report.notes


class AsksForTheLatest(Client):
    """One object for all reads: what was asked for last is what every read under way asks for."""

    hello = {"concurrent": True}  # noqa: RUF012  as an SDK's author would write it

    def __init__(self) -> None:
        self.both = threading.Barrier(2)

    def segment(self) -> str:
        self.both.wait(timeout=HANG)
        return super().segment()


def test_two_at_once_mixed() -> None:
    """A client that confuses two sessions that it reads at the same time is caught."""
    found = findings(judged(AsksForTheLatest(), "two-at-once"))
    assert {verdict for verdict in found if verdict in ("HPP-A14", "HPP-R02", "HPP-A11")}


class Separate:
    """Every read is by a client of its own."""

    hello = {"concurrent": True}  # noqa: RUF012  as an SDK's author would write it

    def __call__(self, base_url: str, username: str, password: str, session_id: str, timeout: float) -> Any:
        return Client()(base_url, username, password, session_id, timeout)


class SeparateAsync(Separate):
    async def __call__(self, *ask: Any, **named: Any) -> Any:
        return super().__call__(*ask, **named)


@pytest.mark.parametrize("client", [Separate, SeparateAsync])
def test_two_at_once_kept_apart(client: type[Separate]) -> None:
    """A client that keeps two reads apart is kept."""
    report = run([CASES["two-at-once"]], lambda: PythonAdapter(client()), Subject("client", "a"), RunOptions(5.0))
    assert findings(report) == {}
    assert report.notes[0].startswith("Cases run: 1 of 1,")


def test_status_codes_that_are_none() -> None:
    """A number that is no status code means that there was none, not that the client lies."""

    class WritesMinusOne(Client):
        def __call__(self, *ask: Any, **named: Any) -> Any:
            try:
                return super().__call__(*ask, **named)
            except (OSError, http.client.HTTPException) as error:
                return {"error": {"type": type(error).__name__, "http_status": -1}}

    assert findings(judged(WritesMinusOne(), "reset-before-answer", "garbage")) == {}


class FailingAsync(Separate):
    async def __call__(self, base_url: str, *_: Any, **__: Any) -> Any:
        raise ConnectionError(f"no network here for {base_url[:4]}")


def test_two_at_once_that_fail() -> None:
    """What a coroutine function raises is its result, for each of two at the same time."""
    report = run([CASES["two-at-once"]], lambda: PythonAdapter(FailingAsync()), Subject("client", "a"), RunOptions(5.0))
    [finding, _] = findings(report)["HPP-R02"]
    assert finding.found == "no request for this session came: ConnectionError: no network here for http"


class ChangesItsMind(PythonAdapter):
    """Its hello comes late."""

    def read(self, ask: Ask, wait: float) -> tuple[ClientResult, float]:
        self.can = Capabilities(base_url="patched")
        return super().read(ask, wait)


def test_a_hello_that_comes_late_counts() -> None:
    """What turns out to make no sense for a client is left out, though it was asked already."""
    case = CASES["unproven-server"]
    report = run([case], lambda: ChangesItsMind(TrustsAnybody()), Subject("client", "a"), RunOptions(5.0))
    assert findings(report) == {}
    assert "Not run, because the client cannot be given a base URL: unproven-server." in report.notes


@pytest.mark.process
def test_templates_are_asked_in_turn() -> None:
    """A command that is started once a read takes several reads one after the other."""
    template = CommandTemplateAdapter(shlex.join([sys.executable, "-S", "-c", "print('{}')", "{session_id}"]))
    ask = Ask("x", "http://127.0.0.1:1", "u", "p", "s", 1.0)
    assert [result.session for result, _ in template.read_together([ask, ask], HANG)] == [{}, {}]
