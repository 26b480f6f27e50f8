"""Clients as they are written every day, and careful ones, with each library in its default manner: nobody could blame
them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests
import urllib3

from hpp_contract.cases import CASES
from hpp_contract.client import RunOptions, run
from hpp_contract.client.adapters.python import PythonAdapter
from hpp_contract.engine import Outcome, Subject
from tests.harness.support.careful_clients import CAREFUL

pytestmark = pytest.mark.socket

COMMON_SHOULDS = {"HPP-A26", "HPP-A28", "HPP-A29", "HPP-A30", "HPP-R02", "HPP-R03"}
"""What most clients do: hand on any JSON, tell little of an error, and paste base URL and id together."""


def url(base_url: str, session_id: str) -> str:
    return f"{base_url}/hpp/v1/sessions/{session_id}"


def with_requests(base_url: str, username: str, password: str, session_id: str, timeout: float) -> Any:
    response = requests.get(url(base_url, session_id), auth=(username, password), timeout=timeout)
    response.raise_for_status()
    return response.json()


def with_a_session() -> Callable[..., Any]:
    kept = requests.Session()

    def read(base_url: str, username: str, password: str, session_id: str, timeout: float) -> Any:
        response = kept.get(url(base_url, session_id), auth=(username, password), timeout=timeout)
        response.raise_for_status()
        return response.json()

    return read


def with_httpx(base_url: str, username: str, password: str, session_id: str, timeout: float) -> Any:
    import httpx  # a library of our tests only

    response = httpx.get(url(base_url, session_id), auth=(username, password), timeout=timeout)
    response.raise_for_status()
    return response.json()


def with_urllib3() -> Callable[..., Any]:
    pool = urllib3.PoolManager()

    def read(base_url: str, username: str, password: str, session_id: str, timeout: float) -> Any:
        headers = urllib3.make_headers(basic_auth=f"{username}:{password}")
        response = pool.request("GET", url(base_url, session_id), headers=headers, timeout=timeout)
        if response.status != 200:
            raise RuntimeError(f"HTTP {response.status}")
        return response.json()

    return read


@pytest.mark.parametrize(
    "client",
    [with_requests, with_a_session(), with_httpx, with_urllib3()],
    ids=["requests", "requests-session", "httpx", "urllib3"],
)
def test_default_manners_break_nothing(client: Callable[..., Any]) -> None:
    """A client in the default manner of its library breaks no rule, and is warned only of what most clients do."""
    report = run(tuple(CASES.values()), lambda: PythonAdapter(client), Subject("client", "a"), RunOptions())
    assert report.exit_code == 0
    warned = {verdict.rule.id for verdict in report.rules if verdict.outcome is not Outcome.OK and verdict.findings}
    assert warned <= COMMON_SHOULDS


@pytest.mark.parametrize("library", CAREFUL)
def test_careful_clients_are_kept(library: str) -> None:
    """A careful client in the default manner of its library breaks nothing, and is warned of nothing."""
    client = CAREFUL[library]
    report = run(tuple(CASES.values()), lambda: PythonAdapter(client), Subject("client", library), RunOptions())
    assert report.exit_code == 0
    assert {v.rule.id: v.findings for v in report.rules if v.outcome is not Outcome.OK and v.findings} == {}
    assert len(CAREFUL) == 15


def test_what_was_asked_instead_is_shown() -> None:
    """Where an id leads elsewhere, the finding shows what was asked for, without whole ids and without the key."""
    names = ("id-with-dot-segments", "id-with-question-mark", "id-with-slash")
    report = run(
        [CASES[name] for name in names], lambda: PythonAdapter(with_requests), Subject("client", "a"), RunOptions()
    )
    found = [finding.found for verdict in report.rules if verdict.rule.id == "HPP-R03" for finding in verdict.findings]
    assert found[0].startswith("no request for this id came; asked instead: /hpp/v1/sessions/")
    assert "?" in found[1]
    whole = {uuid for name in names for uuid in CASES[name].uuids}
    assert not [text for text in found for uuid in whole if uuid in text]


def test_a_word_is_enough() -> None:
    """A client that only says whether a session is paid is kept, and warned of what is over and still open to it."""

    def paid_or_open(base_url: str, username: str, password: str, session_id: str, timeout: float) -> Any:
        session = with_requests(base_url, username, password, session_id, timeout)
        own = isinstance(session, dict) and session.get("session_id") == session_id
        return {"verdict": "paid" if own and session.get("status") == "COMPLETED" else "open"}

    adapter = PythonAdapter(paid_or_open, {"answers": "verdict"})
    report = run(tuple(CASES.values()), lambda: adapter, Subject("client", "a"), RunOptions())
    assert report.exit_code == 0
    warned = {verdict.rule.id for verdict in report.rules if verdict.outcome is not Outcome.OK and verdict.findings}
    assert warned <= {*COMMON_SHOULDS, "HPP-A40"}
