"""The clock that a run is handed dates everything it serves, sees, keeps and prints."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import requests

from hpp_contract.cases.scenarios import CREDENTIALS, session_id
from hpp_contract.cli import main
from hpp_contract.model.clock import steady, system_clock, utc
from hpp_contract.model.instant import http_date, seconds_of_http_date
from hpp_contract.server import Sandbox, Server

THEN = 1_935_648_489 * 10**9
"""2031-05-04T08:08:09Z."""

DAYS = {"2031-05-04", "2031-05-06"}
"""The day itself, and the one on which its sessions end."""


def then() -> int:
    return THEN


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as left:
        main([str(argument) for argument in arguments], clock=then)
    return int(str(left.value.code))


def days(text: str) -> set[str]:
    """Every day of this century that the text names, but for those of the documentation and of fictitious people."""
    return set(re.findall(r"\b20[2-9]\d-\d\d-\d\d", text)) - {"2099-01-01"}


def test_explanations(capsys: pytest.CaptureFixture[str]) -> None:
    """An example shows the day on which it is printed."""
    assert run("explain", "HPP-S01") == 0
    assert days(printed := capsys.readouterr().out) == DAYS
    assert "Sun, 04 May 2031 08:08:09 GMT" in printed


@pytest.mark.socket
def test_recordings(tmp_path: Path) -> None:
    """A cassette says when its exchanges were seen, and they when they were served."""
    assert run("record", "--to", tmp_path, "--html", tmp_path / "page.html") == 0
    for cassette in tmp_path.glob("*.yaml"):
        assert days(cassette.read_text(encoding="utf-8")) <= DAYS, cassette.name
    assert "4 May 2031, 08:08 UTC" in (tmp_path / "page.html").read_text(encoding="utf-8")


@pytest.mark.socket
def test_drift(tmp_path: Path) -> None:
    """An acceptance and a line of the history say when they were made."""
    history = tmp_path / "history.ndjson"
    accept = ("--accept", "--reason", "the first")
    assert run("drift", "--baseline", tmp_path, "--history", history, *accept) == 0
    assert days(history.read_text(encoding="utf-8")) == {"2031-05-04"}
    assert days((tmp_path / "facts.json").read_text(encoding="utf-8")) == {"2031-05-04"}


def read_session(base_url: str, username: str, password: str, session_id: str, timeout: float) -> Mapping[str, Any]:
    """A client that looks at the date of its answer."""
    url = f"{base_url}/hpp/v1/sessions/{session_id}"
    response = requests.get(url, auth=(username, password), timeout=timeout)
    response.raise_for_status()
    assert response.headers["Date"] == "Sun, 04 May 2031 08:08:09 GMT"
    session: Mapping[str, Any] = response.json()
    return session


@pytest.mark.socket
def test_clients(tmp_path: Path) -> None:
    """A client is served sessions of that day."""
    report = tmp_path / "report.json"
    run("client", "--python", f"{__name__}:read_session", "--only", "waiting,lifecycle-paid", "--json", report)
    verdicts = json.loads(report.read_text(encoding="utf-8"))
    assert verdicts["summary"]["broken"] == 0, verdicts["rules"]


@pytest.mark.socket
def test_servers() -> None:
    """Whatever a server answers bears its clock's date: sessions, refusals, the sandbox's pages, what is no request."""
    with Server(sandbox=Sandbox(clock=then)) as server:
        own = {"Authorization": CREDENTIALS.authorization}
        read = f"{server.url}/hpp/v1/sessions/{session_id('waiting')}"
        answers = [
            requests.get(read, headers=own, timeout=60),
            requests.get(read, timeout=60),
            requests.post(f"{server.url}/checkout/v3/orders", headers=own, json={}, timeout=60),
            requests.get(f"{server.url}/hpp/payments/unknown", timeout=60),
            requests.get(read, headers={"Transfer-Encoding": "odd"}, timeout=60),
        ]
    assert [answer.status_code for answer in answers] == [200, 401, 400, 404, 400]
    assert {answer.headers["Date"] for answer in answers} == {"Sun, 04 May 2031 08:08:09 GMT"}
    assert {exchange.at.ns for exchange in server.log if exchange.at} == {THEN}


def test_a_steady_clock_is_not_set() -> None:
    """A steady clock starts with the time that it is handed, and goes on whatever that clock does then."""
    times = iter((THEN, 0, 2 * THEN))
    clock = steady(lambda: next(times))
    first, second = clock(), clock()
    assert THEN <= first <= second < THEN + 60 * 10**9


@pytest.mark.socket
def test_without_one_it_is_the_systems() -> None:
    """Nobody has to hand one in."""
    before = system_clock()
    with Server() as server:
        date = requests.get(server.url, timeout=60).headers["Date"]
    assert before // 10**9 <= (seconds_of_http_date(date) or 0) <= system_clock() / 1e9


def test_http_dates() -> None:
    """An HTTP date is written and read in GMT on every machine, and one that names no zone is read so too."""
    assert http_date(THEN) == "Sun, 04 May 2031 08:08:09 GMT"
    for text in (http_date(THEN), "Sun, 04 May 2031 08:08:09", "Sun, 04 May 2031 08:08:09 -0000"):
        assert seconds_of_http_date(text) == THEN // 10**9
    assert seconds_of_http_date("tomorrow") is None
    assert f"{utc(THEN):%Y-%m-%dT%H:%M:%S%z}" == "2031-05-04T08:08:09+0000"
