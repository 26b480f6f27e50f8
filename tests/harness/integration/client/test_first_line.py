"""Clients as wrong as real ones are, through every case: the rule that names the defect is the first in the report."""

from __future__ import annotations

import base64
import http.client
import json
from typing import Any, Final

import pytest

from hpp_contract.cases import CASES
from hpp_contract.client import RunOptions, run
from hpp_contract.client.adapters.python import PythonAdapter
from hpp_contract.engine import Outcome, Report, Subject
from hpp_contract.reporting.terminal import terminal
from hpp_contract.reporting.view import ReportView
from hpp_contract.spec.session import STATUSES
from tests.harness.integration.client.wrong_clients.client_in_parts import ClientInParts
from tests.harness.integration.client.wrong_clients.wrong_wire import HangsOnPrematureClose, TrustsAnybody
from tests.harness.support.must_clients import SwallowsDecodeErrors
from tests.harness.support.sample_clients import ChallengedClient, Client, FollowingClient, HppError

pytestmark = pytest.mark.socket

Session = dict[str, Any]


class SucceedsWithoutErrorCode(Client):
    """An error is what has an error_code, it thinks: the status code is nowhere looked at."""

    def interpret(self, status: int, content: bytes) -> Any:
        try:
            value = json.loads(content or b"{}")
        except ValueError:
            raise HppError(status, content) from None
        if not isinstance(value, dict) or "error_code" in value:
            raise HppError(status, content)
        return value


class ClosedEnumeration(Client):
    """Its statuses are an enumeration that knows those of the documentation."""

    def session(self, value: Session) -> Any:
        if isinstance(value.get("status"), str) and value["status"] not in STATUSES:
            raise ValueError("unknown status")
        return value


class NeedsEveryMember(Client):
    """A value object whose constructor takes every member that its author has ever seen."""

    def session(self, value: Session) -> Any:
        if missing := {"session_id", "status", "updated_at", "expires_at", "order_id"} - value.keys():
            raise TypeError(f"missing {len(missing)} required arguments")
        return value


class OrderFromSession(Client):
    """Whoever has paid has an order, whose id it takes from the wrong member."""

    def session(self, value: Session) -> Any:
        return value | ({"order_id": value.get("session_id")} if "order_id" in value else {})


class AnswersChallengesAnywhere(ChallengedClient, FollowingClient):
    """It sends the key when it is asked for it, and to wherever a redirect leads."""

    def fetch(self, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
        bare = {name: value for name, value in headers.items() if name != "Authorization"}
        status, content = Client.fetch(self, path, bare)
        if status == 401:
            status, content = Client.fetch(self, path, headers)
        if 301 <= status <= 308 and self.location:
            host, _, there = self.location.partition("//")[2].partition("/")
            name, _, port = host.partition(":")
            status, content = self.send(name, int(port or 80), f"/{there}", headers)
        return status, content


class TakesHalfChunked(ClientInParts):
    """It reads chunks until none comes, and has its parser complete what it has."""

    def received(self, response: http.client.HTTPResponse) -> bytes:
        try:
            return response.read()
        except http.client.IncompleteRead:
            return b'{"status": "IN_PROGRESS"}'


class AddsSlash(Client):
    """One slash too many, in every read."""

    def path(self) -> str:
        return super().path().replace("/hpp/", "//hpp/")


class NoCredentials(Client):
    """The key gets lost on the way to the request."""

    def authorization(self) -> str:
        return "Basic " + base64.b64encode(b":").decode()


FIRST: Final[dict[type[Client], tuple[str, str]]] = {
    SwallowsDecodeErrors: ("HPP-A24", "bodies that are no JSON text are taken for a success"),
    SucceedsWithoutErrorCode: ("HPP-A25", "refusals are reported as a session"),
    ClosedEnumeration: ("HPP-A18", "2 of 2 sessions with a new status cannot be read"),
    NeedsEveryMember: ("HPP-A17", "documented sessions cannot be read"),
    OrderFromSession: ("HPP-A12", "sessions come out with one member in place of another"),
    AnswersChallengesAnywhere: ("HPP-A36", "redirects take the credentials to another host"),
    HangsOnPrematureClose: ("HPP-A37", "reads end in neither a session nor an error: no answer within"),
    TakesHalfChunked: ("HPP-A27", "answers that were lost or cut are taken for a success"),
    TrustsAnybody: ("HPP-R13", "1 of 1 servers without a valid certificate is spoken to"),
    AddsSlash: ("HPP-R02", "reads do not ask at the documented address: //hpp/v1/sessions/"),
    NoCredentials: ("HPP-R12", "reads carry other credentials than the client was given"),
}
"""The rule that names the defect of a client, and what its report says first."""


def judged(client: Client) -> Report:
    report = run(tuple(CASES.values()), lambda: PythonAdapter(client), Subject("client", "a"), RunOptions(2.6))
    assert not [verdict.rule.id for verdict in report.rules if verdict.outcome is Outcome.ERROR]
    return report


@pytest.mark.parametrize("client", FIRST, ids=lambda client: client.__name__)
def test_the_defect_comes_first(client: type[Client]) -> None:
    """The first line under the verdict, and the first finding, are about the one rule that names the defect."""
    rule, words = FIRST[client]
    view = ReportView(judged(client()))
    lines = terminal(view, width=200).splitlines()
    assert view.blocks[0].rule.id == rule, lines[:6]
    assert words in lines[1]
    assert f"({rule}" in lines[1]
    assert lines[-2].endswith(f" --only {view.blocks[0].findings[0].cases[0]}")
