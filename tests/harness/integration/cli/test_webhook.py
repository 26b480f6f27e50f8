"""`drift --webhook`: one post on news, without a key and without an id, and a verdict that does not depend on it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_contract.cases.scenarios import CREDENTIALS
from hpp_contract.cli._webhook import LISTED, check_address, news, post
from hpp_contract.drift.history import Run
from hpp_contract.engine import Report, Subject
from hpp_contract.engine.edits import drop, header, status
from hpp_contract.engine.errors import UsageProblem
from hpp_contract.engine.fault import Fault, fault
from hpp_contract.engine.report import Change
from hpp_contract.engine.rule import ChangeClass
from hpp_contract.model import Request, Response
from hpp_contract.reporting.view import ReportView
from tests.harness.integration.cli.test_drift import _clean_environment, drift, faulty
from tests.harness.support.sample_runs import TYPE, run, unverified
from tests.harness.support.sockets import answering

__all__ = ["_clean_environment"]

DRIFT = Subject("drift", "https://api.example against baseline")
OK = Response(200, (), b"ok")


def posted(requests: list[Request]) -> list[dict[str, Any]]:
    return [json.loads(request.body) for request in requests]


@contextmanager
def hook(code: int = 200, *headers: tuple[str, str]) -> Iterator[tuple[str, list[Request]]]:
    """The address of a webhook that answers so, and what it got."""
    with answering(Response(code, headers, b"ok")) as (url, requests):
        yield f"{url}/services/secret-path", requests


@pytest.fixture
def options(tmp_path: Path) -> tuple[str, ...]:
    """A baseline of an honest server, and a history that begins."""
    with faulty() as server:
        drift(server, "--baseline", str(tmp_path / "b"), "--accept", "--reason", "first")
    return ("--baseline", str(tmp_path / "b"), "--history", str(tmp_path / "h.jsonl"))


def echoing(key: str) -> tuple[Fault, ...]:
    return (
        fault("gone", "unknown-id", status(410)),
        fault("echo", "waiting", header("X-Key", key), drop("expires_at")),
    )


@pytest.mark.socket
def test_news_is_posted_once(options: tuple[str, ...]) -> None:
    """A new change is posted in words, once; a run without news posts nothing. No key and no id is in it."""
    with hook() as (address, requests):
        with faulty() as server:
            assert drift(server, *options, "--webhook", address).exit_code == 0
        assert requests == []
        with faulty(*echoing(CREDENTIALS.api_key)) as server:
            done = drift(server, *options, "--webhook", address)
            again = drift(server, *options, "--webhook", address)
        (message,) = posted(requests)
    assert (done.exit_code, again.exit_code) == (1, 1)
    first, subject, *lines = message["text"].splitlines()
    assert first == done.output.splitlines()[0]
    assert subject.startswith("http://127.0.0.1:")
    assert "breaking, new: unknown-id · answered with HTTP 410 instead of 404" in lines
    assert message["changes"][0]["class"] == "breaking"
    assert message["exit_code"] == 1
    whole = json.dumps(message)
    assert CREDENTIALS.api_key not in whole
    assert "53d19cb7" not in whole
    assert "secret-path" not in done.output + again.output


@pytest.mark.socket
@pytest.mark.parametrize(
    ("code", "headers", "words"),
    [
        (500, (), "answered 500"),
        (404, (), "answered 404"),
        (307, (("Location", "http://127.0.0.1:9/x"),), "answered 307"),
    ],
)
def test_a_webhook_that_fails(options: tuple[str, ...], code: int, headers: Any, words: str) -> None:
    """It costs a sentence, which names the host alone, and does not change the verdict."""
    with hook(code, *headers) as (address, requests), faulty(*echoing("x" * 20)) as server:
        done = drift(server, *options, "--webhook", address)
    assert done.exit_code == 1
    assert f"The webhook at 127.0.0.1 {words}, so it was not told of this." in " ".join(done.output.split())
    assert "secret-path" not in done.output
    assert len(requests) == 1, "no redirect was followed"


@pytest.mark.socket
def test_a_webhook_that_is_not_there() -> None:
    """Nobody listens: a sentence."""
    with hook() as (address, _):
        pass
    assert post(address, {}).startswith("The webhook at 127.0.0.1 could not be reached (ConnectionError)")
    assert "could not be reached" in post("https://127.0.0.1:1/x", {})


# --- What is news


def report(*changes: Change, **more: Any) -> ReportView:
    return ReportView(Report(DRIFT, (), changes=changes, **more))


NEW = replace(TYPE, known_since="")
DARK = report(unverified="GET …/hpp/v1/sessions/53d19cb7…36a6 was refused.")


def message_about(view: ReportView, *runs: Run) -> dict[str, Any] | None:
    return news(view, runs[:-1], runs[-1])


@pytest.mark.parametrize(
    ("view", "runs", "is_news"),
    [
        (report(), [run(1)], False),
        (report(NEW), [run(1, TYPE)], True),
        (report(replace(TYPE, known_since="2026-01-01T03:00:00Z")), [run(1, TYPE), run(2, TYPE)], False),
        (report(replace(NEW, known_failing="asked in May")), [run(1, TYPE)], False),
        (DARK, [unverified(1)], False),
        (DARK, [unverified(1), unverified(2)], False),
        (DARK, [unverified(1), unverified(2), unverified(3)], True),
        (DARK, [unverified(1), unverified(2), unverified(3), unverified(3)], False),
        (DARK, [unverified(1), unverified(1), unverified(1)], False),
        (DARK, [unverified(1), unverified(2), run(3), unverified(4)], False),
        (DARK, [unverified(day) for day in range(1, 6)], False),
        (DARK, [unverified(day) for day in range(1, 7)], True),
        (report(), [unverified(1), unverified(2), unverified(3), run(4)], False),
        (report(NEW), [unverified(1), unverified(2), run(3, TYPE)], True),
    ],
)
def test_what_is_news(view: ReportView, runs: list[Run], is_news: bool) -> None:
    """What the history did not have; and each third day in a row on which nothing could be verified, once a day."""
    assert (message_about(view, *runs) is not None) == is_news


def test_the_third_day_says_so() -> None:
    """It says for how many days, and why; a shortened id in the reason is left out."""
    message = message_about(DARK, unverified(1), unverified(2), unverified(3))
    assert message is not None
    assert message["text"] == (
        "Could not verify on 3 days in a row\nhttps://api.example against baseline\n"
        "GET …/hpp/v1/sessions/(id) was refused."
    )
    assert message["changes"] == []


def test_many_changes_are_counted() -> None:
    """The text lists some, the members all."""
    changes = [replace(NEW, fact=f"waiting · /x{number}", what=f"/x{number} is new") for number in range(LISTED + 3)]
    message = message_about(report(*changes), run(1, TYPE))
    assert message is not None
    assert message["text"].splitlines()[-1] == "… and 3 more"
    assert len(message["changes"]) == LISTED + 3


@given(st.uuids())
def test_no_id_is_posted(session: object) -> None:
    """A whole id is left out wherever it stands."""
    change = Change(ChangeClass.BREAKING, "waiting · /x", "a", "b", what=f"/x is {session}", known_since="")
    assert str(session) not in json.dumps(message_about(report(change), run(1, change)))


@pytest.mark.parametrize("address", ["https://hooks.example/a?b=c", "http://127.0.0.1:8080/x", "http://localhost/x"])
def test_addresses_that_are_taken(address: str) -> None:
    """Https anywhere, http on this machine."""
    check_address(address)


@given(st.sampled_from(["http://", "ftp://", "", "//", "file:///", "https:", "http://10.0.0.1/"]), st.text(max_size=10))
def test_addresses_that_are_refused(start: str, rest: str) -> None:
    """Anything else is refused, in a sentence that does not repeat it."""
    with pytest.raises(UsageProblem) as refused:
        check_address(f"{start}x{rest}" if start.startswith("http:") else start)
    assert str(refused.value) == "--webhook wants an https URL, or http on this machine."
