"""A body that was not kept is neither empty nor broken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hpp_contract.drift.collect import collect_facts
from hpp_contract.model import Response
from hpp_contract.privacy.render import render_redacted
from hpp_contract.recordings import read_recordings
from hpp_contract.recordings.recorded_sessions import Recorded, recorded_sessions

URL = "https://api.kustom.co/hpp/v1/sessions/39a1c773-bafd-754d-af1f-b30c592f1267"
SESSION = '{"session_id": "39a1c773-bafd-754d-af1f-b30c592f1267", "status": "WAITING"}'


def har(*contents: Any) -> dict[str, Any]:
    request = {"method": "GET", "url": URL, "headers": []}
    entries = [
        {"request": request, "response": {"status": 200, "headers": [], "content": content}} for content in contents
    ]
    return {"log": {"entries": entries}}


def ndjson(*answers: dict[str, Any]) -> str:
    lines = [{"request": {"method": "GET", "url": URL}, "response": {"status": 200, **answer}} for answer in answers]
    return "".join(f"{json.dumps(line)}\n" for line in lines)


def responses(path: Path) -> list[Response | None]:
    return [exchange.response for exchange in read_recordings([str(path)]).exchanges]


def test_bodies_in_a_har(tmp_path: Path) -> None:
    """A HAR that gives a size, or none, and no text has not kept the body; no bytes are an empty one."""
    path = tmp_path / "log.har"
    path.write_text(json.dumps(har({"size": 80}, {"size": -1}, {}, None, {"size": 0}, {"size": 80, "text": SESSION})))
    assert [each.body_kept if each else None for each in responses(path)] == [False] * 4 + [True] * 2


def test_bodies_in_our_ndjson(tmp_path: Path) -> None:
    """A line without a body says nothing of it; null is an empty one."""
    path = tmp_path / "log.ndjson"
    path.write_text(ndjson({}, {"body": None}, {"body": SESSION}))
    found = responses(path)
    assert [each.body_kept if each else None for each in found] == [False, True, True]
    assert [each.json.syntax if each else None for each in found] == ["a body that was not kept", "an empty body", None]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """One poll whose body was not kept, and one of a session."""
    path = tmp_path / "log.ndjson"
    path.write_text(ndjson({}, {"body": SESSION}))
    return path


def test_it_is_not_served_again(log: Path) -> None:
    """A recorded session is served without the polls whose bodies are not known."""
    (recorded,) = recorded_sessions([str(log)])
    assert isinstance(recorded, Recorded)
    assert [answer.content for answer in recorded.answers] == [SESSION.encode()]


def test_it_is_no_fact(log: Path) -> None:
    """What was in a body that was not kept has not changed."""
    collected = collect_facts(read_recordings([str(log)]).exchanges)
    assert list(collected.facts) == ["any session", "known session", "waiting"]
    log.write_text(ndjson({}), encoding="utf-8")
    collected = collect_facts(read_recordings([str(log)]).exchanges)
    assert dict(collected.facts) == {}
    assert list(collected.unanswered.values()) == [f"an answer whose body was not kept, {log}#1"]


def test_it_is_shown_as_unknown(log: Path) -> None:
    """A report says that the body was not kept."""
    assert "‹a body that was not kept›" in render_redacted(read_recordings([str(log)]).exchanges[0])
