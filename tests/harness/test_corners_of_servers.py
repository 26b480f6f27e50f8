"""Peers that misbehave, and systems that fail: what the reference endpoint and the probe do then."""

from __future__ import annotations

import io
import sqlite3
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from hpp_contract.endpoint import fuzz_hooks, provision_visit, wire
from hpp_contract.endpoint.fuzz import fuzz
from hpp_contract.endpoint.fuzz_requests import Attempt
from hpp_contract.endpoint.fuzz_schema import _as_schemathesis
from hpp_contract.endpoint.fuzz_text import curl
from hpp_contract.server import Server, rehearse
from hpp_contract.server.receive import Refused, read_body
from hpp_contract.server.sandbox import store
from tests.harness.support.fuzzing import PLAN, target


@pytest.mark.parametrize(
    "sent",
    [b"4\r\nab", b"2\r\nab\r\n0\r\n" + b"x: y\r\n" * 1000, b"2\r\nabc\r\n0\r\n\r\n", b"-2\r\n"],
    ids=["broken off", "trailers without end", "a chunk too long", "no length"],
)
def test_chunks_that_are_refused(sent: bytes) -> None:
    """A chunked body that breaks off, or never ends, is refused with 400."""
    headers = Message()
    headers["Transfer-Encoding"] = "chunked"
    with pytest.raises(Refused) as refused:
        read_body(io.BytesIO(sent), headers)
    assert refused.value.status == 400


class Busy:
    """A database that another process is changing for a while."""

    def __init__(self, times: int) -> None:
        self.times, self.done = times, list[str]()

    def execute(self, statement: str) -> None:
        self.times -= 1
        if self.times >= 0:
            raise sqlite3.OperationalError("database is locked")
        self.done.append(statement)


def test_a_busy_database_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening the state file waits for another process that is opening it, and not for ever."""
    busy: Any = Busy(2)
    store._write_ahead(busy)
    assert busy.done == ["PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL"]
    monkeypatch.setattr(store, "PATIENCE", -1)
    with pytest.raises(sqlite3.OperationalError):
        store._write_ahead(Busy(1))  # type: ignore[arg-type]


def test_an_answer_that_drips_is_given_up() -> None:
    """A body that is still coming when the time is up is a time-out."""

    class Dripping:
        def read1(self, _: int, *, decode_content: bool) -> bytes:
            assert not decode_content
            return b"x"

    with pytest.raises(TimeoutError):
        wire._read(Dripping(), deadline=0.0)


@pytest.mark.process
def test_a_browser_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser that does not finish is ended, and that is said."""
    browser = tmp_path / provision_visit.BROWSERS[0]
    browser.write_text("#!/bin/sh\nexec /bin/sleep 60\n")
    browser.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(provision_visit, "PATIENCE", 0.05)
    assert provision_visit.in_browser("http://127.0.0.1:1/") == "Chromium did not open redirect_url within 0 seconds."


@pytest.mark.socket
def test_fuzzing_tells_how_far_it_is() -> None:
    """Whoever asks is told after every request how many of how many were sent."""
    told: list[tuple[int, int]] = []
    with Server() as server:
        fuzz(target(server.url), PLAN, 3, lambda *progress: told.append(progress))
    assert told == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("segment", "shown"),
    [
        ("x y", "'https://h/hpp/v1/sessions/x y'"),
        ("z" * 200, "https://h/hpp/v1/sessions/\"$(printf 'z%.0s' $(seq 200))\""),
        ("ab" * 100, "https://h/hpp/v1/sessions/" + "ab" * 60 + "… (of 200 characters)"),
    ],
)
def test_long_ids_are_shown_short(segment: str, shown: str) -> None:
    """The command that sends a request again is never longer than a person can read."""
    assert curl(Attempt(segment, "malformed", None), "https://h", None).endswith(f"' {shown}"[1:])


def test_the_contract_as_a_check() -> None:
    """As one of Schemathesis' checks the contract passes an honest answer and fails a lying one."""
    (refused,), (read,) = rehearse("no-credentials"), rehearse("waiting")
    fuzz_hooks.contract(None, _as_schemathesis(refused), None)
    with pytest.raises(AssertionError, match="HPP-E01"):  # the request goes without its credentials
        fuzz_hooks.contract(None, _as_schemathesis(read), None)
